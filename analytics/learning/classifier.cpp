// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/classifier.hpp"

#include <algorithm>

#include "analytics/learning/linear_discriminant.hpp"
#include "analytics/learning/majority.hpp"
#include "analytics/learning/opencv_models.hpp"
#include "analytics/learning/pooled.hpp"
#include "analytics/learning/xgboost_trees.hpp"

namespace echotap {

namespace {

std::unique_ptr<Classifier> make_one(Method method) {
    switch (method) {
        case Method::forest:
            return make_opencv_forest();
        case Method::cart:
            return make_opencv_cart();
        case Method::svm:
            return make_opencv_svm();
        case Method::linear:
            return make_linear_discriminant();
        case Method::xgboost:
            return make_xgboost_trees();
        default:
            return make_pooled();
    }
}

std::unique_ptr<Classifier> restore_one(Method method, std::span<const std::uint8_t> image, std::size_t column_count,
                                        std::size_t class_count) {
    switch (method) {
        case Method::pooled:
            return restore_pooled(image, column_count, class_count);
        case Method::xgboost:
            return restore_xgboost_trees(image, column_count, class_count);
        case Method::linear:
            return restore_linear_discriminant(image, column_count, class_count);
        default:
            return restore_opencv(method, image, column_count, class_count);
    }
}

bool is_random(Method method) {
    return method == Method::pooled || method == Method::xgboost || method == Method::forest;
}

}  // namespace

Judgement Classifier::judge(const Samples& samples) const {
    Judgement judgement{probabilities(samples), {}};
    const std::size_t class_count = samples.rows() == 0 ? 1 : judgement.probabilities.size() / samples.rows();
    for (std::size_t row = 0; row < samples.rows(); ++row) {
        const auto of_row = std::span(judgement.probabilities).subspan(row * class_count, class_count);
        judgement.doubts.push_back(1 - std::ranges::max(of_row));
    }
    return judgement;
}

std::unique_ptr<Classifier> make_classifier(Method method, unsigned runs) {
    std::vector<std::unique_ptr<Classifier>> members(is_random(method) && runs > 1 ? runs : 1);
    for (auto& member : members) {
        member = make_one(method);
    }
    return std::make_unique<Majority>(std::move(members));
}

std::unique_ptr<Classifier> restore_classifier(Method method, std::span<const std::uint8_t> image,
                                               std::size_t column_count, std::size_t class_count) {
    std::vector<std::unique_ptr<Classifier>> members;
    for (const auto part : Majority::parts(image)) {
        members.push_back(restore_one(method, part, column_count, class_count));
    }
    return std::make_unique<Majority>(std::move(members), class_count);
}

}  // namespace echotap
