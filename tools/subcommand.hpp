// SPDX-License-Identifier: Apache-2.0
// The subcommands of the program: each adds its words to the command line, and makes its options of them once they are
// read. To add one: options in a header, `add_NAME` here and in a room command_line_NAME.cpp, its place in
// command_line.cpp, and what runs it in echotap.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace echotap {

struct Subcommand {
    CLI::App* words = nullptr;
    /// Makes `command` of the words. What is wrong with them, or nothing.
    std::function<std::string(Command& command)> read;
};

/// `Options` is what a command was asked to do; `Texts` is text among its words that is checked and understood once all
/// are read. `add(app, options, texts)` describes the words and returns their App; `check(options, texts)` returns what
/// is wrong, or nothing.
template <class Options, class Texts, class Add, class Check>
Subcommand make_subcommand(CLI::App& app, Add&& add, Check check) {
    struct Asked {
        Options options;
        Texts texts;
    };
    const auto asked = std::make_shared<Asked>();
    CLI::App* words = add(app, asked->options, asked->texts);
    return {words, [asked, check](Command& command) {
                std::string wrong = check(asked->options, asked->texts);
                command = asked->options;
                return wrong;
            }};
}

/// For a command whose words are all understood as they are read.
struct NoTexts {};

Subcommand add_queries(CLI::App& app);
Subcommand add_window(CLI::App& app);
Subcommand add_merge(CLI::App& app);
Subcommand add_names(CLI::App& app);
Subcommand add_resolve(CLI::App& app);
Subcommand add_features(CLI::App& app);
Subcommand add_read(CLI::App& app);
Subcommand add_show(CLI::App& app);
Subcommand add_report(CLI::App& app);
Subcommand add_simulate(CLI::App& app);
Subcommand add_label(CLI::App& app);
Subcommand add_train(CLI::App& app);
Subcommand add_classify(CLI::App& app);
Subcommand add_evaluate(CLI::App& app);
Subcommand add_discover(CLI::App& app);
Subcommand add_config(CLI::App& app);
Subcommand add_tap(CLI::App& app);
Subcommand add_ctl(CLI::App& app);
Subcommand add_top(CLI::App& app);
Subcommand add_bench(CLI::App& app);

}  // namespace echotap
