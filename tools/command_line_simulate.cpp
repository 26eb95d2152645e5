// SPDX-License-Identifier: Apache-2.0
// The words of `echotap simulate`; a part of the command line, for it alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/window_config.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* examples = R"(
Examples:
  echotap simulate -o demo
  echotap simulate --world m_ditl --seed 7 --duration 6h -o root
  echotap simulate --world mine.toml -o mine

Worlds: demo, jp_ditl, b_post_ditl, m_ditl, m_sampled, or a TOML file with
`base = "demo"` and what is to be different; docs/simulator.md says what there
is to say. Writes to the folder
  backscatter.pcap  what the authority's mirror port shows
  names.tsv         names of the queriers, for features
  labels.csv        originators whose class an analyst would know
  truth.csv         what only a simulator knows: targets touched, who asked

The same world and seed give the same files on every machine that has the same
list of networks (tools/make_networks).

Exit codes: 0 good, 1 failed, 2 usage.)";

/// Text that is checked and understood once all words are read.
struct SimulateTexts {
    std::string duration;
    std::string authority;
};

CLI::App* add_words(CLI::App& app, SimulateOptions& options, SimulateTexts& texts) {
    CLI::App* simulate = app.add_subcommand("simulate", "Make a world of originators and its backscatter");
    simulate->allow_extras(false);
    simulate->footer(examples);
    simulate->add_option("--world", options.world, described("A world by name, or a TOML file (default demo)"))
        ->option_text("WORLD");
    simulate->add_option("--seed", options.seed, described("Another number, another world (default: the world's own)"))
        ->option_text("N");
    simulate
        ->add_option("--duration", texts.duration,
                     described("How long, such as 1h, 50h or 35w (default: the world's own)"))
        ->option_text("TIME");
    simulate
        ->add_option("--authority", texts.authority,
                     described("Where the authority stands: final, national or root (default: the world's own)"))
        ->option_text("LEVEL");
    simulate
        ->add_option("--networks", options.networks_path,
                     described("Networks with country and AS (default: those that tools/make_networks has made)"))
        ->option_text("FILE");
    simulate->add_option("-o,--output", options.folder, described("The folder to write to; made where it is missing"))
        ->option_text("FOLDER");
    simulate->add_flag("--quiet", options.is_quiet, described("No report on standard output"));
    return simulate;
}

std::string check(SimulateOptions& options, const SimulateTexts& texts) {
    if (options.folder.empty()) {
        return "nowhere to write to: give -o FOLDER";
    }
    if (!texts.duration.empty()) {
        options.duration = parse_duration(texts.duration);
        if (!options.duration || *options.duration < std::chrono::minutes(1) ||
            *options.duration > std::chrono::weeks(60)) {
            return fmt::format("--duration {}: not a duration from 1m to 60w such as 50h", texts.duration);
        }
    }
    if (!texts.authority.empty()) {
        const auto level = std::ranges::find(authority_level_names, texts.authority);
        if (level == authority_level_names.end()) {
            return fmt::format("--authority {}: not final, national or root", texts.authority);
        }
        options.authority = static_cast<AuthorityLevel>(level - authority_level_names.begin());
    }
    return "";
}

}  // namespace

Subcommand add_simulate(CLI::App& app) {
    return make_subcommand<SimulateOptions, SimulateTexts>(app, add_words, check);
}

}  // namespace echotap
