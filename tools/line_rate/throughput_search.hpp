// SPDX-License-Identifier: Apache-2.0
// The search for the highest rate without loss (RFC 2544 section 26.1): how trials went goes in, the rate of the next
// one comes out, and at last the rate found.
//
// The RFC asks for one trial per rate and a binary search. Two things are added, for machines that have more to do than
// this: a trial that lost frames is repeated before it counts, since what else runs there may take the processor away
// for a moment, while a trial without loss is no accident; and the rate found must hold in one trial more.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace echotap {

/// How a trial ended.
enum class TrialEnd : std::uint8_t {
    clean,     // at the rate that was wanted, and nothing was lost
    lossy,     // something was lost
    short_of,  // nothing was lost, but the generator did not reach the rate
};

struct SearchPlan {
    double highest = 0;       // frames/s, of the first trial
    double lowest = 0;        // below, the answer is that there is none
    double precision = 0.01;  // how far apart the rate found and one with loss may be, as a share of the latter
    unsigned attempts = 2;    // a rate has lost when so many trials of it have
    unsigned trials_max = 60;
};

class ThroughputSearch {
public:
    explicit ThroughputSearch(const SearchPlan& plan);

    /// Frames/s of the next trial; nothing once the search is over.
    std::optional<double> next() const;

    /// How the trial of next() ended; `reached` is the rate that the generator came to. REQUIRES: next().
    void take(TrialEnd end, double reached);

    /// Frames/s that lost nothing; 0 where there are none. Once next() has nothing.
    double found() const { return clean_.empty() ? 0 : clean_.back(); }

    /// Whether nothing was lost above either: the generator, or `highest`, is the limit.
    bool is_ceiling() const { return !lossy_; }

    /// Whether it came to an end by itself; the other end is trials_max.
    bool is_settled() const { return is_settled_; }

    unsigned trials() const { return trials_; }

private:
    void choose();

    SearchPlan plan_;
    std::vector<double> clean_;    // rates that lost nothing, ascending
    std::optional<double> upper_;  // the lowest rate that did not do
    bool lossy_ = false;           // upper_ lost frames
    double rate_;
    bool is_confirming_ = false;
    bool is_over_ = false;
    bool is_settled_ = false;
    unsigned attempt_ = 0;
    unsigned trials_ = 0;
};

}  // namespace echotap
