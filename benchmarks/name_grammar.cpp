// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/name_grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace echotap {

namespace {

// The paper's keywords, words near them, and words that have nothing to do with them.
constexpr const char* words[] = {
    "home",   "host",   "ip",       "net",     "pool",   "pop",      "dsl",    "adsl",      "dynamic", "dyn",
    "user",   "ap",     "cable",    "cpe",     "fiber",  "customer", "flets",  "retail",    "mail",    "mx",
    "smtp",   "post",   "postfix",  "correo",  "poczta", "send",     "sender", "resend",    "lists",   "newsletter",
    "zimbra", "mta",    "imap",     "webmail", "cns",    "dns",      "ns",     "cache",     "resolv",  "resolver",
    "name",   "server", "firewall", "wall",    "fw",     "ironport", "spam",   "antispam",  "www",     "ntp",
    "static", "gw",     "router",   "core",    "ship",   "apple",    "client", "broadband", "res",     "vps",
    "srv",    "a",      "x",        "unused",  "cust",   "wall-e",   "time",   "c",         "cafe",    "db",
};

constexpr const char* registered[] = {
    "example.com",
    "example.net",
    "isp.example",
    "example.co.uk",
    "example.net.au",
    "example.ne.jp",
    "example.org",
    "example.de",
    "example.ns.ca",
    "example.net.br",
    "example.mail.pl",
    "net.de",
    "name.tr",
    "in-addr.arpa",
    "mx",
    "example.it",
    "t-ipconnect.example",
    "ap.it",
    "googlemail.example",
    "dynamic.example.net",
    "amazonaws.com",
    "compute-1.amazonaws.com",
    "compute.amazonaws.com.cn",
    "deploy.akamaitechnologies.com",
    "1e100.net",
    "google.com",
    "cloudapp.net",
    "llnw.net",
    "akamai.net.example.com",
};

constexpr const char* separators[] = {"-", ".", "_", "", "x", "--"};

/// `name` with `text` put in at `at`. (g++ 12 gives a false -Wrestrict on std::string::insert.)
std::string with(std::string_view name, std::size_t at, std::string_view text) {
    return fmt::format("{}{}{}", name.substr(0, at), text, name.substr(at));
}

}  // namespace

IpAddress NameGrammar::address() {
    std::array<std::uint8_t, 16> octets{};
    if (random_.chance(500)) {
        octets = {0x20, 0x01, 0x0d, 0xb8};
        for (std::size_t i = 4; i < 16; ++i) {
            octets[i] = random_.chance(4'000) ? 0 : static_cast<std::uint8_t>(random_.below(256));
        }
        return IpAddress::from_v6(octets.data());
    }
    if (random_.chance(300)) {
        return *IpAddress::parse(random_.chance(5'000) ? "74.125.20.5" : "13.66.1.2");
    }
    for (std::size_t i = 0; i < 4; ++i) {
        octets[i] = static_cast<std::uint8_t>(random_.below(random_.chance(3'000) ? 12 : 256));
    }
    return IpAddress::from_v4(octets.data());
}

std::string NameGrammar::number() {
    return fmt::format("{}", random_.below(random_.chance(7'000) ? 20 : 4000));
}

std::string NameGrammar::digits_v4(const IpAddress& address) {
    std::array<unsigned, 4> octets{};
    std::copy(address.octets().begin() + 12, address.octets().end(), octets.begin());
    if (random_.chance(3'000)) {
        std::reverse(octets.begin(), octets.end());
    }
    if (random_.chance(500)) {
        return fmt::format("{:02x}{:02x}{:02x}{:02x}", octets[0], octets[1], octets[2], octets[3]);
    }
    const std::string separator = random_.chance(7'000) ? "-" : one_of(separators);
    const bool is_padded = random_.chance(1'000);
    const std::size_t first = random_.below(random_.chance(8'000) ? 1 : 4);
    const std::size_t end =
        random_.chance(8'000) ? 4 : first + random_.below(static_cast<std::uint32_t>(4 - first)) + 1;
    std::string text;
    for (std::size_t i = first; i < end; ++i) {
        text += i == first ? "" : separator;
        text += is_padded ? fmt::format("{:03}", octets[i]) : fmt::format("{}", octets[i]);
    }
    return text;
}

std::string NameGrammar::digits_v6(const IpAddress& address) {
    std::string text;
    const std::string separator = one_of(separators);
    const std::uint32_t form = random_.below(3);
    const std::size_t first = 2 * random_.below(6);
    for (std::size_t i = first; i + 1 < 16; i += 2) {
        const unsigned group = address.octets()[i] * 256U + address.octets()[i + 1];
        text += i == first ? "" : separator;
        if (form == 0) {
            text += fmt::format("{:x}", group);
        } else if (form == 1) {
            text += fmt::format("{:04x}", group);
        } else {
            text += fmt::format("{1:x}{0}{2:x}{0}{3:x}{0}{4:x}", separator, group >> 12U, (group >> 8U) & 15U,
                                (group >> 4U) & 15U, group & 15U);
        }
    }
    if (random_.chance(3'000)) {
        std::reverse(text.begin(), text.end());
    }
    return text;
}

std::string NameGrammar::digits(const IpAddress& address) {
    return address.is_v4() ? digits_v4(address) : digits_v6(address);
}

std::string NameGrammar::word() {
    return one_of(words);
}

std::string NameGrammar::domain() {
    return one_of(registered);
}

void NameGrammar::spoil(std::string& name) {
    for (std::uint32_t changes = random_.below(5); changes > 0; --changes) {
        const std::size_t at = random_.below(static_cast<std::uint32_t>(name.size() + 1));
        switch (random_.below(8)) {
            case 0:
                name = with(name, at, std::string(1, static_cast<char>(random_.below(256))));
                break;
            case 1:
                name.erase(at, 1);
                break;
            case 2:
                name = with(name, at, ".");
                break;
            case 3:
                name = with(name, at, fmt::format("\\{:03}", random_.below(300)));
                break;
            case 4:
                name = with(name, at, "\\");
                break;
            case 5:
                name.append(".");
                break;
            case 6:
                name = with(name, at, std::string(random_.below(280), random_.chance(5'000) ? 'm' : '.'));
                break;
            default:
                std::transform(name.begin(), name.end(), name.begin(), [](char octet) {
                    return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet - 'a' + 'A') : octet;
                });
        }
    }
}

GeneratedName NameGrammar::next() {
    const IpAddress address = this->address();
    std::string name;
    switch (random_.below(8)) {
        case 0:
        case 1:
            name = fmt::format("{}{}{}", word(), random_.chance(5'000) ? "-" : "", digits(address));
            break;
        case 2:
            name = fmt::format("{}.{}", digits(address), word());
            break;
        case 3:
            name = fmt::format("{}{}.{}", word(), number(), word());
            break;
        case 4:
            name = fmt::format("{}-{}{}", word(), word(), number());
            break;
        case 5:
            name = fmt::format("{}-{}.{}.{}", digits(address), word(), word(), word());
            break;
        case 6:
            name = word();
            break;
        default:
            name = fmt::format("{}{}", word(), number());
    }
    name = fmt::format("{}.{}", name, domain());
    if (manners_ == NameManners::hostile) {
        spoil(name);
    }
    return {name, random_.chance(9'500) ? std::optional(address) : std::nullopt};
}

}  // namespace echotap
