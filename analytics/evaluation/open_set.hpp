// SPDX-License-Identifier: Apache-2.0
// Whether "unknown" is said of what was never learnt (P6 of requirements 4): each class in turn is left out of learning
// and asked about.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/evaluation/protocols.hpp"

namespace echotap {

/// Of one class that nobody had told the model about; means over splits.
struct OpenSetRow {
    std::string stranger;
    double area = 0;                  // under the ROC curve of what "unknown" goes by (Novelty)
    double density_area = 0;          // of the density alone, for comparison
    double confidence_area = 0;       // of the classifier's top probability alone
    double passed_at_95 = 0;          // strangers taken for known where 95 % of the known are
    double oscr_area = 0;             // under the open-set classification rate curve (open_set_area) of "unknown"
    double confidence_oscr_area = 0;  // of the classifier's top probability alone
    double right_at_05 = 0;           // known ones that are believed and right where .05 of the strangers are believed
    double right_at_10 = 0;
    double right_at_20 = 0;
    double right_at_50 = 0;
    double right_at_100 = 0;        // all are believed: the accuracy
    double strangers_rejected = 0;  // called unknown at the default share
    double known_rejected = 0;      // by mistake; should be at most the default share
};

/// Its figures, with their names in files.
struct OpenSetMeasure {
    std::string_view name;
    double OpenSetRow::*value;
};
inline constexpr std::array<OpenSetMeasure, 13> open_set_measures{
    {{"area", &OpenSetRow::area},
     {"density_area", &OpenSetRow::density_area},
     {"confidence_area", &OpenSetRow::confidence_area},
     {"passed_at_95", &OpenSetRow::passed_at_95},
     {"oscr_area", &OpenSetRow::oscr_area},
     {"confidence_oscr_area", &OpenSetRow::confidence_oscr_area},
     {"right_at_05", &OpenSetRow::right_at_05},
     {"right_at_10", &OpenSetRow::right_at_10},
     {"right_at_20", &OpenSetRow::right_at_20},
     {"right_at_50", &OpenSetRow::right_at_50},
     {"right_at_100", &OpenSetRow::right_at_100},
     {"strangers_rejected", &OpenSetRow::strangers_rejected},
     {"known_rejected", &OpenSetRow::known_rejected}}};

/// The points of the open-set classification rate curve that are kept: share of strangers believed, and the share of
/// known ones that are believed and right there.
struct OpenSetPoint {
    double passed = 0;
    double OpenSetRow::*value;
};
inline constexpr std::array<OpenSetPoint, 5> open_set_points{{{0.05, &OpenSetRow::right_at_05},
                                                              {0.1, &OpenSetRow::right_at_10},
                                                              {0.2, &OpenSetRow::right_at_20},
                                                              {0.5, &OpenSetRow::right_at_50},
                                                              {1.0, &OpenSetRow::right_at_100}}};

/// By class, with the first of the methods. Splits are those of P0, a tenth as many.
std::vector<OpenSetRow> open_set(const LearningSet& set, const EvaluationSettings& settings);

}  // namespace echotap
