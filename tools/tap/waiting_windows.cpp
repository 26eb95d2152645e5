// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/waiting_windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "dataplane/state/window_file.hpp"

namespace echotap {

namespace {

struct FileName {
    std::uint64_t serial = 0;
    std::uint64_t run = 0;
    WindowKey key;
};

std::string text_of(const FileName& name) {
    return fmt::format("{}-{:016x}-{}-{}-{}", name.serial, name.run, name.key.length, name.key.view, name.key.number);
}

/// The number before the next hyphen, both of which are taken away.
template <class Number>
bool take_number(std::string_view& text, Number& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || (length != text.size() && text[length] != '-')) {
        return false;
    }
    text.remove_prefix(std::min(length + 1, text.size()));
    return true;
}

std::optional<FileName> parse(std::string_view text) {
    FileName name;
    const bool is_whole = take_number(text, name.serial) && take_number(text, name.run, 16) &&
                          take_number(text, name.key.length) && take_number(text, name.key.view) &&
                          take_number(text, name.key.number);
    return is_whole && text.empty() ? std::optional(name) : std::nullopt;
}

}  // namespace

WaitingWindows::WaitingWindows(std::string checkpoint, std::uint64_t run)
    : prefix_(std::move(checkpoint.append(".waiting-"))), run_(run) {
}

std::vector<std::string> WaitingWindows::read() {
    std::vector<std::pair<FileName, std::string>> found;
    const std::filesystem::path folder = std::filesystem::absolute(prefix_).parent_path();
    const std::string stem = std::filesystem::path(prefix_).filename().string();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(stem)) {
            continue;
        }
        if (const auto parsed = parse(std::string_view(name).substr(stem.size()))) {
            found.emplace_back(*parsed, entry.path().string());
        } else if (name.ends_with(".new")) {
            std::filesystem::remove(entry.path());  // was being written
        }
    }
    std::ranges::sort(found, {}, [](const auto& one) { return one.first.serial; });
    std::vector<std::string> faults;
    for (auto& [name, path] : found) {
        serial_ = name.serial;
        try {
            auto window = std::make_shared<const ClosedWindow>(read_window(path));
            found_.push_back({.path = path, .run = name.run, .window = {.key = name.key, .window = std::move(window)}});
        } catch (const WindowFileError& error) {
            ++damaged_;
            const std::string aside = fmt::format("{}.unreadable", path);
            std::filesystem::rename(path, aside);
            faults.push_back(
                fmt::format("a window that waited for the store is lost, its file is now {}: {}", aside, error.what()));
        } catch (const std::exception& error) {
            // Rights, descriptors, memory, the disk: the file may be as good as ever. When it comes, the window must
            // not have closed another time meanwhile.
            if (name.run == run_) {
                left_.insert(name.key);
            }
            faults.push_back(
                fmt::format("a window that waited for the store cannot be read, and waits for the next start: {}: {}",
                            path, error.what()));
        }
    }
    return faults;
}

std::set<WindowKey> WaitingWindows::keys() const {
    std::set<WindowKey> keys = left_;
    for (const Found& found : found_) {
        if (found.run == run_) {
            keys.insert(found.window.key);
        }
    }
    return keys;
}

void WaitingWindows::take_up(const std::function<std::uint64_t(WaitingWindow)>& take) {
    for (Found& found : std::exchange(found_, {})) {
        files_[take(std::move(found.window))] = std::move(found.path);
    }
}

void WaitingWindows::keep(std::span<const WaitingWindow> waiting, const std::function<void()>& beat) {
    for (const WaitingWindow& one : waiting) {
        if (files_.contains(one.number)) {
            continue;
        }
        const FileName name{.serial = serial_ + 1, .run = run_, .key = one.key};
        std::string path = fmt::format("{}{}", prefix_, text_of(name));
        write_window(*one.window, path);
        ++serial_;
        files_.emplace(one.number, std::move(path));
        beat();
    }
}

void WaitingWindows::forget_all_but(std::span<const WaitingWindow> waiting) {
    std::erase_if(files_, [&](const auto& file) {
        if (std::ranges::any_of(waiting, [&](const WaitingWindow& one) { return one.number == file.first; })) {
            return false;
        }
        std::error_code ignored;  // a window that comes again is known to the store
        std::filesystem::remove(file.second, ignored);
        return true;
    });
}

}  // namespace echotap
