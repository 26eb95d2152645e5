// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/score_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

#include "dataplane/state/checksum.hpp"

namespace echotap {

namespace {

using Text = std::back_insert_iterator<std::string>;

constexpr std::size_t columns_max = 79;

/// ".78", "1.0", or "-" for what is not known.
std::string hundredths(double value) {
    if (std::isnan(value)) {
        return "-";
    }
    const long rounded = std::lround(value * 100);
    return rounded == 100 ? "1.0" : rounded < 0 ? fmt::format("-.{:02}", -rounded) : fmt::format(".{:02}", rounded);
}

std::string with_deviation(double mean, double deviation) {
    return fmt::format("{:>4} ({:>3})", hundredths(mean), hundredths(deviation));
}

/// A line of words, in as many lines as it takes.
void add_words(Text to, std::string_view words) {
    while (words.size() > columns_max) {
        const std::size_t space = words.rfind(' ', columns_max);
        const std::size_t size = space == std::string_view::npos ? columns_max : space;
        fmt::format_to(to, "{}\n", words.substr(0, size));
        words.remove_prefix(size + (space == std::string_view::npos ? 0 : 1));
    }
    fmt::format_to(to, "{}\n", words);
}

void add_scores(Text to, const Outcome& outcome) {
    const Scores& mean = outcome.mean;
    const Scores& deviation = outcome.deviation;
    fmt::format_to(to, "{:<16} {} {} {} {} {:>5} {:>8}\n", outcome.contestant,
                   with_deviation(mean.accuracy, deviation.accuracy),
                   with_deviation(mean.precision, deviation.precision), with_deviation(mean.recall, deviation.recall),
                   with_deviation(mean.f1, deviation.f1), hundredths(outcome.pooled_calibration_error),
                   hundredths(mean.precision_at_60));
}

const Outcome* find_outcome(const Comparison& comparison, std::string_view contestant) {
    const auto found = std::ranges::find(comparison.outcomes, contestant, &Outcome::contestant);
    return found == comparison.outcomes.end() ? nullptr : &*found;
}

const Comparison* find_comparison(const Evaluation& evaluation, std::string_view name) {
    const auto found = std::ranges::find(evaluation.comparisons, name, &Comparison::name);
    return found == evaluation.comparisons.end() ? nullptr : &*found;
}

void add_differences(Text to, const Comparison& comparison) {
    const Outcome* baseline = find_outcome(comparison, paper_forest);
    if (baseline == nullptr) {
        baseline = find_outcome(comparison, name_of(Method::forest));
    }
    for (const Outcome& outcome : comparison.outcomes) {
        if (baseline == nullptr || &outcome == baseline) {
            continue;
        }
        const Difference accuracy = accuracy_difference(outcome, *baseline, comparison.splits);
        const Difference f1 = f1_difference(outcome, *baseline, comparison.splits);
        fmt::format_to(to, "{:<8} less {}: accuracy {:+.3f} (+-{:.3f}), F1 {:+.3f} (+-{:.3f})\n", outcome.contestant,
                       baseline->contestant, accuracy.mean, accuracy.half_width, f1.mean, f1.half_width);
    }
}

/// As many contestants side by side as a terminal is wide.
void add_recalls(Text to, const Comparison& comparison) {
    constexpr std::size_t abreast = 4;
    const std::size_t class_count = comparison.class_names.size();
    fmt::format_to(to, "\nrecall by class, with its 95 % interval by operator (bootstrap)\n");
    for (std::size_t first = 0; first < comparison.outcomes.size(); first += abreast) {
        const auto outcomes =
            std::span(comparison.outcomes).subspan(first, std::min(abreast, comparison.outcomes.size() - first));
        fmt::format_to(to, "{:<12} {:>6} {:>6}", "", "asked", "groups");
        for (const Outcome& outcome : outcomes) {
            fmt::format_to(to, " {:>12}", outcome.contestant);
        }
        fmt::format_to(to, "\n");
        for (std::size_t activity = 0; activity < class_count; ++activity) {
            const auto row = std::span(outcomes.front().confusion).subspan(activity * class_count, class_count);
            fmt::format_to(to, "{:<12.12} {:>6} {:>6}", comparison.class_names[activity],
                           std::accumulate(row.begin(), row.end(), std::uint64_t{0}),
                           outcomes.front().recall_intervals[activity].groups);
            for (const Outcome& outcome : outcomes) {
                const RecallInterval& interval = outcome.recall_intervals[activity];
                const std::string bounds = std::isnan(interval.low) ? "-"
                                                                    : fmt::format("{}-{}", hundredths(interval.low),
                                                                                  hundredths(interval.high));
                fmt::format_to(to, " {:>4} {:>7}", hundredths(outcome.mean.class_recall[activity]), bounds);
            }
            fmt::format_to(to, "\n");
        }
    }
}

void add_confusion(Text to, const Comparison& comparison, const Outcome& outcome) {
    const std::size_t class_count = comparison.class_names.size();
    if (class_count > 12) {
        return;  // does not fit a terminal; CSV has it
    }
    fmt::format_to(to, "\n{}: of 100 rows of a class (line), how many were called what (column)\n{:<14}",
                   outcome.contestant, "");
    for (std::size_t answer = 0; answer < class_count; ++answer) {
        fmt::format_to(to, " {:>4.4}", comparison.class_names[answer]);
    }
    fmt::format_to(to, "\n");
    for (std::size_t truth = 0; truth < class_count; ++truth) {
        const auto row = std::span(outcome.confusion).subspan(truth * class_count, class_count);
        const std::uint64_t sum = std::accumulate(row.begin(), row.end(), std::uint64_t{0});
        fmt::format_to(to, "{:<14.14}", comparison.class_names[truth]);
        for (const std::uint64_t count : row) {
            const std::uint64_t share = sum == 0 ? 0 : (count * 200 + sum) / (2 * sum);
            fmt::format_to(to, " {:>4}", share == 0 ? "." : std::to_string(share));
        }
        fmt::format_to(to, "\n");
    }
}

void add_coverage(Text to, const Comparison& comparison) {
    fmt::format_to(to, "\nright among the most confident:");
    for (const double coverage : coverages) {
        fmt::format_to(to, " {:>5.0f} %", coverage * 100);
    }
    fmt::format_to(to, "\n");
    for (const Outcome& outcome : comparison.outcomes) {
        fmt::format_to(to, "{:<31}", outcome.contestant);
        for (const double precision : coverage_precisions(outcome)) {
            fmt::format_to(to, " {:>7}", hundredths(precision));
        }
        fmt::format_to(to, "\n");
    }
}

/// The six that do most, as in the paper's Table 5: share x 100.
void add_importance(Text to, const Comparison& comparison) {
    for (const Outcome& outcome : comparison.outcomes) {
        if (outcome.importance.empty()) {
            continue;
        }
        std::vector<std::size_t> order(feature_count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t one) { return outcome.importance[one]; });
        fmt::format_to(to, "{}features of {}:", &outcome == &comparison.outcomes.front() ? "\n" : "",
                       outcome.contestant);
        std::size_t column = 14 + outcome.contestant.size();
        for (std::size_t i = 0; i < 6; ++i) {
            const std::string one =
                fmt::format(" {} {:.1f}", feature_table[order[i]].name, outcome.importance[order[i]] * 100);
            column += one.size();
            if (column > columns_max) {
                fmt::format_to(to, "\n   ");
                column = 3 + one.size();
            }
            fmt::format_to(to, "{}", one);
        }
        fmt::format_to(to, "\n");
    }
}

void add_comparison(Text to, const Comparison& comparison) {
    fmt::format_to(to, "\n{}: {}\n", comparison.name, comparison.title);
    fmt::format_to(to, "{:<16} {:>10} {:>10} {:>10} {:>10} {:>5} {:>8}\n", "mean (deviation)", "accuracy", "precision",
                   "recall", "F1", "ECE", "top 60 %");
    for (const Outcome& outcome : comparison.outcomes) {
        add_scores(to, outcome);
    }
    for (const Outcome& control : comparison.controls) {
        add_scores(to, control);
    }
    add_differences(to, comparison);
    for (std::size_t i = 0; i < comparison.split_names.size(); ++i) {
        fmt::format_to(to, "{:<20}", comparison.split_names[i]);
        for (const Outcome& outcome : comparison.outcomes) {
            fmt::format_to(to, " {} {}", outcome.contestant, hundredths(outcome.by_split[i].accuracy));
        }
        fmt::format_to(to, "\n");
    }
}

/// What whoever looks at one protocol alone would be misled about.
void add_side_by_side(Text to, const Comparison& rows, const Comparison& operators) {
    fmt::format_to(to, "\n{:<16} {:>26} {:>26}\n", "", "accuracy", "F1");
    fmt::format_to(to, "{:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "", "P0", "P2", "less", "P0", "P2", "less");
    for (std::size_t i = 0; i < rows.outcomes.size(); ++i) {
        const Scores& one = rows.outcomes[i].mean;
        const Scores& other = operators.outcomes[i].mean;
        fmt::format_to(to, "{:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", rows.outcomes[i].contestant,
                       hundredths(one.accuracy), hundredths(other.accuracy), hundredths(one.accuracy - other.accuracy),
                       hundredths(one.f1), hundredths(other.f1), hundredths(one.f1 - other.f1));
    }
}

void add_open_set(Text to, std::span<const OpenSetRow> rows) {
    fmt::format_to(to, "\nP6: each class in turn was never learnt\n");
    fmt::format_to(to, "{:<16} {:>26}  {:>9} {:>10} {:>9}\n", "", "area under the ROC curve", "passed at", "strangers",
                   "known");
    fmt::format_to(to, "{:<16} {:>8} {:>8} {:>8}  {:>9} {:>10} {:>9}\n", "stranger", "unknown", "density", "doubt",
                   "95 %", "rejected", "rejected");
    OpenSetRow mean{.stranger = "mean"};
    const auto count = static_cast<double>(rows.size());
    const auto add = [&](const OpenSetRow& row) {
        fmt::format_to(to, "{:<16.16} {:>8} {:>8} {:>8}  {:>9} {:>10} {:>9}\n", row.stranger, hundredths(row.area),
                       hundredths(row.density_area), hundredths(row.confidence_area), hundredths(row.passed_at_95),
                       hundredths(row.strangers_rejected), hundredths(row.known_rejected));
    };
    for (const OpenSetRow& row : rows) {
        add(row);
        for (const OpenSetMeasure& measure : open_set_measures) {
            mean.*measure.value += row.*measure.value / count;
        }
    }
    add(mean);
    fmt::format_to(to, "\nknown ones that are believed and right, by strangers that are believed (OSCR)\n");
    fmt::format_to(to, "{:<16} {:>17}\n{:<16} {:>8} {:>8} ", "", "area under it", "stranger", "unknown", "doubt");
    for (const OpenSetPoint& point : open_set_points) {
        fmt::format_to(to, " {:>5.0f} %", point.passed * 100);
    }
    fmt::format_to(to, "\n");
    const auto add_curve = [&](const OpenSetRow& row) {
        fmt::format_to(to, "{:<16.16} {:>8} {:>8} ", row.stranger, hundredths(row.oscr_area),
                       hundredths(row.confidence_oscr_area));
        for (const OpenSetPoint& point : open_set_points) {
            fmt::format_to(to, " {:>7}", hundredths(row.*point.value));
        }
        fmt::format_to(to, "\n");
    };
    std::ranges::for_each(rows, add_curve);
    add_curve(mean);
}

void add_strata(Text to, const Evaluation& evaluation) {
    fmt::format_to(to, "\nP8: P0 by footprint (unique queriers)\n");
    fmt::format_to(to, "{:<10} {:<16} {:>10} {:>10} {:>10} {:>6}\n", "", "footprint", "answers", "accuracy", "recall",
                   "ECE");
    for (const auto& [contestant, rows] : evaluation.strata) {
        for (const Stratum& row : rows) {
            fmt::format_to(to, "{:<10} {:<16} {:>10} {:>10} {:>10} {:>6}\n", contestant, row.name, row.answers,
                           hundredths(row.accuracy), hundredths(row.recall), hundredths(row.calibration_error));
        }
    }
}

}  // namespace

Evaluation evaluate(const LearningSet& set, const EvaluationSettings& settings) {
    Evaluation evaluation;
    evaluation.learning_digest = hexadecimal(set.digest);
    evaluation.remarks = set.remarks;
    for (const NamedSet& other : settings.others) {
        for (const std::string& remark : other.set.remarks) {
            evaluation.remarks.push_back(fmt::format("{}: {}", other.name, remark));
        }
    }
    evaluation.rows = set.classes.size();
    evaluation.groups = set.group_count;
    evaluation.settings = settings;
    const auto wants = [&](TrialProtocol protocol) { return std::ranges::count(settings.protocols, protocol) > 0; };
    for (std::size_t i = 0; i <= static_cast<std::size_t>(TrialProtocol::p8); ++i) {
        const auto protocol = static_cast<TrialProtocol>(i);
        const bool is_pair = protocol == TrialProtocol::p0 || protocol == TrialProtocol::p2;
        if (wants(protocol) || (is_pair && (wants(TrialProtocol::p0) || wants(TrialProtocol::p2))) ||
            (protocol == TrialProtocol::p0 && wants(TrialProtocol::p8))) {
            for (Comparison& comparison : compare(protocol, set, settings)) {
                evaluation.comparisons.push_back(std::move(comparison));
            }
        }
    }
    if (wants(TrialProtocol::p6)) {
        evaluation.open_set = open_set(set, settings);
    }
    if (wants(TrialProtocol::p8)) {
        const Comparison& rows = evaluation.comparisons.front();
        for (const Outcome& outcome : rows.outcomes) {
            evaluation.strata.emplace_back(outcome.contestant, strata(rows, outcome, set));
        }
    }
    return evaluation;
}

std::string evaluation_tables(const Evaluation& evaluation) {
    std::string text;
    const Text to(text);
    fmt::format_to(to, "{} rows with labels, {} independent groups (operators and /24); seed {}\n", evaluation.rows,
                   evaluation.groups, evaluation.settings.seed);
    fmt::format_to(to, "learnt from XXH3-128 {}\n", evaluation.learning_digest);
    for (const std::string& remark : evaluation.remarks) {
        add_words(to, remark);
    }
    const Comparison* const rows = find_comparison(evaluation, "P0");
    const Comparison* const operators = find_comparison(evaluation, "P2");
    if (rows != nullptr && operators != nullptr) {
        add_side_by_side(to, *rows, *operators);
    }
    for (const Comparison& comparison : evaluation.comparisons) {
        add_comparison(to, comparison);
        if (&comparison == rows || &comparison == operators) {
            add_recalls(to, comparison);
            add_confusion(to, comparison, comparison.outcomes.front());
            add_coverage(to, comparison);
            add_importance(to, comparison);
        }
    }
    if (!evaluation.open_set.empty()) {
        add_open_set(to, evaluation.open_set);
    }
    if (!evaluation.strata.empty()) {
        add_strata(to, evaluation);
    }
    return text;
}

}  // namespace echotap
