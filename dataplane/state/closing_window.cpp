// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/closing_window.hpp"

#include "dataplane/state/assemble.hpp"
#include "dataplane/state/carried_windows.hpp"

namespace echotap {

std::vector<const WindowPart*> ClosingWindow::parts() const {
    std::vector<const WindowPart*> parts;
    for (const auto& share : shares) {
        parts.push_back(&share->part());
    }
    return parts;
}

ClosedWindow put_together(ClosingWindow&& closing, const HashKey& sample_key) {
    ClosedWindow window = assemble(std::move(closing.header), closing.parts(), sample_key);
    closing.shares.clear();
    if (closing.carried) {
        window = unite_run(window, *closing.carried, sample_key);
        closing.carried.reset();
    }
    return window;
}

WindowHeader header_of(const WindowConfig& windows, const LineConfig& line, const WindowKey& key) {
    const WindowLength& length = windows.lengths[key.length];
    WindowHeader header;
    header.view = line.authorities.empty() ? "" : line.authorities[key.view].to_string();
    header.length = length.length;
    header.families = length.families;
    header.anchor = length.is_whole() ? Timestamp{} : Timestamp(windows.anchor);
    header.sampling = windows.sampling_rate;
    header.repeat_interval = std::chrono::floor<std::chrono::microseconds>(windows.repeat_interval);
    header.sample_size = windows.sample_size;
    return header;
}

}  // namespace echotap
