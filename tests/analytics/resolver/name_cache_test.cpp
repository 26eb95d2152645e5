// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/name_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

const NameCache::Time monday{seconds(1'400'000'000)};

IpAddress address(const std::string& text) {
    return *IpAddress::parse(text);
}

IpAddress numbered(std::uint32_t number) {
    const std::uint32_t swapped = __builtin_bswap32(number);
    return IpAddress::from_v4(reinterpret_cast<const std::uint8_t*>(&swapped));
}

QuerierName found(const NameCache& cache, const IpAddress& address, NameCache::Time now) {
    QuerierName name;
    cache.find({&address, 1}, now, {&name, 1});
    return name;
}

void put(NameCache& cache, const IpAddress& address, const QuerierName& known, NameCache::Time now) {
    const NamedQuerier answer{address, known};
    cache.put({&answer, 1}, now);
}

NameCacheConfig at(const std::string& path) {
    NameCacheConfig config;
    config.path = path;
    return config;
}

const QuerierName mail{NameState::name, "mail.example.net"};
const QuerierName none{NameState::nxdomain, ""};
const QuerierName silent{NameState::unreach, ""};

std::string refusal(const std::string& path) {
    try {
        const NameCache cache(at(path));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(NameCache, outlives_a_restart_with_every_kind_of_answer) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "names.cache";
    {
        NameCache cache(at(path));
        put(cache, address("192.0.2.1"), mail, monday);
        put(cache, address("2001:db8::1"), none, monday);
        put(cache, address("192.0.2.3"), silent, monday);
        put(cache, address("192.0.2.4"), {}, monday);
        EXPECT_EQ(cache.size(), 3U) << "what is unknown is not kept";
    }
    const NameCache cache(at(path));
    EXPECT_EQ(found(cache, address("192.0.2.1"), monday), mail);
    EXPECT_EQ(found(cache, address("2001:db8::1"), monday), none);
    EXPECT_EQ(found(cache, address("192.0.2.3"), monday), silent);
    EXPECT_EQ(found(cache, address("192.0.2.4"), monday), QuerierName{});
}

TEST(NameCache, is_for_its_owner_only) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "names.cache";
    NameCache cache(at(path));
    put(cache, address("192.0.2.1"), mail, monday);
    for (const std::string& file : {path, path + "-wal"}) {
        struct stat status {};
        ASSERT_EQ(::stat(file.c_str(), &status), 0) << file;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << file;
    }
}

TEST(NameCache, believes_names_for_a_week_their_lack_for_a_day_and_failures_for_an_hour) {
    NameCache cache(NameCacheConfig{});
    const struct {
        QuerierName known;
        seconds life;
    } rows[] = {{mail, hours(7 * 24)}, {none, hours(24)}, {silent, hours(1)}};
    for (const auto& row : rows) {
        put(cache, address("192.0.2.1"), row.known, monday);
        EXPECT_EQ(found(cache, address("192.0.2.1"), monday + row.life - seconds(1)), row.known);
        EXPECT_EQ(found(cache, address("192.0.2.1"), monday + row.life), QuerierName{});
        put(cache, address("192.0.2.1"), mail, monday);
    }
}

TEST(NameCache, asks_again_about_a_failure_that_goes_on_ever_more_seldom_but_once_a_day) {
    NameCache cache(NameCacheConfig{});
    NameCache::Time now = monday;
    for (const int expected : {1, 2, 4, 8, 16, 24, 24}) {
        put(cache, address("192.0.2.1"), silent, now);
        EXPECT_EQ(found(cache, address("192.0.2.1"), now + hours(expected) - seconds(1)), silent) << expected;
        now += hours(expected);
        EXPECT_EQ(found(cache, address("192.0.2.1"), now), QuerierName{}) << expected;
    }
    put(cache, address("192.0.2.1"), mail, now);
    put(cache, address("192.0.2.1"), silent, now);
    EXPECT_EQ(found(cache, address("192.0.2.1"), now + hours(1)), QuerierName{}) << "the doubling begins anew";
}

TEST(NameCache, fills_only_what_is_unknown) {
    NameCache cache(NameCacheConfig{});
    put(cache, address("192.0.2.1"), mail, monday);
    put(cache, address("192.0.2.2"), mail, monday);
    const std::vector<IpAddress> addresses{address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3")};
    std::vector<QuerierName> names{silent, {}, {}};
    EXPECT_EQ(cache.find(addresses, monday, names), 1U);
    EXPECT_EQ(names, (std::vector<QuerierName>{silent, mail, {}}));
}

TEST(NameCache, lets_go_what_expires_first_where_there_are_too_many) {
    NameCacheConfig config;
    config.rows_max = 1600;
    NameCache cache(config);
    std::vector<NamedQuerier> answers;
    for (std::uint32_t i = 0; i < 1600; ++i) {
        answers.push_back({numbered(i), i % 2 == 0 ? mail : silent});
    }
    cache.put(answers, monday);
    EXPECT_EQ(cache.size(), 1600U);
    put(cache, numbered(2000), mail, monday);
    EXPECT_EQ(cache.size(), 1500U);
    std::size_t names = 0;
    for (std::uint32_t i = 0; i < 1600; i += 2) {
        names += found(cache, numbered(i), monday) == mail ? 1U : 0U;
    }
    EXPECT_EQ(names, 800U) << "failures live shorter, so they go first";
    EXPECT_EQ(found(cache, numbered(2000), monday), mail);
}

TEST(NameCache, agrees_with_a_map_on_random_answers) {
    const test::TemporaryFolder folder;
    const NameCacheConfig config = at(folder.path() / "names.cache");
    std::mt19937 engine(5);
    const auto random = [&](unsigned bound) { return static_cast<unsigned>(engine() % bound); };
    std::map<IpAddress, std::pair<QuerierName, NameCache::Time>> expected;  // with the end of life
    std::map<IpAddress, seconds> failure_life;
    auto cache = std::make_unique<NameCache>(config);
    NameCache::Time now = monday;
    for (int step = 0; step < 300; ++step) {
        now += seconds(random(7200));
        std::vector<NamedQuerier> answers;
        for (unsigned i = random(20); i > 0; --i) {
            const IpAddress about = numbered(random(100));
            const QuerierName known[] = {mail, none, silent, {NameState::name, "host-" + std::to_string(step)}};
            answers.push_back({about, known[random(4)]});
            seconds life = config.name_life;
            if (answers.back().known.state == NameState::nxdomain) {
                life = config.nxdomain_life;
            } else if (answers.back().known.state == NameState::unreach) {
                life = failure_life.contains(about) ? std::min<seconds>(2 * failure_life[about], hours(24)) : hours(1);
            }
            failure_life.erase(about);
            if (answers.back().known.state == NameState::unreach) {
                failure_life[about] = life;
            }
            expected[about] = {answers.back().known, now + life};
        }
        cache->put(answers, now);
        if (step % 100 == 50) {
            cache.reset();
            cache = std::make_unique<NameCache>(config);
        }
        for (std::uint32_t i = 0; i < 100; ++i) {
            const auto row = expected.find(numbered(i));
            const bool lives = row != expected.end() && row->second.second > now;
            ASSERT_EQ(found(*cache, numbered(i), now), lives ? row->second.first : QuerierName{}) << step << " " << i;
        }
    }
    EXPECT_EQ(cache->size(), expected.size());
}

TEST(NameCache, is_shared_by_two_that_have_it_open) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "names.cache";
    NameCache one(at(path));
    NameCache other(at(path));
    put(one, address("192.0.2.1"), mail, monday);
    put(other, address("192.0.2.2"), none, monday);
    EXPECT_EQ(found(other, address("192.0.2.1"), monday), mail);
    EXPECT_EQ(found(one, address("192.0.2.2"), monday), none);
}

TEST(NameCache, refuses_what_is_no_cache_of_its_own) {
    const test::TemporaryFolder folder;
    const std::string text = folder.write("text", std::vector<std::uint8_t>(5000, 'x'));
    EXPECT_THAT(refusal(text), HasSubstr(text));
    EXPECT_THAT(refusal(text), HasSubstr("is damaged or is none"));
    EXPECT_THAT(refusal(folder.path() / "no" / "folder"), HasSubstr("No such file or directory"));
    EXPECT_THAT(refusal(folder.path()), HasSubstr("cannot be opened"));
    EXPECT_EQ(refusal(folder.write("empty", {})), "") << "a file of no octets is a new one";
}

TEST(NameCache, refuses_a_file_that_is_cut_or_damaged_anywhere_and_leaves_it_as_it_was) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "names.cache";
    {
        NameCache cache(at(path));
        std::vector<NamedQuerier> answers;
        for (std::uint32_t i = 0; i < 3000; ++i) {
            answers.push_back({numbered(i), mail});
        }
        cache.put(answers, monday);
    }
    std::ifstream in(path, std::ios::binary);
    const std::vector<std::uint8_t> whole{std::istreambuf_iterator<char>(in), {}};
    ASSERT_GT(whole.size(), 100'000U);
    std::mt19937 random(1);
    int refused = 0;
    for (int i = 0; i < 60; ++i) {
        std::vector<std::uint8_t> octets = whole;
        if (i % 2 == 0) {
            octets.resize(octets.size() - 4096 * (1 + random() % 20));
        } else {
            const auto at = static_cast<std::ptrdiff_t>(random() % (octets.size() - 4096));
            std::fill_n(octets.begin() + at, 4096, static_cast<std::uint8_t>(random()));
        }
        const std::string broken = folder.write("broken.cache", octets);
        const std::string why = refusal(broken);
        std::ifstream again(broken, std::ios::binary);
        const std::vector<std::uint8_t> left{std::istreambuf_iterator<char>(again), {}};
        EXPECT_EQ(why.empty() || left == octets, true) << why;
        refused += why.empty() ? 0 : 1;
    }
    EXPECT_EQ(refused, 60);
}

TEST(NameCache, keeps_what_it_has_where_the_file_cannot_grow) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "names.cache";
    NameCache cache(at(path));
    put(cache, address("192.0.2.1"), mail, monday);
    std::vector<NamedQuerier> answers;
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        answers.push_back({numbered(i), mail});
    }
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 1U << 20U, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    EXPECT_THROW(cache.put(answers, monday), std::runtime_error);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(cache.size(), 1U);
    EXPECT_EQ(found(cache, address("192.0.2.1"), monday), mail);
    cache.put(answers, monday);
    EXPECT_EQ(cache.size(), 50'001U);
}

TEST(NameCache, keeps_no_name_that_is_not_one_word) {
    NameCache cache(NameCacheConfig{});
    for (const std::string& name : {std::string("two words"), std::string("line\nfeed"), std::string("\0", 1),
                                    std::string(), std::string(1021, 'x'), std::string("\xc3\xa4")}) {
        put(cache, address("192.0.2.1"), {NameState::name, name}, monday);
        EXPECT_EQ(cache.size(), 0U) << name;
    }
}

}  // namespace
}  // namespace echotap
