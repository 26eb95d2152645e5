// SPDX-License-Identifier: Apache-2.0
// The words of `echotap resolve`, and its help.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// Text that is checked and understood once all words are read.
struct ResolveTexts {
    std::vector<std::string> servers;
    std::vector<std::string> sources;
    double timeout_seconds = 2;
};

void add_resolve(CLI::App& app, ResolveOptions& options, ResolveTexts& texts);

/// What is wrong with the words, or nothing.
std::string check_resolve(ResolveOptions& options, const ResolveTexts& texts);

}  // namespace echotap
