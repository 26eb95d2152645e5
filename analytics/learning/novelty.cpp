// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/novelty.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
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
        kept.push_back(values[(2 * i + 1) * values.size() / (2 * count)]);
    }
    if (!kept.empty()) {
        kept.back() = values.back();  // what is beyond it is beyond all
    }
    return kept;
}

double share_below(const std::vector<double>& values, double value) {
    const auto below = std::ranges::lower_bound(values, value) - values.begin();
    return static_cast<double>(below) / static_cast<double>(std::max<std::size_t>(1, values.size()));
}

/// 0 up to the largest of ascending values; above, the logarithm of how many times farther from their median.
double times_beyond(const std::vector<double>& values, double value) {
    if (values.empty() || value <= values.back()) {
        return 0;
    }
    const double median = values[values.size() / 2];
    // Values that are all the same have no scale.
    return values.back() > median ? std::log((value - median) / (values.back() - median)) : 0;
}

/// A lower triangle times a column.
void multiply(std::span<const float> triangle, std::span<const float> column, std::span<float> product) {
    for (std::size_t i = 0; i < column.size(); ++i) {
        const auto factors = triangle.subspan(i * column.size(), i + 1);
        product[i] = std::inner_product(factors.begin(), factors.end(), column.begin(), 0.0F);
    }
}

double squared_length(std::span<const float> column) {
    return static_cast<double>(std::inner_product(column.begin(), column.end(), column.begin(), 0.0F));
}

}  // namespace

Novelty::Novelty(const Samples& samples, std::span<const Feature> features, std::span<const double> footprints,
                 std::span<const std::uint16_t> classes, std::size_t class_count, std::span<const std::uint32_t> folds,
                 std::uint32_t fold_count, std::span<const float> doubts) {
    const Samples logs = log_ratios(samples, features, footprints);
    Distances left_out{std::vector<double>(folds.size()), std::vector<double>(folds.size())};
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
        const Distances distances = scaled_distances(pick_rows(logs, out));
        for (std::size_t i = 0; i < out.size(); ++i) {
            left_out.nearest[out[i]] = distances.nearest[i];
            left_out.relative[out[i]] = distances.relative[i];
        }
    }
    learn(logs, classes, class_count);
    nearest_ = thinned(left_out.nearest);
    relative_ = thinned(left_out.relative);
    doubts_ = thinned({doubts.begin(), doubts.end()});
    std::vector<double> sums;
    for (std::size_t row = 0; row < folds.size(); ++row) {
        sums.push_back(strangeness(left_out.nearest[row], left_out.relative[row], doubts[row]));
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
    const auto shape_of = [&](std::vector<float> mean, Square covariance) {
        for (std::size_t i = 0; i < columns; ++i) {
            covariance[i * columns + i] += ridge;
        }
        cholesky(covariance, columns);
        Shape shape{std::move(mean), {}, 0};
        for (std::size_t i = 0; i < columns; ++i) {
            shape.log_volume += 2 * std::log(covariance[i * columns + i]);
        }
        const Square whitening = inverse(covariance, columns);
        shape.whitening.assign(whitening.begin(), whitening.end());
        return shape;
    };
    for (double& one : pooled) {
        one /= std::max(freedom, 1.0);
    }
    shapes_.clear();
    for (const auto& rows : members) {
        std::vector<float> mean = mean_of(scaled, rows);
        Square square(columns * columns);
        add_scatter(square, scaled, rows, mean);
        const double own = static_cast<double>(rows.size() - 1);
        for (std::size_t i = 0; i < square.size(); ++i) {
            square[i] = (square[i] + pooled_members * pooled[i]) / (own + pooled_members);
        }
        shapes_.push_back(shape_of(std::move(mean), std::move(square)));
    }
    std::vector<std::uint32_t> all(scaled.rows());
    std::iota(all.begin(), all.end(), 0U);
    const std::vector<float> middle = mean_of(scaled, all);
    Square square(columns * columns);
    add_scatter(square, scaled, all, middle);
    for (double& one : square) {
        one /= static_cast<double>(std::max<std::size_t>(all.size(), 2) - 1);
    }
    everything_ = shape_of(middle, std::move(square));
    shared_whitening_ = shape_of({}, std::move(pooled)).whitening;
    whiten_means();
}

void Novelty::whiten_means() {
    shared_means_.clear();
    for (const Shape& shape : shapes_) {
        shared_means_.emplace_back(shape.mean.size());
        multiply(shared_whitening_, shape.mean, shared_means_.back());
    }
}

Novelty::Distances Novelty::scaled_distances(const Samples& logs) const {
    const Samples scaled = scaling_.apply(logs);
    const std::size_t columns = scaled.columns;
    std::vector<float> difference(columns);
    std::vector<float> whitened(columns);
    // The square of how far `values` are from the middle of `shape`, in its deviations.
    const auto squared = [&](std::span<const float> values, const Shape& shape) {
        std::ranges::transform(values, shape.mean, difference.begin(), std::minus<>());
        multiply(shape.whitening, difference, whitened);
        return squared_length(whitened);
    };
    std::vector<float> shared(columns);
    Distances distances;
    for (std::size_t row = 0; row < scaled.rows(); ++row) {
        const auto values = scaled.row(row);
        multiply(shared_whitening_, values, shared);
        double nearest = std::numeric_limits<double>::max();
        double nearest_by_shared = std::numeric_limits<double>::max();
        for (std::size_t i = 0; i < shapes_.size(); ++i) {
            nearest = std::min(nearest, squared(values, shapes_[i]) + shapes_[i].log_volume);
            std::ranges::transform(shared, shared_means_[i], difference.begin(), std::minus<>());
            nearest_by_shared = std::min(nearest_by_shared, squared_length(difference));
        }
        distances.nearest.push_back(nearest);
        distances.relative.push_back(nearest_by_shared - squared(values, everything_));
    }
    return distances;
}

Novelty::Distances Novelty::distances(const Samples& samples, std::span<const Feature> features,
                                      std::span<const double> footprints) const {
    return scaled_distances(log_ratios(samples, features, footprints));
}

double Novelty::strangeness(double nearest, double relative, float doubt) const {
    return share_below(nearest_, nearest) + times_beyond(nearest_, nearest) + share_below(relative_, relative) / 2 +
           share_below(doubts_, static_cast<double>(doubt));
}

double Novelty::p_value(double strangeness) const {
    const auto stranger = strangeness_.end() - std::ranges::lower_bound(strangeness_, strangeness);
    return (1 + static_cast<double>(stranger)) / (1 + static_cast<double>(strangeness_.size()));
}

std::vector<std::uint8_t> Novelty::image() const {
    PartWriter writer;
    writer.values(scaling_.means());
    writer.values(scaling_.deviations());
    for (const auto* left_out : {&nearest_, &relative_, &doubts_, &strangeness_}) {
        writer.values(std::span<const double>(*left_out));
    }
    const auto write = [&](const Shape& shape) {
        writer.values(std::span<const float>(shape.mean));
        writer.values(std::span<const float>(shape.whitening));
        writer.values(std::span<const double>(&shape.log_volume, 1));
    };
    writer.values(std::span<const float>(shared_whitening_));
    write(everything_);
    writer.number(shapes_.size());
    std::ranges::for_each(shapes_, write);
    return writer.take();
}

Novelty Novelty::restore(std::span<const std::uint8_t> image, std::size_t column_count) {
    PartReader reader(image);
    Novelty novelty;
    const auto means = reader.values<float>();
    const auto deviations = reader.values<float>();
    novelty.scaling_ = Scaling(means, deviations);
    bool fits = means.size() == column_count && deviations.size() == column_count;
    for (auto* left_out : {&novelty.nearest_, &novelty.relative_, &novelty.doubts_, &novelty.strangeness_}) {
        *left_out = reader.values<double>();
        fits = fits && std::ranges::is_sorted(*left_out);
    }
    const auto read = [&] {
        Shape shape;
        shape.mean = reader.values<float>();
        shape.whitening = reader.values<float>();
        const auto volume = reader.values<double>();
        fits = fits && shape.mean.size() == column_count && shape.whitening.size() == column_count * column_count &&
               volume.size() == 1;
        shape.log_volume = fits ? volume.front() : 0;
        return shape;
    };
    novelty.shared_whitening_ = reader.values<float>();
    fits = fits && novelty.shared_whitening_.size() == column_count * column_count;
    novelty.everything_ = read();
    const std::uint64_t shapes = reader.number();
    for (std::uint64_t i = 0; i < shapes && fits; ++i) {
        novelty.shapes_.push_back(read());
    }
    if (!fits || !reader.is_empty()) {
        throw std::runtime_error("what the model knows of the unknown is of other features than its head names");
    }
    novelty.whiten_means();
    return novelty;
}

}  // namespace echotap
