// SPDX-License-Identifier: Apache-2.0
// Against a server of our own; tests/resolver has a real one.
#include "analytics/resolver/ptr_resolver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/fake_name_server.hpp"

namespace echotap {
namespace {

using namespace std::chrono;
using namespace test;

constexpr const char* silent_network = "9.10.in-addr.arpa";

ResolverConfig fast(std::initializer_list<const FakeNameServer*> servers) {
    ResolverConfig config;
    ask_only(config, servers, milliseconds(150));
    return config;
}

std::vector<IpAddress> addresses(const std::string& network, int count) {
    std::vector<IpAddress> made;
    for (int i = 0; i < count; ++i) {
        made.push_back(*IpAddress::parse(network + "." + std::to_string(i / 256) + "." + std::to_string(i % 256)));
    }
    return made;
}

/// The answers to all of `asked`, by address; fails where they do not come in ten seconds.
std::map<IpAddress, PtrReading> resolve(PtrResolver& resolver, std::span<const IpAddress> asked) {
    std::vector<PtrAnswer> answers;
    const auto deadline = steady_clock::now() + seconds(10);
    std::size_t taken = 0;
    while (answers.size() < asked.size() && steady_clock::now() < deadline) {
        taken += resolver.ask(asked.subspan(taken));
        resolver.take(answers, std::min(deadline, steady_clock::now() + milliseconds(100)));
    }
    EXPECT_EQ(answers.size(), asked.size());
    std::map<IpAddress, PtrReading> by_address;
    for (PtrAnswer& answer : answers) {
        EXPECT_TRUE(by_address.try_emplace(answer.address, std::move(answer.reading)).second) << "answered twice";
    }
    return by_address;
}

std::size_t count_of(const std::map<IpAddress, PtrReading>& answers, PtrOutcome outcome) {
    return static_cast<std::size_t>(std::count_if(answers.begin(), answers.end(),
                                                  [&](const auto& each) { return each.second.outcome == outcome; }));
}

std::optional<std::vector<std::uint8_t>> named_after_itself(const std::string& name, unsigned, unsigned id) {
    return DnsWriter::response(name, {{name, 12, "host." + name}}, 0, id);
}

TEST(PtrResolver, brings_the_name_of_each_address_once) {
    FakeNameServer server(named_after_itself);
    ResolverConfig config = fast({&server});
    config.waiting_max = 100;
    PtrResolver resolver(config);
    const auto asked = addresses("10.1", 3000);
    for (const auto& [address, reading] : resolve(resolver, asked)) {
        EXPECT_EQ(reading.name, "host." + reverse_name_of(address));
    }
    const auto counts = resolver.counts();
    EXPECT_EQ(counts.questions, 3000 + counts.retries);
    EXPECT_EQ(counts.answers[static_cast<std::size_t>(PtrOutcome::name)], 3000U);
    for (const auto& each : server.asked()) {
        EXPECT_EQ(each.type, 12U);
    }
}

TEST(PtrResolver, takes_no_more_than_it_may_hold) {
    FakeNameServer server(FakeNameServer::nxdomain);
    ResolverConfig config = fast({&server});
    config.waiting_max = 10;
    PtrResolver resolver(config);
    const auto asked = addresses("10.1", 25);
    EXPECT_EQ(resolver.ask(asked), 10U);
    EXPECT_EQ(resolver.ask(asked), 0U);
    std::vector<PtrAnswer> answers;
    while (answers.size() < 10) {
        ASSERT_GT(resolver.take(answers, steady_clock::now() + seconds(5)), 0U);
        ASSERT_LE(answers.size(), 10U);
    }
    EXPECT_EQ(resolver.ask(asked), 10U) << "what was taken makes room";
}

TEST(PtrResolver, has_no_more_questions_in_flight_than_it_may) {
    FakeNameServer server([](const std::string& name, unsigned type, unsigned id) {
        return name == "arpa" ? FakeNameServer::nxdomain(name, type, id) : std::nullopt;
    });
    ResolverConfig config = fast({&server});
    config.in_flight_max = 7;
    config.timeout = milliseconds(400);
    PtrResolver resolver(config);
    resolver.ask(addresses("10.1", 100));
    std::this_thread::sleep_for(milliseconds(200));
    EXPECT_EQ(server.asked().size(), 7U);
}

TEST(PtrResolver, keeps_to_its_rates_retries_included) {
    FakeNameServer server([](const std::string& name, unsigned type, unsigned id) {
        return name.ends_with(silent_network) ? std::nullopt : FakeNameServer::nxdomain(name, type, id);
    });
    ResolverConfig config = fast({&server});
    config.queries_per_second = 200;
    config.network_queries_per_second = 50;
    PtrResolver resolver(config);
    auto asked = addresses("10.9", 30);
    for (const char* network : {"10.1", "10.2", "10.3", "10.4"}) {
        const auto more = addresses(network, 30);
        asked.insert(asked.end(), more.begin(), more.end());
    }
    const auto answers = resolve(resolver, asked);
    EXPECT_EQ(count_of(answers, PtrOutcome::silent), 30U);
    EXPECT_EQ(count_of(answers, PtrOutcome::nxdomain), 120U);
    const auto log = server.asked();
    EXPECT_GE(log.size(), 180U);
    std::map<std::string, std::vector<steady_clock::time_point>> by_network;
    for (const auto& each : log) {
        by_network[each.name.substr(each.name.find(".10.in-addr") - 1)].push_back(each.at);
        by_network["all"].push_back(each.at);
    }
    for (const auto& [network, times] : by_network) {
        const double length = std::chrono::duration<double>(times.back() - times.front()).count();
        const double rate = network == "all" ? 200 : 50;
        // A tenth of a second's worth comes at once; what arrives late here was sent in time.
        EXPECT_LE(static_cast<double>(times.size()), rate * (length + 0.1) + 3) << network;
    }
}

TEST(PtrResolver, calls_an_authority_silent_where_its_server_answers_other_questions) {
    FakeNameServer server([](const std::string& name, unsigned type, unsigned id) {
        return name.ends_with(silent_network) ? std::nullopt : FakeNameServer::nxdomain(name, type, id);
    });
    PtrResolver resolver(fast({&server}));
    const auto answers = resolve(resolver, addresses("10.9", 3));
    EXPECT_EQ(count_of(answers, PtrOutcome::silent), 3U);
    EXPECT_EQ(server.asked().size(), 6U) << "each was asked about twice";
    EXPECT_GE(server.probes(), 1U) << "nothing else vouches for the server";
    EXPECT_LE(server.probes(), 2U);
    EXPECT_EQ(resolver.counts().rests, 0U);
}

TEST(PtrResolver, knows_nothing_by_a_server_that_fails_always) {
    const struct {
        const char* what;
        FakeNameServer::Handler handler;
    } rows[] = {
        {"silent", [](const std::string&, unsigned, unsigned) { return std::nullopt; }},
        {"refusing",
         [](const std::string& name, unsigned, unsigned id) { return DnsWriter::response(name, {}, 5, id); }},
        {"failing",
         [](const std::string& name, unsigned, unsigned id) { return DnsWriter::response(name, {}, 2, id); }},
        {"babbling", [](const std::string&, unsigned, unsigned) { return std::vector<std::uint8_t>(100, 0xff); }},
    };
    for (const auto& row : rows) {
        FakeNameServer server(row.handler);
        PtrResolver resolver(fast({&server}));
        const auto begin = steady_clock::now();
        EXPECT_EQ(count_of(resolve(resolver, addresses("10.1", 1000)), PtrOutcome::no_server), 1000U) << row.what;
        EXPECT_LT(steady_clock::now() - begin, seconds(3)) << row.what;
        EXPECT_LE(server.asked().size(), 128U) << row.what << ": it is left in peace";
        EXPECT_EQ(resolver.counts().rests, 1U) << row.what;
    }
}

TEST(PtrResolver, believes_failures_of_a_server_that_does_its_work) {
    for (const unsigned rcode : {2U, 5U, 9U}) {
        FakeNameServer server([&](const std::string& name, unsigned, unsigned id) {
            return DnsWriter::response(name, {}, name.ends_with(silent_network) ? rcode : 3, id);
        });
        PtrResolver resolver(fast({&server}));
        auto asked = addresses("10.9", 20);
        const auto good = addresses("10.1", 20);
        asked.insert(asked.end(), good.begin(), good.end());
        std::size_t unreach = 0;
        for (const auto& [address, reading] : resolve(resolver, asked)) {
            unreach += info(reading.outcome).state == NameState::unreach ? 1U : 0U;
        }
        EXPECT_EQ(unreach, 20U) << rcode;
        EXPECT_EQ(server.asked().size(), 40U) << "the only server is not asked again what it has answered";
    }
}

TEST(PtrResolver, asks_another_server_where_one_fails) {
    FakeNameServer failing(
        [](const std::string& name, unsigned, unsigned id) { return DnsWriter::response(name, {}, 2, id); });
    FakeNameServer silent(FakeNameServer::silent);
    FakeNameServer good(named_after_itself);
    for (const FakeNameServer* other : {&failing, &silent}) {
        PtrResolver resolver(fast({other, &good}));
        EXPECT_EQ(count_of(resolve(resolver, addresses("10.1", 200)), PtrOutcome::name), 200U);
    }
}

TEST(PtrResolver, ends_at_once_whatever_is_in_flight) {
    FakeNameServer server(FakeNameServer::silent);
    ResolverConfig config = fast({&server});
    config.timeout = seconds(30);
    const auto begin = steady_clock::now();
    {
        PtrResolver resolver(config);
        resolver.ask(addresses("10.1", 1000));
        std::this_thread::sleep_for(milliseconds(50));
    }
    EXPECT_LT(steady_clock::now() - begin, seconds(2));
}

TEST(PtrResolver, refuses_to_start_with_nobody_to_ask_or_from_an_address_of_others) {
    EXPECT_THROW(PtrResolver{ResolverConfig{}}, std::runtime_error);
    FakeNameServer server(FakeNameServer::nxdomain);
    ResolverConfig config = fast({&server});
    config.source_addresses = {*IpAddress::parse("192.0.2.1")};
    EXPECT_THROW(PtrResolver{config}, std::runtime_error);
    config.source_addresses = {*IpAddress::parse("127.0.0.2")};
    PtrResolver resolver(config);
    EXPECT_EQ(count_of(resolve(resolver, addresses("10.1", 3)), PtrOutcome::nxdomain), 3U);
}

}  // namespace
}  // namespace echotap
