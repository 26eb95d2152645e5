// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/covariance.hpp"

#include <algorithm>
#include <cmath>

namespace echotap {

void add_scatter(Square& scatter, const Samples& samples, std::span<const std::uint32_t> rows,
                 std::span<const float> mean) {
    const std::size_t columns = samples.columns;
    for (const std::uint32_t row : rows) {
        const auto values = samples.row(row);
        for (std::size_t i = 0; i < columns; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                scatter[i * columns + j] += static_cast<double>((values[i] - mean[i]) * (values[j] - mean[j]));
            }
        }
    }
}

void cholesky(Square& square, std::size_t columns) {
    for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = square[i * columns + j];
            for (std::size_t k = 0; k < j; ++k) {
                sum -= square[i * columns + k] * square[j * columns + k];
            }
            square[i * columns + j] = i == j ? std::sqrt(std::max(sum, 1e-9)) : sum / square[j * columns + j];
        }
    }
}

Square inverse(const Square& lower, std::size_t columns) {
    Square inverted(columns * columns);
    for (std::size_t j = 0; j < columns; ++j) {
        inverted[j * columns + j] = 1 / lower[j * columns + j];
        for (std::size_t i = j + 1; i < columns; ++i) {
            double sum = 0;
            for (std::size_t k = j; k < i; ++k) {
                sum -= lower[i * columns + k] * inverted[k * columns + j];
            }
            inverted[i * columns + j] = sum / lower[i * columns + i];
        }
    }
    return inverted;
}

std::vector<float> mean_of(const Samples& samples, std::span<const std::uint32_t> rows) {
    std::vector<double> sums(samples.columns);
    for (const std::uint32_t row : rows) {
        std::ranges::transform(sums, samples.row(row), sums.begin(),
                               [](double sum, float value) { return sum + static_cast<double>(value); });
    }
    std::vector<float> mean(samples.columns);
    std::ranges::transform(sums, mean.begin(),
                           [&](double sum) { return static_cast<float>(sum / static_cast<double>(rows.size())); });
    return mean;
}

}  // namespace echotap
