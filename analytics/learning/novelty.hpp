// SPDX-License-Identifier: Apache-2.0
// Whether an originator looks like anything the model has learnt from: samples go in, p-values come out.
//
// By density and by doubt. Each class is a normal distribution of the log-ratio features; its covariance leans on that
// of all classes (Friedman: "Regularized Discriminant Analysis", 1989), since some classes have five members: what is
// far from all of them is strange. Far in directions in which no class is told from another says less, so that distance
// is taken relative to one normal distribution of all rows, too (Ren et al.: "A Simple Fix to Mahalanobis Distance",
// 2021). What lies between classes is near to all; there the classifier cannot make up its mind. All three are ranked
// among rows that were left out, and the ranks added; docs/accuracy.md says what each is worth alone and together.
//
// How strange is strange is learnt from these rows, too: the p-value is the share of those at least as strange (split
// conformal; Vovk et al.: "Algorithmic Learning in a Random World", 2005), so that of originators of known classes no
// more than a share p has a p-value of p or less, whatever the distributions really are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analytics/learning/learning_set.hpp"

namespace echotap {

class Novelty {
public:
    Novelty() = default;

    /// `samples` are columns `features` of originators with these footprints. Rows with the same fold are left out
    /// together once; folds are 0 to fold_count - 1. `doubts` by row: of a classifier that did not learn from the
    /// row (see Judgement).
    Novelty(const Samples& samples, std::span<const Feature> features, std::span<const double> footprints,
            std::span<const std::uint16_t> classes, std::size_t class_count, std::span<const std::uint32_t> folds,
            std::uint32_t fold_count, std::span<const float> doubts);

    /// By row; larger is stranger.
    struct Distances {
        /// From the nearest class: minus twice the log density, up to a constant.
        std::vector<double> nearest;
        /// From the nearest class, all with one covariance, less that from the middle of all rows by theirs.
        std::vector<double> relative;
    };
    Distances distances(const Samples& samples, std::span<const Feature> features,
                        std::span<const double> footprints) const;

    /// Which share of the rows that were left out is nearer, relatively nearer (half as much), and of which the
    /// classifier had less doubt: 0 to 2.5. Farther than all of them counts more, by the logarithm of how much farther:
    /// what is like nothing that was ever seen (an originator made up by spoofed queries) is strange whatever a
    /// classifier believes that it is.
    double strangeness(double nearest, double relative, float doubt) const;

    /// Above 0, at most 1.
    double p_value(double strangeness) const;

    std::vector<std::uint8_t> image() const;
    /// Throws std::runtime_error where it is not an image, or is of another number of columns.
    static Novelty restore(std::span<const std::uint8_t> image, std::size_t column_count);

private:
    /// A normal distribution: its middle, and the inverse of its covariance's Cholesky factor (lower, row by row).
    struct Shape {
        std::vector<float> mean;
        std::vector<float> whitening;
        double log_volume = 0;
    };

    void whiten_means();
    void learn(const Samples& logs, std::span<const std::uint16_t> classes, std::size_t class_count);
    Distances scaled_distances(const Samples& logs) const;

    Scaling scaling_;
    std::vector<Shape> shapes_;  // of classes with at least two members
    Shape everything_;           // all rows as one class
    // The inverse of the Cholesky factor of the covariance that rows have within their classes, and the classes'
    // middles times it.
    std::vector<float> shared_whitening_;
    std::vector<std::vector<float>> shared_means_;
    // Of rows that were left out, ascending each.
    std::vector<double> nearest_;
    std::vector<double> relative_;
    std::vector<double> doubts_;
    std::vector<double> strangeness_;
};

}  // namespace echotap
