// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/majority.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "analytics/learning/image_parts.hpp"

namespace echotap {

namespace {

constexpr std::uint64_t runs_max = 1000;

template <class Value>
void add(std::vector<Value>& sums, const std::vector<Value>& values) {
    sums.resize(values.size());
    std::ranges::transform(sums, values, sums.begin(), std::plus<>());
}

}  // namespace

Majority::Majority(std::vector<std::unique_ptr<Classifier>> members, std::size_t class_count)
    : members_(std::move(members)), class_count_(class_count) {
}

void Majority::train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
                     std::uint64_t seed) {
    class_count_ = class_count;
    for (std::size_t run = 0; run < members_.size(); ++run) {
        members_[run]->train(samples, classes, class_count, seed + run);
    }
}

std::vector<float> Majority::probabilities(const Samples& samples) const {
    if (members_.size() == 1) {
        return members_.front()->probabilities(samples);
    }
    std::vector<float> sums;
    std::vector<float> votes(samples.rows() * class_count_);
    for (const auto& member : members_) {
        const std::vector<float> one = member->probabilities(samples);
        add(sums, one);
        for (std::size_t begin = 0; begin < one.size(); begin += class_count_) {
            const auto row = std::span(one).subspan(begin, class_count_);
            votes[begin + static_cast<std::size_t>(std::ranges::max_element(row) - row.begin())] += 1;
        }
    }
    for (float& sum : sums) {
        sum /= static_cast<float>(members_.size());
    }
    for (std::size_t begin = 0; begin < sums.size(); begin += class_count_) {
        const auto row = std::span(sums).subspan(begin, class_count_);
        const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
        std::size_t elected = best;
        for (std::size_t i = 0; i < class_count_; ++i) {
            const float lead = votes[begin + i] - votes[begin + elected];
            if (lead > 0 || (lead == 0 && row[i] > row[elected])) {
                elected = i;
            }
        }
        std::swap(row[best], row[elected]);
    }
    return sums;
}

Judgement Majority::judge(const Samples& samples) const {
    if (members_.size() == 1) {
        return members_.front()->judge(samples);
    }
    Judgement judgement{probabilities(samples), {}};
    for (const auto& member : members_) {
        add(judgement.doubts, member->judge(samples).doubts);
    }
    for (float& doubt : judgement.doubts) {
        doubt /= static_cast<float>(members_.size());
    }
    return judgement;
}

std::vector<double> Majority::importance() const {
    std::vector<double> sums;
    for (const auto& member : members_) {
        add(sums, member->importance());
    }
    for (double& sum : sums) {
        sum /= static_cast<double>(members_.size());
    }
    return sums;
}

std::vector<float> Majority::contributions(const Samples& samples) const {
    std::vector<float> sums;
    for (const auto& member : members_) {
        add(sums, member->contributions(samples));
    }
    for (float& sum : sums) {
        sum /= static_cast<float>(members_.size());
    }
    return sums;
}

std::vector<std::uint8_t> Majority::image() const {
    PartWriter writer;
    writer.number(members_.size());
    for (const auto& member : members_) {
        writer.part(member->image());
    }
    return writer.take();
}

std::vector<std::span<const std::uint8_t>> Majority::parts(std::span<const std::uint8_t> image) {
    PartReader reader(image);
    const std::uint64_t count = reader.number();
    if (count == 0 || count > runs_max) {
        throw std::runtime_error(fmt::format("the model has {} runs; 1 to {} can be", count, runs_max));
    }
    std::vector<std::span<const std::uint8_t>> parts;
    for (std::uint64_t part = 0; part < count; ++part) {
        parts.push_back(reader.part());
    }
    return parts;
}

}  // namespace echotap
