// SPDX-License-Identifier: Apache-2.0
#include "tools/verdict_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "analytics/formats/json_text.hpp"
#include "tools/grouped.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

std::string table(const Model& model, const DescribedRows& described, const Verdicts& verdicts,
                  const std::vector<std::vector<Reason>>& reasons, std::size_t count) {
    std::string text;
    if (!model.provenance.notice.empty()) {
        text += wrapped(model.provenance.notice, 0, 0) + "\n\n";
    }
    text += fmt::format("{:<24} {:>9}  {:<14} {:>5}  {:<13} {:>5}\n", "originator", "footprint", "class", "prob",
                        "next", "prob");
    for (std::size_t i = 0; i < described.rows.size(); ++i) {
        const DescribedRow& row = described.rows[i];
        const Verdict& verdict = verdicts.rows[i];
        const std::string originator = row.originator.short_text();
        // What is too long for its column has a line of its own.
        text += originator.size() > 24 ? fmt::format("{}\n{:<24}", originator, "") : fmt::format("{:<24}", originator);
        // Of what is unknown it is still said what it is least unlike.
        text += fmt::format(
            " {:>9}  {:<14.14} {:>5}  {:<13.13} {:>5}\n",
            grouped(static_cast<std::uint64_t>(std::llround(row.footprint))), answer_of(model, verdict),
            verdict.is_unknown ? "" : hundredths(static_cast<double>(verdict.probability)),
            model.class_names[verdict.is_unknown ? verdict.activity : verdict.next],
            hundredths(static_cast<double>(verdict.is_unknown ? verdict.probability : verdict.next_probability)));
        if (i < reasons.size()) {
            text += fmt::format("    {}\n", wrapped(reasons_text(reasons[i], count), 4, 4));
        }
    }
    return text;
}

std::string csv(const Model& model, const DescribedRows& described, const Verdicts& verdicts) {
    std::string text;
    const auto to = std::back_inserter(text);
    if (!model.provenance.notice.empty()) {
        fmt::format_to(to, "# {}\n", model.provenance.notice);
    }
    text += "start,originator,footprint,answer,class,probability,next,next_probability,familiarity";
    for (const std::string& name : model.class_names) {
        fmt::format_to(to, ",p_{}", name);
    }
    text += '\n';
    for (std::size_t i = 0; i < described.rows.size(); ++i) {
        const Verdict& verdict = verdicts.rows[i];
        fmt::format_to(to, "{},{},{},{},{},{:.4f},{},{:.4f},{:.4f}", described.rows[i].window,
                       described.rows[i].originator.short_text(), described.rows[i].footprint,
                       answer_of(model, verdict), model.class_names[verdict.activity], verdict.probability,
                       model.class_names[verdict.next], verdict.next_probability, verdict.familiarity);
        for (std::size_t one = 0; one < model.class_names.size(); ++one) {
            fmt::format_to(to, ",{:.4f}", verdicts.probabilities[i * model.class_names.size() + one]);
        }
        text += '\n';
    }
    return text;
}

std::string jsonl(const Model& model, const DescribedRows& described, const Verdicts& verdicts,
                  const std::vector<std::vector<Reason>>& reasons, std::size_t count) {
    std::string text;
    const auto to = std::back_inserter(text);
    for (std::size_t i = 0; i < described.rows.size(); ++i) {
        const Verdict& verdict = verdicts.rows[i];
        fmt::format_to(
            to,
            R"({{"start":{},"originator":"{}","footprint":{},"answer":"{}","class":"{}","probability":{:.4f},)"
            R"("next":"{}","next_probability":{:.4f},"familiarity":{:.4f},"probabilities":{{)",
            quoted(described.rows[i].window), described.rows[i].originator.short_text(), described.rows[i].footprint,
            answer_of(model, verdict), model.class_names[verdict.activity], verdict.probability,
            model.class_names[verdict.next], verdict.next_probability, verdict.familiarity);
        for (std::size_t one = 0; one < model.class_names.size(); ++one) {
            fmt::format_to(to, R"({}"{}":{:.4f})", one == 0 ? "" : ",", model.class_names[one],
                           verdicts.probabilities[i * model.class_names.size() + one]);
        }
        text += '}';
        if (i < reasons.size()) {
            fmt::format_to(to, R"(,"reasons":{})", reasons_json(reasons[i], count));
        }
        if (!model.provenance.notice.empty()) {
            fmt::format_to(to, R"(,"notice":{})", quoted(model.provenance.notice));
        }
        text += "}\n";
    }
    return text;
}

}  // namespace

std::string reasons_text(const std::vector<Reason>& reasons, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < std::min(count, reasons.size()); ++i) {
        const Reason& reason = reasons[i];
        fmt::format_to(std::back_inserter(text), "{}{} {} ({:+.2f})", i == 0 ? "" : ", ", name_of(reason.feature),
                       std::isnan(reason.value) ? "not known" : fmt::format("{:.3g}", reason.value),
                       reason.contribution);
    }
    return text;
}

std::string reasons_json(const std::vector<Reason>& reasons, std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < std::min(count, reasons.size()); ++i) {
        const Reason& reason = reasons[i];
        fmt::format_to(std::back_inserter(text), R"({}{{"feature":"{}","value":{},"contribution":{:.4f}}})",
                       i == 0 ? "" : ",", name_of(reason.feature),
                       std::isnan(reason.value) ? "null" : fmt::format("{:.6g}", reason.value), reason.contribution);
    }
    return text + "]";
}

std::string verdict_report(const Model& model, const DescribedRows& described, const Verdicts& verdicts,
                           const std::vector<std::vector<Reason>>& reasons, std::size_t count, RowsFormat format) {
    switch (format) {
        case RowsFormat::table:
            return table(model, described, verdicts, reasons, count);
        case RowsFormat::csv:
            return csv(model, described, verdicts);
        case RowsFormat::jsonl:
            return jsonl(model, described, verdicts, reasons, count);
    }
    return "";
}

}  // namespace echotap
