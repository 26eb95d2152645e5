// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/recall_intervals.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "analytics/learning/dice.hpp"

namespace echotap {

namespace {

/// Of one group in one split.
struct Tally {
    double asked = 0;
    double right = 0;
};

/// All answers about one class, by group and split.
struct ClassAnswers {
    std::vector<std::vector<Tally>> groups;
    bool is_any_right = false;
    bool is_any_wrong = false;
};

/// Groups of a class come in the order of their numbers, so that draws do not hang on who was asked first.
std::vector<ClassAnswers> answers_by_class(std::span<const std::vector<TestedRow>> tested,
                                           std::span<const std::uint16_t> classes,
                                           std::span<const std::uint32_t> groups, std::size_t class_count) {
    std::vector<std::map<std::uint32_t, std::vector<Tally>>> found(class_count);
    std::vector<ClassAnswers> answers(class_count);
    for (std::size_t split = 0; split < tested.size(); ++split) {
        for (const TestedRow& one : tested[split]) {
            const std::uint16_t activity = classes[one.row];
            std::vector<Tally>& group = found[activity][groups[one.row]];
            group.resize(tested.size());
            group[split].asked += 1;
            group[split].right += one.is_right ? 1 : 0;
            (one.is_right ? answers[activity].is_any_right : answers[activity].is_any_wrong) = true;
        }
    }
    for (std::size_t activity = 0; activity < class_count; ++activity) {
        for (auto& [number, group] : found[activity]) {
            answers[activity].groups.push_back(std::move(group));
        }
    }
    return answers;
}

/// The mean over splits in which one of the groups was asked about, as Outcome::mean has it; NaN where none was.
double mean_recall(std::span<const Tally> by_split) {
    double sum = 0;
    double count = 0;
    for (const Tally& split : by_split) {
        sum += split.asked > 0 ? split.right / split.asked : 0;
        count += split.asked > 0 ? 1 : 0;
    }
    return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

double nearest_rank(std::span<const double> sorted, double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size()) - 1e-9));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

RecallInterval interval_of(const ClassAnswers& answers, std::size_t split_count, Dice dice) {
    const std::size_t group_count = answers.groups.size();
    RecallInterval interval;
    interval.groups = static_cast<std::uint32_t>(group_count);
    if (group_count < 2) {
        return interval;
    }
    if (!answers.is_any_right || !answers.is_any_wrong) {
        constexpr double square = 1.96 * 1.96;
        const auto trials = static_cast<double>(group_count);
        interval.low = answers.is_any_right ? trials / (trials + square) : 0;
        interval.high = answers.is_any_right ? 1 : square / (trials + square);
        return interval;
    }
    std::vector<double> recalls;
    std::vector<Tally> drawn(split_count);
    for (unsigned draw = 0; draw < bootstrap_draws; ++draw) {
        std::ranges::fill(drawn, Tally{});
        for (std::size_t i = 0; i < group_count; ++i) {
            const std::vector<Tally>& group = answers.groups[dice.below(group_count)];
            for (std::size_t split = 0; split < split_count; ++split) {
                drawn[split].asked += group[split].asked;
                drawn[split].right += group[split].right;
            }
        }
        recalls.push_back(mean_recall(drawn));
    }
    std::ranges::sort(recalls);
    interval.low = nearest_rank(recalls, 0.025);
    interval.high = nearest_rank(recalls, 0.975);
    return interval;
}

}  // namespace

std::vector<RecallInterval> recall_intervals(std::span<const std::vector<TestedRow>> tested,
                                             std::span<const std::uint16_t> classes,
                                             std::span<const std::uint32_t> groups, std::size_t class_count,
                                             std::uint64_t seed) {
    std::vector<RecallInterval> intervals;
    for (const ClassAnswers& answers : answers_by_class(tested, classes, groups, class_count)) {
        intervals.push_back(interval_of(answers, tested.size(), Dice(seed + intervals.size())));
    }
    return intervals;
}

}  // namespace echotap
