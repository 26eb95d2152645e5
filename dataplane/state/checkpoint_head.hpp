// SPDX-License-Identifier: Apache-2.0
// What a run must know to go on, besides its windows and its repeat filter: how it was configured, of which sources,
// how far it has come and what it has counted there. It goes in, octets come out, and back.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/keyed_hash.hpp"
#include "dataplane/state/query_timing.hpp"
#include "dataplane/state/run_settings.hpp"
#include "dataplane/state/source_digest.hpp"
#include "dataplane/state/state_query.hpp"
#include "dataplane/state/varint.hpp"

namespace echotap {

/// What has been counted in one window of all views that is open.
struct OpenBooks {
    Ledger ledger;
    bool is_interrupted = false;  // a process ended in between, and what came until the next one began is missing

    bool operator==(const OpenBooks&) const = default;
};

/// Where a run stands in its source, and what it has counted.
struct RunBooks {
    struct Series {
        std::int64_t number = 0;  // of the window that the clock stands in
        std::map<std::int64_t, OpenBooks> windows;

        bool operator==(const Series&) const = default;
    };

    std::uint64_t frames = 0;
    Timestamp first;  // clocks of the first and the last frame
    Timestamp last;
    std::vector<Series> series;  // by WindowConfig::lengths
    /// Fragments and segments that wait for others. A process that cannot read its source again has lost them.
    std::uint64_t fragments_held = 0;
    std::uint64_t segments_held = 0;
    std::vector<WaitingQuery> waiting;

    /// Whether both stand at the same frame and have counted as many in the same windows.
    bool is_at(const RunBooks& other) const;
};

struct CheckpointHead {
    RunSettings settings;
    std::vector<SourceDigest> sources;  // ascending, distinct; none of what cannot be read again
    HashKey table_key;                  // the places in the repeat filter follow from it
    std::uint64_t filter_octets = 0;    // of all partitions
    RunBooks books;
};

void write_checkpoint_head(VarintWriter& to, const CheckpointHead& head);

/// The number of a window. Grids of a minute over all times that a Timestamp can say stay far within 32 bits, so
/// whatever a file claims, no arithmetic on it overflows. Throws VarintError beyond.
std::int64_t read_window_number(VarintReader& from);

/// Throws VarintError where the octets are not what write_checkpoint_head() makes of some head. Queries come with their
/// hashes.
CheckpointHead read_checkpoint_head(VarintReader& from);

}  // namespace echotap
