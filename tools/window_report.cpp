// SPDX-License-Identifier: Apache-2.0
#include "tools/window_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/state/state_query.hpp"
#include "tools/grouped.hpp"
#include "tools/ledger_report.hpp"

namespace echotap {

namespace {

std::uint64_t footprint(const OriginatorRow& row) {
    return static_cast<std::uint64_t>(std::llround(row.footprint()));
}

std::vector<std::size_t> largest(const OriginatorColumns& originators, std::size_t top) {
    std::vector<std::uint64_t> footprints(originators.size());
    for (std::size_t i = 0; i < footprints.size(); ++i) {
        footprints[i] = footprint(originators[i]);
    }
    std::vector<std::size_t> rows(originators.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(top, rows.size()));
    std::partial_sort(rows.begin(), end, rows.end(), [&](std::size_t one, std::size_t other) {
        return std::pair(footprints[other], one) < std::pair(footprints[one], other);
    });
    rows.erase(end, rows.end());
    return rows;
}

/// Queriers that sent minimised queries, of those in the table.
std::uint64_t minimising_queriers(const QuerierColumns& queriers) {
    const auto minimises = [](const AskedCounts& counts) { return counts.minimised != 0; };
    return static_cast<std::uint64_t>(std::ranges::count_if(queriers.v4_counts, minimises) +
                                      std::ranges::count_if(queriers.v6_counts, minimises));
}

/// An originator, or the prefix that short names ask about.
std::string address_text(const OriginatorRow& row, const Pseudonyms& pseudonyms) {
    return pseudonyms.of(row.address).to_string();
}
std::string prefix_text(const OriginatorRow& row, const Pseudonyms& pseudonyms) {
    return pseudonyms.of(unmark_prefix(row.address)).to_string();
}

using RowText = std::string (*)(const OriginatorRow&, const Pseudonyms&);

std::string rows_text(const OriginatorColumns& rows, std::size_t top, std::string_view what, RowText name,
                      const Pseudonyms& pseudonyms) {
    std::string text = fmt::format("{:>11} {:>11} {:>7}  {}\n", "footprint", "queries", "periods", what);
    for (const std::size_t i : largest(rows, top)) {
        const OriginatorRow row = rows[i];
        text += fmt::format("{:>11} {:>11} {:>7}  {}\n", grouped(footprint(row)), grouped(row.queries),
                            grouped(row.periods.size()), name(row, pseudonyms));
    }
    return text + "\n";
}

std::string rows_json(const OriginatorColumns& rows, std::size_t top, std::string_view what, RowText name,
                      const Pseudonyms& pseudonyms) {
    std::string text = "[";
    const char* separator = "";
    for (const std::size_t i : largest(rows, top)) {
        const OriginatorRow row = rows[i];
        text += fmt::format(
            R"({}{{"{}":"{}","footprint":{},"queries":{},"periods":{},"first":"{}","last":"{}","sampled":{}}})",
            separator, what, name(row, pseudonyms), footprint(row), row.queries, row.periods.size(),
            time_text(row.first), time_text(row.last), row.is_sampled());
        separator = ",";
    }
    return text + "]";
}

/// Everything that is counted, in the order in which it is printed.
std::vector<std::pair<std::string_view, std::uint64_t>> numbers(const ClosedWindow& window) {
    const WindowCounts& counts = window.header.counts;
    const PartCounts& parts = counts.parts;
    return {{"frames", window.header.frames()},
            {"reverse", counts.reverse},
            {"minimised", counts.minimised},
            {"repeats", counts.repeats},
            {"late", counts.late},
            {"originators", window.originators.size()},
            {"prefixes", window.prefixes.size()},
            {"pairs", window.originators.pairs()},
            {"queriers", static_cast<std::uint64_t>(std::llround(window.querier_count()))},
            {"minimising", minimising_queriers(window.queriers)},
            {"refused", parts.refused},
            {"evicted", parts.evicted_originators + parts.evicted_prefixes},
            {"evicted_queries", parts.evicted_queries},
            {"incomplete", parts.incomplete},
            {"filter_overflows", counts.filter_overflows},
            {"queue_drops", counts.queue_drops}};
}

std::string title_length(const WindowHeader& header) {
    constexpr std::array<const char*, 3> families{"", " of IPv4", " of IPv6"};
    return fmt::format("{}{}", header.length.count() == 0 ? "all" : length_text(header.length),
                       families[static_cast<std::size_t>(header.families)]);
}

}  // namespace

std::string title_text(const WindowHeader& header) {
    return fmt::format("window of {}, {}{}\n{} to {} UTC\n", title_length(header),
                       header.view.empty() ? "every authority" : fmt::format("authority {}", header.view),
                       header.revision > 1 ? fmt::format(", revision {}", header.revision) : "",
                       time_text(header.start), time_text(header.end));
}

std::string completeness_json(const WindowHeader& header) {
    std::string text =
        fmt::format(R"("complete":"{}","gaps":[)", completeness_names[static_cast<std::size_t>(header.completeness)]);
    const char* separator = "";
    for (unsigned i = 0; i < gap_count; ++i) {
        if (header.has_gap(static_cast<Gap>(i))) {
            text += fmt::format("{}\"{}\"", separator, gap_names[i]);
            separator = ",";
        }
    }
    return text + "]";
}

std::string completeness_text(const WindowHeader& header) {
    std::string text(completeness_names[static_cast<std::size_t>(header.completeness)]);
    const char* separator = " (";
    for (unsigned i = 0; i < gap_count; ++i) {
        if (header.has_gap(static_cast<Gap>(i))) {
            text += fmt::format("{}{}", separator, gap_names[i]);
            separator = ", ";
        }
    }
    return header.gaps != 0 ? text + ")" : text;
}

std::string time_text(Timestamp time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::string length_text(std::chrono::seconds length) {
    if (length == std::chrono::seconds(0)) {
        return "whole";
    }
    static constexpr std::pair<std::int64_t, char> units[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}};
    const auto unit = std::ranges::find_if(units, [&](const auto& one) { return length.count() % one.first == 0; });
    return fmt::format("{}{}", length.count() / unit->first, unit->second);
}

std::string length_text(const WindowHeader& header) {
    constexpr std::array<const char*, 3> families{"", ":v4", ":v6"};
    return length_text(header.length) + families[static_cast<std::size_t>(header.families)];
}

std::string window_text(const ClosedWindow& window, std::size_t top, const Pseudonyms& pseudonyms) {
    const WindowHeader& header = window.header;
    std::string text = title_text(header) + "\n";
    for (const auto& [name, count] : numbers(window)) {
        text += fmt::format("  {:<17}{:>15}\n", name, grouped(count));
    }
    text += fmt::format("  {:<17}{:>15}\n", "sample size", grouped(header.sample_size));
    text += fmt::format("  {:<17}{:>15}\n", "sampling", fmt::format("1 in {}", header.sampling));
    text += fmt::format("  {:<17}{:>15}\n", "estimated", header.is_estimated ? "yes" : "no");
    text += fmt::format("  {:<17}{:>15}\n", "bound reached", header.is_bound_reached() ? "yes" : "no");
    text += fmt::format("  complete: {}\n\n{}\n", completeness_text(header), ledger_text(header.ledger));
    text += rows_text(window.originators, top, "originator", address_text, pseudonyms);
    return window.prefixes.size() == 0 ? text
                                       : text + rows_text(window.prefixes, top, "prefix", prefix_text, pseudonyms);
}

std::string window_json(const ClosedWindow& window, std::size_t top, const Pseudonyms& pseudonyms) {
    const WindowHeader& header = window.header;
    std::string ledger = ledger_json(header.ledger);
    ledger.pop_back();  // its line feed
    std::string text = fmt::format(R"({{"length":"{}","view":"{}","start":"{}","end":"{}")", length_text(header),
                                   header.view, time_text(header.start), time_text(header.end));
    for (const auto& [name, count] : numbers(window)) {
        text += fmt::format(R"(,"{}":{})", name, count);
    }
    text += fmt::format(R"(,"sample_size":{},"sampling":{},"estimated":{},"bound_reached":{},{},"ledger":{},"top":{})",
                        header.sample_size, header.sampling, header.is_estimated, header.is_bound_reached(),
                        completeness_json(header), ledger,
                        rows_json(window.originators, top, "originator", address_text, pseudonyms));
    return text +
           fmt::format(R"(,"top_prefixes":{}}})", rows_json(window.prefixes, top, "prefix", prefix_text, pseudonyms)) +
           "\n";
}

}  // namespace echotap
