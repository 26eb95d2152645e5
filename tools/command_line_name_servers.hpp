// SPDX-License-Identifier: Apache-2.0
// The words that say whom the names of queriers are asked of, and how politely, which are the same for every command
// that needs names.
#pragma once

#include <string>
#include <vector>

#include "config/names_config.hpp"

namespace CLI {
class App;
}

namespace echotap {

/// Text that is checked and understood once all words are read.
struct NameServerTexts {
    std::vector<std::string> servers;
    std::vector<std::string> sources;
    double timeout_seconds = 2;
};

/// What the two words are called that a command for nothing but names calls otherwise than one for more.
struct NameServerWords {
    const char* server = "--resolver";
    const char* cache = "--name-cache";
};

/// Adds the words for the cache and for the servers. The arguments must live until the words are read;
/// read_name_servers() makes values of the texts.
void add_name_servers(CLI::App& command, NamesConfig& names, NameServerTexts& texts, const NameServerWords& words = {});

/// What is wrong with the texts, or nothing.
std::string read_name_servers(NamesConfig& names, const NameServerTexts& texts, const NameServerWords& words = {});

}  // namespace echotap
