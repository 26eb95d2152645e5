// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/linear_discriminant.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "analytics/learning/covariance.hpp"
#include "analytics/learning/image_parts.hpp"

namespace echotap {

namespace {

// Keeps the covariance of shares that sum to 1 invertible, relative to columns of deviation 1.
constexpr double ridge = 0.1;
// The score of a class that was never seen: no row is ever of it, and nothing overflows.
constexpr float absent_score = -100;

enum class Scale : std::uint8_t { plain, share, magnitude };

std::vector<std::uint8_t> scales_of(const Samples& samples) {
    std::vector<std::uint8_t> scales(samples.columns);
    for (std::size_t column = 0; column < samples.columns; ++column) {
        bool is_share = true;
        bool is_positive = true;
        for (std::size_t row = 0; row < samples.rows(); ++row) {
            const float value = samples.row(row)[column];
            is_share = is_share && !(value < 0 || value > 1);
            is_positive = is_positive && !(value <= 0);
        }
        scales[column] = static_cast<std::uint8_t>(is_share      ? Scale::share
                                                   : is_positive ? Scale::magnitude
                                                                 : Scale::plain);
    }
    return scales;
}

/// Other rows may leave the range of those that were learnt from.
Samples rescaled(const Samples& samples, std::span<const std::uint8_t> scales) {
    Samples made = samples;
    for (std::size_t row = 0; row < made.rows(); ++row) {
        const auto values = made.row(row);
        for (std::size_t column = 0; column < made.columns; ++column) {
            float& value = values[column];
            if (scales[column] == static_cast<std::uint8_t>(Scale::share)) {
                value = std::asin(std::sqrt(std::clamp(value, 0.0F, 1.0F)));
            } else if (scales[column] == static_cast<std::uint8_t>(Scale::magnitude)) {
                value = std::log(std::max(value, 1e-6F));
            }
        }
    }
    return made;
}

class LinearDiscriminant final : public Classifier {
public:
    LinearDiscriminant() = default;

    LinearDiscriminant(std::span<const std::uint8_t> image, std::size_t column_count, std::size_t class_count)
        : class_count_(class_count) {
        PartReader reader(image);
        scales_ = reader.values<std::uint8_t>();
        const auto means = reader.values<float>();
        const auto deviations = reader.values<float>();
        scaling_ = Scaling(means, deviations);
        weights_ = reader.values<float>();
        if (scales_.size() != column_count || means.size() != column_count || deviations.size() != column_count ||
            weights_.size() != class_count * (column_count + 1) || !reader.is_empty()) {
            throw std::runtime_error("the model's discriminant is of other features or classes than its head names");
        }
    }

    void train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
               std::uint64_t) override {
        class_count_ = class_count;
        const std::size_t columns = samples.columns;
        scales_ = scales_of(samples);
        const Samples shaped = rescaled(samples, scales_);
        scaling_ = Scaling(shaped);
        const Samples scaled = scaling_.apply(shaped);
        std::vector<std::vector<std::uint32_t>> members(class_count);
        for (std::uint32_t row = 0; row < classes.size(); ++row) {
            members[classes[row]].push_back(row);
        }
        Square covariance(columns * columns);
        std::vector<std::vector<float>> means(class_count);
        double freedom = 0;
        for (std::size_t activity = 0; activity < class_count; ++activity) {
            if (!members[activity].empty()) {
                means[activity] = mean_of(scaled, members[activity]);
                add_scatter(covariance, scaled, members[activity], means[activity]);
                freedom += static_cast<double>(members[activity].size() - 1);
            }
        }
        for (double& one : covariance) {
            one /= std::max(freedom, 1.0);
        }
        for (std::size_t i = 0; i < columns; ++i) {
            covariance[i * columns + i] += ridge;
        }
        cholesky(covariance, columns);
        const Square whitening = inverse(covariance, columns);
        weights_.assign(class_count * (columns + 1), 0);
        for (std::size_t activity = 0; activity < class_count; ++activity) {
            const auto weights = std::span(weights_).subspan(activity * (columns + 1), columns + 1);
            if (members[activity].empty()) {
                weights[columns] = absent_score;
            } else {
                weigh(whitening, means[activity], weights);
            }
        }
    }

    std::vector<float> probabilities(const Samples& samples) const override {
        const Samples scaled = scaling_.apply(rescaled(samples, scales_));
        const std::size_t columns = scaled.columns;
        std::vector<float> answers(scaled.rows() * class_count_);
        for (std::size_t row = 0; row < scaled.rows(); ++row) {
            const auto values = scaled.row(row);
            const auto scores = std::span(answers).subspan(row * class_count_, class_count_);
            for (std::size_t activity = 0; activity < class_count_; ++activity) {
                const float* const weights = &weights_[activity * (columns + 1)];
                float sum = weights[columns];
                for (std::size_t column = 0; column < columns; ++column) {
                    sum += weights[column] * values[column];
                }
                scores[activity] = sum;
            }
            const float most = *std::ranges::max_element(scores);
            float sum = 0;
            for (float& score : scores) {
                score = std::exp(score - most);
                sum += score;
            }
            for (float& score : scores) {
                score /= sum;
            }
        }
        return answers;
    }

    /// How far apart the classes' scores are by each column.
    std::vector<double> importance() const override {
        const std::size_t columns = scales_.size();
        std::vector<double> shares(columns);
        double all = 0;
        for (std::size_t column = 0; column < columns; ++column) {
            double sum = 0;
            double squares = 0;
            for (std::size_t activity = 0; activity < class_count_; ++activity) {
                const auto weight = static_cast<double>(weights_[activity * (columns + 1) + column]);
                sum += weight;
                squares += weight * weight;
            }
            shares[column] = squares - sum * sum / static_cast<double>(class_count_);
            all += shares[column];
        }
        for (double& share : shares) {
            share = all > 0 ? share / all : 0;
        }
        return shares;
    }

    std::vector<float> contributions(const Samples& samples) const override {
        const Samples scaled = scaling_.apply(rescaled(samples, scales_));
        const std::size_t columns = scaled.columns;
        std::vector<float> all;
        all.reserve(scaled.rows() * weights_.size());
        for (std::size_t row = 0; row < scaled.rows(); ++row) {
            for (std::size_t i = 0; i < weights_.size(); ++i) {
                const std::size_t column = i % (columns + 1);
                all.push_back(weights_[i] * (column == columns ? 1.0F : scaled.row(row)[column]));
            }
        }
        return all;
    }

    std::vector<std::uint8_t> image() const override {
        PartWriter writer;
        writer.values(std::span<const std::uint8_t>(scales_));
        writer.values(scaling_.means());
        writer.values(scaling_.deviations());
        writer.values(std::span<const float>(weights_));
        return writer.take();
    }

private:
    /// mean' C^-1 x - mean' C^-1 mean / 2, where whitening' whitening is C^-1.
    static void weigh(const Square& whitening, std::span<const float> mean, std::span<float> weights) {
        const std::size_t columns = mean.size();
        std::vector<double> whitened(columns);
        double square = 0;
        for (std::size_t i = 0; i < columns; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                whitened[i] += whitening[i * columns + j] * static_cast<double>(mean[j]);
            }
            square += whitened[i] * whitened[i];
        }
        for (std::size_t j = 0; j < columns; ++j) {
            double sum = 0;
            for (std::size_t i = j; i < columns; ++i) {
                sum += whitening[i * columns + j] * whitened[i];
            }
            weights[j] = static_cast<float>(sum);
        }
        weights[columns] = static_cast<float>(-square / 2);
    }

    std::size_t class_count_ = 0;
    std::vector<std::uint8_t> scales_;  // of each column, as Scale
    Scaling scaling_;
    std::vector<float> weights_;  // class by class: of each column, and last what stands there without any
};

}  // namespace

std::unique_ptr<Classifier> make_linear_discriminant() {
    return std::make_unique<LinearDiscriminant>();
}

std::unique_ptr<Classifier> restore_linear_discriminant(std::span<const std::uint8_t> image, std::size_t column_count,
                                                        std::size_t class_count) {
    return std::make_unique<LinearDiscriminant>(image, column_count, class_count);
}

}  // namespace echotap
