// SPDX-License-Identifier: Apache-2.0
// The words of the commands that look at what can be learnt: evaluate and discover.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "tools/command_line_learning_set.hpp"
#include "tools/command_line_sources.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* evaluate_examples = R"(
Examples:
  echotap evaluate --features features.csv --labels labels.csv
  echotap evaluate --features f.csv --labels l.csv --protocol P0,P1,P2,P6,P8 \
      --method xgboost,forest -o results
  echotap evaluate --features a.csv --labels a_labels.csv \
      --other P3-b=b.csv,b_labels.csv --protocol P3

P0  60 % of the rows learnt from, 40 % asked, 50 times (the paper's)
P1  stratified folds: 5, 10, and 5 the other way round
P2  as P0, but no operator and no /24 on both sides; always printed with P0
P3  learnt here, asked about each --other set: worlds, vantages, adversaries
P4  learnt from the first windows, asked about later ones
P6  each class in turn was never learnt: is it called unknown?
P7  wrong labels: 0 to 30 %
P8  P0 by footprint

P5 is P3 with other vantages; tools/accuracy makes P9, a world with adversaries.
With -o: scores.csv, confusion.csv and evaluation.json in that folder. The same
seed gives the same figures, whatever the threads.

Exit codes: 0 good, 1 failed, 2 usage.)";

constexpr const char* discover_examples = R"(
Examples:
  echotap discover --model day.model features.csv
  echotap discover --model day.model --clusters 4 -o clusters.csv features.csv

Originators that look like none of the model's classes, put together by what
they have in common: how many clusters there are (the elbow of the distances
within them), by what each differs, and which originators are in its middle.
With -o: labels cluster-1, cluster-2 and so on; look at them, put classes in
their places, and train again.

Exit codes: 0 good, 1 failed, 2 usage.)";

const std::map<std::string, TrialProtocol> protocols{
    {"P0", TrialProtocol::p0}, {"P1", TrialProtocol::p1}, {"P2", TrialProtocol::p2}, {"P3", TrialProtocol::p3},
    {"P4", TrialProtocol::p4}, {"P6", TrialProtocol::p6}, {"P7", TrialProtocol::p7}, {"P8", TrialProtocol::p8}};
constexpr unsigned times_max = 10'000;

template <class Value>
std::string read_list(const char* option, const std::vector<std::string>& texts,
                      const std::map<std::string, Value>& known, std::vector<Value>& values) {
    if (texts.empty()) {
        return "";
    }
    values.clear();
    for (const std::string& text : texts) {
        const auto found = known.find(text);
        if (found == known.end()) {
            std::string names;
            for (const auto& [name, value] : known) {
                names += names.empty() ? name : fmt::format(", {}", name);
            }
            return fmt::format("{} {}: none of {}", option, text, names);
        }
        if (std::ranges::count(values, found->second) == 0) {
            values.push_back(found->second);
        }
    }
    return "";
}

/// Text that is checked and understood once all words are read.
struct EvaluateTexts {
    std::vector<std::string> protocols;
    std::vector<std::string> methods;
    std::vector<std::string> others;
    std::string oracle;
};

CLI::App* add_evaluate_words(CLI::App& app, EvaluateOptions& options, EvaluateTexts& texts) {
    CLI::App* evaluate = app.add_subcommand("evaluate", "Measure how well classes can be told apart");
    evaluate->allow_extras(false);
    evaluate->footer(evaluate_examples);
    add_learning_set(*evaluate, options.feature_paths, options.label_path, options.class_count,
                     options.settings.features);
    evaluate->add_option("--protocol", texts.protocols, described("What is done, see below (default P0,P2)"))
        ->option_text("P,...")
        ->delimiter(',');
    evaluate
        ->add_option("--method", texts.methods,
                     described("Who takes part (default pooled,xgboost,forest,cart,svm); controls always do"))
        ->option_text("M,...")
        ->delimiter(',');
    evaluate->add_option("--times", options.settings.times, described("Splits of P0 and P2 (default 50)"))
        ->option_text("N")
        ->check(CLI::Range(1U, times_max));
    evaluate->add_option("--seed", options.settings.seed, described("Where chance begins (default 1)"))
        ->option_text("N");
    evaluate
        ->add_option("--other", texts.others,
                     described("Another set to be asked about, for P3: NAME=FEATURES,LABELS (repeatable)"))
        ->option_text("SET")
        ->allow_extra_args(false);
    evaluate
        ->add_option("--oracle", texts.oracle,
                     described("Many more labels of the same world, FEATURES,LABELS: what can be reached"))
        ->option_text("SET");
    evaluate
        ->add_option("--early-windows", options.settings.early_windows,
                     described("Windows that P4 learns from (default 4)"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
    evaluate->add_option("--threads", options.threads, described("Splits side by side (default: as many as cores)"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    evaluate->add_option("-o,--output", options.folder, described("Write CSV and JSON into this folder"))
        ->option_text("DIR");
    return evaluate;
}

CLI::App* add_discover_words(CLI::App& app, DiscoverOptions& options, NoTexts&) {
    constexpr std::size_t clusters_max = 100;
    CLI::App* discover = app.add_subcommand("discover", "Find what unknown originators have in common");
    discover->allow_extras(false);
    discover->footer(discover_examples);
    discover
        ->add_option("FEATURES", options.feature_paths,
                     described("Rows that `echotap features --format csv` printed; - is standard input"))
        ->option_text("...");
    discover
        ->add_option("--model", options.model_path,
                     described("Only originators that this model calls unknown (default: all)"))
        ->option_text("FILE");
    discover
        ->add_option("--unknown", options.unknown_share,
                     described("Share of originators of known classes that may be called unknown (default 0.05)"))
        ->option_text("SHARE")
        ->check(CLI::Range(0.0, unknown_share_max));
    discover->add_option("--clusters", options.cluster_count, described("How many (default: by the elbow, up to 9)"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{1}, clusters_max));
    discover->add_option("--seed", options.seed, described("Where chance begins (default 1)"))->option_text("N");
    discover->add_option("-o,--output", options.output_path, described("Write the clusters as labels"))
        ->option_text("FILE");
    return discover;
}

std::string check_evaluate_words(EvaluateOptions& options, const EvaluateTexts& texts) {
    for (const std::string& wrong : {check_learning_set(options.feature_paths, options.label_path),
                                     read_list("--protocol", texts.protocols, protocols, options.settings.protocols),
                                     read_list("--method", texts.methods, method_names(), options.settings.methods)}) {
        if (!wrong.empty()) {
            return wrong;
        }
    }
    for (const std::string& text : texts.others) {
        const std::size_t equals = text.find('=');
        const auto paths = equals == std::string::npos ? std::vector<std::string>{} : two_of(text.substr(equals + 1));
        // The name stands in tables, CSV and JSON as it is.
        if (paths.empty() || equals == 0 || text.find_first_of("\"\\, \t") < equals) {
            return fmt::format("--other {}: not NAME=FEATURES,LABELS, with a NAME of one word", text);
        }
        options.others.push_back({text.substr(0, equals), paths[0], paths[1]});
    }
    if (!texts.oracle.empty()) {
        const auto paths = two_of(texts.oracle);
        if (paths.empty()) {
            return fmt::format("--oracle {}: not FEATURES,LABELS", texts.oracle);
        }
        options.oracle_features = paths[0];
        options.oracle_labels = paths[1];
    }
    return "";
}

std::string check_discover_words(const DiscoverOptions& options, const NoTexts&) {
    return options.feature_paths.empty() ? "nothing to look at: give FEATURES (a file or -)" : "";
}

}  // namespace

Subcommand add_evaluate(CLI::App& app) {
    return make_subcommand<EvaluateOptions, EvaluateTexts>(app, add_evaluate_words, check_evaluate_words);
}

Subcommand add_discover(CLI::App& app) {
    return make_subcommand<DiscoverOptions, NoTexts>(app, add_discover_words, check_discover_words);
}

}  // namespace echotap
