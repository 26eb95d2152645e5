// SPDX-License-Identifier: Apache-2.0
// The words that say what is learnt from and how, which are the same for every command that trains.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/learning_options.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// What --method knows.
const std::map<std::string, Method>& method_names();

/// Adds --features, --labels, --classes and --table. The arguments must live until the words are read.
void add_learning_set(CLI::App& command, std::vector<std::string>& features, std::string& labels, unsigned& class_count,
                      FeatureChoice& choice);

/// What is wrong with what is learnt from, or nothing.
std::string check_learning_set(const std::vector<std::string>& features, const std::string& labels);

/// "A,B" as two; nothing where that is not what it is.
std::vector<std::string> two_of(const std::string& text);

}  // namespace echotap
