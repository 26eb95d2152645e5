// SPDX-License-Identifier: Apache-2.0
// A model: what is learnt from a learning set, and where it comes from. Rows of features go in, verdicts come out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analytics/learning/classifier.hpp"
#include "analytics/learning/learning_set.hpp"
#include "analytics/learning/novelty.hpp"

namespace echotap {

/// Which columns of the feature table a model looks at.
enum class FeatureChoice : std::uint8_t {
    all,
    paper,  // the 22 of Fukuda and Heidemann
};

std::vector<Feature> features_of(FeatureChoice choice);

struct TrainingSettings {
    Method method = Method::pooled;
    unsigned runs = 0;  // 0: runs_default()
    FeatureChoice features = FeatureChoice::all;
    std::uint64_t seed = 1;
    /// Whether what is left out to calibrate is left out by operator and network (as P2) or by row (as P0). By operator
    /// says what to expect of operators that nobody has labelled yet.
    bool calibrate_by_group = true;
};

/// Where a model comes from. Text, because people read it.
struct Provenance {
    std::string program;              // that made it, with its version
    std::string date;                 // as whoever trained it gave it
    std::string notice;               // printed by whatever uses the model; empty: nothing
    std::vector<std::string> labels;  // what their files say of where they come from: remarks, a line each
    std::string learning_digest;      // XXH3-128 of what it learnt from, hexadecimal
    std::vector<std::pair<std::string, std::uint64_t>> rows_by_class;
    std::uint64_t groups = 0;  // operators and networks that are independent of each other
    std::vector<std::pair<std::string, std::string>> parameters;
    std::vector<std::pair<std::string, double>> scores;  // of rows that were left out

    bool operator==(const Provenance&) const = default;
};

struct Model {
    Method method = Method::pooled;
    std::vector<Feature> features;
    std::vector<std::string> class_names;
    std::unique_ptr<Classifier> classifier;
    double temperature = 1;
    Novelty novelty;
    /// What has fewer queriers is unknown, since the shares and entropies of a few look like anything: those of the
    /// smallest originator that it learnt from, and at most footprint_enough.
    double footprint_min = 0;
    Provenance provenance;
};

/// Deterministic: the same set and settings give the same model, octet by octet. Leaves provenance's program, date and
/// notice to the caller. Throws std::runtime_error where it cannot learn.
Model train_model(const LearningSet& set, const TrainingSettings& settings);

struct Verdict {
    std::uint16_t activity = 0;  // the most probable class
    std::uint16_t next = 0;      // the second
    float probability = 0;       // calibrated
    float next_probability = 0;
    double strangeness = 0;  // see Novelty
    /// The share of originators of known classes that look at least as strange.
    double familiarity = 1;
    bool is_unknown = false;  // looks like none of the classes
};

/// What share of known originators may be called unknown by mistake.
inline constexpr double unknown_share_default = 0.05;

struct Verdicts {
    std::vector<Verdict> rows;
    std::vector<float> probabilities;  // row by row, class by class
};

/// May be called by any number of threads. Verdicts come in the order of the rows.
Verdicts classify(const Model& model, const DescribedRows& described, double unknown_share = unknown_share_default);

/// "unknown" or the class.
std::string answer_of(const Model& model, const Verdict& verdict);

/// Rows judged by models that did not learn from them: each fold by one that learnt from the others (one run; chance
/// differs little, and this is done often).
Judgement judge_left_out(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
                         std::span<const std::uint32_t> folds, std::uint32_t fold_count, Method method,
                         std::uint64_t seed);

}  // namespace echotap
