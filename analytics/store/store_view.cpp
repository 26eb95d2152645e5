// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/store_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "analytics/store/store_schema.hpp"

namespace echotap {

namespace {

constexpr const char* window_columns =
    "window.id, start, end, length, families, view, site, complete, revision, is_running";
constexpr const char* verdict_columns =
    "text, rank, class, likeliest, probability, footprint, queries, originator.countries, originator.networks, "
    "is_provisional, is_sampled";
constexpr int window_column_count = 10;

Timestamp time_of(std::int64_t nanoseconds) {
    return Timestamp(std::chrono::nanoseconds(nanoseconds));
}

StoredWindow window_of(const Statement& row) {
    return {.id = row.integer(0),
            .start = time_of(row.integer(1)),
            .end = time_of(row.integer(2)),
            .length = std::chrono::seconds(row.integer(3)),
            .families = row.text(4),
            .view = row.text(5),
            .site = row.text(6),
            .complete = row.text(7),
            .revision = static_cast<std::uint32_t>(row.integer(8)),
            .is_running = row.integer(9) != 0};
}

double real_of(const Statement& row, int column) {
    return row.is_null(column) ? std::nan("") : row.real(column);
}

StoredVerdict verdict_of(const Statement& row) {
    constexpr int at = window_column_count;
    return {.window = window_of(row),
            .text = row.text(at),
            .rank = static_cast<std::uint64_t>(row.integer(at + 1)),
            .answer = row.text(at + 2),
            .likeliest = row.text(at + 3),
            .probability = row.real(at + 4),
            .footprint = row.real(at + 5),
            .queries = static_cast<std::uint64_t>(row.integer(at + 6)),
            .countries = real_of(row, at + 7),
            .networks = real_of(row, at + 8),
            .is_provisional = row.integer(at + 9) != 0,
            .is_sampled = row.integer(at + 10) != 0};
}

/// The last address below a prefix.
std::array<std::uint8_t, 16> last_of(const Prefix& prefix) {
    std::array<std::uint8_t, 16> octets = prefix.address().octets();
    for (unsigned bit = prefix.length(); bit < 128; ++bit) {
        octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | 0x80U >> bit % 8);
    }
    return octets;
}

}  // namespace

StoreView::StoreView(const std::string& path) : database_(path, store_kind, DatabaseAccess::existing) {
}

std::vector<StoredVerdict> StoreView::history(const Prefix& originator) {
    // CROSS JOIN: one look into each of few windows, where the planner would rather read all rows of one.
    Statement rows(database_,
                   fmt::format("SELECT {}, {} FROM window CROSS JOIN originator ON window = window.id "
                               "AND address = ?1 AND prefix = ?2 ORDER BY start, length, families, view, site",
                               window_columns, verdict_columns)
                       .c_str());
    rows.with(std::span(originator.address().octets()), originator.length());
    std::vector<StoredVerdict> found;
    while (rows.step()) {
        found.push_back(verdict_of(rows));
    }
    return found;
}

std::vector<StoredVerdict> StoreView::neighbours(const Prefix& originator, std::size_t limit) {
    const IpAddress& address = originator.address();
    const Prefix around(address, std::min(originator.length(), address.is_v4() ? 120U : 48U));
    const std::array<std::uint8_t, 16> last = last_of(around);
    Statement rows(database_, fmt::format("SELECT {}, {}, address, prefix FROM window CROSS JOIN originator ON "
                                          "window = window.id AND address BETWEEN ?1 AND ?2 "
                                          "ORDER BY start, length, families, view, site",
                                          window_columns, verdict_columns)
                                  .c_str());
    rows.with(std::span(around.address().octets()), std::span(last));
    constexpr int at = window_column_count + 11;
    std::map<Prefix, StoredVerdict> latest;
    while (rows.step()) {
        const std::vector<std::uint8_t> octets = rows.octets(at);
        const std::int64_t length = rows.integer(at + 1);
        // Somebody else may have written into the file.
        if (octets.size() != 16 || length < 0 || length > 128) {
            continue;
        }
        const Prefix neighbour(IpAddress::from_v6(octets.data()), static_cast<unsigned>(length));
        if (neighbour != originator) {
            latest.insert_or_assign(neighbour, verdict_of(rows));
        }
    }
    std::vector<StoredVerdict> found;
    for (auto& [key, verdict] : latest) {
        if (found.size() < limit) {
            found.push_back(std::move(verdict));
        }
    }
    return found;
}

std::vector<StoredMix> StoreView::mixes(std::size_t limit) {
    const Transaction one_view(database_, Transaction::Kind::reading);
    std::vector<StoredMix> found;
    Statement windows(database_, fmt::format("SELECT {} FROM window ORDER BY start DESC, length, families, view, site "
                                             "LIMIT ?1",
                                             window_columns)
                                     .c_str());
    windows.with(std::uint64_t{limit});
    while (windows.step()) {
        found.push_back({window_of(windows), false, {}});
    }
    std::ranges::reverse(found);
    Statement classes(database_,
                      "SELECT class, n, added, gone FROM class_mix WHERE window = ?1 ORDER BY n DESC, class");
    for (StoredMix& mix : found) {
        classes.with(mix.window.id);
        while (classes.step()) {
            mix.has_changes |= !classes.is_null(2);
            mix.classes.push_back({classes.text(0), static_cast<std::uint64_t>(classes.integer(1)),
                                   static_cast<std::uint64_t>(classes.integer(2)),
                                   static_cast<std::uint64_t>(classes.integer(3))});
        }
    }
    return found;
}

std::vector<std::string> StoreView::notices() {
    Statement rows(database_, "SELECT DISTINCT notice FROM model WHERE notice <> '' ORDER BY notice");
    std::vector<std::string> found;
    while (rows.step()) {
        found.push_back(rows.text(0));
    }
    return found;
}

std::string usual_class(const std::vector<StoredVerdict>& history) {
    std::map<std::string, std::tuple<std::size_t, double, std::size_t>> classes;  // windows, probabilities, last place
    for (std::size_t place = 0; place < history.size(); ++place) {
        if (history[place].answer != "unknown") {
            auto& [windows, probability, last] = classes[history[place].answer];
            ++windows;
            probability += history[place].probability;
            last = place;
        }
    }
    const auto usual = std::ranges::max_element(classes, {}, [](const auto& one) { return one.second; });
    return usual == classes.end() ? "unknown" : usual->first;
}

}  // namespace echotap
