// SPDX-License-Identifier: Apache-2.0
// The protocols of requirements 4: a learning set and what to compare go in, comparisons come out. All methods answer
// the same questions, and controls stand beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analytics/evaluation/trials.hpp"

namespace echotap {

enum class TrialProtocol : std::uint8_t {
    p0,  // the paper's: 60 % of the rows learnt from, the others asked
    p1,  // stratified folds: 5, 10, and 5 the other way round
    p2,  // as P0, but no operator and no /24 on both sides
    p3,  // learn here, be asked elsewhere: other worlds (P3), vantages (P5) or adversaries (P9), as their sets are
         // named
    p4,  // learn from early windows, be asked about later ones
    p6,  // open set: each class in turn was never learnt (open_set.hpp)
    p7,  // wrong labels
    p8,  // P0 by footprint
};

/// "P0" and so on.
std::string name_of(TrialProtocol protocol);

/// What the forest with the paper's 22 features is called, where the others have all: what is to be beaten. It takes
/// part where the forest does.
inline constexpr std::string_view paper_forest = "paper";

/// Another set, to be asked about.
struct NamedSet {
    std::string name;
    LearningSet set;
};

struct EvaluationSettings {
    std::vector<TrialProtocol> protocols{TrialProtocol::p0, TrialProtocol::p2};
    std::vector<Method> methods{Method::pooled, Method::xgboost, Method::forest, Method::cart, Method::svm};
    FeatureChoice features = FeatureChoice::all;
    unsigned times = 50;  // splits of P0 and P2; the others have as many questions, more or less
    std::uint64_t seed = 1;
    std::size_t early_windows = 4;        // that P4 learns from
    std::vector<NamedSet> others;         // for P3
    const LearningSet* oracle = nullptr;  // a hundred times the labels of the same world; nothing: no oracle
};

/// Contestants that answered the same questions.
struct Comparison {
    std::string name;   // "P0"
    std::string title;  // what was done, a sentence
    std::vector<std::string> class_names;
    std::vector<std::string> split_names;  // where splits are more than repetitions
    std::vector<Split> splits;
    std::vector<double> footprints;  // of the rows that splits count
    std::vector<Outcome> outcomes;   // methods, as asked for
    std::vector<Outcome> controls;
};

/// The comparisons of one protocol, none for P6 and P8 (these are other questions). Throws std::runtime_error where the
/// set does not allow it, such as P4 with one window.
std::vector<Comparison> compare(TrialProtocol protocol, const LearningSet& set, const EvaluationSettings& settings);

/// Answers of a comparison by the footprint of their rows (P8).
struct Stratum {
    std::string name;
    std::uint64_t answers = 0;
    double accuracy = 0;  // NaN without answers
    double recall = 0;    // mean over classes that are there; NaN without answers
    double calibration_error = 0;
};
std::vector<Stratum> strata(const Comparison& comparison, const Outcome& outcome, const LearningSet& set);

}  // namespace echotap
