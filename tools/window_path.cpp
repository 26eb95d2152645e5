// SPDX-License-Identifier: Apache-2.0
#include "tools/window_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

}  // namespace echotap
