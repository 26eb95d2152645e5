// SPDX-License-Identifier: Apache-2.0
// The words of `echotap names`, and its help.
#include <CLI/CLI.hpp>

#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* names_examples = R"(
Examples:
  echo mail.ns.example.com | echotap names --explain
  echotap names --rules my_rules.toml names.tsv.zst | cut -f 3 | sort | uniq -c

Every line, NAME or ADDRESS<TAB>NAME, is printed with the category of the name
behind it, and with --explain the component and the rule that decided. NXDOMAIN
or UNREACH in the place of a name say that there is none. Only with its ADDRESS
can a querier be home, whose names hold digits of it, or be known by the
address ranges of a provider.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (other lines are told
and left out).)";

CLI::App* add_words(CLI::App& app, NamesOptions& options, NoTexts&) {
    CLI::App* names = app.add_subcommand("names", "Put names of queriers into categories");
    names->allow_extras(false);
    names->footer(names_examples);
    names
        ->add_option("FILE", options.path, described("Names (plain, gz, zst, xz, lz4); - for standard input (default)"))
        ->option_text(" ");
    names->add_option("--rules", options.rules_path, described("Rules instead of the built-in config/name_rules.toml"))
        ->option_text("FILE");
    names->add_flag("--explain", options.explain, described("Print the component and the rule that decided as well"));
    return names;
}

}  // namespace

Subcommand add_names(CLI::App& app) {
    return make_subcommand<NamesOptions, NoTexts>(app, add_words, [](const auto&, const auto&) { return ""; });
}

}  // namespace echotap
