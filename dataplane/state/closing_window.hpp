// SPDX-License-Identifier: Apache-2.0
// A window that takes no more queries, on its way from the workers to a closed one: its header as far as it is known,
// and the share of each worker.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config/line_config.hpp"
#include "config/window_config.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/open_window.hpp"

namespace echotap {

/// All of its header that is not the parts' (assemble()), and a share of each worker that had any of its queriers.
struct ClosingWindow {
    WindowKey key;
    WindowHeader header;
    std::vector<std::unique_ptr<OpenWindow>> shares;
    std::optional<ClosedWindow> carried;  // by a checkpoint, from before the shares

    std::vector<const WindowPart*> parts() const;
};

/// The closed window of all that `closing` holds; its memory is free again afterwards. `sample_key` is the configured
/// one.
ClosedWindow put_together(ClosingWindow&& closing, const HashKey& sample_key);

/// What the configuration says of the header of window `key`; what happened is empty.
WindowHeader header_of(const WindowConfig& windows, const LineConfig& line, const WindowKey& key);

}  // namespace echotap
