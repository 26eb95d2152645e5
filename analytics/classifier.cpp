// SPDX-License-Identifier: Apache-2.0
#include "analytics/classifier.hpp"

#include "analytics/majority.hpp"
#include "analytics/opencv_models.hpp"
#include "analytics/xgboost_trees.hpp"

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
        default:
            return make_xgboost_trees();
    }
}

bool is_random(Method method) {
    return method == Method::xgboost || method == Method::forest;
}

}  // namespace

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
        members.push_back(method == Method::xgboost ? restore_xgboost_trees(part, column_count, class_count)
                                                    : restore_opencv(method, part, column_count, class_count));
    }
    return std::make_unique<Majority>(std::move(members), class_count);
}

}  // namespace echotap
