// SPDX-License-Identifier: Apache-2.0
// The words of `echotap tap`, `config` and `ctl`, and their help.
#include <CLI/CLI.hpp>
#include <map>

#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* config_examples = R"(
Examples:
  echotap config check /etc/echotap/echotap.toml
  echotap config show --effective --set windows.grace=1m echotap.toml

check says whether `echotap tap` would take FILE, and where it is wrong: file,
line, column and the nearest key that exists. show prints what differs from the
defaults; with --effective all settings, with the environment (variables such
as ECHOTAP_WINDOWS_GRACE=1m) and --set, and where each comes from.
config/echotap.toml explains every setting.

Exit codes: 0 good, 1 the file is wrong, 2 usage.)";

void add_set(CLI::App& command, std::vector<std::string>& words) {
    command
        .add_option("--set", words,
                    described("SECTION.KEY=VALUE: a setting that wins over FILE and environment "
                              "(repeatable)"))
        ->option_text("SETTING")
        ->allow_extra_args(false);
}

CLI::App* add_config_words(CLI::App& app, ConfigOptions& options, NoTexts&) {
    static const std::map<std::string, ConfigAction> actions{{"check", ConfigAction::check},
                                                             {"show", ConfigAction::show}};
    CLI::App* config = app.add_subcommand("config", "Check the settings of a tap, or show what holds");
    config->allow_extras(false);
    config->footer(config_examples);
    config->add_option("ACTION", options.action, described("check or show"))
        ->transform(CLI::CheckedTransformer(actions))
        ->option_text(" ")
        ->required();
    config->add_option("FILE", options.path, described("Settings in TOML"))->option_text(" ");
    config->add_flag("--effective", options.is_effective,
                     described("Show all settings, with environment and --set, and where each comes from"));
    add_set(*config, options.words);
    return config;
}

std::string check_config_words(const ConfigOptions& options, const NoTexts&) {
    if (options.action == ConfigAction::check && options.path.empty()) {
        return "nothing to check: give a FILE";
    }
    return "";
}

}  // namespace

Subcommand add_config(CLI::App& app) {
    return make_subcommand<ConfigOptions, NoTexts>(app, add_config_words, check_config_words);
}

}  // namespace echotap
