// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/query_names.hpp"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace echotap {

namespace {

using namespace std::string_view_literals;

// The first ones exist, the later ones leak from private networks: about as root servers see them.
constexpr std::array top_level_labels{
    "com"sv, "com"sv, "com"sv, "net"sv,   "net"sv,  "org"sv,      "de"sv,   "uk"sv,  "cn"sv,   "ru"sv,
    "br"sv,  "jp"sv,  "fr"sv,  "info"sv,  "io"sv,   "edu"sv,      "gov"sv,  "in"sv,  "nl"sv,   "au"sv,
    "app"sv, "dev"sv, "xyz"sv, "local"sv, "home"sv, "internal"sv, "corp"sv, "lan"sv, "dhcp"sv, "localdomain"sv,
};

constexpr std::array first_labels{
    "www"sv, "mail"sv, "ns1"sv, "ns2"sv, "api"sv, "cdn"sv, "img"sv, "static"sv, "_dmarc"sv, "_ldap"sv, "imap"sv, "m"sv,
};

constexpr std::array syllables{
    "ba"sv, "co"sv, "da"sv, "fi"sv, "go"sv, "ka"sv, "lo"sv,  "me"sv,  "net"sv, "ori"sv, "pa"sv,  "re"sv,
    "sa"sv, "te"sv, "va"sv, "xi"sv, "zo"sv, "st"sv, "ing"sv, "web"sv, "7"sv,   "-"sv,   "tra"sv, "mon"sv,
};

std::string made_up_label(Random& random) {
    std::string label;
    const std::uint32_t parts = random.chance(300) ? 8 + random.below(6) : 1 + random.below(4);
    for (std::uint32_t i = 0; i < parts; ++i) {
        label += syllables[random.below(syllables.size())];
    }
    // A hyphen at either end is no host name, and an empty one no label.
    return "q" + label + "a";
}

QueryName made_up_name(Random& random) {
    QueryName name;
    const std::uint32_t kind = random.below(100);
    const unsigned labels = kind < 6 ? 1 : kind < 51 ? 2 : kind < 90 ? 3 : 4;
    for (unsigned label = 1; label < labels; ++label) {
        if (label == 1 && labels > 2 && random.chance(5000)) {
            name.append(first_labels[random.below(first_labels.size())]);
        } else {
            name.append(made_up_label(random));
        }
    }
    name.append(top_level_labels[random.below(top_level_labels.size())]);
    name.finish();
    return name;
}

void append_number(QueryName& name, unsigned number) {
    std::array<char, 3> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    name.append({text.data(), static_cast<std::size_t>(end - text.data())});
}

// The labels of an address from the `labels`-th one off the apex down to the apex.
void append_reverse(QueryName& name, const IpAddress& address, unsigned labels) {
    const auto& octets = address.octets();
    if (address.is_v4()) {
        for (unsigned label = labels; label > 0; --label) {
            append_number(name, octets[11U + label]);
        }
        name.append("in-addr");
    } else {
        for (unsigned label = labels; label > 0; --label) {
            const unsigned octet = octets[(label - 1) / 2];
            const unsigned nibble = label % 2 == 1 ? octet >> 4U : octet & 0xfU;
            name.append("0123456789abcdef"sv.substr(nibble, 1));
        }
        name.append("ip6");
    }
    name.append("arpa");
    name.finish();
}

}  // namespace

void QueryName::append(std::string_view label) {
    octets[size++] = static_cast<std::uint8_t>(label.size());
    for (const char letter : label) {
        octets[size++] = static_cast<std::uint8_t>(letter);
    }
}

QueryName reverse_name(const IpAddress& address) {
    QueryName name;
    append_reverse(name, address, address.is_v4() ? 4 : 32);
    return name;
}

QueryName minimised_name(const IpAddress& address, unsigned labels, bool underscore) {
    QueryName name;
    if (underscore) {
        name.append("_");
    }
    append_reverse(name, address, labels);
    return name;
}

QueryName service_name(const IpAddress& address) {
    QueryName name;
    name.append("lb");
    name.append("_dns-sd");
    name.append("_udp");
    append_reverse(name, address, 4);
    return name;
}

void mix_case(QueryName& name, Random& random) {
    std::size_t label = 0;
    while (name.octets[label] != 0) {
        const std::size_t next = label + 1 + name.octets[label];
        for (std::size_t i = label + 1; i < next; ++i) {
            const std::uint8_t letter = name.octets[i];
            if (letter >= 'a' && letter <= 'z' && random.chance(5000)) {
                name.octets[i] = static_cast<std::uint8_t>(letter - 'a' + 'A');
            }
        }
        label = next;
    }
}

NamePool::NamePool(Random& random) {
    names_.reserve(pool_size);
    for (std::uint32_t i = 0; i < pool_size; ++i) {
        names_.push_back(made_up_name(random));
    }
}

}  // namespace echotap
