// SPDX-License-Identifier: Apache-2.0
// What a worker does with its frames: the seam between DPDK and the line, called once per burst.
#pragma once

#include "dataplane/frame.hpp"

namespace echotap {

/// One per worker, called on that worker's lcore only.
class BurstTaker {
public:
    virtual ~BurstTaker() = default;

    /// The frames and their octets live until the call returns.
    virtual void feed(Burst burst) = 0;

    /// No frame will come any more. Called once, on the worker's lcore.
    virtual void finish() = 0;
};

}  // namespace echotap
