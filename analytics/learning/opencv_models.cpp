// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/opencv_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>
#include <stdexcept>
#include <string>

namespace echotap {

namespace {

constexpr int tree_count = 100;
// Trees end by themselves long before. OpenCV makes room for all nodes of this depth in advance: 100 MiB here, 3.4 GiB
// at the 25 that it cuts greater depths to.
constexpr int depth_max = 20;
constexpr double svm_penalty = 10;

/// OpenCV would print its errors and take all cores; both are decided by who calls.
void quiet_opencv() {
    static std::once_flag once;
    std::call_once(once, [] {
        cv::setNumThreads(1);
        cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
    });
}

/// A view; OpenCV does not write into what it learns from, but has no const matrix to say so.
cv::Mat matrix_of(const Samples& samples) {
    return {static_cast<int>(samples.rows()), static_cast<int>(samples.columns), CV_32F,
            const_cast<float*>(samples.values.data())};
}

cv::Ptr<cv::ml::TrainData> train_data(const Samples& samples, std::span<const std::uint16_t> classes) {
    cv::Mat responses(static_cast<int>(classes.size()), 1, CV_32S);
    for (std::size_t row = 0; row < classes.size(); ++row) {
        responses.at<int>(static_cast<int>(row)) = classes[row];
    }
    return cv::ml::TrainData::create(matrix_of(samples), cv::ml::ROW_SAMPLE, responses);
}

/// What Breiman's forests call Gini importance: how much purer each feature's splits make the rows that reach them. All
/// rows go down every tree, because OpenCV keeps no record of which ones a tree was grown from.
class GiniImportance {
public:
    GiniImportance(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count)
        : samples_(samples), classes_(classes), class_count_(class_count), sums_(samples.columns) {}

    void add_tree(const cv::ml::DTrees& trees, int root) {
        std::vector<std::uint32_t> rows(samples_.rows());
        std::iota(rows.begin(), rows.end(), 0U);
        add_node(trees, root, rows);
    }

    std::vector<double> shares() const {
        std::vector<double> shares = sums_;
        const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (double& share : shares) {
            share = sum > 0 ? share / sum : 0;
        }
        return shares;
    }

private:
    /// Rows times impurity.
    double impurity(std::span<const std::uint32_t> rows) const {
        std::vector<double> counts(class_count_);
        for (const std::uint32_t row : rows) {
            counts[classes_[row]] += 1;
        }
        const auto total = static_cast<double>(rows.size());
        return rows.empty() ? 0 : total - std::inner_product(counts.begin(), counts.end(), counts.begin(), 0.0) / total;
    }

    void add_node(const cv::ml::DTrees& trees, int number, std::span<std::uint32_t> rows) {
        const cv::ml::DTrees::Node& node = trees.getNodes()[static_cast<std::size_t>(number)];
        if (node.split < 0 || rows.empty()) {
            return;
        }
        const cv::ml::DTrees::Split& split = trees.getSplits()[static_cast<std::size_t>(node.split)];
        const auto column = static_cast<std::size_t>(split.varIdx);
        const auto right = std::stable_partition(
            rows.begin(), rows.end(), [&](std::uint32_t row) { return samples_.row(row)[column] <= split.c; });
        const auto left_count = static_cast<std::size_t>(right - rows.begin());
        sums_[column] += impurity(rows) - impurity(rows.first(left_count)) - impurity(rows.subspan(left_count));
        add_node(trees, node.left, rows.first(left_count));
        add_node(trees, node.right, rows.subspan(left_count));
    }

    const Samples& samples_;
    std::span<const std::uint16_t> classes_;
    std::size_t class_count_;
    std::vector<double> sums_;
};

/// What all three have in common: scaling, seeds, and images in OpenCV's own notation.
template <class Model>
class OpencvModel : public Classifier {
public:
    OpencvModel() { quiet_opencv(); }

    void restore(std::span<const std::uint8_t> image, std::size_t column_count, std::size_t class_count) {
        try {
            const cv::FileStorage storage(std::string(image.begin(), image.end()),
                                          cv::FileStorage::READ | cv::FileStorage::MEMORY);
            std::vector<float> means;
            std::vector<float> deviations;
            storage["means"] >> means;
            storage["deviations"] >> deviations;
            storage["importance"] >> importance_;
            model_ = Model::create();
            model_->read(storage["model"]);
            if (means.size() != column_count || deviations.size() != column_count ||
                static_cast<std::size_t>(model_->getVarCount()) != column_count) {
                throw std::runtime_error(
                    fmt::format("the model is of {} features and its head names {}", means.size(), column_count));
            }
            scaling_ = Scaling(means, deviations);
            class_count_ = class_count;
        } catch (const cv::Exception& error) {
            throw std::runtime_error(fmt::format("OpenCV cannot read the model: {}", error.err));
        }
    }

    void train(const Samples& samples, std::span<const std::uint16_t> classes, std::size_t class_count,
               std::uint64_t seed) override {
        scaling_ = Scaling(samples);
        class_count_ = class_count;
        const Samples scaled = scaling_.apply(samples);
        try {
            // The generator is the thread's own, so models may be trained side by side.
            cv::setRNGSeed(static_cast<int>(seed & 0x7fffffffU));
            model_ = Model::create();
            set_parameters(samples.columns);
            model_->train(train_data(scaled, classes));
        } catch (const cv::Exception& error) {
            throw std::runtime_error(fmt::format("OpenCV cannot learn from these samples: {}", error.err));
        }
        weigh_columns(scaled, classes);
    }

    std::vector<float> probabilities(const Samples& samples) const override {
        std::vector<float> shares(samples.rows() * class_count_);
        if (samples.rows() > 0) {
            give_shares(scaling_.apply(samples), shares);
        }
        return shares;
    }

    std::vector<double> importance() const override { return importance_; }
    std::vector<float> contributions(const Samples&) const override { return {}; }

    std::vector<std::uint8_t> image() const override {
        cv::FileStorage storage("model.json", cv::FileStorage::WRITE | cv::FileStorage::MEMORY);
        storage << "means" << std::vector<float>(scaling_.means().begin(), scaling_.means().end());
        storage << "deviations" << std::vector<float>(scaling_.deviations().begin(), scaling_.deviations().end());
        storage << "importance" << importance_;
        storage << "model"
                << "{";
        model_->write(storage);
        storage << "}";
        const std::string text = storage.releaseAndGetString();
        return {text.begin(), text.end()};
    }

protected:
    virtual void set_parameters(std::size_t column_count) = 0;
    virtual void weigh_columns(const Samples& scaled, std::span<const std::uint16_t> classes) = 0;

    virtual void give_shares(const Samples& scaled, std::vector<float>& shares) const {
        cv::Mat answers;
        model_->predict(matrix_of(scaled), answers);
        for (std::size_t row = 0; row < scaled.rows(); ++row) {
            const auto answer = static_cast<std::size_t>(answers.at<float>(static_cast<int>(row)));
            shares.at(row * class_count_ + checked(answer)) = 1;
        }
    }

    std::size_t checked(std::size_t answer) const {
        if (answer >= class_count_) {
            throw std::runtime_error("the model answers with a class that its head does not name");
        }
        return answer;
    }

    void weigh_trees(const cv::ml::DTrees& trees, const Samples& scaled, std::span<const std::uint16_t> classes) {
        GiniImportance gini(scaled, classes, class_count_);
        for (const int root : trees.getRoots()) {
            gini.add_tree(trees, root);
        }
        importance_ = gini.shares();
    }

    cv::Ptr<Model> model_;
    std::size_t class_count_ = 0;

private:
    Scaling scaling_;
    std::vector<double> importance_;
};

void grow_to_the_end(cv::ml::DTrees& trees) {
    trees.setMaxDepth(depth_max);
    trees.setMinSampleCount(2);
    trees.setCVFolds(0);  // no pruning
    trees.setUseSurrogates(false);
    trees.setRegressionAccuracy(0);
}

class Forest final : public OpencvModel<cv::ml::RTrees> {
    void set_parameters(std::size_t) override {
        grow_to_the_end(*model_);
        model_->setActiveVarCount(0);  // the square root
        model_->setCalculateVarImportance(false);
        model_->setTermCriteria({cv::TermCriteria::MAX_ITER, tree_count, 0});
    }

    void weigh_columns(const Samples& scaled, std::span<const std::uint16_t> classes) override {
        weigh_trees(*model_, scaled, classes);
    }

    void give_shares(const Samples& scaled, std::vector<float>& shares) const override {
        cv::Mat votes;  // above the rows stands which class each column is for
        model_->getVotes(matrix_of(scaled), votes, 0);
        for (int column = 0; column < votes.cols; ++column) {
            const std::size_t answer = checked(static_cast<std::size_t>(votes.at<int>(0, column)));
            for (std::size_t row = 0; row < scaled.rows(); ++row) {
                shares[row * class_count_ + answer] =
                    static_cast<float>(votes.at<int>(static_cast<int>(row) + 1, column)) /
                    static_cast<float>(model_->getRoots().size());
            }
        }
    }
};

class Cart final : public OpencvModel<cv::ml::DTrees> {
    void set_parameters(std::size_t) override { grow_to_the_end(*model_); }

    void weigh_columns(const Samples& scaled, std::span<const std::uint16_t> classes) override {
        weigh_trees(*model_, scaled, classes);
    }
};

class Svm final : public OpencvModel<cv::ml::SVM> {
    void set_parameters(std::size_t column_count) override {
        model_->setType(cv::ml::SVM::C_SVC);
        model_->setKernel(cv::ml::SVM::RBF);
        model_->setC(svm_penalty);
        model_->setGamma(1.0 / static_cast<double>(column_count));
        model_->setTermCriteria({cv::TermCriteria::MAX_ITER + cv::TermCriteria::EPS, 10'000, 1e-3});
    }

    void weigh_columns(const Samples&, std::span<const std::uint16_t>) override {}
};

template <class Model>
std::unique_ptr<Classifier> restored(std::span<const std::uint8_t> image, std::size_t column_count,
                                     std::size_t class_count) {
    auto model = std::make_unique<Model>();
    model->restore(image, column_count, class_count);
    return model;
}

}  // namespace

std::unique_ptr<Classifier> make_opencv_forest() {
    return std::make_unique<Forest>();
}

std::unique_ptr<Classifier> make_opencv_cart() {
    return std::make_unique<Cart>();
}

std::unique_ptr<Classifier> make_opencv_svm() {
    return std::make_unique<Svm>();
}

std::unique_ptr<Classifier> restore_opencv(Method method, std::span<const std::uint8_t> image, std::size_t column_count,
                                           std::size_t class_count) {
    switch (method) {
        case Method::forest:
            return restored<Forest>(image, column_count, class_count);
        case Method::cart:
            return restored<Cart>(image, column_count, class_count);
        default:
            return restored<Svm>(image, column_count, class_count);
    }
}

}  // namespace echotap
