// SPDX-License-Identifier: Apache-2.0
#include "config/config_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "config/tap_settings.hpp"

namespace echotap {
namespace {

using testing::HasSubstr;

std::string annotated_file() {
    const char* const checkout = std::getenv("ECHOTAP_CHECKOUT");
    const std::string root = checkout == nullptr ? "." : checkout;
    std::ifstream file(root + "/config/echotap.toml");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string error_of(const std::string& text, const ConfigOverrides& overrides = {}) {
    try {
        (void)parse_tap_config(text, "test.toml", overrides);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

TEST(ConfigFile, has_the_defaults_in_the_annotated_file_and_every_key) {
    if (annotated_file().empty()) {
        GTEST_SKIP() << "config/echotap.toml is not there: set ECHOTAP_CHECKOUT";
    }
    const LoadedConfig loaded = parse_tap_config(annotated_file(), "echotap.toml", {});
    const TapConfig defaults;
    for (const Setting& setting : tap_settings()) {
        EXPECT_EQ(setting.show(loaded.config), setting.show(defaults)) << setting.name();
        EXPECT_TRUE(loaded.origins.contains(setting.name())) << setting.name() << " is not in config/echotap.toml";
    }
}

TEST(ConfigFile, marks_as_live_in_the_annotated_file_what_is) {
    const std::string text = annotated_file();
    if (text.empty()) {
        GTEST_SKIP() << "config/echotap.toml is not there: set ECHOTAP_CHECKOUT";
    }
    // A comment speaks for the keys below it, up to the next comment.
    std::map<std::string, bool> is_live;
    std::istringstream lines(text);
    std::string section;
    bool mark = false;
    bool in_comment = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#")) {
            mark = (in_comment && mark) || line.find("[live]") != std::string::npos;
            in_comment = true;
            continue;
        }
        in_comment = false;
        if (line.starts_with("[")) {
            section = line.substr(1, line.size() - 2);
            mark = false;
        } else if (const std::size_t equals = line.find(" = "); equals != std::string::npos) {
            is_live[section + "." + line.substr(0, equals)] = mark;
        }
    }
    for (const Setting& setting : tap_settings()) {
        EXPECT_EQ(is_live[setting.name()], setting.is_live) << setting.name();
    }
}

TEST(ConfigFile, reads_back_what_it_shows) {
    const std::string text =
        "[tap]\nname = \"a \\\"b\\\" \\\\ c\"\n[ports]\nnames = [\"net_null0,copy=1\"]\ncpus = [1, 2]\n"
        "idle_sleep = \"250us\"\n[line]\nauthorities = [\"192.0.2.0/24\", \"2001:db8::53\"]\n"
        "[windows]\nlengths = [\"90m:v4\", \"1w:v6\"]\nanchor = \"2014-04-29T12:00\"\nmemory_budget = \"1536M\"\n"
        "[originators]\nmin_queriers = 2.5\n[resolver]\nservers = [\"[2001:db8::1]:5353\"]\n";
    const LoadedConfig loaded = parse_tap_config(text, "test.toml", {});
    for (const bool all : {true, false}) {
        const LoadedConfig again = parse_tap_config(show_tap_config(loaded, all), "shown", {});
        for (const Setting& setting : tap_settings()) {
            EXPECT_EQ(setting.show(again.config), setting.show(loaded.config)) << setting.name();
        }
    }
    EXPECT_EQ(loaded.config.ports.idle_sleep, std::chrono::microseconds(250));
    EXPECT_EQ(loaded.config.windows.memory_budget, 1536U << 20U);
    EXPECT_THAT(show_tap_config(loaded, false), HasSubstr("lengths = [\"90m:v4\", \"1w:v6\"]\n"));
    EXPECT_THAT(show_tap_config(loaded, false), testing::Not(HasSubstr("grace")));
    EXPECT_THAT(show_tap_config(loaded, true), HasSubstr("# test.toml:6"));
    EXPECT_THAT(show_tap_config(loaded, true), HasSubstr("# default"));
}

TEST(ConfigFile, says_where_and_what_is_wrong_and_what_was_probably_meant) {
    struct Case {
        const char* text;
        const char* what;
    };
    for (const Case& one : {
             Case{"[windows]\ngrce = \"1m\"\n",
                  "test.toml:2:8: grce: there is no such key here; did you mean 'grace'?"},
             Case{"[window]\ngrace = \"1m\"\n",
                  "test.toml:1:1: window: there is no such key here; did you mean 'windows'?"},
             Case{"[windows]\ngrace = 60\n", "test.toml:2:9: grace: write text in quotes"},
             Case{"[windows]\ngrace = \"2d\"\n", "a duration from 0s to 1d"},
             Case{"[windows]\ngrace = \"\"\n", "a duration"},
             Case{"[windows]\nlengths = [\"1h\", \"whole\"]\n", "'whole': write 1m to 5w"},
             Case{"[windows]\nlengths = [\"1h\", \"1h\"]\n", "windows.lengths: a length stands there twice"},
             Case{"[windows]\nlengths = []\n", "at least one length"},
             Case{"[windows]\nmemory_budget = \"1X\"\n", "octets from 64M"},
             Case{"[ports]\nworkers = 0\n", "a whole number from 1 to 64"},
             Case{"[ports]\ncpus = [1, -1]\n", "a list of whole numbers from 0 to 4095"},
             Case{"[ports]\nhuge_pages = \"maybe\"\n", "[\"automatic\", \"yes\", \"no\"]"},
             Case{"[ports]\nidle_sleep = \"2s\"\n", "0s to 1s"},
             Case{"[line]\nauthorities = [\"192.0.2.1/24\"]\n", "'192.0.2.1/24': write addresses"},
             Case{"[line]\ndns_ports = [1,2,3,4,5,6,7,8,9]\n", "1 to 8 ports"},
             Case{"[metrics]\naddress = \"0.0.0.0\"\n", "no loopback address"},
             Case{"[metrics]\naddress = \"somewhere\"\n", "an IPv4 or IPv6 address"},
             Case{"tap = 1\n", "write a table: [tap]"},
             Case{"[tap\n", "no TOML"},
         }) {
        EXPECT_THAT(error_of(one.text), HasSubstr(one.what)) << one.text;
    }
    EXPECT_EQ(error_of("[metrics]\naddress = \"0.0.0.0\"\ntoken_path = \"/etc/echotap/token\"\n"), "none");
    EXPECT_EQ(error_of("[metrics]\naddress = \"0.0.0.0\"\nport = 0\n"), "none");
    EXPECT_EQ(error_of("[metrics]\naddress = \"::1\"\n"), "none");
}

TEST(ConfigFile, lets_the_environment_win_over_the_file_and_words_over_both) {
    ConfigOverrides overrides;
    overrides.environment = {{"ECHOTAP_LONG", "1"},
                             {"ECHOTAP_PORTS_NAMES", "net_af_packet0,iface=eth1"},
                             {"ECHOTAP_PORTS_WORKERS", "3"},
                             {"ECHOTAP_WINDOWS_GRACE", "1m"}};
    overrides.words = {"windows.grace=2m", "ports.cpus=[0, 3]", "line.dns_ports=5353", "tap.name=here there"};
    const LoadedConfig loaded = parse_tap_config("[windows]\ngrace = \"5m\"\n[ports]\nworkers = 2\n", "f", overrides);
    EXPECT_EQ(loaded.config.windows.grace, std::chrono::minutes(2));
    EXPECT_EQ(loaded.config.ports.workers, 3U);
    EXPECT_EQ(loaded.config.ports.ports, std::vector<std::string>{"net_af_packet0,iface=eth1"});
    EXPECT_EQ(loaded.config.ports.cpus, (std::vector<unsigned>{0, 3}));
    EXPECT_EQ(loaded.config.line.dns_ports, std::vector<std::uint16_t>{5353});
    EXPECT_EQ(loaded.config.name, "here there");
    EXPECT_EQ(loaded.origins.at("windows.grace"), "--set");
    EXPECT_EQ(loaded.origins.at("ports.workers"), "ECHOTAP_PORTS_WORKERS");

    EXPECT_THAT(error_of("", {.environment = {{"ECHOTAP_WINDOWS_GRAZE", "1m"}}, .words = {}}),
                HasSubstr("did you mean ECHOTAP_WINDOWS_GRACE?"));
    EXPECT_THAT(error_of("", {.environment = {{"ECHOTAP_PORTS_WORKERS", "many"}}, .words = {}}),
                HasSubstr("ECHOTAP_PORTS_WORKERS:1:"));
    EXPECT_THAT(error_of("", {.environment = {}, .words = {"windows.graze=1m"}}),
                HasSubstr("did you mean windows.grace?"));
    EXPECT_THAT(error_of("", {.environment = {}, .words = {"windows.grace"}}), HasSubstr("SECTION.KEY=VALUE"));
}

TEST(ConfigFile, knows_what_can_change_while_a_tap_runs) {
    const TapConfig running;
    TapConfig wanted = running;
    wanted.originators.min_queriers = 10;
    wanted.geo.as_path = "as.mmdb";
    wanted.log_level = LogLevel::debug;
    EXPECT_TRUE(frozen_differences(running, wanted).empty());
    wanted.ports.workers = 2;
    wanted.windows.lengths.front().length = std::chrono::hours(1);
    EXPECT_THAT(frozen_differences(running, wanted), testing::ElementsAre("ports.workers", "windows.lengths"));
}

TEST(ConfigFile, has_variables_that_name_one_setting_each) {
    std::set<std::string> variables;
    for (const Setting& setting : tap_settings()) {
        EXPECT_TRUE(variables.insert(setting.variable()).second) << setting.variable();
    }
    EXPECT_TRUE(variables.contains("ECHOTAP_WINDOWS_MEMORY_BUDGET"));
}

}  // namespace
}  // namespace echotap
