// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_learning_set.hpp"

#include <CLI/CLI.hpp>

#include "tools/command_line_words.hpp"

namespace echotap {

const std::map<std::string, Method>& method_names() {
    static const std::map<std::string, Method> names{{"pooled", Method::pooled}, {"xgboost", Method::xgboost},
                                                     {"linear", Method::linear}, {"forest", Method::forest},
                                                     {"cart", Method::cart},     {"svm", Method::svm}};
    return names;
}

void add_learning_set(CLI::App& command, std::vector<std::string>& features, std::string& labels, unsigned& class_count,
                      FeatureChoice& choice) {
    static const std::map<std::string, FeatureChoice> choices{{"all", FeatureChoice::all},
                                                              {"paper", FeatureChoice::paper}};
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

std::vector<std::string> two_of(const std::string& text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos || comma == 0 || comma + 1 == text.size()) {
        return {};
    }
    return {text.substr(0, comma), text.substr(comma + 1)};
}

}  // namespace echotap
