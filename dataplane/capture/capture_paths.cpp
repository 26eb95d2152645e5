// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture_paths.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace echotap {

namespace {

namespace fs = std::filesystem;

CapturePath regular_file(const fs::path& path, bool is_named) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    return {path.string(), is_named, true, error ? 0 : static_cast<std::uint64_t>(size)};
}

void pass_over(CapturePaths& list, const fs::path& path, const std::string& why) {
    list.warnings.push_back(fmt::format("{} was passed over: {}", path.string(), why));
}

void miss(CapturePaths& list, const fs::path& path, const std::error_code& error) {
    pass_over(list, path, error.message());
    list.is_incomplete = true;
}

void walk_folder(const fs::path& folder, CapturePaths& list) {
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        entries.push_back(entry->path());
    }
    if (error) {
        miss(list, folder, error);
    }
    std::ranges::sort(entries);
    for (const fs::path& entry : entries) {
        const fs::file_status status = fs::status(entry, error);
        if (error) {
            miss(list, entry, error);
        } else if (fs::is_regular_file(status)) {
            list.files.push_back(regular_file(entry, false));
        } else if (!fs::is_directory(status)) {
            pass_over(list, entry, "neither a file nor a folder");
        } else if (fs::is_symlink(fs::symlink_status(entry, error))) {
            pass_over(list, entry, "a link to a folder, which could lead round in circles; name it to have it read");
        } else {
            walk_folder(entry, list);
        }
    }
}

}  // namespace

CapturePaths list_captures(std::span<const std::string> paths) {
    if (paths.empty()) {
        throw std::runtime_error("no capture given: name files or folders, or - for standard input");
    }
    CapturePaths list;
    list.named = paths.size() == 1 ? paths.front() : "any of the folders named";
    bool has_standard_input = false;
    for (const std::string& path : paths) {
        if (path == standard_input_path) {
            if (has_standard_input) {
                throw std::runtime_error("standard input (-) is named twice, but can be read only once");
            }
            has_standard_input = true;
            list.files.push_back({path, true, false, 0});
            continue;
        }
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        if (error || !fs::exists(status)) {
            throw std::runtime_error(fmt::format(
                "{} cannot be read: {}; check the path", path,
                error ? error.message() : std::make_error_code(std::errc::no_such_file_or_directory).message()));
        }
        if (fs::is_directory(status)) {
            walk_folder(path, list);
        } else if (fs::is_regular_file(status)) {
            list.files.push_back(regular_file(path, true));
        } else {
            list.files.push_back({path, true, false, 0});
        }
    }
    return list;
}

}  // namespace echotap
