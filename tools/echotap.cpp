// SPDX-License-Identifier: Apache-2.0
// The program: reads its words, runs one subcommand, and turns what went wrong into a line and an exit code.
#include <fmt/format.h>

#include <exception>

#include "tools/classify.hpp"
#include "tools/command_line.hpp"
#include "tools/discover.hpp"
#include "tools/evaluate.hpp"
#include "tools/exit_code.hpp"
#include "tools/features.hpp"
#include "tools/label.hpp"
#include "tools/merge.hpp"
#include "tools/names.hpp"
#include "tools/queries.hpp"
#include "tools/resolve.hpp"
#include "tools/say.hpp"
#include "tools/simulate.hpp"
#include "tools/train.hpp"
#include "tools/window.hpp"

int main(int argc, char** argv) {
    using namespace echotap;
    try {
        const Command command = parse_command_line(argc, argv);
        if (const auto* queries = std::get_if<QueriesOptions>(&command)) {
            return run_queries(*queries);
        }
        if (const auto* window = std::get_if<WindowOptions>(&command)) {
            return run_window(*window);
        }
        if (const auto* merge = std::get_if<MergeOptions>(&command)) {
            return run_merge(*merge);
        }
        if (const auto* resolve = std::get_if<ResolveOptions>(&command)) {
            return run_resolve(*resolve);
        }
        if (const auto* names = std::get_if<NamesOptions>(&command)) {
            return run_names(*names);
        }
        if (const auto* features = std::get_if<FeaturesOptions>(&command)) {
            return run_features(*features);
        }
        if (const auto* simulate = std::get_if<SimulateOptions>(&command)) {
            return run_simulate(*simulate);
        }
        if (const auto* label = std::get_if<LabelOptions>(&command)) {
            return run_label(*label);
        }
        if (const auto* train = std::get_if<TrainOptions>(&command)) {
            return run_train(*train);
        }
        if (const auto* classify = std::get_if<ClassifyOptions>(&command)) {
            return run_classify(*classify);
        }
        if (const auto* evaluate = std::get_if<EvaluateOptions>(&command)) {
            return run_evaluate(*evaluate);
        }
        if (const auto* discover = std::get_if<DiscoverOptions>(&command)) {
            return run_discover(*discover);
        }
        return std::get<Exit>(command).code;
    } catch (const std::exception& error) {
        say(fmt::format("echotap: {}\n", error.what()));
        return exit_failed;
    }
}
