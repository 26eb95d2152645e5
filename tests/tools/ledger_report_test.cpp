// SPDX-License-Identifier: Apache-2.0
#include "tools/ledger_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace echotap {
namespace {

Ledger every_reason() {
    Ledger ledger;
    for (std::size_t i = 0; i < stage_count; ++i) {
        ledger.enter(static_cast<Stage>(i), 987'654'321'098);
        ledger.pass(static_cast<Stage>(i), 987'650'000'000);
    }
    for (std::size_t i = 1; i < drop_count; ++i) {
        ledger.drop(static_cast<Drop>(i), 1'234'567 + i);
    }
    return ledger;
}

TEST(LedgerReport, fits_a_terminal_of_80_columns) {
    std::istringstream text(ledger_text(every_reason()));
    for (std::string line; std::getline(text, line);) {
        EXPECT_LE(line.size(), 79U) << line;
    }
}

TEST(LedgerReport, names_every_reason_that_dropped_something_and_no_other) {
    const std::string all = ledger_text(every_reason());
    for (std::size_t i = 1; i < drop_count; ++i) {
        EXPECT_NE(all.find(std::string(drop_table[i].name) + ":"), std::string::npos) << drop_table[i].name;
    }
    Ledger one;
    one.enter(Stage::frame, 3);
    one.drop(Drop::icmp, 3);
    const std::string text = ledger_text(one);
    EXPECT_NE(text.find("icmp:"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), ':'), 1) << text;
}

TEST(LedgerReport, in_json_lists_every_stage) {
    Ledger ledger;
    ledger.enter(Stage::query, 5);
    ledger.pass(Stage::query, 4);
    ledger.drop(Drop::reverse_apex);
    ledger.minimised = 1;
    const std::string json = ledger_json(ledger);
    EXPECT_NE(json.find(R"({"stage":"source","unit":"frames","in":0,"out":0,"held":0,"drops":{}})"), std::string::npos);
    EXPECT_NE(json.find(R"({"stage":"reverse","unit":"queries","in":5,"out":4,"held":0,"drops":{"reverse_apex":1}})"),
              std::string::npos)
        << json;
    EXPECT_NE(json.find(R"("reverse":3,"minimised":1})"), std::string::npos);
}

}  // namespace
}  // namespace echotap
