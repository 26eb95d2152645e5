// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/protocols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>

#include "analytics/evaluation/controls.hpp"
#include "analytics/learning/dice.hpp"

namespace echotap {

namespace {

/// Repeats and folds of P1, so that there are about as many splits as P0 has.
std::vector<Split> folded_splits(const LearningSet& set, std::uint32_t fold_count, bool is_inverted, unsigned times,
                                 std::uint64_t seed) {
    std::vector<Split> splits;
    for (unsigned repeat = 0; repeat < std::max(1U, times / fold_count); ++repeat) {
        const auto folds = stratified_folds(set.classes, set.class_names.size(), fold_count, seed + repeat);
        for (std::uint32_t fold = 0; fold < fold_count; ++fold) {
            splits.push_back(leave_out(folds, fold));
            if (is_inverted) {
                std::swap(splits.back().train, splits.back().test);
            }
        }
    }
    return splits;
}

/// Who is compared.
std::vector<Contestant> contestants(const EvaluationSettings& settings, bool by_group) {
    std::vector<Contestant> all;
    for (const Method method : settings.methods) {
        all.push_back(method_contestant(method, settings.features, by_group));
        if (method == Method::forest && settings.features == FeatureChoice::all) {
            all.push_back(method_contestant(method, FeatureChoice::paper, by_group));
            all.back().name = paper_forest;
        }
    }
    return all;
}

Comparison compared(std::string name, std::string title, const LearningSet& set, std::vector<Split> splits,
                    const EvaluationSettings& settings, bool by_group) {
    Comparison comparison{
        std::move(name), std::move(title), set.class_names, {}, std::move(splits), set.described.footprints(), {}, {}};
    for (const Contestant& contestant : contestants(settings, by_group)) {
        comparison.outcomes.push_back(run_trials(set, comparison.splits, contestant, settings.seed));
    }
    // What tells leakage from learning must be able to find it, so it gets the first of the methods.
    const Method method = settings.methods.front();
    std::vector<Contestant> controls{majority_control(), nearest_middle_control(), permuted_control(method),
                                     address_control(method), best_feature_control(method, settings.features)};
    for (const FeatureGroup group : {FeatureGroup::name, FeatureGroup::dynamic, FeatureGroup::ours}) {
        if (settings.features == FeatureChoice::all || group != FeatureGroup::ours) {
            controls.push_back(without_group_control(method, settings.features, group));
        }
    }
    if (settings.oracle != nullptr) {
        controls.push_back(oracle_control(method, *settings.oracle));
    }
    for (const Contestant& control : controls) {
        comparison.controls.push_back(run_trials(set, comparison.splits, control, settings.seed));
    }
    return comparison;
}

std::vector<Comparison> stratified(const LearningSet& set, const EvaluationSettings& settings) {
    std::vector<Comparison> comparisons;
    for (const auto& [folds, is_inverted] : {std::pair{5U, false}, std::pair{10U, false}, std::pair{5U, true}}) {
        comparisons.push_back(
            compared(fmt::format("P1 {}{}", folds, is_inverted ? " inverted" : ""),
                     is_inverted ? fmt::format("one of {} stratified folds learnt from, the others asked", folds)
                                 : fmt::format("{} stratified folds, each asked once", folds),
                     set, folded_splits(set, folds, is_inverted, settings.times, settings.seed), settings, false));
    }
    return comparisons;
}

/// Elsewhere: the rows of another set, several times, because methods differ by chance.
std::vector<Comparison> elsewhere(const LearningSet& set, const EvaluationSettings& settings) {
    constexpr unsigned repeats = 5;
    if (settings.others.empty()) {
        throw std::runtime_error("P3 needs another set to be asked about: --other NAME=FEATURES,LABELS");
    }
    std::vector<Comparison> comparisons;
    for (const NamedSet& other : settings.others) {
        const LearningSet both = unite(set, other.set);
        Split split;
        split.train.resize(set.classes.size());
        std::iota(split.train.begin(), split.train.end(), 0U);
        split.test.resize(other.set.classes.size());
        std::iota(split.test.begin(), split.test.end(), static_cast<std::uint32_t>(set.classes.size()));
        comparisons.push_back(compared(other.name, fmt::format("learnt from all rows, asked about {}", other.name),
                                       both, std::vector<Split>(repeats, split), settings, true));
    }
    return comparisons;
}

/// A split per later window, so that what wears off is seen.
Comparison later_windows(const LearningSet& set, const EvaluationSettings& settings) {
    std::set<std::string> different;
    for (const DescribedRow& row : set.described.rows) {
        different.insert(row.window);
    }
    const std::vector<std::string> windows(different.begin(), different.end());
    if (windows.size() <= settings.early_windows) {
        throw std::runtime_error(
            fmt::format("P4 learns from {} windows and is asked about later ones; these features "
                        "have {}",
                        settings.early_windows, windows.size()));
    }
    std::vector<Split> splits(windows.size() - settings.early_windows);
    for (std::uint32_t row = 0; row < set.classes.size(); ++row) {
        const auto window = static_cast<std::size_t>(std::ranges::lower_bound(windows, set.described.rows[row].window) -
                                                     windows.begin());
        if (window >= settings.early_windows) {
            splits[window - settings.early_windows].test.push_back(row);
        } else {
            for (Split& split : splits) {
                split.train.push_back(row);
            }
        }
    }
    Comparison comparison =
        compared("P4", fmt::format("learnt from the first {} windows, asked about later ones", settings.early_windows),
                 set, std::move(splits), settings, true);
    comparison.split_names.assign(windows.begin() + static_cast<std::ptrdiff_t>(settings.early_windows), windows.end());
    return comparison;
}

/// The class that each is most often taken for (requirements 4); others have no such neighbour.
std::string neighbour_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> pairs{{{"p2p", "scan"},
                                                                                   {"scan", "p2p"},
                                                                                   {"cdn", "ad-tracker"},
                                                                                   {"ad-tracker", "cdn"},
                                                                                   {"cloud", "dns"},
                                                                                   {"dns", "push"},
                                                                                   {"push", "cloud"},
                                                                                   {"mail", "spam"},
                                                                                   {"spam", "mail"},
                                                                                   {"update", "ntp"},
                                                                                   {"ntp", "update"},
                                                                                   {"crawler", "scan"}}};
    const auto found = std::ranges::find(pairs, name, &std::pair<std::string_view, std::string_view>::first);
    return std::string(found == pairs.end() ? name : found->second);
}

/// `contestant`, who is told wrong classes for a share of the rows that it learns from.
Contestant misled(Contestant contestant, double share, bool by_neighbour) {
    return {contestant.name,
            [=, contest = std::move(contestant.contest)](const LearningSet& set, const Split& split, std::uint64_t seed,
                                                         std::vector<double>& importance) {
                LearningSet wrong = set;
                Dice dice(seed);
                const std::size_t class_count = set.class_names.size();
                for (const std::uint32_t row : split.train) {
                    if (dice.share() >= share) {
                        continue;
                    }
                    const auto neighbour =
                        std::ranges::find(set.class_names, neighbour_of(set.class_names[set.classes[row]]));
                    if (by_neighbour && neighbour != set.class_names.end()) {
                        wrong.classes[row] = static_cast<std::uint16_t>(neighbour - set.class_names.begin());
                    } else if (!by_neighbour) {
                        const auto step = 1 + dice.below(class_count - 1);
                        wrong.classes[row] = static_cast<std::uint16_t>((set.classes[row] + step) % class_count);
                    }
                }
                return contest(wrong, split, seed, importance);
            }};
}

std::vector<Comparison> mislabelled(const LearningSet& set, const EvaluationSettings& settings) {
    std::vector<Comparison> comparisons;
    const auto splits =
        random_splits(set.classes.size(), train_share_default, std::max(1U, settings.times / 5), settings.seed);
    for (const bool by_neighbour : {false, true}) {
        for (const int percent : {0, 10, 20, 30}) {
            if (by_neighbour && percent == 0) {
                continue;
            }
            Comparison comparison{fmt::format("P7 {} % {}", percent, by_neighbour ? "neighbours" : "any"),
                                  fmt::format("P0 with {} % of the labels wrong, {}", percent,
                                              by_neighbour ? "by a class that is alike" : "by any class"),
                                  set.class_names,
                                  {},
                                  splits,
                                  set.described.footprints(),
                                  {},
                                  {}};
            for (const Contestant& contestant : contestants(settings, false)) {
                comparison.outcomes.push_back(
                    run_trials(set, splits, misled(contestant, percent / 100.0, by_neighbour), settings.seed));
            }
            comparisons.push_back(std::move(comparison));
        }
    }
    return comparisons;
}

}  // namespace

std::string name_of(TrialProtocol protocol) {
    constexpr std::array names{"P0", "P1", "P2", "P3", "P4", "P6", "P7", "P8"};
    return names[static_cast<std::size_t>(protocol)];
}

std::vector<Comparison> compare(TrialProtocol protocol, const LearningSet& set, const EvaluationSettings& settings) {
    switch (protocol) {
        case TrialProtocol::p0:
            return {compared("P0", fmt::format("60 % of the rows learnt from, 40 % asked, {} times", settings.times),
                             set, random_splits(set.classes.size(), train_share_default, settings.times, settings.seed),
                             settings, false)};
        case TrialProtocol::p1:
            return stratified(set, settings);
        case TrialProtocol::p2:
            return {compared("P2", fmt::format("as P0, no operator or /24 on both sides, {} times", settings.times),
                             set,
                             grouped_splits(set.classes, set.groups, set.class_names.size(), train_share_default,
                                            settings.times, settings.seed),
                             settings, true)};
        case TrialProtocol::p3:
            return elsewhere(set, settings);
        case TrialProtocol::p4:
            return {later_windows(set, settings)};
        case TrialProtocol::p7:
            return mislabelled(set, settings);
        default:
            return {};
    }
}

std::vector<Stratum> strata(const Comparison& comparison, const Outcome& outcome, const LearningSet& set) {
    struct Bounds {
        const char* name;
        double low, high;
    };
    static constexpr std::array<Bounds, 5> bounds{{{"below 20", 0, 20},
                                                   {"20 to 29", 20, 30},
                                                   {"30 to 99", 30, 100},
                                                   {"100 to 999", 100, 1000},
                                                   {"1,000 and more", 1000, std::numeric_limits<double>::infinity()}}};
    std::vector<Stratum> found;
    for (const Bounds& bound : bounds) {
        std::vector<Answered> answers;
        std::vector<double> are(comparison.class_names.size());
        std::vector<double> right(comparison.class_names.size());
        for (const auto& tested_rows : outcome.tested) {
            for (const TestedRow& tested : tested_rows) {
                const double footprint = comparison.footprints[tested.row];
                if (footprint >= bound.low && footprint < bound.high) {
                    answers.push_back({tested.confidence, tested.is_right});
                    are[set.classes[tested.row]] += 1;
                    right[set.classes[tested.row]] += tested.is_right ? 1 : 0;
                }
            }
        }
        if (answers.empty()) {
            continue;
        }
        Stratum stratum{bound.name, answers.size(), 0, 0, calibration_error(answers)};
        double present = 0;
        for (std::size_t activity = 0; activity < are.size(); ++activity) {
            stratum.accuracy += right[activity] / static_cast<double>(answers.size());
            present += are[activity] > 0 ? 1 : 0;
            stratum.recall += are[activity] > 0 ? right[activity] / are[activity] : 0;
        }
        stratum.recall /= present;
        found.push_back(stratum);
    }
    return found;
}

}  // namespace echotap
