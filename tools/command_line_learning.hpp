// SPDX-License-Identifier: Apache-2.0
// The words of the commands that learn: train, classify and evaluate.
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

/// Adds the commands. All arguments must live until the words are read.
void add_train(CLI::App& app, TrainOptions& options);
void add_classify(CLI::App& app, ClassifyOptions& options);
void add_evaluate(CLI::App& app, EvaluateOptions& options, EvaluateTexts& texts);

/// What is wrong with the words, or nothing.
std::string check_train(const TrainOptions& options);
std::string check_classify(const ClassifyOptions& options);
std::string check_evaluate(EvaluateOptions& options, const EvaluateTexts& texts);

}  // namespace echotap
