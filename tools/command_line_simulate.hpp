// SPDX-License-Identifier: Apache-2.0
// The words of `echotap simulate`; a part of the command line, for it alone.
#pragma once

#include <string>

#include "tools/simulate.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// Text that is checked and understood once all words are read.
struct SimulateTexts {
    std::string duration;
    std::string authority;
};

void add_simulate(CLI::App& app, SimulateOptions& options, SimulateTexts& texts);

/// What is wrong with the words, or nothing.
std::string check_simulate(SimulateOptions& options, const SimulateTexts& texts);

}  // namespace echotap
