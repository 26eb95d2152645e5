// SPDX-License-Identifier: Apache-2.0
// Scores as they are defined, class by class and pair by pair, with no thought for time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace echotap::reference {

struct ClassScores {
    double precision = 0, recall = 0;
    bool is_there = false;
};

/// One against the rest: tp / (tp + fp) and tp / (tp + fn) of BS-20.
inline ClassScores class_scores(const std::vector<std::uint16_t>& truth, const std::vector<std::uint16_t>& answers,
                                std::uint16_t activity) {
    double true_positives = 0, false_positives = 0, false_negatives = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        true_positives += truth[i] == activity && answers[i] == activity ? 1 : 0;
        false_positives += truth[i] != activity && answers[i] == activity ? 1 : 0;
        false_negatives += truth[i] == activity && answers[i] != activity ? 1 : 0;
    }
    ClassScores scores;
    scores.is_there = true_positives + false_negatives > 0;
    scores.precision = true_positives > 0 ? true_positives / (true_positives + false_positives) : 0;
    scores.recall = true_positives > 0 ? true_positives / (true_positives + false_negatives) : 0;
    return scores;
}

/// Of all pairs of a known one and a stranger: the share in which the stranger has more.
inline double area_under_roc(const std::vector<double>& known, const std::vector<double>& strange) {
    double won = 0;
    for (const double one : known) {
        for (const double other : strange) {
            won += other > one ? 1 : other == one ? 0.5 : 0;
        }
    }
    return won / static_cast<double>(known.size() * strange.size());
}

/// The open-set classification rate curve, a point for every bound that tells answers apart: strangers that are
/// believed, known ones that are believed and right.
struct OpenSetPoint {
    double passed = 0, right = 0;
};

inline std::vector<OpenSetPoint> open_set_curve(const std::vector<double>& known, const std::vector<bool>& is_right,
                                                const std::vector<double>& strange) {
    std::set<double> bounds(known.begin(), known.end());
    bounds.insert(strange.begin(), strange.end());
    std::vector<OpenSetPoint> points{{0, 0}};
    for (const double bound : bounds) {
        OpenSetPoint point;
        for (std::size_t i = 0; i < known.size(); ++i) {
            point.right += is_right[i] && known[i] <= bound ? 1 / static_cast<double>(known.size()) : 0;
        }
        for (const double value : strange) {
            point.passed += value <= bound ? 1 / static_cast<double>(strange.size()) : 0;
        }
        points.push_back(point);
    }
    return points;
}

/// By trapezoids.
inline double open_set_area(const std::vector<OpenSetPoint>& curve) {
    double area = 0;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        area += (curve[i].passed - curve[i - 1].passed) * (curve[i].right + curve[i - 1].right) / 2;
    }
    return area;
}

inline double right_at_passed(const std::vector<OpenSetPoint>& curve, double passed_max) {
    double right = 0;
    for (const OpenSetPoint& point : curve) {
        right = point.passed <= passed_max + 1e-9 ? std::max(right, point.right) : right;
    }
    return right;
}

/// |share right - mean confidence| of each of 15 bins, weighed by its answers.
inline double calibration_error(const std::vector<float>& confidences, const std::vector<bool>& is_right) {
    double error = 0;
    for (int bin = 0; bin < 15; ++bin) {
        double count = 0, sum = 0, right = 0;
        for (std::size_t i = 0; i < confidences.size(); ++i) {
            const auto confidence = static_cast<double>(confidences[i]);
            if (confidence >= bin / 15.0 && (confidence < (bin + 1) / 15.0 || bin == 14)) {
                count += 1;
                sum += confidence;
                right += is_right[i] ? 1 : 0;
            }
        }
        if (count > 0) {
            error += count / static_cast<double>(confidences.size()) * std::abs(right / count - sum / count);
        }
    }
    return error;
}

}  // namespace echotap::reference
