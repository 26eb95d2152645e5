// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/source_stretches.hpp"

#include <algorithm>
#include <iterator>

namespace echotap {

namespace {

struct Stretch {
    Timestamp from;  // inclusive
    Timestamp to;    // exclusive

    friend auto operator<=>(const Stretch&, const Stretch&) = default;
};

bool are_of_one_grid(const WindowHeader& one, const WindowHeader& other) {
    return one.length.count() != 0 && one.length == other.length && one.start < one.end && other.start < other.end;
}

/// Where a source lies in a window of a grid, ascending; nowhere where it is none of the window's.
std::vector<Stretch> stretches_of(const WindowHeader& header, const SourceDigest& source) {
    std::vector<Stretch> stretches;
    if (!std::ranges::binary_search(header.sources, source)) {
        return stretches;
    }
    Timestamp at = header.start;
    for (const SourceAbsence& absence : absences_of(header, source)) {
        if (at < absence.from) {
            stretches.push_back({at, absence.from});
        }
        at = absence.to;
    }
    if (at < header.end) {
        stretches.push_back({at, header.end});
    }
    return stretches;
}

/// Both ascend and do not overlap themselves.
bool have_time_in_common(const std::vector<Stretch>& one, const std::vector<Stretch>& other) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < one.size() && j < other.size()) {
        if (one[i].to <= other[j].from) {
            ++i;
        } else if (other[j].to <= one[i].from) {
            ++j;
        } else {
            return true;
        }
    }
    return false;
}

/// Those of one window ascend and neither overlap nor touch, so each of `inner` must lie in one of `outer`.
bool holds(const std::vector<Stretch>& outer, const std::vector<Stretch>& inner) {
    auto around = outer.begin();
    return std::ranges::all_of(inner, [&](const Stretch& stretch) {
        while (around != outer.end() && around->to <= stretch.from) {
            ++around;
        }
        return around != outer.end() && around->from <= stretch.from && stretch.to <= around->to;
    });
}

}  // namespace

std::span<const SourceAbsence> absences_of(const WindowHeader& header, const SourceDigest& source) {
    const auto begin = std::ranges::lower_bound(header.absences, source, {}, &SourceAbsence::source);
    const auto end = std::ranges::upper_bound(header.absences, source, {}, &SourceAbsence::source);
    return {begin, end};
}

std::vector<SourceDigest> common_sources(const WindowHeader& one, const WindowHeader& other) {
    std::vector<SourceDigest> common;
    std::ranges::set_intersection(one.sources, other.sources, std::back_inserter(common));
    if (are_of_one_grid(one, other)) {
        std::erase_if(common, [&](const SourceDigest& source) {
            return !have_time_in_common(stretches_of(one, source), stretches_of(other, source));
        });
    }
    return common;
}

bool holds_sources(const WindowHeader& kept, const WindowHeader& other) {
    return std::ranges::all_of(other.sources, [&](const SourceDigest& source) {
        return are_of_one_grid(kept, other) ? holds(stretches_of(kept, source), stretches_of(other, source))
                                            : std::ranges::binary_search(kept.sources, source);
    });
}

std::vector<SourceAbsence> united_absences(const WindowHeader& one, const WindowHeader& other,
                                           const WindowHeader& united) {
    std::vector<SourceAbsence> absences;
    if (!are_of_one_grid(one, other)) {
        return absences;
    }
    for (const SourceDigest& source : united.sources) {
        std::vector<Stretch> stretches = stretches_of(one, source);
        std::ranges::copy(stretches_of(other, source), std::back_inserter(stretches));
        std::ranges::sort(stretches);
        Timestamp at = united.start;
        for (const Stretch& stretch : stretches) {
            if (at < stretch.from) {
                absences.push_back({source, at, stretch.from});
            }
            at = std::max(at, stretch.to);
        }
        if (at < united.end) {
            absences.push_back({source, at, united.end});
        }
    }
    return absences;
}

}  // namespace echotap
