// SPDX-License-Identifier: Apache-2.0
// Names put into categories per second, by the product and in other ways. Every way must give the product's categories,
// or the benchmark is an error. items_per_second is names per second of CPU time on one core.
//
// Usage: name_benchmark [benchmark flags] [NAMES.tsv]. NAMES.tsv (`name address ...`) is measured beside generated
// names; ECHOTAP_NAMES sets how many names are generated.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>

#include "analytics/names/address_digits.hpp"
#include "analytics/names/name_encoding.hpp"
#include "benchmarks/checked_run.hpp"
#include "benchmarks/name_grammar.hpp"
#include "benchmarks/name_rivals.hpp"

namespace {

using namespace echotap;

std::vector<GeneratedName> generated_names() {
    const char* count = std::getenv("ECHOTAP_NAMES");
    std::vector<GeneratedName> names(count == nullptr ? 200'000 : std::stoull(count));
    NameGrammar grammar(1, NameManners::plausible);
    for (GeneratedName& name : names) {
        name = grammar.next();
    }
    return names;
}

std::vector<GeneratedName> names_of_file(const char* path) {
    std::ifstream lines(path);
    std::vector<GeneratedName> names;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        GeneratedName& name = names.emplace_back();
        std::string address;
        std::getline(fields, name.name, '\t');
        std::getline(fields, address, '\t');
        name.address = IpAddress::parse(address);
    }
    if (names.empty()) {
        throw std::runtime_error(fmt::format("{} holds no names", path));
    }
    return names;
}

/// Names, their octets behind each other in memory as a file has them, and the product's answers, which the tests hold
/// to the reference.
struct Names {
    std::string title;
    std::string octets;
    std::vector<NameToMatch> names;
    std::vector<NameVerdict> expected;

    Names(std::string name, const std::vector<GeneratedName>& from, const std::shared_ptr<const NameMatcher>& matcher)
        : title(std::move(name)), expected(from.size()) {
        for (const GeneratedName& one : from) {
            octets += one.name;
        }
        std::string_view rest = octets;
        for (const GeneratedName& one : from) {
            names.push_back({rest.substr(0, one.name.size()), one.address});
            rest.remove_prefix(one.name.size());
        }
        NameScanner(matcher).scan(names, expected);
    }
    Names(const Names&) = delete;  // names look into octets
    Names& operator=(const Names&) = delete;
};

/// `categorise(names, verdicts)` over all names, which must give the expected categories.
template <class Categorise>
void measure(benchmark::State& state, const Names& names, Categorise&& categorise) {
    std::vector<NameVerdict> verdicts(names.names.size());
    for (auto _ : state) {
        categorise(std::span(names.names), std::span(verdicts));
        benchmark::ClobberMemory();
    }
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i].category != names.expected[i].category) {
            state.SkipWithError(fmt::format("{}: {}, not {}", names.names[i].name, text_of(verdicts[i].category),
                                            text_of(names.expected[i].category))
                                    .c_str());
            return;
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(names.names.size()));
}

template <class Rival>
void measure_rival(benchmark::State& state, const Names& names, Rival& rival) {
    measure(state, names, [&](std::span<const NameToMatch> all, std::span<NameVerdict> verdicts) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            verdicts[i] = rival.scan(all[i]);
        }
    });
}

/// What every way must do and Hyperscan does not: read the name, find its public end, and look for digits of the
/// address.
void measure_encoding(benchmark::State& state, const Names& names, const NameRules& rules) {
    PlainName plain;
    std::array<char, encoded_name_room> encoded;
    for (auto _ : state) {
        for (const NameToMatch& name : names.names) {
            read_plain_name(name.name, plain);
            benchmark::DoNotOptimize(
                write_encoded_name(plain, rules.public_suffixes.begin_in(plain.text()), encoded.data()));
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(names.names.size()));
}

void measure_digits(benchmark::State& state, const Names& names) {
    for (auto _ : state) {
        for (const NameToMatch& name : names.names) {
            benchmark::DoNotOptimize(name.address && has_address_digits(name.name, *name.address));
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(names.names.size()));
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const auto matcher = std::make_shared<const NameMatcher>(name_rules_of(read_name_rule_file("")));
    std::deque<Names> all;
    all.emplace_back("generated", generated_names(), matcher);
    if (argc > 1) {
        all.emplace_back("file", names_of_file(argv[1]), matcher);
    }
    NameScanner scanner(matcher);
    const TokenTable table(matcher->rules());
    const RegexNames regex(matcher->rules());
    HyperscanPatterns patterns(matcher->rules());
    for (const Names& names : all) {
        const auto add = [&](const char* way, auto&& body) {
            benchmark::RegisterBenchmark(fmt::format("{}/{}", way, names.title).c_str(), body);
        };
        add("product", [&](benchmark::State& state) {
            measure(state, names, [&](auto queriers, auto verdicts) { scanner.scan(queriers, verdicts); });
        });
        add("product_one_by_one", [&](benchmark::State& state) { measure_rival(state, names, scanner); });
        add("hyperscan_patterns", [&](benchmark::State& state) { measure_rival(state, names, patterns); });
        add("token_table", [&](benchmark::State& state) { measure_rival(state, names, table); });
        add("std_regex", [&](benchmark::State& state) { measure_rival(state, names, regex); });
        add("part_encoding", [&](benchmark::State& state) { measure_encoding(state, names, matcher->rules()); });
        add("part_digits_of_all", [&](benchmark::State& state) { measure_digits(state, names); });
    }
    return run_checked();
}
