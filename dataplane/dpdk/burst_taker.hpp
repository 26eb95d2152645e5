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

    /// There is nothing to feed at the moment, and by the worker's clock it is `clock`: that of its last frame, or the
    /// system's time where frames are stamped by it; Timestamp::min() before there is any. Called often, between bursts
    /// and after finish() while other workers have not finished.
    virtual void idle(Timestamp clock) { static_cast<void>(clock); }

    /// No frame will come any more. Called once, on the worker's lcore.
    virtual void finish() = 0;

    /// All workers have finished: nobody will leave anything for this one any more. Called once, last of all.
    virtual void end() {}
};

}  // namespace echotap
