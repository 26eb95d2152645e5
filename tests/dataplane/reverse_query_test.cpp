// SPDX-License-Identifier: Apache-2.0
#include "dataplane/reverse_query.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace echotap {
namespace {

struct Collected {
    std::vector<ReverseQuery> reverse;
    std::vector<MinimisedQuery> minimised;
    void operator()(const ReverseQuery& query) { reverse.push_back(query); }
    void operator()(const MinimisedQuery& query) { minimised.push_back(query); }
};

IpAddress address(const char* text) {
    return *IpAddress::parse(text);
}

const std::vector<std::uint8_t> full_name{1,   '4', 1,   '3', 1,   '2', 1,   '1', 7,   'i', 'n',
                                          '-', 'a', 'd', 'd', 'r', 4,   'a', 'r', 'p', 'a', 0};
const std::vector<std::uint8_t> short_name(full_name.begin() + 4, full_name.end());

Message standard_query() {
    Message message;
    message.envelope = {.time = Timestamp(std::chrono::seconds(7)),
                        .source = address("192.0.2.1"),
                        .destination = address("198.51.100.53"),
                        .source_port = 4242,
                        .destination_port = 53};
    message.question_count = 1;
    message.question = {.name = full_name, .type = 12, .qclass = 1};
    return message;
}

Ledger select(const Message& message, const LineConfig& config, Collected& found) {
    Ledger ledger;
    ledger.enter(Stage::message);
    ReverseSelector(config).select(message, ledger, found);
    EXPECT_EQ(ledger.held(Stage::message), 0);
    EXPECT_EQ(ledger.held(Stage::query), 0);
    return ledger;
}

TEST(ReverseSelector, finds_originator_querier_and_authority) {
    Collected found;
    select(standard_query(), {}, found);
    ASSERT_EQ(found.reverse.size(), 1U);
    EXPECT_EQ(found.reverse[0].originator, address("1.2.3.4"));
    EXPECT_EQ(found.reverse[0].querier, address("192.0.2.1"));
    EXPECT_EQ(found.reverse[0].authority, address("198.51.100.53"));
    EXPECT_EQ(found.reverse[0].time, Timestamp(std::chrono::seconds(7)));
}

TEST(ReverseSelector, hands_on_shorter_names_of_any_type_as_minimised) {
    for (const std::uint16_t type : std::initializer_list<std::uint16_t>{1, 2, 12, 255}) {
        Message message = standard_query();
        message.question = {.name = short_name, .type = type, .qclass = 1};
        Collected found;
        const Ledger ledger = select(message, {}, found);
        ASSERT_EQ(found.minimised.size(), 1U);
        EXPECT_EQ(found.minimised[0].prefix.to_string(), "1.2.0.0/16");
        EXPECT_EQ(found.minimised[0].depth, 2);
        EXPECT_EQ(ledger.minimised, 1U);
    }
}

TEST(ReverseSelector, drops_by_name_what_is_no_reverse_query) {
    const struct {
        Drop drop;
        void (*change)(Message&);
    } rows[] = {
        {Drop::response, [](Message& m) { m.flags = 0x8180; }},
        {Drop::opcode_other, [](Message& m) { m.flags = 0x2000; }},
        {Drop::question_none, [](Message& m) { m.question_count = 0; }},
        {Drop::class_other, [](Message& m) { m.question.qclass = 3; }},
        {Drop::class_other, [](Message& m) { m.question.qclass = 255; }},
        {Drop::port_other, [](Message& m) { m.envelope.destination_port = 5353; }},
        {Drop::reverse_type_other, [](Message& m) { m.question.type = 1; }},
        {Drop::reverse_apex, [](Message& m) { m.question.name = m.question.name.subspan(8); }},
    };
    for (const auto& row : rows) {
        Message message = standard_query();
        row.change(message);
        Collected found;
        const Ledger ledger = select(message, {}, found);
        EXPECT_EQ(ledger.drops[static_cast<std::size_t>(row.drop)], 1U) << info(row.drop).name;
        EXPECT_TRUE(found.reverse.empty() && found.minimised.empty()) << info(row.drop).name;
    }
}

TEST(ReverseSelector, does_not_count_what_our_own_resolver_asks) {
    LineConfig config;
    config.own_resolver_addresses = {address("2001:db8::53"), address("192.0.2.1")};
    for (const auto& name : {full_name, short_name}) {
        Message message = standard_query();
        message.question.name = name;
        Collected found;
        const Ledger ledger = select(message, config, found);
        EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::own_resolver)], 1U);
        EXPECT_TRUE(found.reverse.empty() && found.minimised.empty());

        message.envelope.source = address("192.0.2.2");
        EXPECT_EQ(select(message, config, found).drops[static_cast<std::size_t>(Drop::own_resolver)], 0U);
        EXPECT_EQ(found.reverse.size() + found.minimised.size(), 1U);
    }
}

TEST(ReverseSelector, gives_each_configured_authority_a_view_and_the_longest_prefix_wins) {
    LineConfig config;
    config.authorities = {*Prefix::parse("198.51.0.0/16"), *Prefix::parse("198.51.100.0/24"),
                          *Prefix::parse("2001:db8::/32")};
    Message message = standard_query();
    Collected found;
    select(message, config, found);
    ASSERT_EQ(found.reverse.size(), 1U);
    EXPECT_EQ(found.reverse[0].view, 1);

    message.envelope.destination = address("203.0.113.1");
    const Ledger ledger = select(message, config, found);
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::authority_other)], 1U);
    EXPECT_EQ(found.reverse.size(), 1U);
}

}  // namespace
}  // namespace echotap
