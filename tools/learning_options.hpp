// SPDX-License-Identifier: Apache-2.0
// What the commands that learn were asked to do: label, train, classify, evaluate, discover.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analytics/evaluation/protocols.hpp"
#include "analytics/models/model.hpp"
#include "tools/rows_format.hpp"

namespace echotap {

/// Another set of features and labels.
struct OtherPaths {
    std::string name;  // empty where it needs none
    std::string features;
    std::string labels;
};

/// What `echotap train` was asked to do.
struct TrainOptions {
    std::vector<std::string> feature_paths;  // CSV of `echotap features`; - is standard input
    std::string label_path;
    std::vector<OtherPaths> more;  // sets whose labels are of other originators, though addresses may be the same
    std::string model_path;
    unsigned class_count = 12;
    TrainingSettings settings;
    std::string date;    // written into the model as it is
    std::string notice;  // the same; printed by whatever uses the model
};

/// The largest --unknown: who would call more than half of the known originators unknown has no use for classes.
inline constexpr double unknown_share_max = 0.5;

/// What `echotap classify` was asked to do.
struct ClassifyOptions {
    std::string model_path;  // empty: the one that ships with the program
    std::vector<std::string> feature_paths;
    RowsFormat format = RowsFormat::table;
    double unknown_share = unknown_share_default;
    std::size_t reasons = 0;  // that are printed for each originator
};

/// A file, and what it is called.
struct NamedPath {
    std::string name;
    std::string path;
};

/// What `echotap label` was asked to do.
struct LabelOptions {
    std::vector<std::string> feature_paths;  // what was seen; only that can be labelled by lists
    std::vector<NamedPath> imports;          // labels
    std::vector<NamedPath> block_lists;      // DNS blocklists as text: spam
    std::vector<NamedPath> darknets;         // scan
    std::string output_path;
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

/// What `echotap discover` was asked to do.
struct DiscoverOptions {
    std::vector<std::string> feature_paths;
    std::string model_path;  // empty: all originators, not only those that it calls unknown
    double unknown_share = unknown_share_default;
    std::size_t cluster_count = 0;  // 0: by the elbow
    std::uint64_t seed = 1;
    std::string output_path;  // empty: nothing is written
};

}  // namespace echotap
