// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/novelty.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "analytics/learning/covariance.hpp"
#include "analytics/learning/image_parts.hpp"

namespace echotap {

namespace {

// A class's own covariance counts as much as its members do; that of all classes as much as this many.
constexpr double pooled_members = 30;
// What keeps the covariance of shares that sum to 1 invertible, relative to columns of deviation 1.
constexpr double ridge = 0.05;
// Enough for p-values of .001; a hundred thousand labels need no more.
constexpr std::size_t left_out_max = 2000;

std::vector<double> thinned(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t count = std::min(values.size(), left_out_max);
    std::vector<double> kept;
    for (std::size_t i = 0; i < count; ++i) {
        kept.push_back(values[i * values.size() / count]);
    }
    return kept;
}

double share_below(const std::vector<double>& values, double value) {
    const auto below = std::ranges::lower_bound(values, value) - values.begin();
    return static_cast<double>(below) / static_cast<double>(std::max<std::size_t>(1, values.size()));
}

}  // namespace

Novelty::Novelty(const Samples& samples, std::span<const Feature> features, std::span<const double> footprints,
                 std::span<const std::uint16_t> classes, std::size_t class_count, std::span<const std::uint32_t> folds,
                 std::uint32_t fold_count, std::span<const double> doubts) {
    const Samples logs = log_ratios(samples, features, footprints);
    std::vector<double> left_out(folds.size());
    for (std::uint32_t fold = 0; fold < fold_count; ++fold) {
        std::vector<std::uint32_t> kept;
        std::vector<std::uint32_t> out;
        std::vector<std::uint16_t> kept_classes;
        for (std::uint32_t row = 0; row < folds.size(); ++row) {
            if (folds[row] == fold) {
                out.push_back(row);
            } else {
                kept.push_back(row);
                kept_classes.push_back(classes[row]);
            }
        }
        learn(pick_rows(logs, kept), kept_classes, class_count);
        const std::vector<double> distances = scaled_distances(pick_rows(logs, out));
        for (std::size_t i = 0; i < out.size(); ++i) {
            left_out[out[i]] = distances[i];
        }
    }
    learn(logs, classes, class_count);
    distances_ = thinned(left_out);
    doubts_ = thinned({doubts.begin(), doubts.end()});
    std::vector<double> sums;
    for (std::size_t row = 0; row < left_out.size(); ++row) {
        sums.push_back(strangeness(left_out[row], doubts[row]));
    }
    strangeness_ = thinned(std::move(sums));
}

void Novelty::learn(const Samples& logs, std::span<const std::uint16_t> classes, std::size_t class_count) {
    scaling_ = Scaling(logs);
    const Samples scaled = scaling_.apply(logs);
    const std::size_t columns = scaled.columns;
    std::vector<std::vector<std::uint32_t>> members(class_count);
    for (std::uint32_t row = 0; row < classes.size(); ++row) {
        members[classes[row]].push_back(row);
    }
    // With one member there is a middle but no spread, and what is alone says little of its class.
    std::erase_if(members, [](const auto& rows) { return rows.size() < 2; });
    Square pooled(columns * columns);
    double freedom = 0;
    for (const auto& rows : members) {
        add_scatter(pooled, scaled, rows, mean_of(scaled, rows));
        freedom += static_cast<double>(rows.size() - 1);
    }
    shapes_.clear();
    for (const auto& rows : members) {
        Shape shape;
        shape.mean = mean_of(scaled, rows);
        Square square(columns * columns);
        add_scatter(square, scaled, rows, shape.mean);
        const double own = static_cast<double>(rows.size() - 1);
        for (std::size_t i = 0; i < square.size(); ++i) {
            square[i] = (square[i] + pooled_members * pooled[i] / freedom) / (own + pooled_members);
        }
        for (std::size_t i = 0; i < columns; ++i) {
            square[i * columns + i] += ridge;
        }
        cholesky(square, columns);
        for (std::size_t i = 0; i < columns; ++i) {
            shape.log_volume += 2 * std::log(square[i * columns + i]);
        }
        const Square whitening = inverse(square, columns);
        shape.whitening.assign(whitening.begin(), whitening.end());
        shapes_.push_back(std::move(shape));
    }
}

std::vector<double> Novelty::scaled_distances(const Samples& logs) const {
    const Samples scaled = scaling_.apply(logs);
    const std::size_t columns = scaled.columns;
    std::vector<double> distances(scaled.rows(), std::numeric_limits<double>::max());
    std::vector<float> difference(columns);
    for (std::size_t row = 0; row < scaled.rows(); ++row) {
        const auto values = scaled.row(row);
        for (const Shape& shape : shapes_) {
            std::ranges::transform(values, shape.mean, difference.begin(), std::minus<>());
            float sum = 0;
            for (std::size_t i = 0; i < columns; ++i) {
                float one = 0;
                const float* const factors = &shape.whitening[i * columns];
                for (std::size_t j = 0; j <= i; ++j) {
                    one += factors[j] * difference[j];
                }
                sum += one * one;
            }
            distances[row] = std::min(distances[row], static_cast<double>(sum) + shape.log_volume);
        }
    }
    return distances;
}

std::vector<double> Novelty::distances(const Samples& samples, std::span<const Feature> features,
                                       std::span<const double> footprints) const {
    return scaled_distances(log_ratios(samples, features, footprints));
}

double Novelty::strangeness(double distance, double doubt) const {
    return share_below(distances_, distance) + share_below(doubts_, doubt);
}

double Novelty::p_value(double strangeness) const {
    const auto stranger = strangeness_.end() - std::ranges::lower_bound(strangeness_, strangeness);
    return (1 + static_cast<double>(stranger)) / (1 + static_cast<double>(strangeness_.size()));
}

std::vector<std::uint8_t> Novelty::image() const {
    PartWriter writer;
    writer.values(scaling_.means());
    writer.values(scaling_.deviations());
    for (const auto* left_out : {&distances_, &doubts_, &strangeness_}) {
        writer.values(std::span<const double>(*left_out));
    }
    writer.number(shapes_.size());
    for (const Shape& shape : shapes_) {
        writer.values(std::span<const float>(shape.mean));
        writer.values(std::span<const float>(shape.whitening));
        writer.values(std::span<const double>(&shape.log_volume, 1));
    }
    return writer.take();
}

Novelty Novelty::restore(std::span<const std::uint8_t> image, std::size_t column_count) {
    PartReader reader(image);
    Novelty novelty;
    const auto means = reader.values<float>();
    const auto deviations = reader.values<float>();
    novelty.scaling_ = Scaling(means, deviations);
    bool fits = means.size() == column_count && deviations.size() == column_count;
    for (auto* left_out : {&novelty.distances_, &novelty.doubts_, &novelty.strangeness_}) {
        *left_out = reader.values<double>();
        fits = fits && std::ranges::is_sorted(*left_out);
    }
    const std::uint64_t shapes = reader.number();
    for (std::uint64_t i = 0; i < shapes && fits; ++i) {
        Shape shape;
        shape.mean = reader.values<float>();
        shape.whitening = reader.values<float>();
        const auto volume = reader.values<double>();
        fits = shape.mean.size() == column_count && shape.whitening.size() == column_count * column_count &&
               volume.size() == 1;
        if (fits) {
            shape.log_volume = volume.front();
            novelty.shapes_.push_back(std::move(shape));
        }
    }
    if (!fits || !reader.is_empty()) {
        throw std::runtime_error("what the model knows of the unknown is of other features than its head names");
    }
    return novelty;
}

}  // namespace echotap
