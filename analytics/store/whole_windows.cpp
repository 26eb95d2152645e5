// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/whole_windows.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "dataplane/state/window_file.hpp"

namespace echotap {

namespace {

constexpr const char* suffix = ".window";

}  // namespace

std::string WholeWindows::put(const ClosedWindow& window, std::int64_t id) const {
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
        throw std::system_error(errno, std::generic_category(), folder_);
    }
    // The revision in its name: the file of the rows that are there stays until others have taken their place.
    const std::string name = fmt::format("{}.{}{}", id, window.header.revision, suffix);
    write_window(window, fmt::format("{}/{}", folder_, name));
    return name;
}

ClosedWindow WholeWindows::get(const std::string& name) const {
    return read_window(fmt::format("{}/{}", folder_, name));
}

bool WholeWindows::any() const {
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(folder_, ignored); entry != std::filesystem::directory_iterator();
         entry.increment(ignored)) {
        if (entry->path().filename().string().ends_with(suffix)) {
            return true;
        }
    }
    return false;
}

bool WholeWindows::has_folder() const {
    std::error_code ignored;
    return std::filesystem::is_directory(folder_, ignored);
}

void WholeWindows::drop(const std::string& name) const {
    std::error_code ignored;
    std::filesystem::remove(fmt::format("{}/{}", folder_, name), ignored);
}

void WholeWindows::keep_only(const std::set<std::string>& names) const {
    std::error_code ignored;
    // Not a range: its ++ would throw.
    for (std::filesystem::directory_iterator entry(folder_, ignored); entry != std::filesystem::directory_iterator();
         entry.increment(ignored)) {
        const std::string name = entry->path().filename().string();
        // Also what was being written; nothing that somebody else has put there.
        const bool is_ours = name.ends_with(suffix) || name.ends_with(fmt::format("{}.new", suffix));
        if (is_ours && !names.contains(name)) {
            drop(name);
        }
    }
}

}  // namespace echotap
