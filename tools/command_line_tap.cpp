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

check says whether `echotap tap` would take FILE, and all that is wrong: file,
line, column and the nearest key that exists; then it opens what FILE names
(models, names, rules, .mmdb files, the store) as the user of the tap, which
--syntax-only leaves out. show prints what differs from the defaults, in FILE
or by --set; with --effective all settings, with those of the environment (such
as ECHOTAP_WINDOWS_GRACE=1m), and where each comes from.
config/echotap.toml explains every setting.

Exit codes: 0 good, 1 the file is wrong, 2 usage.)";

constexpr const char* tap_examples = R"(
Examples:
  echotap tap --config /etc/echotap/echotap.toml
  echotap tap --set ports.names=net_af_packet0,iface=eth1 \
      --set windows.lengths=1h

Listens to live ports until SIGTERM or SIGINT: windows close as time passes,
become classified rows and go into the store. SIGHUP reloads what can change
while it runs (names, rules, countries, networks, model, thresholds, log level)
and refuses all of it where any is wrong. config/echotap.toml explains every
setting; docs/operations.md tells how to run it.

Exit codes: 0 good, 1 failed (it could not start, a window could not be stored,
a worker was stuck), 2 usage.)";

constexpr const char* top_examples = R"(
Examples:
  echotap top
  echotap top --socket tap.socket --interval 1
  echotap top --pictures 2 | tail -30

Frames, losses and queries per second since the picture before, how busy the
workers are, and the originators of the window that became rows last (running
ones do every windows.provisional_interval, or by `echotap ctl snapshot`).

Exit codes: 0 good, 1 no tap listens, 2 usage.)";

constexpr const char* ctl_examples = R"(
Examples:
  echotap ctl status
  echotap ctl --socket tap.socket log-level debug

status       how the tap is
stats        all its counters, as Prometheus reads them
top          the originators with the most queriers, with their classes
reload       read the settings again, as SIGHUP does, and say what became of it
snapshot     make provisional rows of what is in the running windows
rotate       let windows of the store go that are past their time
log-level    say the log level, or set it: error, warning, notice, debug

Exit codes: 0 good, 1 the tap refused or none listens, 2 usage.)";

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
    config->add_flag("--syntax-only", options.is_syntax_only,
                     described("check: do not open the files that FILE names, as on a host that has none of them"));
    add_set(*config, options.words);
    return config;
}

std::string check_config_words(const ConfigOptions& options, const NoTexts&) {
    if (options.action == ConfigAction::check && options.path.empty()) {
        return "nothing to check: give a FILE";
    }
    if (options.action == ConfigAction::show && options.is_syntax_only) {
        return "--syntax-only goes with check";
    }
    return "";
}

CLI::App* add_tap_words(CLI::App& app, TapOptions& options, NoTexts&) {
    CLI::App* tap = app.add_subcommand("tap", "Listen to live ports for months, by a file of settings");
    tap->allow_extras(false);
    tap->footer(tap_examples);
    tap->add_option("--config", options.path, described("Settings in TOML; without, the defaults"))
        ->option_text("FILE");
    add_set(*tap, options.words);
    tap->add_option("--seconds", options.seconds, described("End after so long (default: at a signal)"))
        ->option_text("N")
        ->check(CLI::NonNegativeNumber);
    return tap;
}

CLI::App* add_top_words(CLI::App& app, TopOptions& options, NoTexts&) {
    CLI::App* top = app.add_subcommand("top", "Watch a running tap: rates, loss, the top originators");
    top->allow_extras(false);
    top->footer(top_examples);
    top->add_option("--socket", options.socket_path, described("Where the tap listens (default: as --config says)"))
        ->option_text("PATH");
    top->add_option("--config", options.path, described("Settings of the tap; without, the defaults"))
        ->option_text("FILE");
    top->add_option("--interval", options.interval, described("Seconds from one picture to the next (default 2)"))
        ->option_text("N")
        ->check(CLI::Range(0.1, 3600.0));
    top->add_option("--pictures", options.pictures, described("End after so many (default: at ^C)"))->option_text("N");
    return top;
}

CLI::App* add_ctl_words(CLI::App& app, CtlOptions& options, NoTexts&) {
    CLI::App* ctl = app.add_subcommand("ctl", "Ask or tell a running tap something");
    ctl->allow_extras(false);
    ctl->footer(ctl_examples);
    ctl->add_option("ACTION", options.action, described("status, stats, top, reload, snapshot, rotate or log-level"))
        ->option_text(" ")
        ->check(CLI::IsMember({"status", "stats", "top", "reload", "snapshot", "rotate", "log-level"}))
        ->required();
    ctl->add_option("LEVEL", options.argument, described("For log-level"))->option_text(" ");
    ctl->add_option("--socket", options.socket_path, described("Where the tap listens (default: as --config says)"))
        ->option_text("PATH");
    ctl->add_option("--config", options.path, described("Settings of the tap; without, the defaults"))
        ->option_text("FILE");
    return ctl;
}

}  // namespace

Subcommand add_tap(CLI::App& app) {
    return make_subcommand<TapOptions, NoTexts>(app, add_tap_words, [](const auto&, const auto&) { return ""; });
}

Subcommand add_top(CLI::App& app) {
    return make_subcommand<TopOptions, NoTexts>(app, add_top_words, [](const auto&, const auto&) { return ""; });
}

Subcommand add_ctl(CLI::App& app) {
    return make_subcommand<CtlOptions, NoTexts>(app, add_ctl_words, [](const CtlOptions& options, const auto&) {
        return options.argument.empty() || options.action == "log-level" ? "" : "only log-level takes a word more";
    });
}

Subcommand add_config(CLI::App& app) {
    return make_subcommand<ConfigOptions, NoTexts>(app, add_config_words, check_config_words);
}

}  // namespace echotap
