// SPDX-License-Identifier: Apache-2.0
// The words of `echotap features`, and its help.
#include <CLI/CLI.hpp>

#include "tools/command_line_input.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* features_examples = R"(
Examples:
  echotap features capture.pcap
  echotap features --names names.tsv --country country.mmdb --as as.mmdb \
      --format csv day.window > features.csv
  echotap features --length 1d:v4 --length 7d:v6 week/*.pcap.zst
  echotap features --resolver 127.0.0.1 --name-cache names.cache day.pcap

A row for each originator with enough queriers, ranked by footprint (its unique
queriers); IPv6 ones also as the prefixes /64 and /48 that they share. PATHs
are captures or windows that `echotap window -o` wrote. docs/features.md says
what each feature is; what is not known is empty (csv), null (jsonl) or -
(table). Without names, --country or --as what would come of them is not known.

Names come from --names, --name-cache and --resolver, in this order. Rows with
less than 80 % of the names are provisional (? in the table). When more names
have come by the end of a later window, all rows of the earlier one are printed
again, with revision 2, and take the place of the first ones.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (a truncated file:
everything before the cut is counted).)";

CLI::App* add_words(CLI::App& app, FeaturesOptions& options, InputTexts& texts) {
    CLI::App* features = app.add_subcommand("features", "Describe each originator by who asks for it");
    features->allow_extras(false);
    features->footer(features_examples);
    add_rows_format(*features, "features", options.format);
    features->add_option("--top", options.top, described("Originators of a window, the largest first (default 10000)"))
        ->option_text("N");
    add_input(*features, options, texts);
    return features;
}

std::string check(FeaturesOptions& options, const InputTexts& texts) {
    return read_input(options, texts);
}

}  // namespace

Subcommand add_features(CLI::App& app) {
    return make_subcommand<FeaturesOptions, InputTexts>(app, add_words, check);
}

}  // namespace echotap
