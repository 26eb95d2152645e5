// SPDX-License-Identifier: Apache-2.0
#include "tools/features.hpp"

#include <fmt/core.h>

#include "tools/analysed_input.hpp"
#include "tools/feature_report.hpp"
#include "tools/standard_output.hpp"

namespace echotap {

int run_features(const FeaturesOptions& options) {
    const Pseudonyms pseudonyms = Pseudonyms::from_file(options.pseudonym_key_path);
    AnalysedInput input(options, [&](const AnalysedWindow& analysed) {
        fmt::print("{}", feature_report(analysed.header(), analysed.features, options.format, pseudonyms));
        flush_standard_output();
    });
    fmt::print("{}", feature_heading(options.format));
    return input.run(sort_paths(options.paths));
}

}  // namespace echotap
