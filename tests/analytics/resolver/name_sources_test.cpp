// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/name_sources.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/fake_name_server.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using namespace std::chrono;
using namespace test;

std::vector<IpAddress> addresses(std::initializer_list<const char*> texts) {
    std::vector<IpAddress> made;
    for (const char* text : texts) {
        made.push_back(*IpAddress::parse(text));
    }
    return made;
}

QuerierName named(const std::string& name) {
    return {NameState::name, name};
}

struct Setting {
    test::TemporaryFolder folder;
    FakeNameServer server{FakeNameServer::names_all("server.example")};
    NamesConfig config;

    Setting() {
        const std::string rows = "192.0.2.1\tsnapshot.example\n192.0.2.2\tUNREACH\n";
        config.snapshot_paths = {folder.write("snapshot.tsv", {rows.begin(), rows.end()})};
        config.cache.path = folder.path() / "names.cache";
        ask_only(config.resolver, {&server}, milliseconds(150));
    }

    void fill_cache() const {
        NameCache cache(config.cache);
        const std::vector<NamedQuerier> answers{{*IpAddress::parse("192.0.2.1"), named("cache.example")},
                                                {*IpAddress::parse("192.0.2.3"), named("cache.example")}};
        cache.put(answers, std::chrono::floor<seconds>(std::chrono::system_clock::now()));
    }
};

SteadyTime in(milliseconds time) {
    return steady_clock::now() + time;
}

TEST(NameSources, are_asked_in_their_order) {
    Setting setting;
    setting.fill_cache();
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.4", "192.0.2.3", "192.0.2.2", "192.0.2.1"});
    std::vector<QuerierName> names(asked.size());
    const NameCounts counts = sources.find(asked, in(seconds(5)), names);
    EXPECT_EQ(
        names,
        (std::vector<QuerierName>{
            named("server.example"), named("cache.example"), {NameState::unreach, ""}, named("snapshot.example")}));
    EXPECT_EQ(counts.snapshot, 2U);
    EXPECT_EQ(counts.cache, 1U);
    EXPECT_EQ(counts.resolver, 1U);
    EXPECT_EQ(counts.unknown, 0U);
    EXPECT_EQ(setting.server.asked().size(), 1U);
}

TEST(NameSources, ask_once_about_an_address_that_comes_often) {
    Setting setting;
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.9", "192.0.2.8", "192.0.2.9", "192.0.2.9"});
    std::vector<QuerierName> names(asked.size());
    EXPECT_EQ(sources.find(asked, in(seconds(5)), names).resolver, 4U);
    EXPECT_EQ(names, std::vector<QuerierName>(4, named("server.example")));
    EXPECT_EQ(sources.find(asked, in(seconds(5)), names).cache, 4U);
    EXPECT_EQ(setting.server.asked().size(), 2U);
}

TEST(NameSources, without_a_cache_on_the_disk_remember_in_memory) {
    Setting setting;
    setting.config.cache.path.clear();
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.9"});
    std::vector<QuerierName> names(1);
    EXPECT_EQ(sources.find(asked, in(seconds(5)), names).resolver, 1U);
    EXPECT_EQ(sources.find(asked, in(seconds(5)), names).cache, 1U);
}

TEST(NameSources, without_a_server_ask_nobody) {
    Setting setting;
    setting.config.resolver.servers.clear();
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.9", "192.0.2.1"});
    std::vector<QuerierName> names(2);
    const NameCounts counts = sources.find(asked, in(seconds(5)), names);
    EXPECT_EQ(counts.unknown, 1U);
    EXPECT_EQ(counts.snapshot, 1U);
    EXPECT_EQ(sources.resolver_counts().questions, 0U);
}

TEST(NameSources, that_are_down_delay_nothing_and_what_comes_late_is_kept) {
    Setting setting;
    HeldNameServer slow("late.example");
    ask_only(setting.config.resolver, {&slow.server()}, seconds(10));
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.9", "192.0.2.1"});
    std::vector<QuerierName> names(2);
    const auto begin = steady_clock::now();
    EXPECT_EQ(sources.find(asked, begin, names).unknown, 1U) << "a deadline that is over: ask and do not wait";
    EXPECT_LT(steady_clock::now() - begin, milliseconds(500));
    EXPECT_EQ(sources.find(asked, in(milliseconds(50)), names).unknown, 1U);
    EXPECT_EQ(names[1], named("snapshot.example"));
    EXPECT_LT(steady_clock::now() - begin, seconds(1));

    slow.release();
    NameCounts counts;
    for (int i = 0; i < 500 && counts.cache == 0; ++i) {
        std::this_thread::sleep_for(milliseconds(10));
        counts = sources.find(asked, begin, names);
    }
    EXPECT_EQ(counts.cache, 1U);
    EXPECT_EQ(names[0], named("late.example"));
    EXPECT_EQ(slow.asked().size(), 1U) << "the second batch waits for the first one's question";
}

TEST(NameSources, remember_in_memory_once_the_cache_on_the_disk_fails) {
    Setting setting;
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.9"});
    std::vector<QuerierName> names(1);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{.rlim_cur = 1, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
    const NameCounts first = sources.find(asked, in(seconds(5)), names);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(first.resolver, 1U);
    EXPECT_NE(sources.cache_fault().find(setting.config.cache.path), std::string::npos) << sources.cache_fault();
    EXPECT_EQ(sources.find(asked, steady_clock::now(), names).cache, 1U);
    EXPECT_EQ(names[0], named("server.example"));
    EXPECT_EQ(setting.server.asked().size(), 1U) << "nobody is asked twice because a disk is full";
}

TEST(NameSources, can_be_asked_for_their_fault_while_somebody_waits) {
    Setting setting;
    FakeNameServer dead(FakeNameServer::silent);
    ask_only(setting.config.resolver, {&dead}, seconds(10));
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.9"});
    std::vector<QuerierName> names(1);
    std::atomic<bool> has_enough = false;
    std::atomic<bool> is_waiting = false;
    std::thread waiting([&] {
        sources.find(asked, in(seconds(10)), names, [&](std::size_t) {
            is_waiting = true;
            return !has_enough;
        });
    });
    while (!is_waiting) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    const auto begin = steady_clock::now();
    EXPECT_EQ(sources.cache_fault(), "");
    EXPECT_LT(steady_clock::now() - begin, seconds(1));
    has_enough = true;
    waiting.join();
}

TEST(NameSources, leave_unknown_what_no_server_can_say) {
    Setting setting;
    FakeNameServer dead(FakeNameServer::silent);
    setting.config.resolver.servers = {dead.address()};
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.8", "192.0.2.9", "192.0.2.9", "192.0.2.1"});
    std::vector<QuerierName> names(asked.size());
    const NameCounts counts = sources.find(asked, in(seconds(10)), names);
    EXPECT_EQ(counts.unknown, 3U);
    EXPECT_EQ(counts.no_server, 3U);
    EXPECT_EQ(sources.find(asked, steady_clock::now(), names).cache, 0U) << "nothing was learnt";
}

TEST(NameSources, stop_where_the_one_who_waits_has_enough) {
    Setting setting;
    FakeNameServer dead(FakeNameServer::silent);
    ask_only(setting.config.resolver, {&dead}, seconds(10));
    NameSources sources(setting.config);
    const auto asked = addresses({"192.0.2.8", "192.0.2.9"});
    std::vector<QuerierName> names(2);
    int calls = 0;
    const auto begin = steady_clock::now();
    sources.find(asked, in(seconds(10)), names, [&](std::size_t unanswered) {
        EXPECT_EQ(unanswered, 2U);
        return ++calls < 3;
    });
    EXPECT_EQ(calls, 3);
    EXPECT_LT(steady_clock::now() - begin, seconds(2));
}

}  // namespace
}  // namespace echotap
