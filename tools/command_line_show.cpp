// SPDX-License-Identifier: Apache-2.0
// The words of `echotap show` and `echotap report`, and their help.
#include <CLI/CLI.hpp>
#include <cstdint>

#include "tools/command_line_pseudonyms.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* show_examples = R"(
Examples:
  echotap show 192.0.2.17 --store echotap.db
  echotap show 2001:db8:1::/48 --store echotap.db

The windows of the store in which the originator has a row, its class in each,
and its neighbours in the same /24 (IPv6: /48): teams often share one.

Exit codes: 0 good, 1 failed or no row, 2 usage.)";

constexpr const char* report_examples = R"(
Examples:
  echotap report --store echotap.db
  echotap report --windows 30 --store echotap.db

A line for each window of the store: how many originators were of each class,
how many came into it (+) and left it (-) since the window before.
docs/store.md says how to ask it with SQL.

Exit codes: 0 good, 1 failed, 2 usage.)";

struct ShowTexts {
    std::string originator;
};

void add_store(CLI::App& command, std::string& path) {
    command.add_option("--store", path, described("The file that `echotap read --store` or `echotap tap` wrote"))
        ->option_text("FILE");
}

CLI::App* add_show_words(CLI::App& app, ShowOptions& options, ShowTexts& texts) {
    CLI::App* show = app.add_subcommand("show", "Show the history of an originator");
    show->allow_extras(false);
    show->footer(show_examples);
    show->add_option("ORIGINATOR", texts.originator, described("An address, or an IPv6 prefix"));
    add_store(*show, options.store_path);
    add_pseudonym_key(*show, options.pseudonym_key_path);
    return show;
}

std::string check_show(ShowOptions& options, const ShowTexts& texts) {
    const auto originator = Prefix::parse(texts.originator);
    if (!originator) {
        return texts.originator.empty() ? "give an ORIGINATOR, such as 192.0.2.17"
                                        : fmt::format("{}: not an address or prefix", texts.originator);
    }
    options.originator = *originator;
    return options.store_path.empty() ? "give --store FILE" : "";
}

CLI::App* add_report_words(CLI::App& app, ReportOptions& options, NoTexts&) {
    CLI::App* report = app.add_subcommand("report", "Show how classes change over the windows of a store");
    report->allow_extras(false);
    report->footer(report_examples);
    add_store(*report, options.store_path);
    report->add_option("--windows", options.windows, described("The last so many windows (default 20)"))
        ->option_text("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
    return report;
}

std::string check_report(ReportOptions& options, const NoTexts&) {
    return options.store_path.empty() ? "give --store FILE" : "";
}

}  // namespace

Subcommand add_show(CLI::App& app) {
    return make_subcommand<ShowOptions, ShowTexts>(app, add_show_words, check_show);
}

Subcommand add_report(CLI::App& app) {
    return make_subcommand<ReportOptions, NoTexts>(app, add_report_words, check_report);
}

}  // namespace echotap
