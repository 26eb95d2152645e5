// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/networks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "dataplane/octets.hpp"
#include "dataplane/state/source_digest.hpp"
#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

constexpr std::uint8_t v4_length_max = 24;
constexpr std::uint8_t v6_length_max = 64;
// Standard deviation of the logarithm: some /8s of a country are full of resolvers, others of hosts that have none.
// With 1.6 the entropy over /8s of worldwide originators is what table 2 of the paper prints.
constexpr double octet_weight_deviation = 1.6;

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string Networks::default_path() {
    // Read once, before there are threads.
    if (const char* path = std::getenv("ECHOTAP_NETWORKS");
        path != nullptr && *path != '\0') {  // NOLINT(concurrency-mt-unsafe)
        return path;
    }
    std::string folder;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {  // NOLINT
        folder = cache;
    } else if (const char* home = std::getenv("HOME")) {  // NOLINT(concurrency-mt-unsafe)
        folder = fmt::format("{}/.cache", home);
    }
    return fmt::format("{}/echotap/geo/networks.tsv", folder);
}

Networks Networks::read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        throw std::runtime_error(fmt::format(
            "{}: the list of the world's networks cannot be read; run tools/make_networks, or give --networks FILE",
            path));
    }
    return parse(text.str(), path);
}

Networks Networks::parse(std::string_view text, const std::string& name) {
    Networks networks;
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        networks.add_row(text.substr(at, end - at), name, ++line);
        at = end + 1;
    }
    if (networks.v4_.empty()) {
        throw std::runtime_error(fmt::format("{}: has no IPv4 network; run tools/make_networks", name));
    }
    networks.arrange();
    const std::vector<std::uint8_t> octets(text.begin(), text.end());
    networks.digest_ = SourceDigest::of(octets).to_string().substr(0, 16);
    return networks;
}

void Networks::add_row(std::string_view row, const std::string& name, std::size_t line) {
    const std::size_t first_tab = row.find('\t');
    const std::size_t second_tab = row.find('\t', first_tab == std::string_view::npos ? first_tab : first_tab + 1);
    const auto refuse = [&] {
        throw std::runtime_error(
            fmt::format("{}:{}: no row \"prefix<TAB>country<TAB>AS number\"; run tools/make_networks", name, line));
    };
    if (second_tab == std::string_view::npos || second_tab - first_tab != 3) {
        refuse();
    }
    const auto prefix = Prefix::parse(row.substr(0, first_tab));
    const auto as_number = number(row.substr(second_tab + 1));
    if (!prefix || !as_number) {
        refuse();
    }
    const std::array<char, 2> code{row[first_tab + 1], row[first_tab + 2]};
    // Until arrange() the country's number is its code.
    const auto country =
        static_cast<std::uint16_t>(static_cast<unsigned char>(code[0]) << 8U | static_cast<unsigned char>(code[1]));
    if (prefix->address().is_v4()) {
        const unsigned length = prefix->length() - 96;
        if (length >= 1 && length <= v4_length_max) {
            v4_.push_back({load_be32(prefix->address().octets().data() + 12), *as_number, country,
                           static_cast<std::uint8_t>(length)});
        }
    } else if (prefix->length() >= 1 && prefix->length() <= v6_length_max) {
        v6_.push_back({prefix->address(), *as_number, country, static_cast<std::uint8_t>(prefix->length())});
    }
}

void Networks::arrange() {
    std::map<std::uint16_t, double> sizes;
    for (const V4Network& network : v4_) {
        sizes[network.country] += static_cast<double>(std::uint64_t{1} << (32U - network.length));
    }
    for (const auto& [code, size] : sizes) {
        countries_.push_back({{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)}, size});
    }
    std::ranges::stable_sort(countries_, [](const NetworkCountry& one, const NetworkCountry& other) {
        return one.v4_addresses > other.v4_addresses;
    });
    std::map<std::uint16_t, std::uint16_t> numbers;
    for (std::uint16_t i = 0; i < countries_.size(); ++i) {
        const auto& code = countries_[i].code;
        numbers[static_cast<std::uint16_t>(static_cast<unsigned char>(code[0]) << 8U |
                                           static_cast<unsigned char>(code[1]))] = i;
    }
    for (V4Network& network : v4_) {
        network.country = numbers.at(network.country);
    }
    std::erase_if(v6_, [&](const V6Network& network) { return !numbers.contains(network.country); });
    for (V6Network& network : v6_) {
        network.country = numbers.at(network.country);
    }
    const auto together = [&](auto& networks, std::vector<Range>& ranges) {
        std::ranges::stable_sort(networks, [](const auto& one, const auto& other) {
            return std::pair(one.country, one.first) < std::pair(other.country, other.first);
        });
        ranges.assign(countries_.size(), {});
        for (std::uint32_t i = 0; i < networks.size(); ++i) {
            Range& range = ranges[networks[i].country];
            range.begin = range.begin == range.end ? i : range.begin;
            range.end = i + 1;
        }
    };
    together(v4_, v4_ranges_);
    together(v6_, v6_ranges_);
    std::vector<double> weights;
    for (std::uint16_t country = 0; country < countries_.size(); ++country) {
        std::array<double, 256> octet_weights{};
        for (std::uint64_t octet = 0; octet < octet_weights.size(); ++octet) {
            Random random = random_of(0, seeds::networks, std::uint64_t{country} << 8U | octet);
            octet_weights[octet] = draw_lognormal(random, octet_weight_deviation);
        }
        weights.clear();
        for (std::uint32_t i = v4_ranges_[country].begin; i < v4_ranges_[country].end; ++i) {
            weights.push_back(static_cast<double>(1U << (v4_length_max - v4_[i].length)) *
                              octet_weights[v4_[i].first >> 24U]);
        }
        v4_choices_.emplace_back(weights);
    }
}

std::uint16_t Networks::country(std::string_view code) const {
    for (std::uint16_t i = 0; i < countries_.size(); ++i) {
        if (countries_[i].text() == code) {
            return i;
        }
    }
    throw std::runtime_error(fmt::format("no network of the list is in country '{}'; write an ISO 3166-1 code", code));
}

std::uint32_t Networks::draw_v4_block(Random& random, std::uint16_t country, Site& site) const {
    const V4Network& network = v4_[v4_ranges_[country].begin + v4_choices_[country].draw(random)];
    site = {country, network.as_number};
    return network.first + (random.below(1U << (v4_length_max - network.length)) << 8U);
}

IpAddress Networks::draw_v6_block(Random& random, std::uint16_t country, Site& site) const {
    Range range = v6_ranges_[country];
    if (range.begin == range.end) {
        range = {0, static_cast<std::uint32_t>(v6_.size())};
    }
    const V6Network& network = v6_[range.begin + random.below(range.end - range.begin)];
    site = {network.country, network.as_number};
    std::array<std::uint8_t, 16> octets = network.first.octets();
    // Providers fill their space from the front: of the bits between the prefix and the /64, the last ten vary.
    const unsigned varied = std::min(10U, 64U - network.length);
    const std::uint32_t subnet = random.below(1U << varied);
    octets[7] = static_cast<std::uint8_t>(octets[7] | (subnet & 0xffU));
    octets[6] = static_cast<std::uint8_t>(octets[6] | (subnet >> 8U));
    return IpAddress::from_v6(octets.data());
}

}  // namespace echotap
