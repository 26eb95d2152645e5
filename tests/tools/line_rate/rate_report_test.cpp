// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/rate_report.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace echotap {
namespace {

const RateMachine machine{.processor = "A \"quick\" processor",
                          .cpus = 2,
                          .load = "0.10",
                          .port = "net_ring of 262,144 slots a queue",
                          .trial_seconds = 2,
                          .window_seconds = 1};

RateRow usual_row() {
    RateRow row;
    row.traffic = "a-capture-with-a-long-name.pcap";
    row.work = TapWork::closing;
    row.queues = 16;
    row.found.rate = 14'880'000;
    row.found.is_settled = true;
    row.found.at = {.wanted = 14.88e6, .rate = 14.88e6, .seconds = 2, .offered = 29'760'000, .octets = 60 * 29'760'000};
    row.found.at.cycles_per_frame = 1234;
    row.found.above[0] = {.rate = 16e6, .offered = 1000, .octets = 60'000, .lost = 125};
    row.found.held = {.rate = 7.44e6, .seconds = 300, .offered = 2'232'000'000, .windows_closed = 5};
    return row;
}

std::string rate_table(const std::vector<RateRow>& rows) {
    std::string text = report_begin(BenchFormat::table, machine);
    for (const RateRow& row : rows) {
        text += report_row(BenchFormat::table, row, &row == rows.data());
    }
    return text + report_end(BenchFormat::table);
}

TEST(RateReport, knows_what_a_cable_carries) {
    // The well-known figure: 14.88 million frames of 64 octets, checksum included, fill 10 GbE.
    EXPECT_NEAR(cable_gigabits(14'880'952, 60), 10, 1e-6);
}

TEST(RateReport, keeps_its_table_within_79_columns) {
    RateRow none = usual_row();
    none.found = {};
    const std::string table = rate_table({usual_row(), none});
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 79U) << line;
    }
    EXPECT_NE(table.find("a-capture-wi 16 closing"), std::string::npos) << table;
    EXPECT_NE(table.find("   14.880  10.00   1234  12.5     -  100   40   25   10\n"), std::string::npos) << table;
    EXPECT_NE(table.find("held 7.440 Mframe/s for 300 s: 0 of 2,232,000,000 lost, 5 windows closed"), std::string::npos)
        << table;
    EXPECT_NE(table.find("none without loss"), std::string::npos) << table;
}

TEST(RateReport, marks_rates_that_are_no_answer) {
    RateRow row = usual_row();
    row.found.is_ceiling = true;
    EXPECT_NE(rate_table({row}).find(">14.880"), std::string::npos);
    row.found.is_settled = false;
    EXPECT_NE(rate_table({row}).find("~14.880"), std::string::npos);
}

TEST(RateReport, takes_a_backlog_for_a_loss) {
    Trial trial{.offered = 10'000'000, .behind = 50'000};
    EXPECT_TRUE(trial.is_clean());
    trial.behind = 50'001;
    EXPECT_FALSE(trial.is_clean());
    trial = {.offered = 10'000, .behind = 4096};
    EXPECT_TRUE(trial.is_clean()) << "a NIC has as many descriptors";
    trial.lost = 1;
    EXPECT_FALSE(trial.is_clean());
    trial = {.offered = 10'000, .queries_lost = 1};
    EXPECT_FALSE(trial.is_clean());
}

}  // namespace
}  // namespace echotap
