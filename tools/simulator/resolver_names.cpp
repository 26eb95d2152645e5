// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/resolver_names.hpp"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>

#include "dataplane/state/state_query.hpp"
#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

using Words = std::span<const std::string_view>;

template <std::size_t size>
std::string_view pick(Random& random, const std::array<std::string_view, size>& words) {
    return words[random.below(size)];
}

// In each pair the first list has keywords of the paper, the second what people write as well.
constexpr std::array<std::string_view, 14> home_keywords{"cable", "cpe",   "customer", "dsl",  "dynamic",
                                                         "fiber", "flets", "home",     "host", "ip",
                                                         "pool",  "pop",   "retail",   "user"};
constexpr std::array<std::string_view, 16> home_others{"adsl",   "dyn",    "static",  "dialup", "ppp",  "dhcp",
                                                       "kunde",  "abonne", "cliente", "vdsl",   "ftth", "broadband",
                                                       "mobile", "lte",    "wifi",    "bb"};
constexpr std::array<std::string_view, 13> mail_keywords{"mail",   "mx",     "smtp",    "post",       "correo",
                                                         "poczta", "sender", "lists",   "newsletter", "zimbra",
                                                         "mta",    "imap",   "sendgrid"};
constexpr std::array<std::string_view, 12> mail_others{"relay", "mailout",  "mailgw", "webmail", "correio", "posta",
                                                       "exch",  "outbound", "msg",    "hermes",  "o",       "mgw"};
constexpr std::array<std::string_view, 6> ns_keywords{"ns", "dns", "cns", "cache", "resolv", "name"};
constexpr std::array<std::string_view, 10> ns_others{"rec",     "nscache", "pdns", "adns",       "recursor",
                                                     "unbound", "auth",    "bind", "nameserver", "rdns"};
constexpr std::array<std::string_view, 3> fw_keywords{"fw", "firewall", "wall"};
constexpr std::array<std::string_view, 7> fw_others{"gw", "asa", "pix", "utm", "nat", "proxy", "edge"};
constexpr std::array<std::string_view, 2> antispam_keywords{"ironport", "spam"};
constexpr std::array<std::string_view, 4> antispam_others{"antispam", "barracuda", "esa", "filter"};
constexpr std::array<std::string_view, 1> www_keywords{"www"};
constexpr std::array<std::string_view, 4> www_others{"web", "site", "shop", "portal"};
constexpr std::array<std::string_view, 1> ntp_keywords{"ntp"};
constexpr std::array<std::string_view, 3> ntp_others{"time", "clock", "stratum"};
constexpr std::array<std::string_view, 22> other_words{
    "srv",   "server", "vps",   "node",   "static", "rev",  "box",  "shipping", "apple",  "snap",  "trip",
    "alpha", "core",   "atlas", "hermit", "kvm",    "unit", "zeus", "office",   "backup", "build", "lab"};
constexpr std::array<std::string_view, 24> syllables{"ne",  "to", "ra", "vi", "com", "tel", "ka",  "lu",
                                                     "mo",  "da", "fi", "ze", "be",  "ron", "sta", "ing",
                                                     "ber", "li", "ox", "an", "ter", "sol", "gra", "ma"};
// A few providers have a keyword in their own name.
constexpr std::array<std::string_view, 8> company_words{"mail", "dns",   "cache", "hosting",
                                                        "post", "cable", "fiber", "home"};
constexpr std::array<std::string_view, 10> city_codes{"lon", "nyc", "tyo", "fra", "par",
                                                      "mil", "sao", "sin", "waw", "mad"};
constexpr std::array<std::string_view, 4> cdn_suffixes{"deploy.static.akamaitechnologies.com", "edgecastcdn.net",
                                                       "cdngc.net", "llnw.net"};

/// The address in digits, as providers write it.
std::string digits(Random& random, const IpAddress& address) {
    if (!address.is_v4()) {
        const auto& octets = address.octets();
        return fmt::format("{:02x}{:02x}-{:02x}{:02x}", octets[12], octets[13], octets[14], octets[15]);
    }
    const std::uint8_t* o = address.octets().data() + 12;
    switch (random.below(6)) {
        case 0:
            return fmt::format("{}-{}-{}-{}", o[3], o[2], o[1], o[0]);
        case 1:
            return fmt::format("{}.{}.{}.{}", o[3], o[2], o[1], o[0]);
        case 2:
            return fmt::format("{:02x}{:02x}{:02x}{:02x}", o[0], o[1], o[2], o[3]);
        case 3:
            return fmt::format("{:03}-{:03}-{:03}-{:03}", o[0], o[1], o[2], o[3]);
        default:
            return fmt::format("{}-{}-{}-{}", o[0], o[1], o[2], o[3]);
    }
}

/// A word, often with a number: mx3, ns-lon, relay01.
std::string numbered(Random& random, std::string_view word) {
    switch (random.below(6)) {
        case 0:
            return std::string(word);
        case 1:
            return fmt::format("{}-{}", word, pick(random, city_codes));
        case 2:
            return fmt::format("{}{:02}", word, 1 + random.below(20));
        case 3:
            return fmt::format("{}.{}", word, pick(random, city_codes));
        default:
            return fmt::format("{}{}", word, 1 + random.below(9));
    }
}

template <std::size_t keywords, std::size_t others>
std::string word_of(Random& random, double keyword_share, const std::array<std::string_view, keywords>& told,
                    const std::array<std::string_view, others>& untold) {
    return numbered(random, uniform(random) < keyword_share ? pick(random, told) : pick(random, untold));
}

}  // namespace

/// A provider's domain: of its AS, its country and the world's grammar.
std::string ResolverNames::domain(std::uint32_t as_number, std::uint16_t country) const {
    Random random = random_of(config_.grammar, seeds::provider_name, as_number);
    std::string name;
    const std::uint32_t parts = 2 + random.below(2);
    for (std::uint32_t i = 0; i < parts; ++i) {
        name += pick(random, syllables);
    }
    if (random.chance(600)) {
        name = fmt::format("{}-{}", name, pick(random, company_words));
    }
    if (random.chance(5500)) {
        return fmt::format("{}.{}", name, random.chance(6000) ? "net" : "com");
    }
    const std::string_view code = networks_.countries()[country].text();
    return fmt::format("{}.{}{}", name, static_cast<char>(code[0] - 'A' + 'a'), static_cast<char>(code[1] - 'A' + 'a'));
}

std::string ResolverNames::host(Random& random, QuerierRole role, const IpAddress& address) const {
    const double told = config_.keyword_share;
    switch (role) {
        case QuerierRole::home: {
            const std::string_view word =
                uniform(random) < told ? pick(random, home_keywords) : pick(random, home_others);
            const std::string number = digits(random, address);
            return random.chance(3500) ? fmt::format("{}.{}", number, word) : fmt::format("{}-{}", word, number);
        }
        case QuerierRole::mail:
            return word_of(random, told, mail_keywords, mail_others);
        case QuerierRole::ns:
            return word_of(random, told, ns_keywords, ns_others);
        case QuerierRole::fw:
            return word_of(random, told, fw_keywords, fw_others);
        case QuerierRole::antispam:
            return word_of(random, told, antispam_keywords, antispam_others);
        case QuerierRole::www:
            return word_of(random, told, www_keywords, www_others);
        case QuerierRole::ntp:
            return word_of(random, told, ntp_keywords, ntp_others);
        default: {
            const std::string_view word = pick(random, other_words);
            return random.chance(3000) ? fmt::format("{}-{}", word, digits(random, address)) : numbered(random, word);
        }
    }
}

std::string ResolverNames::name(std::uint32_t querier) const {
    const Querier& one = population_[querier];
    Random random = random_of(config_.grammar, seeds::querier_name, querier);
    const IpAddress address = population_.address(querier);
    switch (one.role) {
        case QuerierRole::nxdomain:
            return "NXDOMAIN";
        case QuerierRole::unreach:
            return "UNREACH";
        case QuerierRole::cdn:
            return fmt::format("a{}.{}", digits(random, address), pick(random, cdn_suffixes));
        case QuerierRole::aws:
            return fmt::format("ec2-{}.eu-west-{}.compute.amazonaws.com", digits(random, address), 1 + random.below(3));
        case QuerierRole::ms:
            return fmt::format("vm{}.westeurope.cloudapp.azure.com", random.below(100'000));
        case QuerierRole::google:
            return random.chance(5000) ? fmt::format("rate-limited-proxy-{}.google.com", digits(random, address))
                                       : fmt::format("{}.bc.googleusercontent.com", digits(random, address));
        default:
            return fmt::format("{}.{}", host(random, one.role, address), domain(one.as_number, one.country));
    }
}

std::string ResolverNames::name_of_stranger(std::uint32_t v4) const {
    Random random = random_of(config_.grammar, seeds::querier_name, (std::uint64_t{1} << 40U) + v4);
    const std::uint32_t kind = random.below(100);
    if (kind < 70) {
        return kind < 62 ? "NXDOMAIN" : "UNREACH";
    }
    return fmt::format("{}.{}", host(random, QuerierRole::home, v4_address(v4)), domain(v4 >> 16U, 0));
}

}  // namespace echotap
