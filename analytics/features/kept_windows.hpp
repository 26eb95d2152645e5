// SPDX-License-Identifier: Apache-2.0
// Windows whose rows are out and some of whose names are not: they go in, and come out once more with each revision
// that late names make of them, again and again until somebody has taken it. Where all of them would take too much
// memory, the oldest go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

#include "analytics/features/analysis.hpp"
#include "config/window_config.hpp"

namespace echotap {

/// Used by one thread at a time.
class KeptWindows {
public:
    /// Octets of memory that all of them together may take.
    explicit KeptWindows(std::size_t octets_max) : octets_max_(octets_max) {}

    /// Keeps a window where names of it are to come; the oldest go until there is room, which may be this very one.
    void keep(AnalysedWindow analysed);

    /// Takes a window that has a new revision. Whether it is done with it: one
    /// that it is not done with, as where a disk is full, is offered again by the next revise(). May not throw.
    using OnRevision = std::function<bool(const AnalysedWindow&)>;

    /// Asks for all names to come, and calls `on_revision` with each window that has a new revision, the oldest first.
    /// Windows that await nothing any more go.
    void revise(const Analysis& analysis, const NameWait& wait, const OnRevision& on_revision);

    std::size_t size() const { return windows_.size(); }
    std::size_t octets() const { return octets_; }
    /// Windows that went for lack of room, with names still to come.
    std::uint64_t let_go() const { return let_go_; }

private:
    struct Kept {
        AnalysedWindow analysed;
        std::size_t octets = 0;
        bool is_owed = false;  // its last revision was not taken
    };

    std::size_t octets_max_;
    std::deque<Kept> windows_;  // the oldest first
    std::size_t octets_ = 0;
    std::uint64_t let_go_ = 0;
};

}  // namespace echotap
