// SPDX-License-Identifier: Apache-2.0
#include "tools/classify.hpp"

#include <fmt/format.h>

#include "analytics/models/model_file.hpp"
#include "analytics/models/shipped_model.hpp"
#include "tools/exit_code.hpp"
#include "tools/learning_input.hpp"
#include "tools/verdict_report.hpp"

namespace echotap {

int run_classify(const ClassifyOptions& options) {
    const Model model = options.model_path.empty() ? shipped_model() : read_model(options.model_path);
    const DescribedRows described = read_features(options.feature_paths);
    const Verdicts verdicts = classify(model, described, options.unknown_share);
    std::vector<std::vector<Reason>> reasons;
    if (options.reasons > 0) {
        reasons = explain(model, described, verdicts.rows);
    }
    fmt::print("{}", verdict_report(model, described, verdicts, reasons, options.reasons, options.format));
    return exit_good;
}

}  // namespace echotap
