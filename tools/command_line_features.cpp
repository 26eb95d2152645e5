// SPDX-License-Identifier: Apache-2.0
// The words of `echotap features`, and its help.
#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>

#include "tools/command_line_name_servers.hpp"
#include "tools/command_line_sources.hpp"
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

/// Text that is checked and understood once all words are read.
struct FeaturesTexts {
    std::vector<std::string> lengths;
    std::vector<std::string> authorities;
    std::string anchor;
    std::string sample_key;
    std::vector<std::string> own_resolvers;
    NameServerTexts name_servers;
    std::string wait;
};

/// A duration, or plain 0.
std::optional<std::chrono::seconds> parse_wait(std::string_view text) {
    return text == "0" ? std::chrono::seconds(0) : parse_duration(text);
}

CLI::App* add_words(CLI::App& app, FeaturesOptions& options, FeaturesTexts& texts) {
    static const std::map<std::string, FeatureFormat> formats{
        {"table", FeatureFormat::table}, {"csv", FeatureFormat::csv}, {"jsonl", FeatureFormat::jsonl}};
    CLI::App* features = app.add_subcommand("features", "Describe each originator by who asks for it");
    features->allow_extras(false);
    features->footer(features_examples);
    features
        ->add_option("PATH", options.paths, described("Captures (files, folders, or - for standard input) or windows"))
        ->option_text("...");
    features
        ->add_option("--format", options.format, described("How features are printed: table (default), csv or jsonl"))
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("FORMAT");
    features
        ->add_option("--names", options.names.snapshot_paths,
                     described("Names of queriers: a file of ADDRESS, a tab and a name, NXDOMAIN or UNREACH; plain "
                               "or compressed (repeatable, the first that knows an address answers)"))
        ->option_text("FILE")
        ->allow_extra_args(false);
    features
        ->add_option("--rules", options.rules_path, described("Rules of name categories instead of the built-in ones"))
        ->option_text("FILE");
    features
        ->add_option("--country", options.geo.country_path,
                     described("Countries of queriers: a GeoLite2, GeoIP2 or DB-IP style file"))
        ->option_text("MMDB");
    features->add_option("--as", options.geo.as_path, described("Networks (AS) of queriers: the same"))
        ->option_text("MMDB");
    features
        ->add_option("--min-queriers", options.min_queriers,
                     described("Unique queriers that an IPv4 originator must have (default 20)"))
        ->option_text("N")
        ->check(CLI::Range(1.0, 1e9));
    features
        ->add_option("--min-queriers-v6", options.min_queriers_v6,
                     described("The same of an IPv6 originator, /64 or /48 (default 5)"))
        ->option_text("N")
        ->check(CLI::Range(1.0, 1e9));
    features->add_option("--top", options.top, described("Originators of a window, the largest first (default 10000)"))
        ->option_text("N");
    features
        ->add_option("--length", texts.lengths,
                     described("How long windows of captures are: 1m to 5w, or whole (default); with :v4 or :v6 for "
                               "originators of one family only (repeatable)"))
        ->option_text("LENGTH")
        ->allow_extra_args(false);
    features
        ->add_option("--anchor", texts.anchor,
                     described("A time at which windows begin, such as 2014-04-29T12:00, UTC (default 1970-01-01)"))
        ->option_text("TIME");
    features
        ->add_option("--authority", texts.authorities,
                     described("Count only queries to this address or ADDRESS/LENGTH (repeatable); each is a view with "
                               "windows of its own"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
    add_own_resolver(*features, texts.own_resolvers);
    features
        ->add_option("--workers", options.workers,
                     described("Workers that read captures (default 1); rows are the same for any number"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    features
        ->add_option("--sample", options.windows.sample_size,
                     described("Queriers of an originator that are kept (default 65536); more are sampled"))
        ->option_text("N")
        ->check(CLI::Range(16U, 1U << 24U));
    features
        ->add_option("--sample-key", texts.sample_key,
                     described("32 hexadecimal digits that decide which queriers a sample keeps"))
        ->option_text("KEY");
    features->add_flag("--quiet", options.quiet, described("No progress bar on standard error"));
    add_name_servers(*features, options.names, texts.name_servers);
    features
        ->add_option("--wait", texts.wait,
                     described("How long answers are waited for at the end of each window (default 1m; 0: not at all)"))
        ->option_text("TIME")
        ->group("Asking for names");
    return features;
}

std::string check(FeaturesOptions& options, const FeaturesTexts& texts) {
    if (options.paths.empty()) {
        return "nothing to read: give a PATH (a capture, a folder, a window or -)";
    }
    for (const std::string& wrong :
         {read_lengths(texts.lengths, options.windows.lengths),
          read_text("--anchor", texts.anchor, "a time such as 2014-04-29T12:00", parse_time, options.windows.anchor),
          read_text("--sample-key", texts.sample_key, "32 hexadecimal digits", parse_sample_key,
                    options.windows.sample_key),
          read_text("--wait", texts.wait, "a duration such as 30s or 10m", parse_wait, options.wait),
          read_own_resolvers(texts.own_resolvers, options.line.own_resolver_addresses),
          read_name_servers(options.names, texts.name_servers),
          read_authorities(texts.authorities, options.line.authorities)}) {
        if (!wrong.empty()) {
            return wrong;
        }
    }
    if (!texts.wait.empty() && options.names.resolver.servers.empty()) {
        return "--wait goes with --resolver; without one nobody is asked";
    }
    return "";
}

}  // namespace

Subcommand add_features(CLI::App& app) {
    return make_subcommand<FeaturesOptions, FeaturesTexts>(app, add_words, check);
}

}  // namespace echotap
