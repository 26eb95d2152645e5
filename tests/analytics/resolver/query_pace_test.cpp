// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/query_pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace echotap {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

PtrRequest about(const std::string& text) {
    return {.address = *IpAddress::parse(text)};
}

SteadyTime at(nanoseconds since) {
    return SteadyTime(seconds(1000) + since);
}

/// What comes out, and when, for as long as something waits, on a clock that goes straight to the next turn.
std::vector<std::pair<SteadyTime, IpAddress>> run_down(QueryPace& pace, SteadyTime now) {
    std::vector<std::pair<SteadyTime, IpAddress>> sent;
    while (const auto ready = pace.ready_at()) {
        now = std::max(now, *ready);
        const auto request = pace.next(now);
        if (!request) {
            ADD_FAILURE() << "nothing is ready at the time that was given";
            break;
        }
        sent.emplace_back(now, request->address);
    }
    return sent;
}

TEST(QueryPace, gives_all_at_once_and_in_order_where_there_is_no_limit) {
    QueryPace pace(0, 0);
    std::vector<IpAddress> expected;
    for (int i = 0; i < 1000; ++i) {
        const auto request = about("10." + std::to_string(i % 7) + ".0." + std::to_string(i % 256));
        expected.push_back(request.address);
        pace.add(request, at(nanoseconds(i)));
    }
    EXPECT_EQ(pace.waiting(), 1000U);
    std::multiset<IpAddress> found;
    while (const auto request = pace.next(at(seconds(1)))) {
        found.insert(request->address);
    }
    EXPECT_EQ(found, std::multiset<IpAddress>(expected.begin(), expected.end()));
    EXPECT_EQ(pace.waiting(), 0U);
    EXPECT_FALSE(pace.ready_at().has_value());
}

TEST(QueryPace, keeps_the_order_of_those_that_wait_alike) {
    QueryPace pace(100, 0);
    std::vector<IpAddress> expected;
    for (int i = 0; i < 50; ++i) {
        const auto request = about("10.0.0." + std::to_string(255 - i));
        expected.push_back(request.address);
        pace.add(request, at({}));
    }
    std::vector<IpAddress> found;
    for (const auto& [when, address] : run_down(pace, at({}))) {
        found.push_back(address);
    }
    EXPECT_EQ(found, expected);
}

TEST(QueryPace, sends_a_burst_of_a_tenth_of_a_second_and_then_keeps_to_the_rate) {
    QueryPace pace(100, 0);
    for (int i = 0; i < 200; ++i) {
        pace.add(about("10." + std::to_string(i) + ".0.1"), at({}));
    }
    const auto sent = run_down(pace, at({}));
    ASSERT_EQ(sent.size(), 200U);
    EXPECT_EQ(sent[9].first, at({}));
    EXPECT_EQ(sent[10].first, at(milliseconds(10)));
    EXPECT_EQ(sent[199].first, at(milliseconds(1900)));
}

TEST(QueryPace, lets_a_network_that_has_to_wait_hold_up_nobody) {
    QueryPace pace(0, 10);
    for (int i = 0; i < 5; ++i) {
        pace.add(about("10.1.0." + std::to_string(i)), at({}));
        pace.add(about("2001:db8:1::" + std::to_string(i)), at({}));
    }
    pace.add(about("10.2.0.1"), at({}));
    pace.add(about("2001:db9::1"), at({}));
    std::map<SteadyTime, int> sent;
    for (const auto& [when, address] : run_down(pace, at({}))) {
        ++sent[when];
    }
    const std::map<SteadyTime, int> expected{{at({}), 4},
                                             {at(milliseconds(100)), 2},
                                             {at(milliseconds(200)), 2},
                                             {at(milliseconds(300)), 2},
                                             {at(milliseconds(400)), 2}};
    EXPECT_EQ(sent, expected);
}

TEST(QueryPace, does_not_save_up_what_was_not_used) {
    QueryPace pace(100, 100);
    pace.add(about("10.0.0.1"), at({}));
    ASSERT_TRUE(pace.next(at({})).has_value());
    for (int i = 0; i < 100; ++i) {
        pace.add(about("10.0.1." + std::to_string(i)), at(seconds(60)));
    }
    int at_once = 0;
    while (pace.next(at(seconds(60)))) {
        ++at_once;
    }
    EXPECT_EQ(at_once, 10);
}

TEST(QueryPace, of_slow_rates_allows_one_at_a_time) {
    QueryPace pace(0.5, 0);
    for (int i = 0; i < 3; ++i) {
        pace.add(about("10.0.0." + std::to_string(i)), at({}));
    }
    const auto sent = run_down(pace, at({}));
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[1].first, at(seconds(2)));
    EXPECT_EQ(sent[2].first, at(seconds(4)));
}

TEST(QueryPace, forgets_networks_that_have_rested) {
    QueryPace pace(0, 10);
    for (int i = 0; i < 100'000; ++i) {
        std::array<std::uint8_t, 16> octets{0x20, 0x01};
        const auto number = static_cast<std::uint32_t>(i);
        std::memcpy(octets.data() + 2, &number, sizeof number);
        pace.add({.address = IpAddress::from_v6(octets.data())}, at(milliseconds(i)));
        ASSERT_TRUE(pace.next(at(milliseconds(i))).has_value());
    }
    EXPECT_LE(pace.networks(), 2048U);
}

TEST(QueryPace, gives_away_what_waits_without_its_turn) {
    QueryPace pace(1, 1);
    std::set<IpAddress> expected;
    for (int i = 0; i < 100; ++i) {
        const auto request = about("10." + std::to_string(i % 3) + ".0." + std::to_string(i));
        expected.insert(request.address);
        pace.add(request, at({}));
    }
    std::set<IpAddress> found;
    while (const auto request = pace.remove()) {
        found.insert(request->address);
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(pace.waiting(), 0U);
    EXPECT_FALSE(pace.next(at(seconds(100))).has_value());
}

/// Whatever comes when: no window of time holds more than the rate and the burst allow, in all and for each network,
/// and nothing is lost or made up.
TEST(QueryPace, keeps_to_both_limits_on_random_input) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 engine(seed);
        const auto random = [&](unsigned bound) { return static_cast<unsigned>(engine() % bound); };
        const double rate = 50 + random(200);
        const double network_rate = 5 + random(50);
        QueryPace pace(rate, network_rate);
        std::multiset<IpAddress> waiting;
        std::vector<std::pair<SteadyTime, IpAddress>> sent;
        SteadyTime now = at({});
        for (int step = 0; step < 3000; ++step) {
            now += std::chrono::microseconds(random(8000));
            for (unsigned i = random(3); i > 0; --i) {
                const auto request = about("10." + std::to_string(random(5)) + ".0." + std::to_string(random(256)));
                waiting.insert(request.address);
                pace.add(request, now);
            }
            while (const auto request = pace.next(now)) {
                const auto found = waiting.find(request->address);
                ASSERT_NE(found, waiting.end());
                waiting.erase(found);
                sent.emplace_back(now, request->address);
            }
            ASSERT_EQ(pace.waiting(), waiting.size());
        }
        const auto check = [&](const std::vector<SteadyTime>& times, double its_rate) {
            for (std::size_t first = 0; first < times.size(); ++first) {
                for (std::size_t last = first; last < std::min(times.size(), first + 200); ++last) {
                    const double length = std::chrono::duration<double>(times[last] - times[first]).count();
                    ASSERT_LE(static_cast<double>(last - first + 1),
                              1.001 + std::max(0.1, 1 / its_rate) * its_rate + length * its_rate)
                        << "seed " << seed;
                }
            }
        };
        std::vector<SteadyTime> all;
        std::map<std::string, std::vector<SteadyTime>> by_network;
        for (const auto& [when, address] : sent) {
            all.push_back(when);
            by_network[address.to_string().substr(0, 4)].push_back(when);
        }
        check(all, rate);
        for (const auto& [network, times] : by_network) {
            check(times, network_rate);
        }
    }
}

}  // namespace
}  // namespace echotap
