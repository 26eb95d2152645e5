// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_pseudonyms.hpp"

#include <CLI/CLI.hpp>

#include "tools/command_line_words.hpp"

namespace echotap {

void add_pseudonym_key(CLI::App& command, std::string& path) {
    command
        .add_option("--pseudonym-key", path,
                    described("Print other addresses in the place of those of originators and queriers, by the secret "
                              "in this file; neighbours stay neighbours. `openssl rand -hex 32` makes one"))
        ->option_text("FILE");
}

}  // namespace echotap
