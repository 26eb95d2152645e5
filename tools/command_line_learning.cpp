// SPDX-License-Identifier: Apache-2.0
// The words of the commands that learn and say what was learnt: label, train and classify.
#include <CLI/CLI.hpp>

#include "tools/command_line_learning_set.hpp"
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

constexpr unsigned runs_max = 100;

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

/// Text that is checked and understood once all words are read.
struct LabelTexts {
    std::vector<std::string> imports;
    std::vector<std::string> block_lists;
    std::vector<std::string> darknets;
};

struct TrainTexts {
    std::vector<std::string> more;
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
        ->transform(CLI::CheckedTransformer(method_names()))
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
    add_rows_format(*classify, "answers", options.format);
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

}  // namespace echotap
