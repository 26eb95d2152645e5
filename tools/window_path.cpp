// SPDX-License-Identifier: Apache-2.0
#include "tools/window_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "dataplane/state/window_file.hpp"
#include "tools/window_report.hpp"

namespace echotap {

std::string window_path(const WindowOptions& options, const WindowKey& key, const WindowHeader& header) {
    const std::vector<WindowLength>& lengths = options.windows.lengths;
    std::string path = options.output_path;
    if (lengths.size() > 1 || !lengths.front().is_whole()) {
        constexpr std::array<const char*, 3> families{"", ".v4", ".v6"};
        path += fmt::format(".{}{}.{}", length_text(header.length),
                            families[static_cast<std::size_t>(lengths[key.length].families)], time_text(header.start));
    }
    if (options.line.authorities.size() > 1) {
        std::string view = header.view;
        std::ranges::replace(view, '/', '_');
        path += "." + view;
    }
    return path;
}

bool holds_more(const std::string& path, const WindowHeader& header) {
    if (header.length == std::chrono::seconds(0) || !std::filesystem::exists(path)) {
        return false;
    }
    try {
        const WindowHeader kept = read_window(path).header;
        return kept.view == header.view && kept.length == header.length && kept.start == header.start &&
               kept.end == header.end && kept.sample_key_fingerprint == header.sample_key_fingerprint &&
               kept.frames() >= header.frames();
    } catch (const WindowFileError&) {
        return false;
    }
}

}  // namespace echotap
