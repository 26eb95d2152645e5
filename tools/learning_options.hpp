// SPDX-License-Identifier: Apache-2.0
// What the commands that learn were asked to do: train, classify, evaluate, label, discover.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analytics/evaluation/protocols.hpp"
#include "analytics/model.hpp"

namespace echotap {

/// What `echotap train` was asked to do.
struct TrainOptions {
    std::vector<std::string> feature_paths;  // CSV of `echotap features`; - is standard input
    std::string label_path;
    std::string model_path;
    unsigned class_count = 12;
    TrainingSettings settings;
    std::string date;    // written into the model as it is
    std::string notice;  // the same; printed by whatever uses the model
};

enum class VerdictFormat { table, csv, jsonl };

/// What `echotap classify` was asked to do.
struct ClassifyOptions {
    std::string model_path;
    std::vector<std::string> feature_paths;
    VerdictFormat format = VerdictFormat::table;
    double unknown_share = unknown_share_default;
    std::size_t reasons = 0;  // that are printed for each originator
};

/// Another set that a model is asked about.
struct OtherPaths {
    std::string name;
    std::string features;
    std::string labels;
};

/// What `echotap evaluate` was asked to do.
struct EvaluateOptions {
    std::vector<std::string> feature_paths;
    std::string label_path;
    unsigned class_count = 12;
    EvaluationSettings settings;  // without sets
    std::vector<OtherPaths> others;
    std::string oracle_features;  // empty: no oracle
    std::string oracle_labels;
    std::string folder;    // empty: no files
    unsigned threads = 0;  // 0: as many as there are cores
};

}  // namespace echotap
