// SPDX-License-Identifier: Apache-2.0
// What stands above a closed window: what was counted, of which sources, and what is missing, thinned or estimated.
//
// The same whatever the number of workers, the bursts and the keys of the process: no clock, no host, no memory address
// goes in.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/window_config.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/keyed_hash.hpp"
#include "dataplane/state/source_digest.hpp"
#include "dataplane/state/window_part.hpp"

namespace echotap {

/// Whether a window has all that passed its tap. Ordered: what is put together is as good as its worst.
enum class Completeness : std::uint8_t { yes, unknown, no };

/// Why a window is not complete, or why that is not known. Bits of WindowHeader::gaps.
enum class Gap : std::uint8_t {
    capture_cut,      // a capture ended in the middle of a record or was damaged
    frames_lost,      // NIC, rings or capturing host had no room
    began_late,       // the tap was opened after the window had begun
    ended_early,      // the tap was closed before the window ended
    interrupted,      // the process ended in between and went on from a checkpoint
    source_unknown,   // the source does not say what it lost
    sources_missing,  // not every capture or site that belongs to it has come
};
inline constexpr unsigned gap_count = 7;

/// As reports and stores call them.
inline constexpr std::array<std::string_view, 3> completeness_names{"yes", "unknown", "no"};
inline constexpr std::array<std::string_view, gap_count> gap_names{
    "capture_cut", "frames_lost", "began_late", "ended_early", "interrupted", "source_unknown", "sources_missing"};

/// Counts over a window and view. Every query that arrived is in exactly one of
/// repeats, late, queue_drops, parts.queries, parts.minimised and parts.refused.
struct WindowCounts {
    std::uint64_t reverse = 0;           // reverse queries that arrived
    std::uint64_t minimised = 0;         // minimised queries that arrived
    std::uint64_t repeats = 0;           // that the repeat filter took for repeats
    std::uint64_t late = 0;              // that came after their window had been closed
    std::uint64_t queue_drops = 0;       // that found the ring to the worker of their querier full
    std::uint64_t filter_overflows = 0;  // entries that the repeat filter forgot before their time
    PartCounts parts;

    WindowCounts& operator+=(const WindowCounts& other);
    bool operator==(const WindowCounts&) const = default;
};

/// A stretch of a merged window of which one of its sources gave nothing, because its days lie apart from those of
/// others or from each other.
struct SourceAbsence {
    SourceDigest source;
    Timestamp from;  // inclusive
    Timestamp to;    // exclusive

    friend auto operator<=>(const SourceAbsence&, const SourceAbsence&) = default;
};

struct WindowHeader {
    static constexpr std::uint64_t no_bound = ~std::uint64_t{0};

    // What is counted, and how. Windows merge only where these are equal.

    std::string view;                // the configured prefix or name of the authorities; empty: everything
    std::chrono::seconds length{0};  // of the windows in the grid; 0: one whole window from first to last frame
    OriginatorFamilies families = OriginatorFamilies::all;  // whose originators and prefixes
    Timestamp anchor;                                       // where the grid begins; 1970-01-01 where length is 0
    std::uint32_t sampling = 1;                             // the source gave one frame in so many
    std::chrono::microseconds repeat_interval = std::chrono::seconds(30);
    std::uint64_t sample_key_fingerprint = 0;

    // Of which stretch of time and which sources. Merged windows cover more than `length`.

    std::vector<std::string> sites;     // ascending, distinct
    std::vector<SourceDigest> sources;  // ascending, distinct
    Timestamp start;  // inclusive; of a whole window: its first frame, or 1970-01-01 where it has none
    Timestamp end;    // exclusive; of a whole window: its last frame
    /// Of a window of a grid: where its sources were not, ascending, as large as may be, within `start` to `end`. A
    /// source is somewhere.
    std::vector<SourceAbsence> absences;
    std::uint32_t revision = 1;  // of the window's rows: the next when sources or names came later

    // What happened.

    Ledger ledger;  // of the whole sources, whatever the view
    WindowCounts counts;
    std::uint32_t gaps = 0;  // bits by Gap
    Completeness completeness = Completeness::unknown;

    // What was thinned or estimated.

    std::uint32_t sample_size = 65'536;  // k in force: at most so many queriers per originator are kept
    bool is_sample_reduced = false;      // k was lowered under the memory budget
    std::uint64_t querier_bound =
        no_bound;  // queriers with a larger sample_hash() are not in the table of all queriers
    /// The windows merged had queriers in common, so a repeat may have been counted on either side: queries, last times
    /// and the periods at the edges are estimates. Queriers and footprints are not.
    bool is_estimated = false;

    std::uint64_t frames() const { return ledger.in[static_cast<std::size_t>(Stage::frame)]; }
    void add_gap(Gap gap) { gaps |= 1U << static_cast<unsigned>(gap); }
    bool has_gap(Gap gap) const { return (gaps >> static_cast<unsigned>(gap) & 1U) != 0; }
    /// Whether memory or a table was too small for something. Only then may the number of workers show.
    bool is_bound_reached() const {
        return counts.parts.any_bound_reached() || counts.filter_overflows + counts.queue_drops != 0 ||
               is_sample_reduced || querier_bound != no_bound;
    }

    bool operator==(const WindowHeader&) const = default;
};

/// What stands in a header of a secret sample_key: tells keys apart, does not tell the key.
std::uint64_t fingerprint(const HashKey& sample_key);

}  // namespace echotap
