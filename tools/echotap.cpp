// SPDX-License-Identifier: Apache-2.0
// The program: reads its words, runs one subcommand, and turns what went wrong into a line and an exit code.
#include <fmt/format.h>

#include <exception>
#include <variant>

#include "tools/classify.hpp"
#include "tools/command_line.hpp"
#include "tools/config_command.hpp"
#include "tools/discover.hpp"
#include "tools/evaluate.hpp"
#include "tools/exit_code.hpp"
#include "tools/features.hpp"
#include "tools/label.hpp"
#include "tools/line_rate/bench.hpp"
#include "tools/merge.hpp"
#include "tools/names.hpp"
#include "tools/queries.hpp"
#include "tools/read.hpp"
#include "tools/resolve.hpp"
#include "tools/say.hpp"
#include "tools/show.hpp"
#include "tools/simulate.hpp"
#include "tools/standard_output.hpp"
#include "tools/tap/top.hpp"
#include "tools/tap_command.hpp"
#include "tools/train.hpp"
#include "tools/window.hpp"

namespace {

/// One function for each subcommand.
template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang 14 does not deduce aggregates by itself

}  // namespace

int main(int argc, char** argv) {
    using namespace echotap;
    try {
        const int code = std::visit(Overloaded{
                                        [](const Exit& exit) { return exit.code; },
                                        [](const QueriesOptions& options) { return run_queries(options); },
                                        [](const WindowOptions& options) { return run_window(options); },
                                        [](const MergeOptions& options) { return run_merge(options); },
                                        [](const NamesOptions& options) { return run_names(options); },
                                        [](const ResolveOptions& options) { return run_resolve(options); },
                                        [](const FeaturesOptions& options) { return run_features(options); },
                                        [](const ReadOptions& options) { return run_read(options); },
                                        [](const ShowOptions& options) { return run_show(options); },
                                        [](const ReportOptions& options) { return run_report(options); },
                                        [](const SimulateOptions& options) { return run_simulate(options); },
                                        [](const LabelOptions& options) { return run_label(options); },
                                        [](const TrainOptions& options) { return run_train(options); },
                                        [](const ClassifyOptions& options) { return run_classify(options); },
                                        [](const EvaluateOptions& options) { return run_evaluate(options); },
                                        [](const DiscoverOptions& options) { return run_discover(options); },
                                        [](const ConfigOptions& options) { return run_config(options); },
                                        [](const TapOptions& options) { return run_tap(options); },
                                        [](const CtlOptions& options) { return run_ctl(options); },
                                        [](const TopOptions& options) { return run_top(options); },
                                        [](const BenchOptions& options) { return run_bench(options); },
                                    },
                                    parse_command_line(argc, argv));
        flush_standard_output();
        return code;
    } catch (const std::exception& error) {
        say(fmt::format("echotap: {}\n", error.what()));
        return exit_failed;
    }
}
