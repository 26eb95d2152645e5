// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/pooled.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "analytics/learning/image_parts.hpp"
#include "analytics/learning/linear_discriminant.hpp"
#include "analytics/learning/xgboost_trees.hpp"

namespace echotap {

namespace {

// Features are not as independent and normal as a discriminant believes, so it is too sure of itself.
constexpr float trees_weight = 0.6F;
constexpr float discriminant_weight = 0.4F;
// A class that both hold for likely is no stranger. Found on development seeds: trees tell more of that.
constexpr float trees_weight_in_doubt = 0.8F;
constexpr float discriminant_weight_in_doubt = 0.2F;
// The least that a float holds: nothing is ruled out for good.
constexpr float probability_min = 1e-37F;

class Pooled final : public Classifier {
public:
    Pooled(std::unique_ptr<Classifier> trees, std::unique_ptr<Classifier> discriminant, std::size_t class_count)
        : trees_(std::move(trees)), discriminant_(std::move(discriminant)), class_count_(class_count) {}

    void train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
               std::uint64_t seed) override {
        class_count_ = class_count;
        trees_->train(samples, classes, class_count, seed);
        discriminant_->train(samples, classes, class_count, seed);
    }

    std::vector<float> probabilities(const Samples& samples) const override { return judge(samples).probabilities; }

    Judgement judge(const Samples& samples) const override {
        std::vector<float> answers = trees_->probabilities(samples);
        const std::vector<float> others = discriminant_->probabilities(samples);
        std::vector<float> doubts;
        for (std::size_t begin = 0; begin < answers.size(); begin += class_count_) {
            float sum = 0;
            float likeliest = 0;
            for (std::size_t i = begin; i < begin + class_count_; ++i) {
                const float tree = std::log(std::max(answers[i], probability_min));
                const float other = std::log(std::max(others[i], probability_min));
                answers[i] = std::exp(trees_weight * tree + discriminant_weight * other);
                sum += answers[i];
                likeliest =
                    std::max(likeliest, std::exp(trees_weight_in_doubt * tree + discriminant_weight_in_doubt * other));
            }
            for (std::size_t i = begin; i < begin + class_count_; ++i) {
                answers[i] /= sum;
            }
            doubts.push_back(1 - likeliest);
        }
        return {std::move(answers), std::move(doubts)};
    }

    std::vector<double> importance() const override { return added(trees_->importance(), discriminant_->importance()); }

    std::vector<float> contributions(const Samples& samples) const override {
        return added(trees_->contributions(samples), discriminant_->contributions(samples));
    }

    std::vector<std::uint8_t> image() const override {
        PartWriter writer;
        writer.part(trees_->image());
        writer.part(discriminant_->image());
        return writer.take();
    }

private:
    template <class Value>
    static std::vector<Value> added(std::vector<Value> trees, const std::vector<Value>& discriminant) {
        std::ranges::transform(trees, discriminant, trees.begin(), [](Value one, Value other) {
            return static_cast<Value>(trees_weight) * one + static_cast<Value>(discriminant_weight) * other;
        });
        return trees;
    }

    std::unique_ptr<Classifier> trees_;
    std::unique_ptr<Classifier> discriminant_;
    std::size_t class_count_;
};

}  // namespace

std::unique_ptr<Classifier> make_pooled() {
    return std::make_unique<Pooled>(make_xgboost_trees(), make_linear_discriminant(), 0);
}

std::unique_ptr<Classifier> restore_pooled(std::span<const std::uint8_t> image, std::size_t column_count,
                                           std::size_t class_count) {
    PartReader reader(image);
    auto trees = restore_xgboost_trees(reader.part(), column_count, class_count);
    auto discriminant = restore_linear_discriminant(reader.part(), column_count, class_count);
    if (!reader.is_empty()) {
        throw std::runtime_error("there is more in the model than trees and a discriminant");
    }
    return std::make_unique<Pooled>(std::move(trees), std::move(discriminant), class_count);
}

}  // namespace echotap
