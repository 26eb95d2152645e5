// SPDX-License-Identifier: Apache-2.0
// The promise of a team of lines: rows, their order, minimised queries and the whole ledger are those of one line, for
// any number of workers and wherever the bursts end.
#include "dataplane/line_team.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/dataplane/random_traffic.hpp"

namespace echotap {
namespace {

using Around = RandomTraffic::Around;
using Sent = RandomTraffic::Sent;

struct Out {
    std::vector<std::string> rows;
    std::vector<std::string> minimised;
    Ledger ledger;

    void operator()(const ReverseQuery& query) {
        rows.push_back(fmt::format("{} {} {} {} view {} {} digits {}", query.time.time_since_epoch().count(),
                                   query.querier.to_string(), query.originator.to_string(), query.authority.to_string(),
                                   query.view, query.transport == Transport::tcp ? "tcp" : "udp", query.time_digits));
    }
    void operator()(const MinimisedQuery& query) {
        minimised.push_back(fmt::format("{} {} {} {} view {} depth {}", query.time.time_since_epoch().count(),
                                        query.querier.to_string(), query.prefix.to_string(),
                                        query.authority.to_string(), query.view, query.depth));
    }
};

/// Bursts of 1 to `burst_max` frames. Their octets are gone when the next one begins, as a source may have it.
Out run(const std::vector<Sent>& sent, unsigned workers, std::size_t burst_max) {
    LineConfig config;
    config.fragments.octets_max = 1U << 20U;
    config.authorities = {*Prefix::parse("198.51.100.0/31"), *Prefix::parse("198.51.100.0/24")};
    LineTeam team(config, workers);
    Out out;
    std::mt19937 random(static_cast<std::uint32_t>(burst_max));
    for (std::size_t begin = 0; begin < sent.size();) {
        const std::size_t size = std::min(1 + random() % burst_max, sent.size() - begin);
        std::vector<std::unique_ptr<std::uint8_t[]>> octets;
        std::vector<Frame> burst;
        for (std::size_t i = begin; i < begin + size; ++i) {
            const auto length = static_cast<std::uint32_t>(sent[i].octets.size());
            octets.push_back(std::make_unique<std::uint8_t[]>(length));
            std::copy(sent[i].octets.begin(), sent[i].octets.end(), octets.back().get());
            burst.push_back({.octets = octets.back().get(),
                             .captured = length,
                             .length = length,
                             .time = sent[i].time,
                             .clock = sent[i].clock,
                             .time_digits = 9,
                             .sequence = static_cast<std::uint32_t>(burst.size())});
        }
        team.feed(burst, out);
        begin += size;
    }
    team.finish(out);
    out.ledger = team.ledger();
    return out;
}

void expect_same(const std::vector<std::string>& got, const std::vector<std::string>& wanted, const char* what) {
    EXPECT_EQ(got.size(), wanted.size()) << what;
    const auto [one, other] = std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end());
    if (one != got.end() && other != wanted.end()) {
        ADD_FAILURE() << what << " " << one - got.begin() << " is " << *one << "\ninstead of " << *other;
    }
}

void expect_same(const Out& got, const Out& wanted) {
    expect_same(got.rows, wanted.rows, "row");
    expect_same(got.minimised, wanted.minimised, "minimised query");
    for (std::size_t i = 0; i < stage_count; ++i) {
        EXPECT_EQ(got.ledger.in[i], wanted.ledger.in[i]) << "into " << stage_table[i].name;
        EXPECT_EQ(got.ledger.out[i], wanted.ledger.out[i]) << "out of " << stage_table[i].name;
        EXPECT_EQ(got.ledger.held(static_cast<Stage>(i)), 0) << "held by " << stage_table[i].name;
    }
    for (std::size_t i = 0; i < drop_count; ++i) {
        EXPECT_EQ(got.ledger.drops[i], wanted.ledger.drops[i]) << drop_table[i].name;
    }
    EXPECT_EQ(got.ledger.minimised, wanted.ledger.minimised);
}

/// Returns what one line makes of it, after everything else was compared with that.
Out expect_one_result(const std::vector<Sent>& sent) {
    const Out wanted = run(sent, 1, sent.size());
    for (const unsigned workers : {1U, 2U, 3U, 7U}) {
        for (const std::size_t burst_max : {std::size_t{1}, std::size_t{20}, std::size_t{500}, 10 * sent.size()}) {
            SCOPED_TRACE(fmt::format("{} workers, bursts of up to {} frames", workers, burst_max));
            expect_same(run(sent, workers, burst_max), wanted);
            if (testing::Test::HasFailure()) {
                return wanted;
            }
        }
    }
    return wanted;
}

std::uint64_t drops(const Out& out, Drop drop) {
    return out.ledger.drops[static_cast<std::size_t>(drop)];
}

constexpr std::uint32_t seeds = 4;

/// Calls add(traffic) `flows` times, and compares what teams make of it; each seed must give some reverse queries and
/// must have met every drop in `met`.
template <class Add>
void expect_one_result_of(std::size_t flows, bool has_jumps, std::initializer_list<Drop> met, Add&& add) {
    for (std::uint32_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        RandomTraffic traffic(seed);
        for (std::size_t i = 0; i < flows; ++i) {
            add(traffic, i);
        }
        const Out out = expect_one_result(traffic.take(has_jumps));
        EXPECT_FALSE(out.rows.empty());
        for (const Drop drop : met) {
            EXPECT_GT(drops(out, drop), 0U) << "this traffic should have met " << info(drop).name;
        }
    }
}

TEST(LineTeam, hands_on_datagrams_in_the_order_of_their_frames) {
    expect_one_result_of(500, false, {Drop::response, Drop::name_not_reverse},
                         [](RandomTraffic& traffic, std::size_t) { traffic.add_datagram(Around::nothing); });
}

TEST(LineTeam, closes_streams_at_the_same_place_and_in_the_same_order) {
    expect_one_result_of(150, false, {Drop::segment_expired, Drop::segment_incomplete},
                         [](RandomTraffic& traffic, std::size_t) { traffic.add_stream(Around::nothing); });
}

TEST(LineTeam, releases_what_falls_idle_in_one_second_in_one_order) {
    expect_one_result_of(40, false, {}, [](RandomTraffic& traffic, std::size_t) {
        traffic.add_streams_that_fall_idle_together(Around::nothing);
        traffic.add_datagram(Around::nothing);
    });
}

TEST(LineTeam, gives_up_fragments_at_the_same_place) {
    expect_one_result_of(200, false, {Drop::fragment_expired, Drop::fragment_incomplete, Drop::fragment_duplicate},
                         [](RandomTraffic& traffic, std::size_t i) {
                             traffic.add_fragments(i % 4 == 0 ? Around::half_gre : Around::nothing);
                         });
}

TEST(LineTeam, keeps_a_stream_together_that_is_half_in_a_tunnel) {
    expect_one_result_of(150, false, {},
                         [](RandomTraffic& traffic, std::size_t) { traffic.add_stream(Around::half_gre); });
}

TEST(LineTeam, keeps_both_directions_of_a_pseudowire_together) {
    expect_one_result_of(150, false, {},
                         [](RandomTraffic& traffic, std::size_t) { traffic.add_stream(Around::pseudowire); });
}

TEST(LineTeam, gives_the_result_of_one_line_for_all_of_it_and_a_clock_that_jumps) {
    constexpr std::array<Around, 3> all{Around::nothing, Around::half_gre, Around::pseudowire};
    expect_one_result_of(200, true, {Drop::segment_expired, Drop::fragment_expired, Drop::response},
                         [&](RandomTraffic& traffic, std::size_t i) {
                             const Around around = all[i % all.size()];
                             traffic.add_datagram(around);
                             traffic.add_stream(around);
                             traffic.add_fragments(around);
                             if (i % 10 == 0) {
                                 traffic.add_streams_that_fall_idle_together(around);
                             }
                         });
}

TEST(LineTeam, that_sees_nothing_finds_nothing) {
    LineTeam team(LineConfig{}, 3);
    Out out;
    team.feed({}, out);
    team.finish(out);
    EXPECT_TRUE(out.rows.empty());
    EXPECT_TRUE(out.minimised.empty());
    EXPECT_EQ(team.ledger().in, Ledger{}.in);
}

}  // namespace
}  // namespace echotap
