// SPDX-License-Identifier: Apache-2.0
// Why an originator is of its class: rows and verdicts go in; the features that pushed to this class and away from the
// next one come out.
//
// A feature's contribution is what it adds to the log odds of the class over the next one (Lundberg, Lee: "A Unified
// Approach to Interpreting Model Predictions", NIPS 2017, as XGBoost computes it for trees): contributions and what
// stands without any feature sum to the score.
#pragma once

#include <vector>

#include "analytics/models/model.hpp"

namespace echotap {

struct Reason {
    Feature feature{};
    double value = 0;         // of the feature; NaN: not known, which may also be a reason
    double contribution = 0;  // above 0: for the class; below: for the next one
};

/// Whether models of this method can say why.
constexpr bool can_explain(Method method) {
    return method == Method::pooled || method == Method::xgboost || method == Method::linear;
}

/// By row, all features of the model, the strongest first. Costs far more than classifying, so ask it of rows that
/// somebody will read. Throws std::runtime_error where the model's method cannot explain itself.
std::vector<std::vector<Reason>> explain(const Model& model, const DescribedRows& described,
                                         std::span<const Verdict> verdicts);

}  // namespace echotap
