// SPDX-License-Identifier: Apache-2.0
// Several runs of one method with seeds of their own, which vote: "we run them 10 times and take the majority"
// (Fukuda, Heidemann, IMC 2015, section 3.4).
#pragma once

#include "analytics/learning/classifier.hpp"

namespace echotap {

class Majority final : public Classifier {
public:
    /// At least one; `class_count` where they are trained already.
    explicit Majority(std::vector<std::unique_ptr<Classifier>> members, std::size_t class_count = 0);

    void train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
               std::uint64_t seed) override;

    /// The mean of all runs. Where the class that most runs put first is not first in the mean, the two change places,
    /// so that the most probable class is always the majority's. Equal votes: the mean decides.
    std::vector<float> probabilities(const Samples& samples) const override;

    /// The mean of all runs' doubts.
    Judgement judge(const Samples& samples) const override;

    std::vector<double> importance() const override;
    std::vector<float> contributions(const Samples& samples) const override;
    std::vector<std::uint8_t> image() const override;

    /// The images of the members in an image(). Throws std::runtime_error where it is not one.
    static std::vector<std::span<const std::uint8_t>> parts(std::span<const std::uint8_t> image);

private:
    std::vector<std::unique_ptr<Classifier>> members_;
    std::size_t class_count_;
};

}  // namespace echotap
