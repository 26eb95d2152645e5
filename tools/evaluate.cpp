// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluate.hpp"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/info.h>

#include <filesystem>
#include <optional>

#include "analytics/evaluation/score_files.hpp"
#include "analytics/evaluation/score_tables.hpp"
#include "tools/exit_code.hpp"
#include "tools/learning_input.hpp"
#include "tools/text_file.hpp"

namespace echotap {

int run_evaluate(const EvaluateOptions& options) {
    const tbb::global_control threads(
        tbb::global_control::max_allowed_parallelism,
        options.threads == 0 ? static_cast<std::size_t>(tbb::info::default_concurrency()) : options.threads);
    const LearningSet set = read_learning_set(options.feature_paths, options.label_path, options.class_count);
    EvaluationSettings settings = options.settings;
    for (const OtherPaths& other : options.others) {
        settings.others.push_back({other.name, read_learning_set({other.features}, other.labels, options.class_count)});
    }
    std::optional<LearningSet> oracle;
    if (!options.oracle_features.empty()) {
        oracle = read_learning_set({options.oracle_features}, options.oracle_labels, options.class_count);
        settings.oracle = &*oracle;
    }
    const Evaluation evaluation = evaluate(set, settings);
    fmt::print("{}", evaluation_tables(evaluation));
    if (!options.folder.empty()) {
        const std::filesystem::path folder(options.folder);
        std::filesystem::create_directories(folder);
        write_text_file(folder / "scores.csv", evaluation_csv(evaluation));
        write_text_file(folder / "confusion.csv", confusion_csv(evaluation));
        write_text_file(folder / "evaluation.json", evaluation_json(evaluation));
    }
    return exit_good;
}

}  // namespace echotap
