// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/server_trust.hpp"

#include <gtest/gtest.h>

namespace echotap {
namespace {

using std::chrono::seconds;

SteadyTime at(int second) {
    return SteadyTime(seconds(1000 + second));
}

ServerTrust::Doubt doubt(PtrOutcome outcome, int first_sent, int last_sent) {
    return {{*IpAddress::parse("192.0.2.1"), {outcome, ""}}, at(first_sent), at(last_sent)};
}

TEST(ServerTrust, believes_a_failure_where_a_conclusive_answer_came_within_a_minute) {
    const struct {
        PtrOutcome before;
        int came;
        bool is_believed;
    } rows[] = {
        {PtrOutcome::name, 41, true},       {PtrOutcome::nxdomain, 41, true},  {PtrOutcome::nodata, 41, true},
        {PtrOutcome::name, 39, false},      {PtrOutcome::servfail, 99, false}, {PtrOutcome::refused, 99, false},
        {PtrOutcome::malformed, 99, false}, {PtrOutcome::silent, 99, false},   {PtrOutcome::other, 99, false},
    };
    for (const auto& row : rows) {
        ServerTrust trust;
        trust.note(row.before, at(row.came));
        trust.add(doubt(PtrOutcome::servfail, 100, 100));
        EXPECT_EQ(trust.take_believed().size(), row.is_believed ? 1U : 0U) << info(row.before).name;
        EXPECT_EQ(trust.is_in_doubt(), !row.is_believed);
    }
}

TEST(ServerTrust, believes_silence_only_where_something_was_heard_since) {
    ServerTrust trust;
    trust.note(PtrOutcome::name, at(100));
    trust.add(doubt(PtrOutcome::silent, 98, 100));
    EXPECT_TRUE(trust.take_believed().empty()) << "it may have died just then";
    trust.note(PtrOutcome::refused, at(101));
    EXPECT_EQ(trust.take_believed().size(), 1U) << "it is there, and has worked a moment ago";
}

TEST(ServerTrust, of_a_server_that_is_probed_waits_for_the_end) {
    ServerTrust trust;
    EXPECT_TRUE(trust.may_be_asked(at(0)));
    trust.add(doubt(PtrOutcome::silent, 0, 1));
    trust.begin_probe(at(3));
    EXPECT_FALSE(trust.may_be_asked(at(3)));
    trust.note(PtrOutcome::nodata, at(4));
    EXPECT_TRUE(trust.end_probe(PtrOutcome::nodata, at(4)));
    EXPECT_TRUE(trust.may_be_asked(at(4)));
    EXPECT_EQ(trust.take_believed().size(), 1U);
}

TEST(ServerTrust, is_lost_for_ten_seconds_by_a_probe_that_does_not_help) {
    for (const PtrOutcome outcome : {PtrOutcome::silent, PtrOutcome::refused, PtrOutcome::servfail}) {
        ServerTrust trust;
        trust.add(doubt(PtrOutcome::servfail, 0, 1));
        trust.begin_probe(at(3));
        trust.note(outcome, at(4));
        EXPECT_EQ(trust.is_unheard(outcome), outcome == PtrOutcome::silent);
        EXPECT_FALSE(trust.end_probe(outcome, at(4)));
        EXPECT_TRUE(trust.take_believed().empty());
        const auto unknown = trust.take_unknown();
        ASSERT_EQ(unknown.size(), 1U);
        EXPECT_EQ(unknown[0].known().state, NameState::unknown);
        EXPECT_FALSE(trust.may_be_asked(at(13)));
        EXPECT_TRUE(trust.may_be_asked(at(14)));
    }
}

TEST(ServerTrust, is_kept_where_the_probe_is_refused_but_names_came_a_moment_ago) {
    ServerTrust trust;
    trust.note(PtrOutcome::name, at(0));
    trust.add(doubt(PtrOutcome::silent, 1, 2));
    trust.begin_probe(at(3));
    trust.note(PtrOutcome::refused, at(4));
    EXPECT_TRUE(trust.end_probe(PtrOutcome::refused, at(4)));
    EXPECT_EQ(trust.take_believed().size(), 1U);
}

}  // namespace
}  // namespace echotap
