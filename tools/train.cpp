// SPDX-License-Identifier: Apache-2.0
#include "tools/train.hpp"

#include <fmt/format.h>

#include "analytics/models/model_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/learning_input.hpp"

namespace echotap {

namespace {

void print_summary(const Model& model, const LearningSet& set) {
    fmt::print("learnt from {} rows of {} classes, {} independent groups\n\n", grouped(set.classes.size()),
               set.class_names.size(), grouped(set.group_count));
    for (const auto& [name, rows] : model.provenance.rows_by_class) {
        fmt::print("  {:<32} {:>8}\n", name, grouped(rows));
    }
    fmt::print("\n");
    for (const auto& [name, value] : model.provenance.scores) {
        fmt::print("  {:<50} {:>5.2f}\n", name, value);
    }
}

}  // namespace

int run_train(const TrainOptions& options) {
    LearningSet set = read_learning_set(options.feature_paths, options.label_path, options.class_count);
    for (const OtherPaths& more : options.more) {
        set = unite(set, read_learning_set({more.features}, more.labels, options.class_count));
    }
    Model model = train_model(set, options.settings);
    model.provenance.program = "echotap " ECHOTAP_VERSION;
    model.provenance.date = options.date;
    model.provenance.notice = options.notice;
    write_model(model, options.model_path);
    print_summary(model, set);
    return exit_good;
}

}  // namespace echotap
