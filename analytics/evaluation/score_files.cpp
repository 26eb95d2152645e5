// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/score_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "analytics/formats/json_text.hpp"

namespace echotap {

namespace {

using Text = std::back_insert_iterator<std::string>;

/// Calls with each outcome and its comparison, controls too.
template <class Take>
void for_each_outcome(const Evaluation& evaluation, Take&& take) {
    for (const Comparison& comparison : evaluation.comparisons) {
        for (const auto* outcomes : {&comparison.outcomes, &comparison.controls}) {
            for (const Outcome& outcome : *outcomes) {
                take(comparison, outcome);
            }
        }
    }
}

std::string number(double value) {
    return std::isfinite(value) ? fmt::format("{:.6g}", value) : "";
}

std::string json_number(double value) {
    return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
}

std::string json_list(std::span<const std::string> texts) {
    std::string list;
    for (const std::string& text : texts) {
        list.append(list.empty() ? "" : ",").append(quoted(text));
    }
    return fmt::format("[{}]", list);
}

void add_json(Text to, const Comparison& comparison, const Outcome& outcome) {
    fmt::format_to(to, R"({{"protocol":"{}","contestant":"{}","splits":{},"pooled_calibration_error":{})",
                   comparison.name, outcome.contestant, outcome.by_split.size(),
                   json_number(outcome.pooled_calibration_error));
    for (const Measure& measure : measures) {
        fmt::format_to(to, R"(,"{}":{{"mean":{},"deviation":{}}})", measure.name,
                       json_number(outcome.mean.*measure.value), json_number(outcome.deviation.*measure.value));
    }
    fmt::format_to(to, R"(,"recall_by_class":{{)");
    for (std::size_t i = 0; i < comparison.class_names.size(); ++i) {
        fmt::format_to(to, R"({}"{}":{})", i == 0 ? "" : ",", comparison.class_names[i],
                       json_number(outcome.mean.class_recall[i]));
    }
    fmt::format_to(to, R"(}},"recall_interval_by_class":{{)");
    for (std::size_t i = 0; i < comparison.class_names.size(); ++i) {
        const RecallInterval& interval = outcome.recall_intervals[i];
        fmt::format_to(to, R"({}"{}":{{"low":{},"high":{},"groups":{}}})", i == 0 ? "" : ",", comparison.class_names[i],
                       json_number(interval.low), json_number(interval.high), interval.groups);
    }
    fmt::format_to(to, R"(}},"right_at_coverage":{{)");
    const std::vector<double> precisions = coverage_precisions(outcome);
    for (std::size_t i = 0; i < coverages.size(); ++i) {
        fmt::format_to(to, R"({}"{:.0f}":{})", i == 0 ? "" : ",", coverages[i] * 100, json_number(precisions[i]));
    }
    fmt::format_to(to, R"(}},"importance":{{)");
    for (std::size_t i = 0; i < outcome.importance.size(); ++i) {
        fmt::format_to(to, R"({}"{}":{})", i == 0 ? "" : ",", feature_table[i].name,
                       json_number(outcome.importance[i]));
    }
    fmt::format_to(to, "}}}}");
}

}  // namespace

std::string evaluation_csv(const Evaluation& evaluation) {
    std::string text;
    const Text to(text);
    for (const std::string& remark : evaluation.remarks) {
        fmt::format_to(to, "# {}\n", remark);
    }
    text += "protocol,contestant,split,measure,class,value,deviation\n";
    for_each_outcome(evaluation, [&](const Comparison& comparison, const Outcome& outcome) {
        const std::string begin = fmt::format("{},{}", comparison.name, outcome.contestant);
        for (const Measure& measure : measures) {
            fmt::format_to(to, "{},all,{},,{},{}\n", begin, measure.name, number(outcome.mean.*measure.value),
                           number(outcome.deviation.*measure.value));
        }
        fmt::format_to(to, "{},all,pooled_calibration_error,,{},\n", begin, number(outcome.pooled_calibration_error));
        for (std::size_t i = 0; i < comparison.class_names.size(); ++i) {
            fmt::format_to(to, "{},all,recall,{},{},{}\n", begin, comparison.class_names[i],
                           number(outcome.mean.class_recall[i]), number(outcome.deviation.class_recall[i]));
            const RecallInterval& interval = outcome.recall_intervals[i];
            fmt::format_to(
                to, "{0},all,recall_low,{1},{2},\n{0},all,recall_high,{1},{3},\n{0},all,recall_groups,{1},{4},\n",
                begin, comparison.class_names[i], number(interval.low), number(interval.high), interval.groups);
        }
        for (std::size_t i = 0; i < outcome.by_split.size(); ++i) {
            const std::string split = i < comparison.split_names.size() ? comparison.split_names[i] : std::to_string(i);
            fmt::format_to(to, "{0},{1},accuracy,,{2},\n{0},{1},f1,,{3},\n", begin, split,
                           number(outcome.by_split[i].accuracy), number(outcome.by_split[i].f1));
        }
    });
    for (const OpenSetRow& row : evaluation.open_set) {
        for (const OpenSetMeasure& measure : open_set_measures) {
            fmt::format_to(to, "P6,{},all,{},{},{},\n", name_of(evaluation.settings.methods.front()), measure.name,
                           row.stranger, number(row.*measure.value));
        }
    }
    for (const auto& [contestant, rows] : evaluation.strata) {
        for (const Stratum& row : rows) {
            std::string name = row.name;
            std::erase(name, ',');
            fmt::format_to(to,
                           "P8,{0},{1},accuracy,,{2},\nP8,{0},{1},recall,,{3},\nP8,{0},{1},calibration_error,,{4},\n",
                           contestant, name, number(row.accuracy), number(row.recall), number(row.calibration_error));
        }
    }
    return text;
}

std::string confusion_csv(const Evaluation& evaluation) {
    std::string text = "protocol,contestant,truth,answer,count\n";
    for_each_outcome(evaluation, [&](const Comparison& comparison, const Outcome& outcome) {
        const std::size_t class_count = comparison.class_names.size();
        for (std::size_t i = 0; i < outcome.confusion.size(); ++i) {
            fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\n", comparison.name, outcome.contestant,
                           comparison.class_names[i / class_count], comparison.class_names[i % class_count],
                           outcome.confusion[i]);
        }
    });
    return text;
}

std::string evaluation_json(const Evaluation& evaluation) {
    std::string text;
    const Text to(text);
    fmt::format_to(to, R"({{"learning_digest":"{}","rows":{},"groups":{},"seed":{},"times":{},"features":"{}",)",
                   evaluation.learning_digest, evaluation.rows, evaluation.groups, evaluation.settings.seed,
                   evaluation.settings.times, evaluation.settings.features == FeatureChoice::paper ? "paper" : "all");
    fmt::format_to(to, "\"labels\":{},", json_list(evaluation.remarks));
    fmt::format_to(to, "\"outcomes\":[");
    bool is_first = true;
    for_each_outcome(evaluation, [&](const Comparison& comparison, const Outcome& outcome) {
        fmt::format_to(to, "{}", is_first ? "\n" : ",\n");
        is_first = false;
        add_json(to, comparison, outcome);
    });
    fmt::format_to(to, "],\n\"open_set\":[");
    for (std::size_t i = 0; i < evaluation.open_set.size(); ++i) {
        const OpenSetRow& row = evaluation.open_set[i];
        fmt::format_to(to, R"({}{{"stranger":"{}")", i == 0 ? "\n" : ",\n", row.stranger);
        for (const OpenSetMeasure& measure : open_set_measures) {
            fmt::format_to(to, R"(,"{}":{})", measure.name, json_number(row.*measure.value));
        }
        fmt::format_to(to, "}}");
    }
    fmt::format_to(to, "],\n\"strata\":[");
    is_first = true;
    for (const auto& [contestant, rows] : evaluation.strata) {
        for (const Stratum& row : rows) {
            fmt::format_to(to,
                           R"({}{{"contestant":"{}","footprint":"{}","answers":{},"accuracy":{},"recall":{},)"
                           R"("calibration_error":{}}})",
                           is_first ? "\n" : ",\n", contestant, row.name, row.answers, json_number(row.accuracy),
                           json_number(row.recall), json_number(row.calibration_error));
            is_first = false;
        }
    }
    fmt::format_to(to, "]}}\n");
    return text;
}

}  // namespace echotap
