// SPDX-License-Identifier: Apache-2.0
// The words of `echotap read`, and its help.
#include <CLI/CLI.hpp>

#include "tools/command_line_input.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* read_examples = R"(
Examples:
  echotap read --names names.tsv capture.pcap
  echotap read --resolver 127.0.0.1 --name-cache names.cache day/*.pcap.zst
  echotap read --length 1d --store echotap.db captures/
  echotap read --format jsonl --explain 3 day.window | jq .class

The line to what each originator does: a row for each that has enough queriers,
ranked by footprint (its unique queriers). PATHs are captures or windows that
`echotap window -o` wrote. Without names of queriers, classes are provisional;
countries and networks are looked up in the files that tools/setup has made,
unless others are given.

A store keeps windows, their classes and what they were made of in one file of
SQLite. A capture that it knows is skipped; another one of the same window is
merged with what it has, and takes the place of its rows.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (a truncated file:
everything before the cut is counted).)";

CLI::App* add_words(CLI::App& app, ReadOptions& options, InputTexts& texts) {
    CLI::App* read = app.add_subcommand("read", "Say what each originator in captures does");
    read->allow_extras(false);
    read->footer(read_examples);
    add_rows_format(*read, "rows", options.format);
    read->add_option("--top", options.shown,
                     described("Originators of a window that are printed, the largest first (default: 20 in a table, "
                               "else all that are classified)"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 32U));
    read->add_option("--classified", options.top,
                     described("Originators of a window that are classified and stored, the largest first (default "
                               "10000)"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 32U));
    read->add_option("--explain", options.reasons,
                     described("Reasons for each verdict, and where most queriers are (default: 2 reasons in a table)"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{1}, feature_count));
    read->add_option("--model", options.model_path,
                     described("A model that `echotap train` made, instead of the one trained on simulated traffic"))
        ->option_text("FILE");
    read->add_option("--unknown", options.unknown_share,
                     described("Share of known originators that may be called unknown by mistake (default 0.05)"))
        ->option_text("SHARE")
        ->check(CLI::Range(0.0, unknown_share_max));
    read->add_option("--store", options.store_path, described("Keep windows and their classes in this file"))
        ->option_text("FILE");
    read->add_flag("--again", options.again,
                   described("Make rows anew of what the store knows already, as with another model"));
    add_input(*read, options, texts);
    return read;
}

std::string check(ReadOptions& options, const InputTexts& texts) {
    std::string wrong = read_input(options, texts);
    if (!wrong.empty()) {
        return wrong;
    }
    if (options.again && options.store_path.empty()) {
        return "--again goes with --store";
    }
    options.top = std::max(options.top, options.shown);
    return "";
}

}  // namespace

Subcommand add_read(CLI::App& app) {
    return make_subcommand<ReadOptions, InputTexts>(app, add_words, check);
}

}  // namespace echotap
