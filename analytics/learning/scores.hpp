// SPDX-License-Identifier: Apache-2.0
// How good answers are: true classes and probabilities go in, figures come out. Definitions are those of requirements
// 1.8 (BS-20) and 4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace echotap {

/// Classes that none of the rows is of take no part in means over classes.
struct Scores {
    double accuracy = 0;
    double precision = 0;           // mean over classes; 0 where a class was never answered
    double precision_answered = 0;  // the same without classes that were never answered
    double recall = 0;              // mean over classes: the balanced accuracy
    double f1 = 0;                  // harmonic mean of precision and recall, as the paper's tables have it
    double f1_by_class = 0;         // mean over classes of each class's own
    double log_loss = 0;
    double brier = 0;                    // sum over classes of (probability - truth)^2, mean over rows
    double calibration_error = 0;        // expected, by 15 bins of the answer's probability
    double class_calibration_error = 0;  // the same of every class's probability, mean over classes
    double precision_at_60 = 0;          // share of right answers among the 60 % with the highest probability
    std::vector<double> class_recall;    // NaN where none of the rows is of the class
};

/// All scores that are one number, with their names in files.
struct Measure {
    std::string_view name;
    double Scores::*value;
};
inline constexpr std::array<Measure, 11> measures{{{"accuracy", &Scores::accuracy},
                                                   {"precision", &Scores::precision},
                                                   {"precision_answered", &Scores::precision_answered},
                                                   {"recall", &Scores::recall},
                                                   {"f1", &Scores::f1},
                                                   {"f1_by_class", &Scores::f1_by_class},
                                                   {"log_loss", &Scores::log_loss},
                                                   {"brier", &Scores::brier},
                                                   {"calibration_error", &Scores::calibration_error},
                                                   {"class_calibration_error", &Scores::class_calibration_error},
                                                   {"precision_at_60", &Scores::precision_at_60}}};

/// The most probable class of each row; of equals, the first.
std::vector<std::uint16_t> most_probable(std::span<const float> probabilities, std::size_t class_count);

/// `probabilities` row by row, class by class. At least one row.
Scores score(std::span<const std::uint16_t> truth, std::span<const float> probabilities, std::size_t class_count);

/// An answer as far as confidence goes.
struct Answered {
    float confidence = 0;
    bool is_right = false;
};

/// Expected calibration error (Guo et al., ICML 2017): |share right - mean confidence| of 15 bins of equal width,
/// weighed by their answers.
double calibration_error(std::span<const Answered> answers);

/// The most confident `coverage` of the answers; at least one.
double precision_at(std::vector<Answered> answers, double coverage);

/// The chance that a stranger's value is above a known one's (area under the ROC curve); equals count half. 0.5 where
/// there are none.
double area_under_roc(std::span<const double> known, std::span<const double> strange);

/// Of one that was asked where strangers are among them.
struct KnownAnswer {
    double strangeness = 0;
    bool is_right = false;  // the class, whatever is said of "unknown"
};

/// The area under the open-set classification rate curve (Dhamija, Guenther, Boult, NeurIPS 2018): as the bound of
/// strangeness below which an answer is believed goes up, the share of all known ones that are believed and right
/// against the share of strangers that are believed. At most the accuracy, which it reaches where each stranger is
/// stranger than all known ones that are right; equal values count half. 0 where there are none.
double open_set_area(std::span<const KnownAnswer> known, std::span<const double> strange);

/// A point of that curve: the share of all known ones that are believed and right, with the highest bound at which at
/// most `passed_max` (0 to 1) of the strangers are believed. With all of them, 1, or none there, it is the accuracy.
double right_at_passed(std::span<const KnownAnswer> known, std::span<const double> strange, double passed_max);

/// What share of strangers passes for known where 95 of 100 known ones do.
double strangers_passed_at_95(std::span<const double> known, std::span<const double> strange);

}  // namespace echotap
