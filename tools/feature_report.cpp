// SPDX-License-Identifier: Apache-2.0
#include "tools/feature_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/grouped.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

/// Two decimals in four columns, or a dash.
std::string short_text(double value) {
    return std::isnan(value) ? "-" : fmt::format("{:.2f}", value);
}

/// The two categories with the largest shares: "home .61 ns .12".
std::string names_text(const FeatureMatrix& matrix, std::size_t row) {
    std::array<std::size_t, name_category_count> order{};
    std::iota(order.begin(), order.end(), std::size_t{0});
    const double* const shares = &matrix.values[row * feature_count];
    if (std::isnan(shares[0])) {
        return "-";
    }
    std::ranges::stable_sort(order, [&](std::size_t one, std::size_t other) { return shares[one] > shares[other]; });
    std::string text;
    for (std::size_t i = 0; i < 2 && shares[order[i]] > 0; ++i) {
        text +=
            fmt::format("{}{:.5} {}", i == 0 ? "" : " ", feature_table[order[i]].name, hundredths(shares[order[i]]));
    }
    return text;
}

/// Of rows without any name there is nothing that could change: nobody asks for names.
bool is_provisional(const FeatureRow& row) {
    return row.names_known > 0 && row.is_provisional();
}

std::string table(const WindowHeader& header, const FeatureMatrix& matrix, const Pseudonyms& pseudonyms) {
    std::string text = title_text(header) + "\n";
    text += fmt::format("{} of {} originators with enough queriers; {} queriers in all,\n", grouped(matrix.rows.size()),
                        grouped(matrix.eligible), grouped(matrix.querier_total));
    text += fmt::format("of {} ASes and {} countries\n", matrix.as_total == 0 ? "unknown" : grouped(matrix.as_total),
                        matrix.country_total == 0 ? "unknown" : grouped(matrix.country_total));
    const auto provisional = std::ranges::count_if(matrix.rows, is_provisional);
    if (header.revision > 1) {
        text += "in the place of the revision before: more names are known\n";
    }
    if (provisional > 0) {
        text += fmt::format("provisional rows (?), with less than 80 % of the names known: {}\n",
                            grouped(static_cast<std::uint64_t>(provisional)));
    }
    text += "\n                   queries active     entropy    share of\n";
    text += fmt::format("{:>9} {:>8} {:>8} {:>6} {:>5} {:>5} {:>5} {:>5}  {}\n", "footprint", "queries", "/querier",
                        "10 min", "/24", "/8", "ASes", "ctry", "largest names");
    for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
        const FeatureRow& row = matrix.rows[i];
        text += fmt::format("{}\n", pseudonyms.of(row.originator).short_text());
        text += fmt::format(
            "{:>8}{} {:>8} {:>8} {:>6} {:>5} {:>5} {:>5} {:>5}  {}\n",
            grouped(static_cast<std::uint64_t>(std::llround(row.footprint.value))), row.is_sampled ? "~" : " ",
            grouped(row.queries), short_text(matrix.at(i, Feature::queries_per_querier)),
            grouped(static_cast<std::uint64_t>(matrix.at(i, Feature::query_persistence))),
            short_text(matrix.at(i, Feature::local_entropy)), short_text(matrix.at(i, Feature::global_entropy)),
            short_text(matrix.at(i, Feature::unique_ases)), short_text(matrix.at(i, Feature::unique_countries)),
            is_provisional(row) ? "? " + names_text(matrix, i) : names_text(matrix, i));
    }
    return text + "\n";
}

std::string csv(const WindowHeader& header, const FeatureMatrix& matrix, const Pseudonyms& pseudonyms) {
    std::string text;
    for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
        const FeatureRow& row = matrix.rows[i];
        fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{},{},{},{}", time_text(header.start),
                       time_text(header.end), length_text(header), header.view, header.revision, i + 1,
                       pseudonyms.of(row.originator).short_text(), row.footprint.value, row.queries,
                       time_text(row.first), time_text(row.last), row.names_known, row.is_provisional() ? 1 : 0,
                       row.is_sampled ? 1 : 0);
        for (std::size_t feature = 0; feature < feature_count; ++feature) {
            const double value = matrix.values[i * feature_count + feature];
            text += ',';
            if (!std::isnan(value)) {
                fmt::format_to(std::back_inserter(text), "{}", value);
            }
        }
        text += '\n';
    }
    return text;
}

std::string number_json(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

void append_intervals(std::string& text, const FeatureRow& row, const FeatureIntervals& intervals) {
    fmt::format_to(std::back_inserter(text), R"(,"intervals":{{"footprint":[{},{}])", number_json(row.footprint.low),
                   number_json(row.footprint.high));
    for (std::size_t feature = 0; feature < feature_count; ++feature) {
        const Estimate& estimate = intervals.estimates[feature];
        // Of what is not known, and of what is exact, there is none.
        if (estimate.low < estimate.high) {
            fmt::format_to(std::back_inserter(text), R"(,"{}":[{},{}])", feature_table[feature].name,
                           number_json(estimate.low), number_json(estimate.high));
        }
    }
    text += '}';
}

std::string jsonl(const WindowHeader& header, const FeatureMatrix& matrix, const Pseudonyms& pseudonyms) {
    std::string text;
    for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
        const FeatureRow& row = matrix.rows[i];
        fmt::format_to(
            std::back_inserter(text),
            R"({{"start":"{}","end":"{}","length":"{}","view":"{}","revision":{},"rank":{},"originator":"{}",)"
            R"("footprint":{},"queries":{},"first":"{}","last":"{}","names_known":{},"provisional":{},"sampled":{},)"
            R"("features":{{)",
            time_text(header.start), time_text(header.end), length_text(header), header.view, header.revision, i + 1,
            pseudonyms.of(row.originator).short_text(), row.footprint.value, row.queries, time_text(row.first),
            time_text(row.last), row.names_known, row.is_provisional(), row.is_sampled);
        for (std::size_t feature = 0; feature < feature_count; ++feature) {
            fmt::format_to(std::back_inserter(text), R"({}"{}":{})", feature == 0 ? "" : ",",
                           feature_table[feature].name, number_json(matrix.values[i * feature_count + feature]));
        }
        text += '}';
        if (row.is_sampled) {
            append_intervals(text, row, *std::ranges::lower_bound(matrix.intervals, i, {}, &FeatureIntervals::row));
        }
        text += "}\n";
    }
    return text;
}

}  // namespace

std::string feature_heading(RowsFormat format) {
    if (format != RowsFormat::csv) {
        return "";
    }
    std::string text =
        "start,end,length,view,revision,rank,originator,footprint,queries,first,last,names_known,provisional,"
        "sampled";
    for (const FeatureDefinition& feature : feature_table) {
        text += ',';
        text += feature.name;
    }
    return text + "\n";
}

std::string feature_report(const WindowHeader& header, const FeatureMatrix& matrix, RowsFormat format,
                           const Pseudonyms& pseudonyms) {
    switch (format) {
        case RowsFormat::table:
            return table(header, matrix, pseudonyms);
        case RowsFormat::csv:
            return csv(header, matrix, pseudonyms);
        case RowsFormat::jsonl:
            return jsonl(header, matrix, pseudonyms);
    }
    return "";
}

}  // namespace echotap
