// SPDX-License-Identifier: Apache-2.0
// Originators with features that were never measured: classes with profiles of their own, operators that differ within
// a class, addresses that differ within an operator (Dirichlet distributions). For tests and benchmarks only: it knows
// nothing of DNS.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "analytics/learning/dice.hpp"
#include "analytics/learning/learning_set.hpp"

namespace echotap {

struct WorldShape {
    std::size_t class_count = 5;
    std::size_t operators = 6;       // of a class
    std::size_t addresses = 8;       // of an operator
    double operator_spread = 20;     // smaller: operators differ more
    double address_spread = 80;      // the same of addresses
    bool pace_tells = true;          // whether classes differ in more than the shares of names
    std::uint64_t profile_seed = 1;  // of what the classes are like
    std::uint64_t seed = 1;          // of everything else
};

class LearningWorld {
public:
    explicit LearningWorld(const WorldShape& shape) : shape_(shape), dice_(shape.seed) {
        Dice profiles(shape.profile_seed);
        std::swap(dice_, profiles);
        for (std::size_t i = 0; i < shape.class_count; ++i) {
            profiles_.push_back(dirichlet(std::vector<double>(14, 1.0 / 14), 14));
            paces_.push_back(1.2 + 4 * dice_.share());
        }
        std::swap(dice_, profiles);
        make();
    }

    const DescribedRows& described() const { return described_; }
    const std::vector<Label>& labels() const { return labels_; }
    LearningSet set() const { return join_labels(described_, labels_); }

private:
    void make() {
        described_.samples.columns = feature_count;
        for (std::size_t activity = 0; activity < shape_.class_count; ++activity) {
            for (std::size_t one = 0; one < shape_.operators; ++one) {
                const auto profile = dirichlet(profiles_[activity], shape_.operator_spread);
                for (std::size_t address = 0; address < shape_.addresses; ++address) {
                    add(activity, one, address, dirichlet(profile, shape_.address_spread));
                }
            }
        }
    }

    void add(std::size_t activity, std::size_t one, std::size_t address, const std::vector<double>& shares) {
        // 10.CLASS.OPERATOR.ADDRESS: an operator is a /24.
        const std::uint8_t octets[4]{10, static_cast<std::uint8_t>(activity), static_cast<std::uint8_t>(one),
                                     static_cast<std::uint8_t>(address)};
        const Prefix originator(IpAddress::from_v4(octets), 128);
        const double footprint = std::floor(20 * std::pow(10, 2 * dice_.share()));
        described_.rows.push_back({"2014-04-15T00:00:00", originator, footprint});
        for (const double share : shares) {
            described_.samples.values.push_back(static_cast<float>(share));
        }
        for (std::size_t feature = 14; feature < feature_count; ++feature) {
            const double noise = 0.7 + 0.6 * dice_.share();
            described_.samples.values.push_back(
                static_cast<Feature>(feature) == Feature::footprint_log
                    ? static_cast<float>(std::log10(footprint))
                    : static_cast<float>(noise * (feature == 14 && shape_.pace_tells ? paces_[activity] : 0.5)));
        }
        labels_.push_back({originator, std::string(paper_classes[activity]),
                           std::string("op") + std::to_string(activity) + "-" + std::to_string(one), ""});
    }

    /// Marsaglia and Tsang's gamma variates, raised for shapes below 1.
    double gamma(double shape) {
        if (shape < 1) {
            return gamma(shape + 1) * std::pow(dice_.share() + 1e-12, 1 / shape);
        }
        const double d = shape - 1.0 / 3;
        for (;;) {
            const double normal =
                std::sqrt(-2 * std::log(dice_.share() + 1e-300)) * std::cos(6.283185307 * dice_.share());
            const double cube = std::pow(1 + normal / std::sqrt(9 * d), 3);
            if (cube > 0 &&
                std::log(dice_.share() + 1e-300) < normal * normal / 2 + d - d * cube + d * std::log(cube)) {
                return d * cube;
            }
        }
    }

    std::vector<double> dirichlet(const std::vector<double>& means, double spread) {
        std::vector<double> shares;
        double sum = 0;
        for (const double mean : means) {
            shares.push_back(gamma(mean * spread + 1e-3));
            sum += shares.back();
        }
        for (double& share : shares) {
            share /= sum;
        }
        return shares;
    }

    WorldShape shape_;
    Dice dice_;
    std::vector<std::vector<double>> profiles_;
    std::vector<double> paces_;
    DescribedRows described_;
    std::vector<Label> labels_;
};

}  // namespace echotap
