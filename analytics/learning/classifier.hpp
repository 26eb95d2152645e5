// SPDX-License-Identifier: Apache-2.0
// What every classifier can do: learn from rows with classes, give rows probabilities of classes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "analytics/learning/samples.hpp"

namespace echotap {

enum class Method : std::uint8_t {
    pooled,   // boosted trees and a linear discriminant, the default
    xgboost,  // boosted trees
    linear,   // linear discriminant
    forest,   // random forest (Breiman 2001), the paper's best
    cart,     // one decision tree
    svm,      // support vectors with a Gaussian kernel
};
inline constexpr std::array methods{Method::pooled, Method::xgboost, Method::linear,
                                    Method::forest, Method::cart,    Method::svm};

constexpr std::string_view name_of(Method method) {
    switch (method) {
        case Method::pooled:
            return "pooled";
        case Method::xgboost:
            return "xgboost";
        case Method::linear:
            return "linear";
        case Method::forest:
            return "forest";
        case Method::cart:
            return "cart";
        case Method::svm:
            return "svm";
    }
    return "";
}

/// What a classifier says of rows.
struct Judgement {
    std::vector<float> probabilities;  // row by row, class by class
    std::vector<float> doubts;         // by row, 0 to 1: how far it is from holding any one class for likely
};

/// Not thread-safe while it trains; afterwards any number of threads may ask for probabilities. All of them give the
/// same answers for the same samples, classes and seed on every machine of one architecture.
class Classifier {
public:
    Classifier() = default;
    virtual ~Classifier() = default;
    Classifier(const Classifier&) = delete;
    Classifier& operator=(const Classifier&) = delete;

    /// `classes` has one number below `class_count` per row; classes may be absent, but not all but one. Throws
    /// std::runtime_error where the library cannot.
    virtual void train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
                       std::uint64_t seed) = 0;

    /// Row by row, class by class; each row sums to 1. Columns must be those of training.
    virtual std::vector<float> probabilities(const Samples& samples) const = 0;

    /// The same probabilities with doubts: where nothing better is known, 1 - the probability of the answer.
    virtual Judgement judge(const Samples& samples) const;

    /// What each column did for the answers, summing to 1; empty where the method has no such thing.
    virtual std::vector<double> importance() const = 0;

    /// Why: row by row, class by class, what each column adds to the class's score (log odds up to a constant), and
    /// last what stands there without any column. Empty where the method has no such thing.
    virtual std::vector<float> contributions(const Samples& samples) const = 0;

    /// All that is learnt, for restore().
    virtual std::vector<std::uint8_t> image() const = 0;
};

/// Untrained. `runs` of a random method are trained with seeds of their own and take the majority (BS-18); methods
/// without chance run once whatever it says.
std::unique_ptr<Classifier> make_classifier(Method method, unsigned runs);

/// From an image() of the same method. Throws std::runtime_error where it is not one, or is for other numbers of
/// columns or classes.
std::unique_ptr<Classifier> restore_classifier(Method method, std::span<const std::uint8_t> image,
                                               std::size_t column_count, std::size_t class_count);

/// How often the paper runs what is random, and how often we do by default: boosting averages over rounds already.
constexpr unsigned runs_default(Method method) {
    return method == Method::forest ? 10 : 1;
}

}  // namespace echotap
