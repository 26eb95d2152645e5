// SPDX-License-Identifier: Apache-2.0
// Countries and networks of addresses: look-ups per second, beside a plain use of libmaxminddb, and with its answers.
//
// A million IPv4 addresses, drawn from the whole space, at random and sorted as a window's queriers are. The files are
// those of tools/make_geo, or what ECHOTAP_COUNTRY and ECHOTAP_AS name. Real time, since columns use all processors.
#include <benchmark/benchmark.h>
#include <maxminddb.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "analytics/geo/geo_lookup.hpp"
#include "benchmarks/checked_run.hpp"

namespace {

using echotap::GeoFile;
using Content = GeoFile::Content;

constexpr std::size_t address_count = 1'000'000;

std::string path_of(Content content) {
    const bool is_country = content == Content::country;
    if (const char* const named = std::getenv(is_country ? "ECHOTAP_COUNTRY" : "ECHOTAP_AS")) {
        return named;
    }
    const char* const cache = std::getenv("XDG_CACHE_HOME");
    const char* const home = std::getenv("HOME");
    const std::filesystem::path folder = cache != nullptr && *cache != '\0'
                                             ? std::filesystem::path(cache)
                                             : std::filesystem::path(home != nullptr ? home : "/") / ".cache";
    return folder / "echotap" / "geo" / (is_country ? "country.mmdb" : "as.mmdb");
}

std::unique_ptr<GeoFile> open(Content content) {
    const echotap::GeoConfig config;
    return std::make_unique<GeoFile>(path_of(content), content,
                                     content == Content::country ? config.country_fields : config.as_fields);
}

std::vector<std::uint32_t> addresses(bool is_sorted) {
    std::mt19937 chance(20'260'103);
    std::vector<std::uint32_t> numbers(address_count);
    std::generate(numbers.begin(), numbers.end(), [&] { return static_cast<std::uint32_t>(chance()); });
    if (is_sorted) {
        std::sort(numbers.begin(), numbers.end());
    }
    return numbers;
}

/// As the library's manual has it: mapped from the disk, each record decoded as it is found.
std::vector<std::uint32_t> by_library_alone(Content content, const std::vector<std::uint32_t>& numbers) {
    MMDB_s database{};
    if (MMDB_open(path_of(content).c_str(), MMDB_MODE_MMAP, &database) != MMDB_SUCCESS) {
        throw std::runtime_error("libmaxminddb cannot open " + path_of(content));
    }
    const char* const country[] = {"country", "iso_code", nullptr};
    const char* const as_number[] = {"autonomous_system_number", nullptr};
    std::vector<std::uint32_t> values;
    values.reserve(numbers.size());
    for (const std::uint32_t number : numbers) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = __builtin_bswap32(number);
        int error = MMDB_SUCCESS;
        MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&database, reinterpret_cast<sockaddr*>(&address), &error);
        MMDB_entry_data_s field{};
        std::uint32_t value = 0;
        if (found.found_entry &&
            MMDB_aget_value(&found.entry, &field, content == Content::country ? country : as_number) == MMDB_SUCCESS &&
            field.has_data) {
            value = content == Content::country ? echotap::country_of_text({field.utf8_string, field.data_size})
                                                : field.uint32;
        }
        values.push_back(value);
    }
    MMDB_close(&database);
    return values;
}

void finish(benchmark::State& state, const std::vector<std::uint32_t>& values,
            const std::vector<std::uint32_t>& expected) {
    if (values != expected) {
        state.SkipWithError("the answers differ from the library's own");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}

void opening(benchmark::State& state, Content content) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(open(content));
    }
}

void library_alone(benchmark::State& state, Content content, bool is_sorted) {
    const auto numbers = addresses(is_sorted);
    std::vector<std::uint32_t> values;
    for (auto _ : state) {
        values = by_library_alone(content, numbers);
    }
    finish(state, values, values);  // the others are checked against these
}

void one_by_one(benchmark::State& state, Content content, bool is_sorted) {
    const auto file = open(content);
    const auto numbers = addresses(is_sorted);
    std::vector<std::uint32_t> values(numbers.size());
    for (auto _ : state) {
        std::transform(numbers.begin(), numbers.end(), values.begin(), [&](std::uint32_t number) {
            const std::uint32_t octets = __builtin_bswap32(number);
            return file->find(echotap::IpAddress::from_v4(reinterpret_cast<const std::uint8_t*>(&octets)));
        });
    }
    finish(state, values, by_library_alone(content, numbers));
}

void column(benchmark::State& state, Content content, bool is_sorted) {
    const auto file = open(content);
    const auto numbers = addresses(is_sorted);
    std::vector<std::uint32_t> values(numbers.size());
    for (auto _ : state) {
        file->find(numbers, values);
    }
    finish(state, values, by_library_alone(content, numbers));
}

void add(const std::string& name, Content content) {
    const auto add_timed = [&](const std::string& what, auto body, auto... more) {
        benchmark::RegisterBenchmark((name + ", " + what).c_str(), body, content, more...)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
    };
    add_timed("open and check", opening);
    for (const bool is_sorted : {false, true}) {
        const std::string order = is_sorted ? "sorted" : "random";
        add_timed("library alone, " + order, library_alone, is_sorted);
        add_timed("one by one, " + order, one_by_one, is_sorted);
        add_timed("column, " + order, column, is_sorted);
    }
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    try {
        static_cast<void>(open(Content::country));
        static_cast<void>(open(Content::as_number));
    } catch (const std::runtime_error& error) {
        std::fprintf(stderr, "%s\ntools/make_geo makes the files; ECHOTAP_COUNTRY and ECHOTAP_AS name others\n",
                     error.what());
        return 1;
    }
    add("country", Content::country);
    add("AS", Content::as_number);
    return echotap::run_checked();
}
