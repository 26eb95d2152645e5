// SPDX-License-Identifier: Apache-2.0
// The program: reads its words, runs one subcommand, and turns what went wrong into a line and an exit code.
#include <fmt/format.h>

#include <exception>

#include "tools/command_line.hpp"
#include "tools/exit_code.hpp"
#include "tools/queries.hpp"
#include "tools/say.hpp"

int main(int argc, char** argv) {
    using namespace echotap;
    try {
        const auto command = parse_command_line(argc, argv);
        if (const auto* done = std::get_if<Exit>(&command)) {
            return done->code;
        }
        return run_queries(std::get<QueriesOptions>(command));
    } catch (const std::exception& error) {
        say(fmt::format("echotap: {}\n", error.what()));
        return exit_failed;
    }
}
