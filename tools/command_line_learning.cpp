// SPDX-License-Identifier: Apache-2.0
// The words of the commands that learn: label, train, classify, evaluate and discover.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "tools/command_line_sources.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* label_examples = R"(
Examples:
  echotap label --features features.csv --dnsbl drop=drop.txt \
      --darknet telescope=scanners.csv --import mine=mine.csv -o labels.csv

Lists are text, an address or prefix a line; what stands behind it is a remark,
but for darknets: a number says how many of its addresses were touched, and
1,024 or fewer are too few. Only originators of the features are labelled. What
lists disagree about has no label; what was imported keeps its own. Each label
names its source.

Exit codes: 0 good, 1 failed, 2 usage.)";

constexpr const char* train_examples = R"(
Examples:
  echotap features --format csv day.pcap > features.csv
  echotap train --features features.csv --labels labels.csv -o day.model
  echotap train --features jan.csv --features feb.csv --labels labels.csv \
      --method forest --date 2026-02-28 -o feb.model

Labels are CSV: originator,class and, where known, operator,source. Without
operators the file's scores flatter: two addresses of one operator are alike.
Unbalanced classes are weighted, classes may be absent. The model is one file;
its head (docs/models.md) says what it learnt from and how well.

Exit codes: 0 good, 1 failed, 2 usage.)";

constexpr const char* classify_examples = R"(
Examples:
  echotap classify features.csv
  echotap classify --model day.model features.csv
  echotap features --format csv day.pcap | echotap classify --model day.model -
  echotap classify --model day.model --explain 3 features.csv

Each originator with its class, how probable that is (calibrated: of ten
answers with .8, eight are right) and the next one. "unknown" is said of what
looks like none of the classes, whatever the classifier thinks of it.

Exit codes: 0 good, 1 failed (a model that does not fit), 2 usage.)";

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

const std::map<std::string, Method> method_names{{"pooled", Method::pooled}, {"xgboost", Method::xgboost},
                                                 {"linear", Method::linear}, {"forest", Method::forest},
                                                 {"cart", Method::cart},     {"svm", Method::svm}};
const std::map<std::string, FeatureChoice> choices{{"all", FeatureChoice::all}, {"paper", FeatureChoice::paper}};
const std::map<std::string, TrialProtocol> protocols{
    {"P0", TrialProtocol::p0}, {"P1", TrialProtocol::p1}, {"P2", TrialProtocol::p2}, {"P3", TrialProtocol::p3},
    {"P4", TrialProtocol::p4}, {"P6", TrialProtocol::p6}, {"P7", TrialProtocol::p7}, {"P8", TrialProtocol::p8}};
constexpr unsigned runs_max = 100;
constexpr unsigned times_max = 10'000;

void add_learning_set(CLI::App& command, std::vector<std::string>& features, std::string& labels, unsigned& class_count,
                      FeatureChoice& choice) {
    command
        .add_option("--features", features,
                    described("Rows that `echotap features --format csv` printed (repeatable; - is standard input)"))
        ->option_text("FILE")
        ->allow_extra_args(false);
    command.add_option("--labels", labels, described("Labels: originator,class[,operator,source]"))
        ->option_text("FILE");
    command
        .add_option("--classes", class_count,
                    described("How many of the paper's classes are told apart: 12 (default), 7, 5 or 2"))
        ->option_text("N")
        ->check(CLI::IsMember({12, 7, 5, 2}));
    command.add_option("--table", choice, described("Which features are used: all (default), or paper (its 22)"))
        ->transform(CLI::CheckedTransformer(choices))
        ->option_text("TABLE");
}

std::string check_learning_set(const std::vector<std::string>& features, const std::string& labels) {
    if (features.empty()) {
        return "nothing to learn from: give --features FILE";
    }
    return labels.empty() ? "nobody says what originators do: give --labels FILE" : "";
}

/// "A,B" as two; nothing where that is not what it is.
std::vector<std::string> two_of(const std::string& text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos || comma == 0 || comma + 1 == text.size()) {
        return {};
    }
    return {text.substr(0, comma), text.substr(comma + 1)};
}

/// NAME=FILE texts; what is wrong, or nothing.
std::string read_named_paths(const char* option, const std::vector<std::string>& texts, std::vector<NamedPath>& paths) {
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size() ||
            text.substr(0, equals).find_first_of(",\"") != std::string::npos) {
            return fmt::format("{} {}: not NAME=FILE", option, text);
        }
        paths.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
    return "";
}

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
struct LabelTexts {
    std::vector<std::string> imports;
    std::vector<std::string> block_lists;
    std::vector<std::string> darknets;
};

struct TrainTexts {
    std::vector<std::string> more;
};

struct EvaluateTexts {
    std::vector<std::string> protocols;
    std::vector<std::string> methods;
    std::vector<std::string> others;
    std::string oracle;
};

CLI::App* add_label_words(CLI::App& app, LabelOptions& options, LabelTexts& texts) {
    CLI::App* label = app.add_subcommand("label", "Make labels from lists of addresses");
    label->allow_extras(false);
    label->footer(label_examples);
    label
        ->add_option("--features", options.feature_paths,
                     described("Rows that `echotap features --format csv` printed (repeatable; - is standard input)"))
        ->option_text("FILE")
        ->allow_extra_args(false);
    label
        ->add_option("--dnsbl", texts.block_lists,
                     described("Addresses that send spam: a DNS blocklist as text (repeatable)"))
        ->option_text("NAME=FILE")
        ->allow_extra_args(false);
    label->add_option("--darknet", texts.darknets, described("Addresses that a darknet saw scanning (repeatable)"))
        ->option_text("NAME=FILE")
        ->allow_extra_args(false);
    label->add_option("--import", texts.imports, described("Labels: originator,class[,operator,source] (repeatable)"))
        ->option_text("NAME=FILE")
        ->allow_extra_args(false);
    label->add_option("-o,--output", options.output_path, described("The labels"))->option_text("FILE");
    return label;
}

CLI::App* add_train_words(CLI::App& app, TrainOptions& options, TrainTexts& texts) {
    CLI::App* train = app.add_subcommand("train", "Learn what originators do from labels");
    train->allow_extras(false);
    train->footer(train_examples);
    add_learning_set(*train, options.feature_paths, options.label_path, options.class_count, options.settings.features);
    train
        ->add_option("--more", texts.more,
                     described("Another set to learn from, FEATURES,LABELS (repeatable): another authority, whose "
                               "originators may have the same addresses"))
        ->option_text("SET")
        ->allow_extra_args(false);
    train
        ->add_option("--method", options.settings.method,
                     described("pooled (default: boosted trees and a linear discriminant), xgboost, linear, forest, "
                               "cart or svm; the first three can say why"))
        ->transform(CLI::CheckedTransformer(method_names))
        ->option_text("METHOD");
    train
        ->add_option("--runs", options.settings.runs,
                     described("How often what is random is trained, to vote (default 1, forest 10)"))
        ->option_text("N")
        ->check(CLI::Range(1U, runs_max));
    train->add_option("--seed", options.settings.seed, described("Where chance begins (default 1)"))->option_text("N");
    train->add_option("--date", options.date, described("Written into the model, as it is"))->option_text("TEXT");
    train
        ->add_option("--notice", options.notice,
                     described("Written into the model; every output that uses it repeats it"))
        ->option_text("TEXT");
    train->add_option("-o,--output", options.model_path, described("The model"))->option_text("FILE");
    return train;
}

CLI::App* add_classify_words(CLI::App& app, ClassifyOptions& options, NoTexts&) {
    static const std::map<std::string, VerdictFormat> formats{
        {"table", VerdictFormat::table}, {"csv", VerdictFormat::csv}, {"jsonl", VerdictFormat::jsonl}};
    CLI::App* classify = app.add_subcommand("classify", "Say what originators do, by a model");
    classify->allow_extras(false);
    classify->footer(classify_examples);
    classify
        ->add_option("FEATURES", options.feature_paths,
                     described("Rows that `echotap features --format csv` printed; - is standard input"))
        ->option_text("...");
    classify
        ->add_option("--model", options.model_path,
                     described("A model that `echotap train` made (default: the one that ships with the program, "
                               "which learnt from simulated traffic)"))
        ->option_text("FILE");
    classify
        ->add_option("--format", options.format, described("How answers are printed: table (default), csv or jsonl"))
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("FORMAT");
    classify
        ->add_option("--unknown", options.unknown_share,
                     described("Share of originators of known classes that may be called unknown by mistake (default "
                               "0.05; 0: none is)"))
        ->option_text("SHARE")
        ->check(CLI::Range(0.0, unknown_share_max));
    classify
        ->add_option("--explain", options.reasons,
                     described("How many features are named that pushed to this class and away from the next one"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{0}, feature_count));
    return classify;
}

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

std::string check_label_words(LabelOptions& options, const LabelTexts& texts) {
    for (const std::string& wrong : {read_named_paths("--dnsbl", texts.block_lists, options.block_lists),
                                     read_named_paths("--darknet", texts.darknets, options.darknets),
                                     read_named_paths("--import", texts.imports, options.imports)}) {
        if (!wrong.empty()) {
            return wrong;
        }
    }
    if (options.block_lists.empty() && options.darknets.empty() && options.imports.empty()) {
        return "nothing says what originators do: give --dnsbl, --darknet or --import";
    }
    if (options.feature_paths.empty() && options.imports.empty()) {
        return "lists label what was seen: give --features FILE";
    }
    return options.output_path.empty() ? "no place for the labels: give -o FILE" : "";
}

std::string check_train_words(TrainOptions& options, const TrainTexts& texts) {
    const std::string wrong = check_learning_set(options.feature_paths, options.label_path);
    for (const std::string& text : texts.more) {
        const auto paths = two_of(text);
        if (paths.empty()) {
            return fmt::format("--more {}: not FEATURES,LABELS", text);
        }
        options.more.push_back({"", paths[0], paths[1]});
    }
    return !wrong.empty() ? wrong : options.model_path.empty() ? "no place for the model: give -o FILE" : "";
}

std::string check_classify_words(const ClassifyOptions& options, const NoTexts&) {
    if (options.feature_paths.empty()) {
        return "nothing to classify: give FEATURES (a file or -)";
    }
    return "";
}

std::string check_evaluate_words(EvaluateOptions& options, const EvaluateTexts& texts) {
    for (const std::string& wrong : {check_learning_set(options.feature_paths, options.label_path),
                                     read_list("--protocol", texts.protocols, protocols, options.settings.protocols),
                                     read_list("--method", texts.methods, method_names, options.settings.methods)}) {
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

Subcommand add_label(CLI::App& app) {
    return make_subcommand<LabelOptions, LabelTexts>(app, add_label_words, check_label_words);
}

Subcommand add_train(CLI::App& app) {
    return make_subcommand<TrainOptions, TrainTexts>(app, add_train_words, check_train_words);
}

Subcommand add_classify(CLI::App& app) {
    return make_subcommand<ClassifyOptions, NoTexts>(app, add_classify_words, check_classify_words);
}

Subcommand add_evaluate(CLI::App& app) {
    return make_subcommand<EvaluateOptions, EvaluateTexts>(app, add_evaluate_words, check_evaluate_words);
}

Subcommand add_discover(CLI::App& app) {
    return make_subcommand<DiscoverOptions, NoTexts>(app, add_discover_words, check_discover_words);
}

}  // namespace echotap
