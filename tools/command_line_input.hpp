// SPDX-License-Identifier: Apache-2.0
// The words that say where analysed windows come from and what makes their rows, which are the same for every command
// that describes originators.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.hpp"
#include "tools/command_line_name_servers.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// Text that is checked and understood once all words are read.
struct InputTexts {
    std::vector<std::string> lengths;
    std::vector<std::string> authorities;
    std::string anchor;
    std::string sample_key;
    std::vector<std::string> own_resolvers;
    NameServerTexts name_servers;
    std::string wait;
};

/// Adds PATH and all words of InputOptions but `top`. The arguments must live until the words are read; read_input()
/// makes values of the texts.
void add_input(CLI::App& command, InputOptions& options, InputTexts& texts);

/// What is wrong with the words, or nothing.
std::string read_input(InputOptions& options, const InputTexts& texts);

}  // namespace echotap
