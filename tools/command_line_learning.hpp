// SPDX-License-Identifier: Apache-2.0
// The words of the commands that learn: label, train, classify, evaluate and discover.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// Text that is checked and understood once all words are read.
struct EvaluateTexts {
    std::vector<std::string> protocols;
    std::vector<std::string> methods;
    std::vector<std::string> others;
    std::string oracle;
};

struct LabelTexts {
    std::vector<std::string> imports;
    std::vector<std::string> block_lists;
    std::vector<std::string> darknets;
};

/// Adds the commands. All arguments must live until the words are read.
void add_label(CLI::App& app, LabelOptions& options, LabelTexts& texts);
void add_train(CLI::App& app, TrainOptions& options, std::vector<std::string>& more);
void add_classify(CLI::App& app, ClassifyOptions& options);
void add_evaluate(CLI::App& app, EvaluateOptions& options, EvaluateTexts& texts);
void add_discover(CLI::App& app, DiscoverOptions& options);

/// What is wrong with the words, or nothing.
std::string check_label(LabelOptions& options, const LabelTexts& texts);
std::string check_train(TrainOptions& options, const std::vector<std::string>& more);
std::string check_classify(const ClassifyOptions& options);
std::string check_evaluate(EvaluateOptions& options, const EvaluateTexts& texts);
std::string check_discover(const DiscoverOptions& options);

}  // namespace echotap
