// SPDX-License-Identifier: Apache-2.0
// The words of `echotap features`, and its help.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// Text that is checked and understood once all words are read.
struct FeaturesTexts {
    std::vector<std::string> lengths;
    std::vector<std::string> authorities;
    std::string anchor;
    std::string sample_key;
};

void add_features(CLI::App& app, FeaturesOptions& options, FeaturesTexts& texts);

/// What is wrong with the words, or nothing.
std::string check_features(FeaturesOptions& options, const FeaturesTexts& texts);

}  // namespace echotap
