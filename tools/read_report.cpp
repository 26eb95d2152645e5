// SPDX-License-Identifier: Apache-2.0
#include "tools/read_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>
#include <vector>

#include "analytics/formats/json_text.hpp"
#include "tools/grouped.hpp"
#include "tools/text_wrap.hpp"
#include "tools/verdict_report.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

constexpr std::size_t originator_width = 17;

/// `JP .43 US .20`.
std::string shares_text(const std::vector<QuerierShare>& shares) {
    std::string text;
    for (const QuerierShare& share : shares) {
        fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : " ", share.of, hundredths(share.share));
    }
    return text;
}

/// `spam 40, mail 32, unknown 3`, the most frequent first.
std::string mix_text(const Model& model, const Verdicts& verdicts) {
    std::map<std::string, std::size_t> counts;
    for (const Verdict& verdict : verdicts.rows) {
        ++counts[answer_of(model, verdict)];
    }
    std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
    std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& one) { return one.second; });
    std::string text;
    for (const auto& [name, count] : sorted) {
        fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : ", ", name, grouped(count));
    }
    return text;
}

/// What the rows of one window are made into text of.
struct Rows {
    const AnalysedWindow& analysed;
    const ClassifiedWindow& classified;
    const Model& model;
    const ReadReportSettings& settings;

    const FeatureRow& row(std::size_t i) const { return analysed.features.rows[i]; }
    std::string originator(std::size_t i) const { return settings.pseudonyms.of(row(i).originator).short_text(); }
    const Verdict& verdict(std::size_t i) const { return classified.verdicts.rows[i]; }
    const std::string& likeliest(std::size_t i) const { return model.class_names[verdict(i).activity]; }
    const std::string& next(std::size_t i) const { return model.class_names[verdict(i).next]; }
    std::size_t shown() const { return std::min(settings.shown, analysed.features.rows.size()); }
    bool is_explained(std::size_t i) const { return settings.reasons > 0 && i < classified.reasons.size(); }
};

std::string head(const Rows& rows) {
    const WindowHeader& header = rows.analysed.header();
    const FeatureMatrix& features = rows.analysed.features;
    std::string text = fmt::format("{}complete: {}\n", title_text(header), completeness_text(header));
    if (header.sampling > 1) {
        text += fmt::format("sampled: the source gave one frame in {}\n", header.sampling);
    }
    if (header.is_estimated) {
        text += "estimated: its parts have queriers in common, so some repeats may count\n";
    }
    if (header.is_bound_reached()) {
        text += fmt::format("a bound was reached: {} refused, {} evicted (echotap window says more)\n",
                            grouped(header.counts.parts.refused),
                            grouped(header.counts.parts.evicted_originators + header.counts.parts.evicted_prefixes));
    }
    if (header.counts.late > 0) {
        text += fmt::format("late, not counted: {}\n", grouped(header.counts.late));
    }
    text += fmt::format("\nreverse queries {}, queriers {}, originators {}\n", grouped(header.counts.reverse),
                        grouped(features.querier_total), grouped(rows.analysed.window.originators.size()));
    // IPv6 prefixes have rows as well, so there may be more rows than originators.
    text += fmt::format("rows: {} with enough queriers{}\n", grouped(features.eligible),
                        features.rows.size() < features.eligible
                            ? fmt::format(", the {} largest of them classified", grouped(features.rows.size()))
                            : "");
    if (!features.rows.empty()) {
        text += wrapped(fmt::format("classes: {}", mix_text(rows.model, rows.classified.verdicts)), 0, 2) + "\n";
    }
    return text;
}

/// Why, in a line or more under an originator.
std::string why(const Rows& rows, std::size_t i) {
    const Verdict& verdict = rows.verdict(i);
    std::string text;
    if (rows.row(i).footprint.value < rows.model.footprint_min) {
        text = fmt::format("why: the model learnt from originators of {} queriers and more",
                           grouped(static_cast<std::uint64_t>(rows.model.footprint_min)));
    } else if (verdict.is_unknown) {
        text = fmt::format("why: unlike all classes; least unlike {} {}", rows.likeliest(i),
                           hundredths(static_cast<double>(verdict.probability)));
    } else if (rows.is_explained(i)) {
        // What spoke for the next class is no answer to "why".
        std::vector<Reason> reasons = rows.classified.reasons[i];
        std::erase_if(reasons, [](const Reason& reason) { return reason.contribution <= 0; });
        text = fmt::format("why: {}; next {} {}",
                           reasons.empty() ? "nothing in particular" : reasons_text(reasons, rows.settings.reasons),
                           rows.next(i), hundredths(static_cast<double>(verdict.next_probability)));
    }
    return text.empty() ? "" : fmt::format("      {}\n", wrapped(text, 6, 11));
}

std::string who(const QuerierMix& mix) {
    std::string text;
    for (const auto* const shares : {&mix.countries, &mix.networks, &mix.names}) {
        if (!shares->empty()) {
            fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "who: " : ", ", shares_text(*shares));
        }
    }
    return text.empty() ? "" : fmt::format("      {}\n", wrapped(text, 6, 11));
}

std::string table(const Rows& rows) {
    std::string text = head(rows);
    if (rows.shown() == 0) {
        return text + "\n";
    }
    bool is_any_provisional = false;
    bool is_any_sampled = false;
    text += fmt::format("\n{:>4} {:<{}} {:<12} {:>4}{:>10} {:>12} {:>5} {:>6}\n", "rank", "originator",
                        originator_width, "class", "prob", "footprint", "queries", "ctry", "ASes");
    for (std::size_t i = 0; i < rows.shown(); ++i) {
        const FeatureRow& row = rows.row(i);
        const Verdict& verdict = rows.verdict(i);
        is_any_provisional |= row.is_provisional();
        is_any_sampled |= row.is_sampled;
        std::string originator = rows.originator(i);
        if (originator.size() > originator_width) {
            // What is too long for its column has a line of its own.
            originator += fmt::format("\n{:>4} {:<{}}", "", "", originator_width);
        }
        text +=
            fmt::format("{:>4} {:<{}} {:<12.12} {:>4}{}{:>8}{} {:>12} {:>5} {:>6}\n", i + 1, originator,
                        originator_width, answer_of(rows.model, verdict),
                        verdict.is_unknown ? "" : hundredths(static_cast<double>(verdict.probability)),
                        row.is_provisional() ? "?" : " ", count_text(row.footprint.value), row.is_sampled ? "~" : " ",
                        grouped(row.queries), count_text(countries_of(rows.analysed.features, i)),
                        count_text(networks_of(rows.analysed.features, i)));
        text += why(rows, i);
        if (rows.settings.has_who) {
            text += who(rows.classified.mixes[i]);
        }
    }
    if (rows.shown() < rows.analysed.features.rows.size()) {
        text += fmt::format("{} more (--top)\n", grouped(rows.analysed.features.rows.size() - rows.shown()));
    }
    text += "\n";
    if (is_any_provisional) {
        text += "? provisional: fewer than 80 % of its queriers' names are known\n";
    }
    if (is_any_sampled) {
        text += "~ estimated from a sample of its queriers\n";
    }
    return is_any_provisional || is_any_sampled ? text + "\n" : text;
}

std::string number(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "";
}

/// The first fields of a row in CSV and JSON: `form` takes them in their order (start, end, length, view, revision,
/// completeness, rank, originator, class, likeliest, its probability, next, its probability, familiarity).
std::string first_fields(fmt::string_view form, const Rows& rows, std::size_t i, std::string_view completeness) {
    const WindowHeader& header = rows.analysed.header();
    const Verdict& verdict = rows.verdict(i);
    return fmt::format(fmt::runtime(form), time_text(header.start), time_text(header.end), length_text(header),
                       header.view, header.revision, completeness, i + 1, rows.originator(i),
                       answer_of(rows.model, verdict), rows.likeliest(i), verdict.probability, rows.next(i),
                       verdict.next_probability, verdict.familiarity);
}

std::string csv(const Rows& rows) {
    const WindowHeader& header = rows.analysed.header();
    std::string text;
    const auto to = std::back_inserter(text);
    for (std::size_t i = 0; i < rows.shown(); ++i) {
        const FeatureRow& row = rows.row(i);
        const QuerierMix& mix = rows.classified.mixes[i];
        text += first_fields("{},{},{},{},{},{},{},{},{},{},{:.4f},{},{:.4f},{:.4f},", rows, i,
                             completeness_names[static_cast<std::size_t>(header.completeness)]);
        fmt::format_to(to, "{},{},{},{},{},{},{},{},{},{},{},{}", row.footprint.value, row.queries,
                       number(countries_of(rows.analysed.features, i)), number(networks_of(rows.analysed.features, i)),
                       time_text(row.first), time_text(row.last), row.names_known, row.is_provisional() ? 1 : 0,
                       row.is_sampled ? 1 : 0, shares_text(mix.countries), shares_text(mix.networks),
                       shares_text(mix.names));
        // Reasons have commas in them.
        fmt::format_to(to, ",\"{}\"\n",
                       rows.is_explained(i) ? reasons_text(rows.classified.reasons[i], rows.settings.reasons) : "");
    }
    return text;
}

std::string shares_json(const std::vector<QuerierShare>& shares) {
    std::string text = "{";
    for (const QuerierShare& share : shares) {
        fmt::format_to(std::back_inserter(text), R"({}"{}":{:.4f})", text.size() > 1 ? "," : "", share.of, share.share);
    }
    return text + "}";
}

std::string or_null(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string jsonl(const Rows& rows) {
    const WindowHeader& header = rows.analysed.header();
    std::string text;
    const auto to = std::back_inserter(text);
    for (std::size_t i = 0; i < rows.shown(); ++i) {
        const FeatureRow& row = rows.row(i);
        const QuerierMix& mix = rows.classified.mixes[i];
        text += first_fields(R"({{"start":"{}","end":"{}","length":"{}","view":"{}","revision":{},{},"rank":{},)"
                             R"("originator":"{}","class":"{}","likeliest":"{}","probability":{:.4f},"next":"{}",)"
                             R"("next_probability":{:.4f},"familiarity":{:.4f},)",
                             rows, i, completeness_json(header));
        fmt::format_to(to,
                       R"("footprint":{},"queries":{},"countries":{},"networks":{},"first":"{}","last":"{}",)"
                       R"("names_known":{},"provisional":{},"sampled":{},"estimated":{},"bound_reached":{},)"
                       R"("largest":{{"countries":{},"networks":{},"names":{}}})",
                       row.footprint.value, row.queries, or_null(countries_of(rows.analysed.features, i)),
                       or_null(networks_of(rows.analysed.features, i)), time_text(row.first), time_text(row.last),
                       row.names_known, row.is_provisional(), row.is_sampled, header.is_estimated,
                       header.is_bound_reached(), shares_json(mix.countries), shares_json(mix.networks),
                       shares_json(mix.names));
        if (rows.is_explained(i)) {
            fmt::format_to(to, R"(,"reasons":{})", reasons_json(rows.classified.reasons[i], rows.settings.reasons));
        }
        if (!rows.model.provenance.notice.empty()) {
            fmt::format_to(to, R"(,"notice":{})", quoted(rows.model.provenance.notice));
        }
        text += "}\n";
    }
    return text;
}

}  // namespace

std::string read_heading(const Model& model, RowsFormat format) {
    const std::string& notice = model.provenance.notice;
    switch (format) {
        case RowsFormat::table:
            return notice.empty() ? "" : wrapped(notice, 0, 0) + "\n\n";
        case RowsFormat::csv:
            return (notice.empty() ? "" : fmt::format("# {}\n", notice)) +
                   "start,end,length,view,revision,complete,rank,originator,class,likeliest,probability,next,"
                   "next_probability,familiarity,footprint,queries,countries,networks,first,last,names_known,"
                   "provisional,sampled,largest_countries,largest_networks,largest_names,why\n";
        case RowsFormat::jsonl:
            return "";
    }
    return "";
}

std::string read_report(const AnalysedWindow& analysed, const ClassifiedWindow& classified, const Model& model,
                        const ReadReportSettings& settings) {
    const Rows rows{analysed, classified, model, settings};
    switch (settings.format) {
        case RowsFormat::table:
            return table(rows);
        case RowsFormat::csv:
            return csv(rows);
        case RowsFormat::jsonl:
            return jsonl(rows);
    }
    return "";
}

}  // namespace echotap
