// SPDX-License-Identifier: Apache-2.0
#include "dataplane/reverse_name.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/reference/reverse_name_reference.hpp"

namespace echotap {
namespace {

using Labels = std::vector<std::string>;

Labels split(const std::string& name) {
    Labels labels{""};
    for (const char letter : name) {
        if (letter == '.') {
            labels.emplace_back();
        } else {
            labels.back().push_back(letter);
        }
    }
    return labels;
}

/// At its exact size on the heap, so that a read too far is seen.
std::vector<std::uint8_t> wire(const Labels& labels) {
    std::vector<std::uint8_t> octets;
    for (const std::string& label : labels) {
        octets.push_back(static_cast<std::uint8_t>(label.size()));
        octets.insert(octets.end(), label.begin(), label.end());
    }
    octets.push_back(0);
    octets.shrink_to_fit();
    return octets;
}

std::string nibbles(std::size_t count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) {
        name += "0123456789abcdef"[(count - 1 - i) % 16];
        name += '.';
    }
    return name + "ip6.arpa";
}

struct Row {
    std::string name;
    Drop drop;
    std::string answer;  // address, or prefix of a shorter name
};

const std::vector<Row> rows = {
    {"4.3.2.1.in-addr.arpa", Drop::none, "1.2.3.4"},
    {"4.3.2.1.IN-aDDr.ArPA", Drop::none, "1.2.3.4"},
    {"255.255.255.255.in-addr.arpa", Drop::none, "255.255.255.255"},
    {"0.0.0.0.in-addr.arpa", Drop::none, "0.0.0.0"},
    {nibbles(32), Drop::none, "123:4567:89ab:cdef:123:4567:89ab:cdef"},
    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.IP6.ARPA", Drop::none, "2001:db8::1"},
    {"3.2.1.in-addr.arpa", Drop::none, "1.2.3.0/24"},
    {"2.1.in-addr.arpa", Drop::none, "1.2.0.0/16"},
    {"1.in-addr.arpa", Drop::none, "1.0.0.0/8"},
    {"_.2.1.in-addr.arpa", Drop::none, "1.2.0.0/16"},
    {"8.b.d.0.1.0.0.2.ip6.arpa", Drop::none, "2001:db8::/32"},
    {"_.8.b.d.0.1.0.0.2.ip6.arpa", Drop::none, "2001:db8::/32"},
    {nibbles(31), Drop::none, "123:4567:89ab:cdef:123:4567:89ab:cde0/124"},
    {"in-addr.arpa", Drop::reverse_apex, ""},
    {"_.in-addr.arpa", Drop::reverse_apex, ""},
    {"ip6.arpa", Drop::reverse_apex, ""},
    {"arpa", Drop::name_not_reverse, ""},
    {"", Drop::name_not_reverse, ""},
    {"example.com", Drop::name_not_reverse, ""},
    {"4.3.2.1.in-addr.arpa.example.com", Drop::name_not_reverse, ""},
    {"1.2.3.4.in-addr.arp", Drop::name_not_reverse, ""},
    {"4.3.2.1.xin-addr.arpa", Drop::name_not_reverse, ""},
    {"e164.arpa", Drop::name_not_reverse, ""},
    {"f.f.f.0.1.ip6.int", Drop::name_not_reverse, ""},
    {"4.3.2.256.in-addr.arpa", Drop::reverse_octet, ""},
    {"04.3.2.1.in-addr.arpa", Drop::reverse_octet, ""},
    {"4.3.2.001.in-addr.arpa", Drop::reverse_octet, ""},
    {"4.3.2.1000.in-addr.arpa", Drop::reverse_octet, ""},
    {"5.4.3.2.1.in-addr.arpa", Drop::reverse_longer, ""},
    {"_.4.3.2.1.in-addr.arpa", Drop::reverse_longer, ""},
    {"host.4.3.2.1.in-addr.arpa", Drop::reverse_longer, ""},
    {"lb._dns-sd._udp.0.1.168.192.in-addr.arpa", Drop::reverse_service, ""},
    {"b._dns-sd._udp.1.168.192.in-addr.arpa", Drop::reverse_service, ""},
    {"7.0/25.2.0.192.in-addr.arpa", Drop::reverse_classless, ""},
    {"0/25.2.0.192.in-addr.arpa", Drop::reverse_classless, ""},
    {"7.0-127.2.0.192.in-addr.arpa", Drop::reverse_classless, ""},
    {"www.2.1.in-addr.arpa", Drop::reverse_label, ""},
    {"4.3.x.1.in-addr.arpa", Drop::reverse_label, ""},
    {"-1.3.2.1.in-addr.arpa", Drop::reverse_label, ""},
    {"10.0.0.ip6.arpa", Drop::reverse_nibble, ""},
    {"g.0.0.2.ip6.arpa", Drop::reverse_nibble, ""},
    {"0." + nibbles(32), Drop::reverse_longer, ""},
    {"_dns." + nibbles(32), Drop::reverse_service, ""},
};

TEST(ReverseName, is_what_the_table_says) {
    for (const Row& row : rows) {
        const auto name = wire(row.name.empty() ? Labels{} : split(row.name));
        ReverseName reverse;
        const Drop drop = parse_reverse_name(name, reverse);
        ASSERT_EQ(info(drop).name, info(row.drop).name) << row.name;
        if (drop == Drop::none) {
            EXPECT_EQ(reverse.is_full ? reverse.address.to_string() : reverse.prefix().to_string(), row.answer)
                << row.name;
        }
    }
}

TEST(ReverseName, is_not_fooled_by_a_suffix_inside_a_label) {
    const auto name = wire({"1",
                            "x\x07"
                            "in-addr\x04"
                            "arpa"});
    ReverseName reverse;
    EXPECT_EQ(parse_reverse_name(name, reverse), Drop::name_not_reverse);
}

void expect_agreement(const Labels& labels) {
    const auto name = wire(labels);
    if (name.size() > 255) {
        return;
    }
    ReverseName reverse;
    const Drop drop = parse_reverse_name(name, reverse);
    const reference::ReverseName expected = reference::parse_reverse_name(labels);
    std::string shown;
    for (const std::string& label : labels) {
        shown += "[" + label + "]";
    }
    ASSERT_EQ(info(drop).name, info(expected.drop).name) << shown;
    if (drop == Drop::none) {
        ASSERT_EQ(reverse.address, expected.address) << shown;
        ASSERT_EQ(reverse.depth, expected.depth) << shown;
        ASSERT_EQ(reverse.is_full, expected.is_full) << shown;
        ASSERT_EQ(reverse.is_v6, expected.is_v6) << shown;
    }
}

TEST(ReverseName, agrees_with_the_reference_on_every_label_of_up_to_three_digits_and_their_neighbours) {
    std::vector<std::string> labels;
    const std::string letters = "/0123456789:";  // what stands before '0' and behind '9' too
    for (const char a : letters) {
        labels.push_back({a});
        for (const char b : letters) {
            labels.push_back({a, b});
            for (const char c : letters) {
                labels.push_back({a, b, c});
            }
        }
    }
    for (const std::string& label : labels) {
        for (std::size_t place = 0; place < 4; ++place) {
            Labels name{"9", "25", "250", "1", "in-addr", "arpa"};
            name[place] = label;
            expect_agreement(name);
        }
    }
}

TEST(ReverseName, agrees_with_the_reference_on_random_names) {
    std::mt19937 random(11);
    const Labels odd = {"_",   "_udp", "0/25", "0-127", "a", "F",  "x",  "01",
                        "256", "999",  "1000", "-",     "/", "_x", "00", "ip6"};
    for (int round = 0; round < 200000; ++round) {
        const bool v4 = random() % 2 == 0;
        Labels labels;
        const std::size_t count = v4 ? random() % 7 : random() % 3 == 0 ? random() % 36 : 32;
        for (std::size_t i = 0; i < count; ++i) {
            const bool strange = random() % (v4 ? 8 : 60) == 0;
            labels.push_back(strange ? odd[random() % odd.size()]
                             : v4    ? std::to_string(random() % 256)
                                     : std::string(1, "0123456789abcdefABCDEF"[random() % 22]));
        }
        labels.push_back(v4 ? "in-addr" : "ip6");
        labels.push_back("arpa");
        for (std::size_t i = labels.size() - 2; i < labels.size(); ++i) {
            for (char& letter : labels[i]) {
                letter = letter >= 'a' && random() % 4 == 0 ? static_cast<char>(letter - 'a' + 'A') : letter;
            }
        }
        if (random() % 16 == 0) {  // one octet is something else, as in a damaged name
            std::string& label = labels[random() % labels.size()];
            label[random() % label.size()] = static_cast<char>(random() % 256);
        }
        expect_agreement(labels);
    }
}

}  // namespace
}  // namespace echotap
