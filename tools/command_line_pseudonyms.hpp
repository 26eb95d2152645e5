// SPDX-License-Identifier: Apache-2.0
// The word that has addresses printed as pseudonyms, which is the same for every command that prints some.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace echotap {

/// Adds --pseudonym-key; `path` must live until the words are read.
void add_pseudonym_key(CLI::App& command, std::string& path);

}  // namespace echotap
