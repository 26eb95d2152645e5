// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/xgboost_trees.hpp"

#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace echotap {

namespace {

void check(int failed, const char* what) {
    if (failed != 0) {
        throw std::runtime_error(fmt::format("XGBoost could not {}: {}", what, XGBGetLastError()));
    }
}

class Matrix {
public:
    explicit Matrix(const Samples& samples) {
        // One thread: OpenMP's wait for each other at full speed, which on a busy machine costs twenty times the work.
        check(XGDMatrixCreateFromMat_omp(samples.values.data(), samples.rows(), samples.columns,
                                         std::numeric_limits<float>::quiet_NaN(), &handle_, 1),
              "take the samples");
    }
    ~Matrix() { XGDMatrixFree(handle_); }
    Matrix(const Matrix&) = delete;
    Matrix& operator=(const Matrix&) = delete;

    void set(const char* field, const std::vector<float>& values) {
        check(XGDMatrixSetFloatInfo(handle_, field, values.data(), values.size()), "take labels and weights");
    }
    DMatrixHandle handle() const { return handle_; }

private:
    DMatrixHandle handle_ = nullptr;
};

class Booster {
public:
    /// With the rows that it will learn from, or none where it is restored.
    explicit Booster(const Matrix* matrix) {
        const DMatrixHandle rows = matrix == nullptr ? nullptr : matrix->handle();
        check(XGBoosterCreate(&rows, matrix == nullptr ? 0 : 1, &handle_), "begin");
        // Sums of one thread come in one order: the trees are the same whatever the machine's cores.
        set("nthread", "1");
        set("verbosity", "0");
    }
    ~Booster() { XGBoosterFree(handle_); }
    Booster(const Booster&) = delete;
    Booster& operator=(const Booster&) = delete;

    void set(const char* name, const std::string& value) {
        check(XGBoosterSetParam(handle_, name, value.c_str()), "take a parameter");
    }
    BoosterHandle handle() const { return handle_; }

private:
    BoosterHandle handle_ = nullptr;
};

/// A class with a tenth of the rows of another must not vanish in it.
std::vector<float> row_weights(std::span<const std::uint16_t> classes, std::size_t class_count, double balance) {
    std::vector<double> counts(class_count);
    for (const std::uint16_t one : classes) {
        counts[one] += 1;
    }
    const auto present = static_cast<double>(std::ranges::count_if(counts, [](double count) { return count > 0; }));
    std::vector<float> weights;
    weights.reserve(classes.size());
    for (const std::uint16_t one : classes) {
        weights.push_back(
            static_cast<float>(std::pow(static_cast<double>(classes.size()) / present / counts[one], balance)));
    }
    return weights;
}

class XgboostTrees final : public Classifier {
public:
    explicit XgboostTrees(const BoostingSettings& settings) : settings_(settings) {}

    XgboostTrees(std::span<const std::uint8_t> image, std::size_t column_count, std::size_t class_count)
        : booster_(std::make_unique<Booster>(nullptr)), columns_(column_count), class_count_(class_count) {
        check(XGBoosterLoadModelFromBuffer(booster_->handle(), image.data(), image.size()),
              "read the trees of a model");
        booster_->set("nthread", "1");
        bst_ulong columns = 0;
        check(XGBoosterGetNumFeature(booster_->handle(), &columns), "count the features of a model");
        if (columns != column_count) {
            throw std::runtime_error(
                fmt::format("the model's trees ask for {} features and its head names {}", columns, column_count));
        }
        // The first prediction also sets up what all later ones only read, from any thread.
        probabilities({columns_, std::vector<float>(columns_)});
    }

    void train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
               std::uint64_t seed) override {
        columns_ = samples.columns;
        class_count_ = class_count;
        Matrix matrix(samples);
        matrix.set("label", {classes.begin(), classes.end()});
        matrix.set("weight", row_weights(classes, class_count, settings_.balance));
        booster_ = std::make_unique<Booster>(&matrix);
        const std::vector<std::pair<const char*, std::string>> parameters{
            {"booster", "gbtree"},
            {"objective", "multi:softprob"},
            {"tree_method", "hist"},
            {"num_class", std::to_string(class_count)},
            {"max_depth", std::to_string(settings_.depth)},
            {"eta", fmt::format("{}", settings_.rate)},
            {"min_child_weight", fmt::format("{}", settings_.leaf_weight_min)},
            {"subsample", fmt::format("{}", settings_.row_share)},
            {"colsample_bynode", fmt::format("{}", settings_.column_share)},
            // XGBoost reads an int.
            {"seed", std::to_string(seed & 0x7fffffffU)},
            {"disable_default_eval_metric", "1"},
        };
        for (const auto& [name, value] : parameters) {
            booster_->set(name, value);
        }
        for (unsigned round = 0; round < settings_.rounds; ++round) {
            check(XGBoosterUpdateOneIter(booster_->handle(), static_cast<int>(round), matrix.handle()), "learn");
        }
        probabilities({columns_, std::vector<float>(columns_)});
    }

    std::vector<float> probabilities(const Samples& samples) const override {
        return predict(samples, 0, samples.rows() * class_count_);
    }

    std::vector<float> contributions(const Samples& samples) const override {
        return predict(samples, 2, samples.rows() * class_count_ * (columns_ + 1));
    }

    std::vector<double> importance() const override {
        bst_ulong count = 0;
        bst_ulong dimensions = 0;
        const char** names = nullptr;
        const bst_ulong* shape = nullptr;
        const float* scores = nullptr;
        check(XGBoosterFeatureScore(booster_->handle(), R"({"importance_type":"total_gain"})", &count, &names,
                                    &dimensions, &shape, &scores),
              "weigh its features");
        std::vector<double> importance(columns_);
        double sum = 0;
        for (bst_ulong i = 0; i < count; ++i) {
            // Nameless features are called f0, f1 and so on.
            const auto column = static_cast<std::size_t>(std::strtoul(names[i] + 1, nullptr, 10));
            importance.at(column) = static_cast<double>(scores[i]);
            sum += importance[column];
        }
        for (double& one : importance) {
            one = sum > 0 ? one / sum : 0;
        }
        return importance;
    }

    std::vector<std::uint8_t> image() const override {
        bst_ulong size = 0;
        const char* octets = nullptr;
        check(XGBoosterSaveModelToBuffer(booster_->handle(), R"({"format":"ubj"})", &size, &octets), "write its trees");
        return {octets, octets + size};
    }

private:
    std::vector<float> predict(const Samples& samples, int type, std::size_t expected) const {
        if (samples.rows() == 0) {
            return {};
        }
        const Matrix matrix(samples);
        const std::string config = fmt::format(
            R"({{"type":{},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}})", type);
        const bst_ulong* shape = nullptr;
        bst_ulong dimensions = 0;
        const float* values = nullptr;
        check(XGBoosterPredictFromDMatrix(booster_->handle(), matrix.handle(), config.c_str(), &shape, &dimensions,
                                          &values),
              "classify");
        std::size_t size = 1;
        for (bst_ulong i = 0; i < dimensions; ++i) {
            size *= shape[i];
        }
        if (size != expected) {
            throw std::runtime_error(
                fmt::format("the model's trees give {} numbers where its head asks for {}", size, expected));
        }
        return {values, values + size};
    }

    BoostingSettings settings_;
    std::unique_ptr<Booster> booster_;
    std::size_t columns_ = 0;
    std::size_t class_count_ = 0;
};

}  // namespace

std::unique_ptr<Classifier> make_xgboost_trees(const BoostingSettings& settings) {
    return std::make_unique<XgboostTrees>(settings);
}

std::unique_ptr<Classifier> restore_xgboost_trees(std::span<const std::uint8_t> image, std::size_t column_count,
                                                  std::size_t class_count) {
    return std::make_unique<XgboostTrees>(image, column_count, class_count);
}

}  // namespace echotap
