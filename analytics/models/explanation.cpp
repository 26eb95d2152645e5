// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace echotap {

std::vector<std::vector<Reason>> explain(const Model& model, const DescribedRows& described,
                                         std::span<const Verdict> verdicts) {
    const Samples samples = pick_features(described.samples, model.features);
    const std::vector<float> contributions = model.classifier->contributions(samples);
    if (contributions.empty() && samples.rows() > 0) {
        throw std::runtime_error(fmt::format(
            "a model of method {} cannot say why; those of pooled, xgboost and linear can", name_of(model.method)));
    }
    const std::size_t width = samples.columns + 1;
    std::vector<std::vector<Reason>> reasons(verdicts.size());
    for (std::size_t row = 0; row < verdicts.size(); ++row) {
        const std::size_t begin = row * model.class_names.size();
        const float* const this_class = &contributions[(begin + verdicts[row].activity) * width];
        const float* const next_class = &contributions[(begin + verdicts[row].next) * width];
        for (std::size_t column = 0; column < samples.columns; ++column) {
            reasons[row].push_back({model.features[column], static_cast<double>(samples.row(row)[column]),
                                    static_cast<double>(this_class[column] - next_class[column])});
        }
        std::ranges::stable_sort(reasons[row], std::greater<>(),
                                 [](const Reason& reason) { return std::abs(reason.contribution); });
    }
    return reasons;
}

}  // namespace echotap
