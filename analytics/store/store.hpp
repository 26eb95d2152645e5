// SPDX-License-Identifier: Apache-2.0
// Windows with their classes, kept on the disk: classified windows go in, and stay for whoever asks later
// (store_view.hpp, or sqlite3: the tables are in store_schema.hpp).
//
//     Store store(config);
//     Reception received = store.receive(std::move(window), sample_key);   // merged with what is kept of it
//     if (received.overlap != SourceOverlap::all) {
//         AnalysedWindow analysed = analysis.analyse(std::move(received.window));
//         store.put(analysed, classify_window(analysed, model), model);
//     }
//
// A window is all there or not at all, whatever happens to process or machine: its rows, what sums them up and what it
// was made of are one transaction that outlives a loss of power. It is known by site, view, length, families and start:
// what comes later takes the place of its rows, with the next revision.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/formats/database.hpp"
#include "analytics/models/model_file.hpp"
#include "analytics/store/classified_window.hpp"
#include "analytics/store/whole_windows.hpp"
#include "config/store_config.hpp"
#include "config/window_config.hpp"
#include "dataplane/state/merge_windows.hpp"

namespace echotap {

/// Which series of windows one belongs to.
struct StoredSeries {
    std::string site;
    std::string view;
    std::chrono::seconds length{0};
    OriginatorFamilies families = OriginatorFamilies::all;
};

/// What the store has of a window that comes in.
struct Reception {
    /// none: it is new, or what is kept of it was made of other sources and is merged with it now. all: its sources are
    /// known, and `window` is the kept one (or, where that is not kept whole, the one that came in).
    SourceOverlap overlap = SourceOverlap::none;
    /// What rows are to be made of; its header has the revision that they will have, one more than those that are
    /// there.
    ClosedWindow window;
};

struct PutSettings {
    /// The window has not ended: whatever comes later takes its place, and is not merged with it.
    bool is_running = false;
};

/// Others have put that revision of the window meanwhile: receive it again.
class StoreConflict : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// This window cannot be taken, now or later, and no other one is touched by that. What it says begins with the path of
/// the store and ends with what to do.
class WindowRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Used by one thread at a time. Others, in this process or another one, may have the same file open.
///
/// Where the file is locked for longer than StoreConfig::patience, the disk is full, or it is no store of this version,
/// DatabaseError says so and what to do, and what the store held is still there.
class Store {
public:
    explicit Store(const StoreConfig& config);

    /// Whether every window of the series that comes of this source was put, see finish().
    bool knows(const StoredSeries& series, const SourceDigest& source);

    /// Whether some window of the series was made of this source.
    bool knows_part(const StoredSeries& series, const SourceDigest& source);

    /// To be called when these sources were read to their end and all of their windows were put. Without it a source
    /// is not known, since whoever read it may have been stopped between two windows.
    void finish(std::span<const StoredSeries> all, std::span<const SourceDigest> sources);

    /// Looks what is kept of the window, and merges the two where their sources differ. A window that does not say what
    /// it was made of is its own source, so that it is not taken twice. Throws WindowRefused where only some of its
    /// sources are known or the kept one is not there whole, WindowFileError where that is damaged, WindowMismatch as
    /// merge(), and std::system_error where nothing can be read.
    Reception receive(ClosedWindow window, const HashKey& sample_key);

    /// Puts rows in the place of those that are there, whose revision must be lower than that of the header. Throws
    /// StoreConflict where it is not.
    void put(const AnalysedWindow& analysed, const ClassifiedWindow& classified, const Model& model,
             const PutSettings& settings = {});

    /// Lets windows go; returns how many rows of the table of windows went. Windows that run stay.
    std::uint64_t forget(const Retention& retention, Timestamp now);

private:
    struct Kept {
        std::int64_t id = 0;
        std::uint32_t revision = 0;
        bool is_running = false;
        std::string whole;  // empty: not kept whole
        std::vector<SourceDigest> sources;
    };
    [[noreturn]] void refuse(std::string_view what) const;
    std::optional<Kept> find(const StoredSeries& series, Timestamp start);
    void make_finished();
    void drop_strays();
    void drop_rows(std::int64_t id);
    std::int64_t put_window(const AnalysedWindow& analysed, const StoredSeries& series, const PutSettings& settings,
                            const std::string& model);
    void put_rows(std::int64_t id, const AnalysedWindow& analysed, const ClassifiedWindow& classified,
                  const Model& model);
    void sum_up(std::int64_t id);

    const StoreConfig config_;
    Database database_;
    WholeWindows whole_windows_;
};

/// The series that a window belongs to.
StoredSeries series_of(const WindowHeader& header);

/// As the store has it: `all`, `v4` or `v6`.
std::string_view text_of(OriginatorFamilies families);

}  // namespace echotap
