// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "analytics/store/store_schema.hpp"
#include "dataplane/state/checksum.hpp"
#include "dataplane/state/little_endian.hpp"
#include "dataplane/state/window_file.hpp"

namespace echotap {

namespace {

/// Nobody else can change a window so often that its rows are never put.
constexpr int receive_tries = 3;

std::int64_t number_of(Timestamp time) {
    return time.time_since_epoch().count();
}

std::string feature_table_digest() {
    std::string text;
    for (const FeatureDefinition& feature : feature_table) {
        fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\n", feature.name, feature.unit, feature.formula);
    }
    return hexadecimal(checksum({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

std::string gaps_text(const WindowHeader& header) {
    std::string text;
    for (unsigned i = 0; i < gap_count; ++i) {
        if (header.has_gap(static_cast<Gap>(i))) {
            text += text.empty() ? "" : " ";
            text += gap_names[i];
        }
    }
    return text;
}

/// Names of countries, networks and categories have no letter that JSON would escape.
void append_shares(std::string& text, std::string_view kind, const std::vector<QuerierShare>& shares) {
    fmt::format_to(std::back_inserter(text), R"({}"{}":{{)", text.size() > 1 ? "," : "", kind);
    for (const QuerierShare& share : shares) {
        fmt::format_to(std::back_inserter(text), R"({}"{}":{:.4f})", text.back() == '{' ? "" : ",", share.of,
                       share.share);
    }
    text += '}';
}

std::string largest_json(const QuerierMix& mix) {
    std::string text = "{";
    append_shares(text, "countries", mix.countries);
    append_shares(text, "networks", mix.networks);
    append_shares(text, "names", mix.names);
    return text + "}";
}

/// Rows in the order of the key, so that they are one stretch of the file.
std::vector<std::size_t> sorted_rows(const FeatureMatrix& features) {
    std::vector<std::size_t> rows(features.rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        rows[row] = row;
    }
    std::ranges::sort(rows, {}, [&](std::size_t row) { return features.rows[row].originator; });
    return rows;
}

double or_unknown(std::size_t total) {
    return total == 0 ? std::nan("") : static_cast<double>(total);
}

}  // namespace

std::string_view text_of(OriginatorFamilies families) {
    return family_names[static_cast<std::size_t>(families)];
}

StoredSeries series_of(const WindowHeader& header) {
    std::string site;
    for (const std::string& one : header.sites) {
        site += site.empty() ? "" : "+";
        site += one;
    }
    return {site, header.view, header.length, header.families};
}

Store::Store(const StoreConfig& config)
    : config_(config),
      database_(config.path, store_kind, DatabaseAccess::make, config.patience),
      whole_windows_(config.path + ".windows") {
    make_finished();
    drop_strays();
}

void Store::make_finished() {
    Transaction transaction(database_, Transaction::Kind::writing);
    if (!Statement(database_, "SELECT 1 FROM sqlite_master WHERE name = 'finished'").step()) {
        database_.run(finished_table);
    }
    transaction.commit();
}

/// Files of windows whose rows were never put, since the process that wrote them was stopped.
void Store::drop_strays() {
    Transaction transaction(database_, Transaction::Kind::writing);  // nobody is between writing a file and naming it
    std::set<std::string> names;
    Statement named(database_, "SELECT whole FROM window WHERE whole IS NOT NULL");
    while (named.step()) {
        names.insert(named.text(0));
    }
    whole_windows_.keep_only(names);
    transaction.commit();
}

bool Store::knows(const StoredSeries& series, const SourceDigest& source) {
    Statement find(database_,
                   "SELECT 1 FROM finished "
                   "WHERE site = ?1 AND view = ?2 AND length = ?3 AND families = ?4 AND digest = ?5");
    return find
        .with(series.site, series.view, series.length.count(), text_of(series.families), std::span(source.octets))
        .step();
}

bool Store::knows_part(const StoredSeries& series, const SourceDigest& source) {
    Statement find(database_,
                   "SELECT 1 FROM window JOIN source ON source.window = window.id AND digest = ?1 "
                   "WHERE site = ?2 AND view = ?3 AND length = ?4 AND families = ?5 AND is_running = 0");
    return find
        .with(std::span(source.octets), series.site, series.view, series.length.count(), text_of(series.families))
        .step();
}

void Store::finish(std::span<const StoredSeries> all, std::span<const SourceDigest> sources) {
    Transaction transaction(database_, Transaction::Kind::writing);
    for (const StoredSeries& series : all) {
        for (const SourceDigest& source : sources) {
            Statement(database_, "INSERT OR IGNORE INTO finished VALUES(?1, ?2, ?3, ?4, ?5)")
                .with(series.site, series.view, series.length.count(), text_of(series.families),
                      std::span(source.octets))
                .run();
        }
    }
    transaction.commit();
}

std::optional<Store::Kept> Store::find(const StoredSeries& series, Timestamp start) {
    Statement find(database_,
                   "SELECT id, revision, is_running, whole FROM window "
                   "WHERE site = ?1 AND view = ?2 AND length = ?3 AND families = ?4 AND start = ?5");
    if (!find.with(series.site, series.view, series.length.count(), text_of(series.families), number_of(start))
             .step()) {
        return std::nullopt;
    }
    Kept kept{find.integer(0), static_cast<std::uint32_t>(find.integer(1)), find.integer(2) != 0, find.text(3), {}};
    Statement sources(database_, "SELECT digest FROM source WHERE window = ?1 ORDER BY digest");
    sources.with(kept.id);
    while (sources.step()) {
        SourceDigest digest;
        const std::vector<std::uint8_t> octets = sources.octets(0);
        std::copy_n(octets.begin(), std::min(octets.size(), digest.octets.size()), digest.octets.begin());
        kept.sources.push_back(digest);
    }
    return kept;
}

void Store::refuse(std::string_view what) const {
    throw WindowRefused(fmt::format("{} {} {}", store_kind.what, config_.path, what));
}

Reception Store::receive(ClosedWindow window, const HashKey& sample_key) {
    if (window.header.sources.empty()) {
        window.header.sources = {SourceDigest::of(encode_window(window))};
    }
    const WindowHeader& header = window.header;
    for (int i = 1;; ++i) {
        const std::optional<Kept> kept = find(series_of(header), header.start);
        if (!kept) {
            return {SourceOverlap::none, std::move(window)};
        }
        window.header.revision = kept->revision + 1;
        if (kept->is_running) {
            return {SourceOverlap::none, std::move(window)};
        }
        WindowHeader known;
        known.view = header.view;
        known.length = header.length;
        known.families = header.families;
        known.sources = kept->sources;
        const SourceOverlap common = overlap(known, header);
        if (common == SourceOverlap::all && kept->whole.empty()) {
            return {common, std::move(window)};
        }
        if (common == SourceOverlap::some) {
            refuse(
                "knows some of the window's sources and not others, and counts cannot be taken apart; "
                "leave out those that it knows");
        }
        if (kept->whole.empty()) {
            refuse(
                "has rows of the window, and the window itself is no longer kept, so nothing can be "
                "merged with it; read all of its sources into another store");
        }
        try {
            ClosedWindow whole = whole_windows_.get(kept->whole);
            whole.header.families = header.families;  // those of version 1 do not say it themselves
            if (common == SourceOverlap::none) {
                whole = merge(whole, window, sample_key);
            }
            whole.header.revision = kept->revision + 1;
            return {common, std::move(whole)};
        } catch (const std::system_error& error) {
            // Another process may just have put the next revision, and its file in the place of this one.
            if (i < receive_tries) {
                continue;
            }
            // Where all of them have gone, a disk may be missing, and comes back. An only one says that with its
            // folder.
            Statement named(database_, "SELECT count(whole) FROM window");
            named.step();
            const bool has_disk = whole_windows_.any() || (named.integer(0) == 1 && whole_windows_.has_folder());
            if (error.code() == std::errc::no_such_file_or_directory && has_disk) {
                refuse(fmt::format(
                    "has rows of the window, and the window itself has gone from beside it ({}), so nothing can be "
                    "merged with it; read all of its sources into another store",
                    error.what()));
            }
            throw;
        }
    }
}

void Store::put(const AnalysedWindow& analysed, const ClassifiedWindow& classified, const Model& model,
                const PutSettings& settings) {
    const std::string digest = hexadecimal(checksum(encode_model(model)));
    const StoredSeries series = series_of(analysed.header());
    Transaction transaction(database_, Transaction::Kind::writing);
    const std::optional<Kept> kept = find(series, analysed.header().start);
    if (kept && kept->revision >= analysed.header().revision) {
        throw StoreConflict(fmt::format("another process has put revision {} of the window into {} meanwhile",
                                        kept->revision, config_.path));
    }
    if (kept) {
        drop_rows(kept->id);
    }
    const Provenance& provenance = model.provenance;
    Statement(database_, "INSERT OR IGNORE INTO model VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
        .with(digest, name_of(model.method), provenance.program, provenance.date, provenance.learning_digest,
              provenance.notice)
        .run();
    const std::int64_t id = put_window(analysed, series, settings, digest);
    put_rows(id, analysed, classified, model);
    sum_up(id);
    if (config_.are_windows_kept && !settings.is_running) {
        const std::string whole = whole_windows_.put(analysed.window, id);
        Statement(database_, "UPDATE window SET whole = ?2 WHERE id = ?1").with(id, whole).run();
    }
    transaction.commit();
    if (kept && !kept->whole.empty()) {
        whole_windows_.drop(kept->whole);
    }
}

/// All but the row of the window itself.
void Store::drop_rows(std::int64_t id) {
    for (const char* const sql : {"DELETE FROM source WHERE window = ?1", "DELETE FROM originator WHERE window = ?1",
                                  "DELETE FROM class_mix WHERE window = ?1"}) {
        Statement(database_, sql).with(id).run();
    }
}

std::int64_t Store::put_window(const AnalysedWindow& analysed, const StoredSeries& series, const PutSettings& settings,
                               const std::string& model) {
    const WindowHeader& header = analysed.header();
    const WindowCounts& counts = header.counts;
    const FeatureMatrix& features = analysed.features;
    Statement put(
        database_,
        "INSERT INTO window(site, view, length, families, start, end, revision, is_running, complete, gaps, "
        "frames, reverse, minimised, repeats, late, queue_drops, refused, evicted, sampling, is_estimated, "
        "is_bound_reached, originators, queriers, networks, countries, eligible, model, feature_table, whole) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
        "?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, NULL) "
        "ON CONFLICT(site, view, length, families, start) DO UPDATE SET end = excluded.end, "
        "revision = excluded.revision, is_running = excluded.is_running, complete = excluded.complete, "
        "gaps = excluded.gaps, frames = excluded.frames, reverse = excluded.reverse, "
        "minimised = excluded.minimised, repeats = excluded.repeats, late = excluded.late, "
        "queue_drops = excluded.queue_drops, refused = excluded.refused, evicted = excluded.evicted, "
        "sampling = excluded.sampling, is_estimated = excluded.is_estimated, "
        "is_bound_reached = excluded.is_bound_reached, originators = excluded.originators, "
        "queriers = excluded.queriers, networks = excluded.networks, countries = excluded.countries, "
        "eligible = excluded.eligible, model = excluded.model, feature_table = excluded.feature_table, "
        "whole = NULL RETURNING id");
    const auto evicted = counts.parts.evicted_originators + counts.parts.evicted_prefixes;
    const std::string feature_digest = feature_table_digest();
    const std::string gaps = gaps_text(header);
    put.with(series.site, series.view, series.length.count(), text_of(series.families), number_of(header.start),
             number_of(header.end), header.revision, settings.is_running,
             completeness_names[static_cast<std::size_t>(header.completeness)], gaps, header.frames(), counts.reverse,
             counts.minimised, counts.repeats, counts.late, counts.queue_drops, counts.parts.refused, evicted,
             header.sampling, header.is_estimated, header.is_bound_reached(),
             std::uint64_t{analysed.window.originators.size()}, features.querier_total, or_unknown(features.as_total),
             or_unknown(features.country_total), std::uint64_t{features.eligible}, model, feature_digest);
    put.step();
    const std::int64_t id = put.integer(0);
    put.run();
    Statement source(database_, "INSERT INTO source VALUES(?1, ?2)");
    for (const SourceDigest& digest : header.sources) {
        source.with(id, std::span(digest.octets)).run();
    }
    return id;
}

void Store::put_rows(std::int64_t id, const AnalysedWindow& analysed, const ClassifiedWindow& classified,
                     const Model& model) {
    Statement put(
        database_,
        "INSERT INTO originator VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
        "?17, ?18, ?19, ?20, ?21, ?22)");
    const FeatureMatrix& features = analysed.features;
    std::array<std::uint8_t, feature_count * sizeof(float)> octets{};
    for (const std::size_t i : sorted_rows(features)) {
        const FeatureRow& row = features.rows[i];
        const Verdict& verdict = classified.verdicts.rows[i];
        for (std::size_t feature = 0; feature < feature_count; ++feature) {
            const auto value = static_cast<float>(features.values[i * feature_count + feature]);
            store_le(octets.data() + feature * sizeof(float), std::bit_cast<std::uint32_t>(value));
        }
        const Prefix& originator = row.originator;
        const std::string text = originator.short_text();
        const std::string largest = largest_json(classified.mixes[i]);
        put.with(id, std::span(originator.address().octets()), originator.length(), text, std::uint64_t{i + 1},
                 answer_of(model, verdict), model.class_names[verdict.activity],
                 static_cast<double>(verdict.probability), model.class_names[verdict.next],
                 static_cast<double>(verdict.next_probability), verdict.familiarity, row.is_provisional(),
                 row.is_sampled, row.footprint.value, row.queries, countries_of(features, i), networks_of(features, i),
                 number_of(row.first), number_of(row.last), row.names_known, largest,
                 std::span<const std::uint8_t>(octets))
            .run();
    }
}

/// Counts the classes of a window, and of the one after it, whose changes are changes against this one.
void Store::sum_up(std::int64_t id) {
    Statement neighbours(
        database_,
        "WITH own AS (SELECT * FROM window WHERE id = ?1), series AS (SELECT window.id, window.start FROM window, own "
        "WHERE window.site = own.site AND window.view = own.view AND window.length = own.length "
        "AND window.families = own.families) "
        "SELECT (SELECT id FROM series WHERE start < own.start ORDER BY start DESC LIMIT 1), "
        "(SELECT id FROM series WHERE start > own.start ORDER BY start LIMIT 1) FROM own");
    neighbours.with(id).step();
    // No window has the number 0.
    const std::int64_t before = neighbours.integer(0);
    const std::int64_t after = neighbours.integer(1);
    neighbours.reset();
    Statement forget(database_, "DELETE FROM class_mix WHERE window = ?1");
    Statement count(database_,
                    "INSERT INTO class_mix SELECT ?1, class, sum(n), sum(queries), "
                    "CASE WHEN ?2 THEN sum(added) END, CASE WHEN ?2 THEN sum(gone) END FROM ("
                    "SELECT now.class, 1 AS n, now.queries, was.class IS NOT now.class AS added, 0 AS gone "
                    "FROM originator AS now LEFT JOIN originator AS was "
                    "ON was.window = ?2 AND was.address = now.address AND was.prefix = now.prefix "
                    "WHERE now.window = ?1 UNION ALL "
                    "SELECT was.class, 0, 0, 0, now.class IS NOT was.class "
                    "FROM originator AS was LEFT JOIN originator AS now "
                    "ON now.window = ?1 AND now.address = was.address AND now.prefix = was.prefix "
                    "WHERE was.window = ?2) GROUP BY class");
    for (const auto& [window, earlier] : {std::pair(id, before), std::pair(after, id)}) {
        if (window != 0) {
            forget.with(window).run();
            count.with(window, earlier).run();
        }
    }
}

std::uint64_t Store::forget(const Retention& retention, Timestamp now) {
    struct Listed {
        std::int64_t id;
        Timestamp end;
        std::string whole;
        std::uint64_t place;  // in its series, the newest first
    };
    Transaction transaction(database_, Transaction::Kind::writing);
    std::vector<Listed> listed;
    Statement list(database_,
                   "SELECT id, end, whole, rank() OVER (PARTITION BY site, view, length, families "
                   "ORDER BY start DESC) FROM window WHERE is_running = 0");
    while (list.step()) {
        listed.push_back({list.integer(0), Timestamp(std::chrono::nanoseconds(list.integer(1))), list.text(2),
                          static_cast<std::uint64_t>(list.integer(3))});
    }
    std::vector<std::string> files;
    std::uint64_t windows = 0;
    for (const Listed& window : listed) {
        const auto is_beyond = [&](std::uint64_t limit) { return limit != 0 && window.place > limit; };
        const bool is_old = retention.age_max.count() != 0 && window.end < now - retention.age_max;
        if (is_old || is_beyond(retention.windows_max)) {
            drop_rows(window.id);
            Statement(database_, "DELETE FROM window WHERE id = ?1").with(window.id).run();
            ++windows;
        } else if (is_beyond(retention.whole_windows_max)) {
            Statement(database_, "UPDATE window SET whole = NULL WHERE id = ?1").with(window.id).run();
        } else {
            continue;
        }
        if (!window.whole.empty()) {
            files.push_back(window.whole);
        }
    }
    database_.run("DELETE FROM model WHERE digest NOT IN (SELECT model FROM window)");
    database_.run("DELETE FROM finished WHERE digest NOT IN (SELECT digest FROM source)");
    transaction.commit();
    for (const std::string& file : files) {
        whole_windows_.drop(file);
    }
    return windows;
}

}  // namespace echotap
