// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/closing_window.hpp"

namespace echotap {

std::vector<const WindowPart*> ClosingWindow::parts() const {
    std::vector<const WindowPart*> parts;
    for (const auto& share : shares) {
        parts.push_back(&share->part());
    }
    return parts;
}

WindowHeader header_of(const WindowConfig& windows, const LineConfig& line, const WindowKey& key) {
    const WindowLength& length = windows.lengths[key.length];
    WindowHeader header;
    header.view = line.authorities.empty() ? "" : line.authorities[key.view].to_string();
    header.length = length.length;
    header.anchor = length.is_whole() ? Timestamp{} : Timestamp(windows.anchor);
    header.sampling = windows.sampling_rate;
    header.repeat_interval = std::chrono::floor<std::chrono::microseconds>(windows.repeat_interval);
    header.sample_size = windows.sample_size;
    return header;
}

}  // namespace echotap
