// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/name_matcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "analytics/names/name_encoding.hpp"
#include "benchmarks/name_grammar.hpp"
#include "tests/real/real_folder.hpp"
#include "tests/reference/name_category_reference.hpp"

namespace echotap {
namespace {

std::shared_ptr<const NameMatcher> default_matcher() {
    static const auto matcher = std::make_shared<const NameMatcher>(name_rules_of(read_name_rule_file("")));
    return matcher;
}

std::shared_ptr<const NameMatcher> matcher_of(std::string_view text) {
    return std::make_shared<const NameMatcher>(name_rules_of(parse_name_rule_file(text, "rules")));
}

const reference::NameReference& default_reference() {
    static const reference::NameReference reference(read_name_rule_file(""));
    return reference;
}

std::optional<IpAddress> address_of(std::string_view text) {
    return text.empty() ? std::nullopt : IpAddress::parse(text);
}

struct Row {
    std::string_view name;
    std::string_view address;
    std::string_view category;
};

/// The product and the reference on each row.
void check(std::span<const Row> rows) {
    NameScanner scanner(default_matcher());
    for (const Row& row : rows) {
        // At its exact size on the heap, so that ASan sees a read too far.
        const std::vector<char> name(row.name.begin(), row.name.end());
        const auto address = address_of(row.address);
        const NameVerdict verdict = scanner.scan({{name.data(), name.size()}, address});
        EXPECT_EQ(text_of(verdict.category), row.category) << row.name << " " << row.address;
        EXPECT_EQ(text_of(default_reference().category(row.name, address).category), row.category)
            << "the reference: " << row.name << " " << row.address;
    }
}

TEST(NameMatcher, gives_the_printed_examples_and_the_recommended_readings) {
    const Row rows[] = {
        // printed in the paper
        {"home1-2-3-4.example.com", "1.2.3.4", "home"},
        {"mail.example.com", "", "mail"},
        {"ns.example.com", "", "ns"},
        {"firewall.example.com", "", "fw"},
        {"spam.example.com", "", "antispam"},
        {"www.example.com", "", "www"},
        {"ntp.example.com", "", "ntp"},
        {"mail.ns.example.com", "", "mail"},
        {"mail-ns.example.com", "", "mail"},
        // readings
        {"ns-mail.example.com", "", "mail"},
        {"ns.mail.example.com", "", "ns"},
        {"mail.google.com", "", "mail"},
        {"pop.example.com", "", "mail"},
        {"pop-1-2-3-4.isp.example", "1.2.3.4", "home"},
        {"mx1.example.com", "", "mail"},
        {"sendgrid7.example.com", "", "mail"},
        {"dns-cache01.example.com", "", "ns"},
        {"host-1-2-3-4.mail.example.com", "1.2.3.4", "home"},
        {"4.3.2.1.pool.example.com", "1.2.3.4", "home"},
        {"ec2-1-2-3-4.compute-1.amazonaws.com", "1.2.3.4", "aws"},
        {"a1-2-3-4.deploy.akamaitechnologies.com", "1.2.3.4", "cdn"},
        {"1-2-3-4.example.net", "1.2.3.4", "other-unclassified"},
        {"resolver1.example.com", "", "ns"},
        {"antispam1.example.com", "", "other-unclassified"},
        {"HOME1-2-3-4.Example.COM", "1.2.3.4", "home"},
    };
    check(rows);
}

TEST(NameMatcher, leaves_public_ends_out) {
    const Row rows[] = {
        {"1-2-3-4.example.net.au", "1.2.3.4", "other-unclassified"},
        {"1-2-3-4.net.example.au", "1.2.3.4", "home"},
        {"gw2.gov.ns.ca", "", "other-unclassified"},
        {"gw2.ns.example.ca", "", "ns"},
        {"mail", "", "other-unclassified"},
        {"mail.", "", "other-unclassified"},
        {"x.mail.pl", "", "other-unclassified"},
        {"mail.x.pl", "", "mail"},
        {"mail.com", "", "mail"},
    };
    check(rows);
}

TEST(NameMatcher, keywords_beat_providers_and_suffixes_end_at_components) {
    const Row rows[] = {
        {"dns1.akamai.net", "", "ns"},
        {"a1.akamai.net", "", "cdn"},
        {"akamai.net", "", "cdn"},
        {"notakamai.net", "", "other-unclassified"},
        {"not-akamai.net", "", "other-unclassified"},
        {"a.2e100.net", "", "other-unclassified"},
        {"akamai.net.example.com", "", "other-unclassified"},
        {"s3.AMAZONAWS.com.cn.", "", "aws"},
        {"waws-prod.cloudapp.net", "", "ms"},
        {"lga25s41-in-f14.1e100.net", "", "google"},
        // by address; the first provider in the paper's order, by name or address
        {"a.example.com", "74.125.1.2", "google"},
        {"a.example.com", "2a00:1450:4000::1", "google"},
        {"a.example.com", "13.95.255.255", "ms"},
        {"a.example.com", "13.96.0.0", "other-unclassified"},
        {"a1.akamai.net", "74.125.1.2", "cdn"},
        {"a.1e100.net", "13.95.255.255", "ms"},
        {"ns1.example.com", "74.125.1.2", "ns"},
    };
    check(rows);
}

TEST(NameMatcher, takes_any_octets) {
    const Row rows[] = {
        {"", "", "other-unclassified"},
        {".", "", "other-unclassified"},
        {"..", "", "other-unclassified"},
        {".mail..example.com", "", "mail"},
        {"\\109ail.example.com", "", "mail"},
        {"\\m\\ail.example.com", "", "mail"},
        {"foo\\.mail.example.com", "", "mail"},
        {"ns.foo\\.mail.example.com", "", "ns"},
        {"a.akamai\\.net", "", "other-unclassified"},
        {"mail\\", "", "other-unclassified"},
        {"mail\\.com", "", "other-unclassified"},
        {"\xffmail\n.example.com", "", "mail"},
        {std::string_view("mail\0.example.com", 17), "", "mail"},
        {" mail .EXAMPLE.NET", "", "mail"},
        {"ma il.example.com", "", "other-unclassified"},
        {"a\nns .example.com", "", "ns"},
        {". akamai .NET\n", "", "other-unclassified"},
        {"mail\\999.example.com", "", "mail"},
    };
    check(rows);
}

TEST(NameMatcher, what_is_longer_than_a_name_is_none) {
    NameScanner scanner(default_matcher());
    const std::string longest = "mail." + std::string(plain_name_max - 5, 'a');
    EXPECT_EQ(scanner.scan({longest, {}}).category, NameCategory::mail);
    EXPECT_EQ(scanner.scan({longest + ".", {}}).category, NameCategory::mail);
    const NameVerdict verdict = scanner.scan({longest + "a", {}});
    EXPECT_EQ(verdict.category, NameCategory::other_unclassified);
    EXPECT_EQ(verdict.reason, NameReason::too_long);
    EXPECT_EQ(scanner.scan({longest + "a", IpAddress::parse("74.125.1.2")}).category, NameCategory::google);
}

TEST(NameMatcher, says_which_component_and_rule_decided) {
    const struct {
        std::string_view name;
        std::string_view address;
        unsigned component;
        std::string_view rule;
    } rows[] = {
        {"a.b.mail-mx.ns.example.com", "", 2, "keyword mail"},      {"sender.example.com", "", 0, "keyword send*"},
        {"4.3.2.1.pool.example.com", "1.2.3.4", 4, "keyword pool"}, {"x.amazonaws.com", "", 0, "suffix amazonaws.com"},
        {"x.example.com", "74.125.1.2", 0, "range 74.125.0.0/16"},  {"x.example.com", "", 0, "no rule"},
    };
    NameScanner scanner(default_matcher());
    for (const auto& row : rows) {
        const NameVerdict verdict = scanner.scan({row.name, address_of(row.address)});
        EXPECT_EQ(verdict.component, row.component) << row.name;
        EXPECT_EQ(default_matcher()->rule_text(verdict), row.rule) << row.name;
    }
}

TEST(NameMatcher, a_querier_without_a_name_may_be_a_provider) {
    const NameMatcher& matcher = *default_matcher();
    EXPECT_EQ(matcher.without_name(NameCategory::nxdomain, {}).category, NameCategory::nxdomain);
    EXPECT_EQ(matcher.without_name(NameCategory::unreach, IpAddress::parse("192.0.2.1")).category,
              NameCategory::unreach);
    EXPECT_EQ(matcher.without_name(NameCategory::unreach, IpAddress::parse("74.125.1.2")).category,
              NameCategory::google);
    std::string text(default_name_rules());
    text.replace(text.find("by_range = true"), 15, "by_range = false");
    EXPECT_EQ(matcher_of(text)->without_name(NameCategory::unreach, IpAddress::parse("74.125.1.2")).category,
              NameCategory::unreach);
}

TEST(NameMatcher, the_rules_hold_the_keywords_of_the_paper_and_no_others) {
    const NameRules& rules = default_matcher()->rules();
    std::size_t count = 0;
    for (const auto& paper : reference::paper_keywords()) {
        for (const std::string& keyword : paper.keywords) {
            ASSERT_LT(count, rules.keywords.size());
            const KeywordRule& rule = rules.keywords[count++];
            EXPECT_EQ(rule.category, paper.category);
            EXPECT_EQ(rule.word + (rule.is_beginning ? "*" : ""), keyword);
        }
    }
    EXPECT_EQ(count, rules.keywords.size());
}

constexpr std::string_view small_rules = R"(
home.keywords = ["q"]
mail.keywords = []
ns.keywords = []
fw.keywords = []
antispam.keywords = []
www.keywords = ["b*"]
ntp.keywords = ["b"]
cdn.suffixes = ["one.example"]
cdn.ranges = []
aws.suffixes = []
aws.ranges = ["192.0.2.0/25"]
ms.suffixes = []
ms.ranges = ["192.0.2.0/24"]
google.suffixes = []
google.ranges = ["192.0.2.128/26"]
nameless.by_range = true
public.second = []
public.others = ["b.one.example"]
)";

TEST(NameMatcher, an_end_of_names_may_lie_inside_of_a_public_one) {
    NameScanner scanner(matcher_of(small_rules));
    for (const std::string_view name : {"one.example", "a.one.example", "b.one.example", "a.b.one.example"}) {
        EXPECT_EQ(scanner.scan({name, {}}).category, NameCategory::cdn) << name;
    }
    EXPECT_EQ(scanner.scan({"b.a.one.example", {}}).category, NameCategory::www);
}

TEST(NameMatcher, where_ranges_overlap_the_first_provider_wins) {
    NameScanner scanner(matcher_of(small_rules));
    EXPECT_EQ(scanner.scan({"x", IpAddress::parse("192.0.2.1")}).category, NameCategory::aws);
    EXPECT_EQ(scanner.scan({"x", IpAddress::parse("192.0.2.129")}).category, NameCategory::ms);
}

TEST(NameMatcher, new_rules_are_a_new_matcher_beside_the_old_one) {
    auto matcher = default_matcher();
    NameScanner before(matcher);
    matcher = matcher_of(small_rules);
    NameScanner after(matcher);
    EXPECT_EQ(before.scan({"mail.b.example.com", {}}).category, NameCategory::mail);
    EXPECT_EQ(after.scan({"mail.b.example.com", {}}).category, NameCategory::www);
    before = std::move(after);
    EXPECT_EQ(before.scan({"mail.b.example.com", {}}).category, NameCategory::www);
}

TEST(NameMatcher, a_matcher_without_words_matches_nothing) {
    std::string text(small_rules);
    for (const std::string word : {"\"q\"", "\"b*\"", "\"b\"", "\"one.example\""}) {
        text.erase(text.find(word), word.size());
    }
    NameScanner scanner(matcher_of(text));
    EXPECT_EQ(scanner.scan({"b.one.example", {}}).category, NameCategory::other_unclassified);
}

/// Compares on `count` generated names; whole batches first, since a batch is what can go wrong in the product.
void agree_on_generated(std::size_t count, std::uint64_t seed, NameManners manners) {
    NameGrammar grammar(seed, manners);
    NameScanner scanner(default_matcher());
    while (count > 0) {
        std::vector<GeneratedName> generated(std::min<std::size_t>(count, 500));
        std::vector<NameToMatch> names;
        for (GeneratedName& one : generated) {
            one = grammar.next();
            names.push_back({one.name, one.address});
        }
        std::vector<NameVerdict> verdicts(names.size());
        scanner.scan(names, verdicts);
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto answer = default_reference().category(names[i].name, names[i].address);
            ASSERT_EQ(text_of(verdicts[i].category), text_of(answer.category))
                << testing::PrintToString(names[i].name) << " "
                << (names[i].address ? names[i].address->to_string() : "-") << " seed " << seed;
            if (answer.component) {
                ASSERT_EQ(verdicts[i].component, *answer.component) << testing::PrintToString(names[i].name);
                ASSERT_EQ(default_matcher()->rule_text(verdicts[i]), "keyword " + answer.rule)
                    << testing::PrintToString(names[i].name);
            }
        }
        count -= names.size();
    }
}

TEST(NameMatcher, agrees_with_the_reference_on_generated_names) {
    const bool is_long = std::getenv("ECHOTAP_LONG") != nullptr;
    agree_on_generated(is_long ? 1'000'000 : 3'000, 1, NameManners::plausible);
    agree_on_generated(is_long ? 1'000'000 : 3'000, 2, NameManners::hostile);
}

TEST(NameMatcher, agrees_with_the_reference_on_real_names) {
    std::ifstream lines(test::real_folder() / "names" / "names.tsv");
    if (!lines) {
        GTEST_SKIP() << "no real names in " << test::real_folder() << "; tests/real/README.md says where they go";
    }
    NameScanner scanner(default_matcher());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string name;
        std::string address;
        std::getline(fields, name, '\t');
        std::getline(fields, address, '\t');
        // Each name with its own address, and with one that has nothing to do with it.
        for (const auto& querier : {address_of(address), IpAddress::parse("74.125.1.2")}) {
            const NameVerdict verdict = scanner.scan({name, querier});
            ASSERT_EQ(text_of(verdict.category), text_of(default_reference().category(name, querier).category))
                << name << " " << address;
        }
        ++count;
    }
    EXPECT_GT(count, 10'000U);
}

}  // namespace
}  // namespace echotap
