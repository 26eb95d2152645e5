// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/metrics_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/tools/tap/full_status.hpp"
#include "tools/tap/status_text.hpp"

namespace echotap {
namespace {

using testing::HasSubstr;

/// What a program prints, given `input`, and its exit code.
std::pair<int, std::string> output_of(const std::string& command, const std::string& input) {
    const std::string path = testing::TempDir() + "metrics_text_test.input";
    std::ofstream(path) << input;
    std::FILE* const pipe = ::popen((command + " < " + path + " 2>&1").c_str(), "r");
    std::string said;
    std::array<char, 4096> octets{};
    for (std::size_t size = 0; (size = std::fread(octets.data(), 1, octets.size(), pipe)) != 0;) {
        said.append(octets.data(), size);
    }
    return {::pclose(pipe), said};
}

TEST(MetricsText, is_what_promtool_has_nothing_to_say_about) {
    if (output_of("promtool --version", "").first != 0) {
        GTEST_SKIP() << "promtool is not installed (tools/setup installs it)";
    }
    for (const TapStatus& status : {test::full_status(), TapStatus{}}) {
        const auto [code, said] = output_of("promtool check metrics", metrics_text(status));
        EXPECT_EQ(code, 0);
        EXPECT_EQ(said, "");
    }
}

TEST(MetricsText, has_every_reason_to_drop_and_every_stage) {
    const std::string text = metrics_text(test::full_status());
    for (const DropInfo& row : drop_table) {
        if (row.drop != Drop::none) {
            EXPECT_THAT(text, HasSubstr(std::string("reason=\"").append(row.name).append("\"")));
        }
    }
    for (const StageInfo& stage : stage_table) {
        EXPECT_THAT(text, HasSubstr(std::string("echotap_received_total{stage=\"").append(stage.name)));
    }
}

TEST(MetricsText, says_what_the_status_says) {
    const std::string text = metrics_text(test::full_status());
    for (const char* const line :
         {"echotap_port_frames_total{port=\"net_af_packet0\"} 12345678901234567\n",
          "echotap_port_lost_frames_total{port=\"net_af_packet0\",reason=\"missed\"} 3\n",
          "echotap_port_loss_known{port=\"net_af_packet0\"} 1\n",
          "echotap_dropped_total{stage=\"source\",reason=\"nic_missed\"} 3\n",
          "echotap_worker_busy_seconds_total{worker=\"1\"} 2.5\n", "echotap_worker_ring_queries{worker=\"0\"} 4\n",
          "echotap_windows_total{complete=\"no\"} 2\n", "echotap_windows_lost_total 1\n",
          "echotap_windows_taken_up_total 3\n", "echotap_window_originators{class=\"spam\"} 9\n",
          "echotap_store_up 0\n", "echotap_store_failures_total 6\n", "echotap_memory_budget_bytes 1073741824\n",
          "echotap_window_lag_seconds 90\n", "echotap_reloads_total{result=\"refused\"} 2\n",
          "echotap_name_answers_total{result=\"nxdomain\"} 8\n", "echotap_queries_total{kind=\"reverse\"} 90\n",
          "echotap_queries_total{kind=\"minimised\"} 10\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(MetricsText, has_each_sample_once_and_no_line_of_another_form) {
    std::istringstream lines(metrics_text(test::full_status()));
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        const bool is_comment = line.starts_with("# HELP echotap_") || line.starts_with("# TYPE echotap_");
        EXPECT_TRUE(is_comment || line.starts_with("echotap_")) << line;
        EXPECT_TRUE(seen.insert(line.substr(0, is_comment ? line.size() : line.rfind(' '))).second) << line;
    }
}

TEST(MetricsText, escapes_what_would_end_a_label) {
    EXPECT_EQ(label_value("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    TapStatus status;
    status.tap.ports.push_back({.name = "x\"} 1\nevil 2"});
    EXPECT_THAT(metrics_text(status), testing::Not(HasSubstr("\nevil")));
}

TEST(StatusText, says_how_the_tap_is_in_lines_of_a_terminal) {
    const std::string text = status_text(test::full_status());
    for (const char* const part : {"12,345,678,901,234,567 frames, 3 lost", "an unknown number of lost", "25.0 % busy",
                                   "90 reverse, 10 minimised", "FAILS: no room",
                                   "7 closed (4 complete, 1 unknown, 2 not)", "1 lost", "3 more that waited"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    TapStatus failing = test::full_status();
    const std::string fault(
        "the store /var/lib/echotap/echotap.db is locked by another process for over 10 seconds; give each its own, or "
        "try again");
    failing.analyst.store_fault = failing.analyst.names_fault = failing.checkpoint.fault = fault;
    failing.checkpoint.is_wanted = true;
    std::istringstream lines(text + status_text(failing));
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 80U) << line;
    }
}

}  // namespace
}  // namespace echotap
