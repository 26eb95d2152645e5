// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "analytics/learning/calibration.hpp"
#include "analytics/learning/scores.hpp"
#include "analytics/learning/splits.hpp"
#include "dataplane/state/checksum.hpp"

namespace echotap {

namespace {

constexpr std::uint32_t fold_count = 5;
// Originators with so many queriers can be analysed (BS-7). Labels are of larger ones often, since people look at
// these; a model of such labels is right about smaller ones nearly as often.
constexpr double footprint_enough = 20;

/// What the rows that were left out say of the model: the figures that stand in its file.
void add_scores(Provenance& provenance, std::string_view how, const LearningSet& set, std::span<const float> tempered) {
    const Scores scores = score(set.classes, tempered, set.class_names.size());
    for (const auto& [name, value] : {std::pair{"accuracy", scores.accuracy}, std::pair{"macro F1", scores.f1},
                                      std::pair{"calibration error", scores.calibration_error}}) {
        provenance.scores.emplace_back(fmt::format("{}, {}", name, how), value);
    }
}

/// The most probable class and the second; of equal ones those that come first.
std::pair<std::uint16_t, std::uint16_t> first_two(std::span<const float> row) {
    const auto first = std::ranges::max_element(row);
    auto second = first == row.begin() ? row.begin() + 1 : row.begin();
    for (auto one = row.begin(); one != row.end(); ++one) {
        if (one != first && *one > *second) {
            second = one;
        }
    }
    return {static_cast<std::uint16_t>(first - row.begin()), static_cast<std::uint16_t>(second - row.begin())};
}

}  // namespace

std::vector<Feature> features_of(FeatureChoice choice) {
    std::vector<Feature> features;
    const std::size_t count = choice == FeatureChoice::paper ? paper_feature_count : feature_count;
    for (std::size_t feature = 0; feature < count; ++feature) {
        features.push_back(static_cast<Feature>(feature));
    }
    return features;
}

Judgement judge_left_out(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
                         std::span<const std::uint32_t> folds, std::uint32_t folds_in_all, Method method,
                         std::uint64_t seed) {
    const float undecided = 1.0F / static_cast<float>(class_count);
    Judgement all{std::vector(classes.size() * class_count, undecided), std::vector(classes.size(), 1 - undecided)};
    for (std::uint32_t fold = 0; fold < folds_in_all; ++fold) {
        const Split split = leave_out(folds, fold);
        const std::vector<std::uint16_t> kept = pick(classes, split.train);
        if (split.test.empty() || std::ranges::adjacent_find(kept, std::ranges::not_equal_to()) == kept.end()) {
            continue;  // one class alone teaches nothing: its rows stay undecided
        }
        const auto classifier = make_classifier(method, 1);
        classifier->train(pick_rows(samples, split.train), kept, class_count, seed + fold);
        const Judgement judgement = classifier->judge(pick_rows(samples, split.test));
        for (std::size_t i = 0; i < split.test.size(); ++i) {
            std::copy_n(&judgement.probabilities[i * class_count], class_count,
                        &all.probabilities[split.test[i] * class_count]);
            all.doubts[split.test[i]] = judgement.doubts[i];
        }
    }
    return all;
}

Model train_model(const LearningSet& set, const TrainingSettings& settings) {
    Model model;
    model.method = settings.method;
    model.features = features_of(settings.features);
    model.class_names = set.class_names;
    const std::size_t class_count = set.class_names.size();
    const unsigned runs = settings.runs == 0 ? runs_default(settings.method) : settings.runs;
    const Samples samples = pick_features(set.described.samples, model.features);

    // Both kinds of folds, because both figures belong into the file; one of them sets temperature and novelty.
    const auto by_row = stratified_folds(set.classes, class_count, fold_count, settings.seed);
    const auto by_group = grouped_folds(set.classes, set.groups, class_count, fold_count, settings.seed);
    const auto judged = [&](std::span<const std::uint32_t> folds) {
        return judge_left_out(samples, set.classes, class_count, folds, fold_count, settings.method, settings.seed);
    };
    Judgement of_rows = judged(by_row);
    Judgement of_groups = judged(by_group);
    const auto& folds = settings.calibrate_by_group ? by_group : by_row;
    const Judgement& left_out = settings.calibrate_by_group ? of_groups : of_rows;
    model.temperature = fit_temperature(
        left_out.probabilities, set.classes, class_count,
        left_out_weights(set.classes, settings.calibrate_by_group ? set.groups : each_alone(set.classes.size()),
                         folds));
    model.novelty = Novelty(samples, model.features, set.described.footprints(), set.classes, class_count, folds,
                            fold_count, left_out.doubts);
    temper(of_rows.probabilities, class_count, model.temperature);
    temper(of_groups.probabilities, class_count, model.temperature);
    model.footprint_min = std::min(footprint_enough, std::ranges::min(set.described.footprints()));
    model.classifier = make_classifier(settings.method, runs);
    model.classifier->train(samples, set.classes, class_count, settings.seed);

    Provenance& provenance = model.provenance;
    provenance.labels = set.remarks;
    provenance.learning_digest = hexadecimal(set.digest);
    for (std::size_t i = 0; i < class_count; ++i) {
        const auto rows = std::ranges::count(set.classes, static_cast<std::uint16_t>(i));
        provenance.rows_by_class.emplace_back(set.class_names[i], static_cast<std::uint64_t>(rows));
    }
    provenance.groups = set.group_count;
    provenance.parameters = {{"method", std::string(name_of(settings.method))},
                             {"runs", std::to_string(runs)},
                             {"seed", std::to_string(settings.seed)},
                             {"features", settings.features == FeatureChoice::paper ? "paper" : "all"},
                             {"calibrated by", settings.calibrate_by_group ? "operator" : "row"}};
    add_scores(provenance, "left out by row", set, of_rows.probabilities);
    add_scores(provenance, "left out by operator", set, of_groups.probabilities);
    return model;
}

Verdicts classify(const Model& model, const DescribedRows& described, double unknown_share) {
    const Samples samples = pick_features(described.samples, model.features);
    const std::size_t class_count = model.class_names.size();
    Verdicts verdicts;
    Judgement judgement = model.classifier->judge(samples);
    verdicts.probabilities = std::move(judgement.probabilities);
    verdicts.rows.resize(described.rows.size());
    // Before they are tempered: what lies below the floor of that would all be the same.
    for (std::size_t i = 0; i < verdicts.rows.size(); ++i) {
        std::tie(verdicts.rows[i].activity, verdicts.rows[i].next) =
            first_two(std::span(verdicts.probabilities).subspan(i * class_count, class_count));
    }
    temper(verdicts.probabilities, class_count, model.temperature);
    const std::vector<double> footprints = described.footprints();
    const Novelty::Distances distances = model.novelty.distances(samples, model.features, footprints);
    for (std::size_t i = 0; i < verdicts.rows.size(); ++i) {
        const auto row = std::span(verdicts.probabilities).subspan(i * class_count, class_count);
        Verdict& verdict = verdicts.rows[i];
        verdict.probability = row[verdict.activity];
        verdict.next_probability = row[verdict.next];
        verdict.strangeness =
            model.novelty.strangeness(distances.nearest[i], distances.relative[i], judgement.doubts[i]);
        verdict.familiarity = footprints[i] < model.footprint_min ? 0 : model.novelty.p_value(verdict.strangeness);
        verdict.is_unknown = verdict.familiarity <= unknown_share;
    }
    return verdicts;
}

std::string answer_of(const Model& model, const Verdict& verdict) {
    return verdict.is_unknown ? "unknown" : model.class_names[verdict.activity];
}

}  // namespace echotap
