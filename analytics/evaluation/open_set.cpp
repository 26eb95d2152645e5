// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/open_set.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace echotap {

namespace {

/// A model that never saw `stranger`, asked about rows of all classes.
OpenSetRow ask(const LearningSet& set, const Split& split, std::uint16_t stranger, const EvaluationSettings& settings,
               std::uint64_t seed) {
    std::vector<std::uint32_t> learnt;
    std::ranges::copy_if(split.train, std::back_inserter(learnt),
                         [&](std::uint32_t row) { return set.classes[row] != stranger; });
    LearningSet known = pick_rows(set, learnt);
    // A class without rows would take part in the model as a name; the numbers above it move down.
    known.class_names.erase(known.class_names.begin() + stranger);
    for (std::uint16_t& one : known.classes) {
        one = static_cast<std::uint16_t>(one > stranger ? one - 1 : one);
    }
    const Model model = train_model(
        known,
        {.method = settings.methods.front(), .features = settings.features, .seed = seed, .calibrate_by_group = false});
    std::vector<std::uint32_t> asked = split.test;
    for (const std::uint32_t row : split.train) {
        if (set.classes[row] == stranger) {
            asked.push_back(row);
        }
    }
    const DescribedRows described = pick_rows(set, asked).described;
    const Verdicts verdicts = classify(model, described);
    const Novelty::Distances distances = model.novelty.distances(pick_features(described.samples, model.features),
                                                                 model.features, described.footprints());
    std::vector<double> known_strangeness;
    std::vector<double> strange_strangeness;
    std::vector<double> known_far;
    std::vector<double> strange_far;
    std::vector<double> known_doubt;
    std::vector<double> strange_doubt;
    std::vector<KnownAnswer> known_answers;
    std::vector<KnownAnswer> known_answers_by_doubt;
    OpenSetRow row{.stranger = set.class_names[stranger]};
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const bool is_strange = set.classes[asked[i]] == stranger;
        const Verdict& verdict = verdicts.rows[i];
        const double doubt = 1 - static_cast<double>(verdict.probability);
        (is_strange ? strange_strangeness : known_strangeness).push_back(verdict.strangeness);
        (is_strange ? strange_far : known_far).push_back(distances.nearest[i]);
        (is_strange ? strange_doubt : known_doubt).push_back(doubt);
        (is_strange ? row.strangers_rejected : row.known_rejected) += verdict.is_unknown ? 1 : 0;
        if (!is_strange) {
            const bool is_right = model.class_names[verdict.activity] == set.class_names[set.classes[asked[i]]];
            known_answers.push_back({verdict.strangeness, is_right});
            known_answers_by_doubt.push_back({doubt, is_right});
        }
    }
    row.strangers_rejected /= std::max(1.0, static_cast<double>(strange_far.size()));
    row.known_rejected /= std::max(1.0, static_cast<double>(known_far.size()));
    row.density_area = area_under_roc(known_far, strange_far);
    row.confidence_area = area_under_roc(known_doubt, strange_doubt);
    row.area = area_under_roc(known_strangeness, strange_strangeness);
    row.passed_at_95 = strangers_passed_at_95(known_strangeness, strange_strangeness);
    row.oscr_area = open_set_area(known_answers, strange_strangeness);
    row.confidence_oscr_area = open_set_area(known_answers_by_doubt, strange_doubt);
    for (const OpenSetPoint& point : open_set_points) {
        row.*point.value = right_at_passed(known_answers, strange_strangeness, point.passed);
    }
    return row;
}

}  // namespace

std::vector<OpenSetRow> open_set(const LearningSet& set, const EvaluationSettings& settings) {
    const std::vector<Split> splits =
        random_splits(set.classes.size(), train_share_default, std::max(1U, settings.times / 10), settings.seed);
    if (set.class_names.size() < 3) {
        throw std::runtime_error("P6 leaves a class out, so it needs three");
    }
    std::vector<OpenSetRow> answers(splits.size() * set.class_names.size());
    tbb::parallel_for(std::size_t{0}, answers.size(), [&](std::size_t i) {
        answers[i] = ask(set, splits[i % splits.size()], static_cast<std::uint16_t>(i / splits.size()), settings,
                         settings.seed + i % splits.size());
    });
    std::vector<OpenSetRow> rows;
    const auto count = static_cast<double>(splits.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (i % splits.size() == 0) {
            rows.push_back({.stranger = answers[i].stranger});
        }
        for (const OpenSetMeasure& measure : open_set_measures) {
            rows.back().*measure.value += answers[i].*measure.value / count;
        }
    }
    return rows;
}

}  // namespace echotap
