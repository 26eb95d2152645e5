// SPDX-License-Identifier: Apache-2.0
// How much the other readings of "keyword" would change: a file of names goes in, a table of their categories by the
// reference's three readings comes out, as Markdown. docs/name_categories.md holds it.
//
// Usage: name_sensitivity NAMES.tsv (`name address ...` in columns; # begins a comment)
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/reference/name_category_reference.hpp"

int main(int argc, char** argv) {
    using namespace echotap;
    using reference::KeywordReading;
    if (argc != 2) {
        fmt::print(stderr, "usage: name_sensitivity NAMES.tsv\n");
        return 2;
    }
    std::ifstream lines(argv[1]);
    if (!lines) {
        fmt::print(stderr, "name_sensitivity: cannot read {}\n", argv[1]);
        return 1;
    }
    const reference::NameReference reference(read_name_rule_file(""));
    constexpr std::array readings{KeywordReading::token, KeywordReading::prefix, KeywordReading::substring};
    std::array<std::array<std::size_t, name_category_count>, readings.size()> counts{};
    std::array<std::size_t, readings.size()> changed{};
    std::array<std::map<std::string, std::size_t>, readings.size()> moves;
    std::size_t total = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') {
            continue;
        }
        std::istringstream fields(line);
        std::string name;
        std::string address;
        std::getline(fields, name, '\t');
        std::getline(fields, address, '\t');
        ++total;
        NameCategory product{};
        for (std::size_t i = 0; i < readings.size(); ++i) {
            const NameCategory category = reference.category(name, IpAddress::parse(address), readings[i]).category;
            product = i == 0 ? category : product;
            ++counts[i][static_cast<std::size_t>(category)];
            if (category != product) {
                ++changed[i];
                ++moves[i][fmt::format("{} to {}", text_of(product), text_of(category))];
            }
        }
    }
    const auto share = [&](std::size_t count) {
        return total == 0 ? 0.0 : 100.0 * static_cast<double>(count) / static_cast<double>(total);
    };
    fmt::print("| of {} names | token | prefix | substring |\n|---|---|---|---|\n", total);
    for (std::size_t category = 0; category < name_category_count; ++category) {
        if (counts[0][category] + counts[1][category] + counts[2][category] > 0) {
            fmt::print("| {} | {} | {} | {} |\n", name_category_texts[category], counts[0][category],
                       counts[1][category], counts[2][category]);
        }
    }
    fmt::print("| other than by token | | {} ({:.1f} %) | {} ({:.1f} %) |\n", changed[1], share(changed[1]), changed[2],
               share(changed[2]));
    for (std::size_t i = 1; i < readings.size(); ++i) {
        fmt::print("\n{}:\n", i == 1 ? "prefix" : "substring");
        for (const auto& [move, count] : moves[i]) {
            fmt::print("- {}: {}\n", move, count);
        }
    }
    return 0;
}
