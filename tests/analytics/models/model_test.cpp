// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "analytics/learning/calibration.hpp"
#include "analytics/learning/scores.hpp"
#include "analytics/learning/splits.hpp"
#include "analytics/models/explanation.hpp"
#include "analytics/models/model_file.hpp"
#include "benchmarks/learning_world.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using testing::HasSubstr;

const WorldShape small{.class_count = 4, .operators = 6, .addresses = 5};

Model small_model(Method method = Method::xgboost) {
    Model model = train_model(LearningWorld(small).set(), {.method = method});
    model.provenance.program = "echotap test";
    model.provenance.notice = "trained on \"nothing\"";
    return model;
}

std::string error_of(const std::vector<std::uint8_t>& octets) {
    try {
        // On the heap at its exact size.
        decode_model(std::vector<std::uint8_t>(octets), "a.model");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

/// A whole file again, with another checksum.
std::vector<std::uint8_t> sealed(std::vector<std::uint8_t> octets) {
    octets.resize(octets.size() - 16);
    const ChecksumOctets sum = checksum(octets);
    octets.insert(octets.end(), sum.begin(), sum.end());
    return octets;
}

/// The head says `now` where it said `before`; both are as long.
std::vector<std::uint8_t> with_head(std::vector<std::uint8_t> octets, std::string_view before, std::string_view now) {
    const auto found = std::search(octets.begin(), octets.end(), before.begin(), before.end());
    EXPECT_NE(found, octets.end());
    EXPECT_EQ(before.size(), now.size());
    std::ranges::copy(now, found);
    return sealed(octets);
}

TEST(ModelFile, gives_back_the_model_that_was_written) {
    for (const Method method : methods) {
        const Model model = small_model(method);
        const echotap::test::TemporaryFolder folder;
        const std::string path = (folder.path() / "a.model").string();
        write_model(model, path);
        const Model found = read_model(path);
        EXPECT_EQ(found.method, method);
        EXPECT_EQ(found.class_names, model.class_names);
        EXPECT_EQ(found.features, model.features);
        EXPECT_EQ(found.provenance, model.provenance);
        EXPECT_EQ(found.footprint_min, model.footprint_min);
        const DescribedRows rows = LearningWorld({.class_count = 4, .seed = 3}).described();
        EXPECT_EQ(classify(found, rows).probabilities, classify(model, rows).probabilities);
        EXPECT_EQ(classify(found, rows).rows[5].familiarity, classify(model, rows).rows[5].familiarity);
        EXPECT_EQ(encode_model(found), encode_model(model));
    }
}

TEST(ModelFile, is_the_same_whenever_it_is_trained_from_the_same) {
    EXPECT_EQ(encode_model(small_model()), encode_model(small_model()));
}

TEST(ModelFile, refuses_what_does_not_fit_and_says_why) {
    const auto octets = encode_model(small_model());
    EXPECT_EQ(error_of(octets), "");
    EXPECT_THAT(error_of({}), HasSubstr("a.model: no model of echotap"));
    EXPECT_THAT(error_of({'E', 'C', 'H', 'O', 'T', 'A', 'P', 'W', 0}), HasSubstr("no model of echotap"));
    auto newer = octets;
    newer[8] = 3;
    EXPECT_THAT(error_of(newer), HasSubstr("a model of format 3, and this program reads format 2"));
    EXPECT_THAT(error_of(with_head(octets, "\"nxdomain\"", "\"zxdomain\"")),
                HasSubstr("asks for the feature 'zxdomain', which this program does not have"));
    EXPECT_THAT(error_of(with_head(octets, "log10 U", "log10 Q")), HasSubstr("train it again"));
    EXPECT_THAT(error_of(with_head(octets, "\"cdn\"", "\"CDN\"")), HasSubstr("classes"));
    EXPECT_THAT(error_of(with_head(octets, "\"method\": \"xgboost\"", "\"method\": \"xgboots\"")), HasSubstr("method"));
    EXPECT_THAT(error_of(with_head(octets, "\"features\"", "\"feetures\"")),
                HasSubstr("head is not what it should be"));
}

TEST(ModelFile, asks_for_no_memory_because_a_file_says_so) {
    const auto octets = encode_model(small_model(Method::cart));
    std::uint64_t head_octets = 0;
    std::memcpy(&head_octets, octets.data() + 16, sizeof head_octets);
    const auto with_rest_octets = [&](std::uint64_t rest_octets) {
        auto changed = octets;
        std::memcpy(changed.data() + 24 + head_octets, &rest_octets, sizeof rest_octets);
        return error_of(sealed(changed));
    };
    EXPECT_THAT(with_rest_octets(~0ULL), HasSubstr("it would unpack to 18446744073709551615 octets"));
    EXPECT_THAT(with_rest_octets(100'000'000), HasSubstr("what is packed in it is not what it says"));
    EXPECT_THAT(with_rest_octets(10), HasSubstr("what is packed in it is not what it says"));
}

TEST(ModelFile, refuses_every_cut_and_every_changed_octet) {
    const auto octets = encode_model(small_model(Method::cart));
    for (std::size_t size = 0; size < octets.size(); size += 1 + size / 40) {
        EXPECT_NE(error_of({octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)}), "") << size;
    }
    for (std::size_t i = 0; i < octets.size(); i += 1 + i / 40) {
        auto changed = octets;
        changed[i] ^= 0x20;
        EXPECT_NE(error_of(changed), "") << i;
    }
}

TEST(Model, does_not_see_a_feature_that_it_was_not_told_to_use) {
    const LearningSet set = LearningWorld(small).set();
    const Model model = train_model(set, {.features = FeatureChoice::paper});
    EXPECT_EQ(model.features.size(), paper_feature_count);
    DescribedRows rows = set.described;
    const auto before = classify(model, rows).probabilities;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
        rows.samples.row(row)[static_cast<std::size_t>(Feature::shared_queriers)] = 77;
    }
    EXPECT_EQ(classify(model, rows).probabilities, before);
}

TEST(Model, guesses_nothing_about_fewer_queriers_than_it_ever_saw_or_than_are_enough) {
    LearningSet set = LearningWorld(small).set();
    for (const double times : {10.0, 1.0 / 40}) {
        for (DescribedRow& row : set.described.rows) {
            row.footprint *= times;
        }
        const double least = std::ranges::min(set.described.footprints());
        EXPECT_EQ(train_model(set, {}).footprint_min, std::min(20.0, least));
        EXPECT_EQ(least < 20, times < 1);
    }
    const Model model = train_model(set, {});
    DescribedRows rows = set.described;
    rows.rows[0].footprint = model.footprint_min;
    EXPECT_FALSE(classify(model, rows, 0).rows[0].is_unknown);
    rows.rows[0].footprint = model.footprint_min - 1;
    EXPECT_TRUE(classify(model, rows, 0).rows[0].is_unknown);
}

TEST(Model, knows_what_it_learnt_from) {
    const LearningSet set = LearningWorld(small).set();
    const Provenance provenance = train_model(set, {}).provenance;
    EXPECT_EQ(provenance.rows_by_class, (std::vector<std::pair<std::string, std::uint64_t>>{
                                            {"ad-tracker", 30}, {"cdn", 30}, {"cloud", 30}, {"crawler", 30}}));
    EXPECT_EQ(provenance.groups, 24U);
    EXPECT_EQ(provenance.learning_digest.size(), 32U);
    EXPECT_EQ(provenance.scores.size(), 6U);
}

TEST(Calibration, finds_the_temperature_that_was_put_in) {
    // Classes are drawn with the true probabilities; what is given is these to the power of 1.7 or 0.5.
    for (const double power : {0.5, 1.0, 1.7}) {
        Dice dice(11);
        std::vector<float> given;
        std::vector<std::uint16_t> classes;
        for (int row = 0; row < 20'000; ++row) {
            const double one = 0.05 + 0.9 * dice.share();
            classes.push_back(dice.share() < one ? 0 : 1);
            const double first = std::pow(one, power);
            const double second = std::pow(1 - one, power);
            given.push_back(static_cast<float>(first / (first + second)));
            given.push_back(static_cast<float>(second / (first + second)));
        }
        EXPECT_NEAR(fit_temperature(given, classes, 2, std::vector(classes.size(), 1.0)), power, 0.06);
        const auto before = most_probable(given, 2);
        temper(given, 2, power);
        EXPECT_EQ(most_probable(given, 2), before);
        EXPECT_LT(score(classes, given, 2).calibration_error, 0.02);
    }
}

TEST(Calibration, weighs_rows_by_how_many_others_of_their_class_were_learnt_from) {
    // Class 0: groups 0 and 1 in fold 0, group 2 in fold 1. Class 1: group 3 only. Group 2 stands twice.
    const std::vector<std::uint16_t> classes{0, 0, 0, 0, 1};
    const std::vector<std::uint32_t> groups{0, 1, 2, 2, 3};
    const std::vector<std::uint32_t> folds{0, 0, 1, 1, 0};
    const std::vector<double> weights = left_out_weights(classes, groups, folds);
    const std::vector<double> expected{1.0 / 4, 1.0 / 4, 4.0 / 9, 4.0 / 9, 0};
    for (std::size_t row = 0; row < expected.size(); ++row) {
        EXPECT_DOUBLE_EQ(weights[row], expected[row]);
    }
    // A row without weight cannot change the temperature.
    const std::vector<float> given{.9F, .1F, .8F, .2F, .7F, .3F, .2F, .8F, .999F, .001F};
    std::vector<float> others = given;
    std::swap(others[8], others[9]);
    EXPECT_EQ(fit_temperature(given, classes, 2, weights), fit_temperature(others, classes, 2, weights));
    EXPECT_EQ(fit_temperature(given, classes, 2, std::vector(5, 0.0)), 1);
}

TEST(Novelty, calls_no_more_of_the_known_unknown_than_it_was_allowed_and_most_strangers) {
    // Class 5 of 6 was never learnt; operators of the others are new.
    const WorldShape shape{.class_count = 6, .operators = 12, .addresses = 5};
    WorldShape others = shape;
    others.seed = 2;
    const LearningSet all = LearningWorld(shape).set();
    std::vector<std::uint32_t> known;
    for (std::uint32_t row = 0; row < all.classes.size(); ++row) {
        if (all.classes[row] != 5) {
            known.push_back(row);
        }
    }
    LearningSet learnt = pick_rows(all, known);
    learnt.class_names.pop_back();
    const Model model = train_model(learnt, {});
    const LearningSet asked = LearningWorld(others).set();
    const Verdicts verdicts = classify(model, asked.described, 0.1);
    std::vector<double> near, far;
    double rejected = 0;
    for (std::size_t row = 0; row < asked.classes.size(); ++row) {
        const bool is_strange = asked.classes[row] == 5;
        (is_strange ? far : near).push_back(-verdicts.rows[row].familiarity);
        rejected += !is_strange && verdicts.rows[row].is_unknown ? 1 : 0;
        EXPECT_EQ(answer_of(model, verdicts.rows[row]) == "unknown", verdicts.rows[row].is_unknown);
    }
    EXPECT_LT(rejected / static_cast<double>(near.size()), 0.15);
    EXPECT_GT(area_under_roc(near, far), 0.85);
}

TEST(Novelty, takes_doubt_as_seriously_as_distance) {
    const Novelty novelty = small_model().novelty;
    EXPECT_EQ(novelty.strangeness(-1e300, -1e300, 0), 0);
    EXPECT_EQ(novelty.strangeness(-1e300, 1e300, 0), 0.5);
    EXPECT_EQ(novelty.strangeness(-1e300, -1e300, 1), 1);
    EXPECT_EQ(novelty.p_value(0), 1);
    EXPECT_LT(novelty.p_value(2.5), 0.02);
}

TEST(Novelty, has_doubts_of_one_kind_whatever_the_runs) {
    // What one run learnt to be an ordinary doubt must be one for several runs that vote, too.
    const LearningSet set = LearningWorld(small).set();
    const Samples samples = pick_features(set.described.samples, features_of(FeatureChoice::all));
    std::vector<Judgement> judged;
    for (const unsigned runs : {1U, 3U}) {
        const auto classifier = make_classifier(Method::pooled, runs);
        classifier->train(samples, set.classes, set.class_names.size(), 1);
        judged.push_back(classifier->judge(samples));
    }
    double apart = 0;
    double other_kind = 0;
    for (std::size_t row = 0; row < samples.rows(); ++row) {
        const auto of_row = std::span(judged[1].probabilities).subspan(row * 4, 4);
        apart += std::abs(static_cast<double>(judged[0].doubts[row] - judged[1].doubts[row]));
        other_kind += std::abs(static_cast<double>(judged[1].doubts[row] - (1 - std::ranges::max(of_row))));
    }
    EXPECT_LT(apart, other_kind / 3);
}

TEST(Novelty, takes_what_is_beyond_everything_for_strange_whatever_the_classifier_believes) {
    const Novelty novelty = small_model().novelty;
    double last = 0;
    for (const double nearest : {1e3, 1e5, 1e7, 1e9}) {
        const double strangeness = novelty.strangeness(nearest, -1e300, 0);
        EXPECT_GT(strangeness, last + 1);
        last = strangeness;
    }
    EXPECT_LT(novelty.p_value(last), 0.02);
}

TEST(Novelty, is_relative_to_all_rows_where_no_class_differs_from_another) {
    // Two classes, 8 apart in the first column; the second column is wide and the same for both.
    Dice dice(5);
    Samples samples{2, {}};
    std::vector<std::uint16_t> classes;
    for (int row = 0; row < 400; ++row) {
        classes.push_back(static_cast<std::uint16_t>(row % 2));
        samples.values.push_back(static_cast<float>(8 * (row % 2) + dice.share()));
        samples.values.push_back(static_cast<float>(100 * dice.share()));
    }
    const std::vector<Feature> features{Feature::local_entropy, Feature::global_entropy};
    const std::vector<double> footprints(classes.size(), 100);
    const Novelty novelty(samples, features, footprints, classes, 2, std::vector<std::uint32_t>(classes.size(), 0), 1,
                          std::vector<float>(classes.size(), 0.5F));
    const auto near = [](double one) { return Samples{2, {static_cast<float>(one), 50}}; };
    const Samples wide{2, {0.5F, 500}};
    const auto at = [&](const Samples& one) { return novelty.distances(one, features, std::vector<double>{100}); };
    // Between the classes and far along what both share are both far from either; only the former is relatively far.
    EXPECT_GT(at(near(4)).nearest.front(), at(near(0.5)).nearest.front() + 10);
    EXPECT_GT(at(wide).nearest.front(), at(near(0.5)).nearest.front() + 10);
    EXPECT_GT(at(near(4)).relative.front(), at(near(0.5)).relative.front() + 10);
    EXPECT_LT(at(wide).relative.front(), at(near(0.5)).relative.front() + 1);
}

TEST(Explanation, adds_up_to_the_odds_of_this_class_over_the_next) {
    const LearningSet set = LearningWorld(small).set();
    const Model model = train_model(set, {});
    const Verdicts verdicts = classify(model, set.described);
    const auto reasons = explain(model, set.described, verdicts.rows);
    const auto raw = model.classifier->probabilities(pick_features(set.described.samples, model.features));
    const auto contributions = model.classifier->contributions(pick_features(set.described.samples, model.features));
    for (std::size_t row = 0; row < reasons.size(); ++row) {
        ASSERT_EQ(reasons[row].size(), feature_count);
        EXPECT_GE(std::abs(reasons[row][0].contribution), std::abs(reasons[row][1].contribution));
        const Verdict& verdict = verdicts.rows[row];
        const std::size_t width = feature_count + 1;
        double sum = static_cast<double>(contributions[(row * 4 + verdict.activity) * width + feature_count] -
                                         contributions[(row * 4 + verdict.next) * width + feature_count]);
        for (const Reason& reason : reasons[row]) {
            sum += reason.contribution;
        }
        const double odds =
            std::log(static_cast<double>(raw[row * 4 + verdict.activity] / raw[row * 4 + verdict.next]));
        EXPECT_NEAR(sum, odds, 1e-3);
    }
    const Model forest = small_model(Method::forest);
    EXPECT_THROW(explain(forest, set.described, classify(forest, set.described).rows), std::runtime_error);
}

}  // namespace
}  // namespace echotap
