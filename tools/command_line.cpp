// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/nearest_word.hpp"
#include "tools/command_line_words.hpp"
#include "tools/exit_code.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* version = "echotap " ECHOTAP_VERSION;

/// In the order in which help lists them.
constexpr std::array subcommands{add_read,  add_show,     add_report,   add_top,      add_tap,
                                 add_ctl,   add_config,   add_queries,  add_window,   add_merge,
                                 add_names, add_resolve,  add_features, add_simulate, add_label,
                                 add_train, add_classify, add_evaluate, add_discover, add_bench};

/// "; did you mean 'queries'?" where a subcommand is near, else nothing.
std::string suggestion(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        names.push_back(command->get_name());
    }
    const std::string nearest = nearest_word(word, names);
    return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

}  // namespace

Command parse_command_line(int argc, char** argv) {
    CLI::App app(
        "Echotap tells what the Internet's big talkers are doing by listening to\n"
        "their echoes: reverse DNS queries at authoritative servers.",
        "echotap");
    app.get_formatter()->column_width(help_column);
    app.set_version_flag("--version", version);
    app.footer("\nHelp on a command, with examples: echotap COMMAND --help");
    app.require_subcommand(0, 1);
    app.allow_extras();

    std::vector<Subcommand> commands;
    for (const auto add : subcommands) {
        commands.push_back(add(app));
    }
    const auto usage = [&](const std::string& what) {
        const auto asked = app.get_subcommands();
        fmt::print(stderr, "echotap: {}\nTry: echotap {}--help\n", what,
                   asked.empty() ? "" : asked.front()->get_name() + " ");
        return Exit{exit_usage};
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return Exit{app.exit(help)};
    } catch (const CLI::ParseError& error) {
        return usage(error.what());
    }
    if (const auto extras = app.remaining(); !extras.empty()) {
        return usage(fmt::format("'{}' is not a command{}", extras.front(), suggestion(app, extras.front())));
    }
    if (app.get_subcommands().empty()) {
        fmt::print("{}", app.help());
        return Exit{exit_usage};
    }
    const auto asked =
        std::find_if(commands.begin(), commands.end(), [](const Subcommand& one) { return one.words->parsed(); });
    Command command = Exit{exit_usage};
    const std::string wrong = asked->read(command);
    return wrong.empty() ? command : usage(wrong);
}

}  // namespace echotap
