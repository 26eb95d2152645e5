// SPDX-License-Identifier: Apache-2.0
// Names of a snapshot: look-ups per second where it stays on the disk and where it is loaded, beside a mapped file that
// is searched line by line. Two million rows, of which 200,000 are looked up in random order; every answer is compared.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/resolver/name_snapshot.hpp"
#include "benchmarks/checked_run.hpp"

namespace {

using echotap::IpAddress;
using echotap::NameSnapshot;
using echotap::QuerierName;

IpAddress v4(std::uint32_t number) {
    const std::uint32_t octets = __builtin_bswap32(number);
    return IpAddress::from_v4(reinterpret_cast<const std::uint8_t*>(&octets));
}

/// The file, sorted by address, and what is looked up in it. Removed at the end.
class World {
public:
    World() : path_(std::filesystem::temp_directory_path() / fmt::format("echotap-snapshot-{}.tsv", ::getpid())) {
        const char* const wanted = std::getenv("ECHOTAP_SNAPSHOT_ROWS");
        const std::size_t count = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 2'000'000;
        std::mt19937 chance(20'260'104);
        std::vector<std::uint32_t> numbers(count);
        std::generate(numbers.begin(), numbers.end(), [&] { return static_cast<std::uint32_t>(chance()); });
        std::sort(numbers.begin(), numbers.end());
        numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
        std::ofstream file(path_, std::ios::binary);
        for (const std::uint32_t number : numbers) {
            file << fmt::format("{}\thost-{:08x}.pool.example.net\n", v4(number).to_string(), number);
        }
        if (!file.flush()) {
            throw std::runtime_error("cannot write " + path_.string());
        }
        std::shuffle(numbers.begin(), numbers.end(), chance);
        numbers.resize(std::max<std::size_t>(numbers.size() / 10, 1));
        wanted_ = numbers;
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    std::string path() const { return path_; }

    template <typename Find>
    void run(benchmark::State& state, const Find& find) const {
        std::size_t wrong = 0;
        for (auto _ : state) {
            for (const std::uint32_t number : wanted_) {
                wrong +=
                    find(v4(number)).name.size() != std::string_view("host-00000000.pool.example.net").size() ? 1U : 0U;
            }
        }
        for (const std::uint32_t number : wanted_) {
            wrong += find(v4(number)).name != fmt::format("host-{:08x}.pool.example.net", number) ? 1U : 0U;
        }
        if (wrong > 0) {
            state.SkipWithError("names were found wrong or not at all");
        }
        state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(wanted_.size()));
    }

private:
    std::filesystem::path path_;
    std::vector<std::uint32_t> wanted_;
};

/// The rival: the file mapped, halved by offsets until one line is left.
class MappedSnapshot {
public:
    explicit MappedSnapshot(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const std::size_t size = std::filesystem::file_size(path);
        void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
        ::close(file);
        if (mapped == MAP_FAILED) {
            throw std::runtime_error("cannot map " + path);
        }
        text_ = {static_cast<const char*>(mapped), size};
    }
    MappedSnapshot(const MappedSnapshot&) = delete;
    MappedSnapshot& operator=(const MappedSnapshot&) = delete;
    ~MappedSnapshot() { ::munmap(const_cast<char*>(text_.data()), text_.size()); }

    QuerierName find(const IpAddress& address) const {
        std::size_t begin = 0;
        std::size_t end = text_.size();
        while (begin < end) {
            const std::size_t middle = begin + (end - begin) / 2;
            const std::size_t feed = text_.rfind('\n', middle == 0 ? 0 : middle - 1);
            const std::size_t at = middle == 0 || feed == std::string_view::npos || feed < begin ? begin : feed + 1;
            const std::string_view line = text_.substr(at, text_.find('\n', at) - at);
            const echotap::SnapshotLine row = echotap::parse_snapshot_line(line);
            if (row.address == address) {
                return {row.state, std::string(row.name)};
            }
            if (row.address < address) {
                begin = at + line.size() + 1;
            } else {
                end = at;
            }
        }
        return {};
    }

private:
    std::string_view text_;
};

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    const World world;
    const auto add = [](const char* name, auto body) {
        benchmark::RegisterBenchmark(name, body)->Unit(benchmark::kMillisecond);
    };
    add("open, on the disk", [&](benchmark::State& state) {
        std::int64_t rows = 0;
        for (auto _ : state) {
            const NameSnapshot snapshot(world.path(), 0);
            rows += static_cast<std::int64_t>(snapshot.size());
            state.counters["octets"] = static_cast<double>(snapshot.octets());
        }
        state.SetItemsProcessed(rows);
    });
    add("find, on the disk", [&](benchmark::State& state) {
        const NameSnapshot snapshot(world.path(), 0);
        world.run(state, [&](const IpAddress& address) { return snapshot.find(address); });
    });
    add("find, mapped", [&](benchmark::State& state) {
        const MappedSnapshot snapshot(world.path());
        world.run(state, [&](const IpAddress& address) { return snapshot.find(address); });
    });
    add("find, loaded", [&](benchmark::State& state) {
        // What is out of order is loaded.
        const std::string unsorted = world.path() + ".unsorted";
        {
            std::ofstream file(unsorted, std::ios::binary);
            file << "255.255.255.255\tx\n" << std::ifstream(world.path(), std::ios::binary).rdbuf();
        }
        const NameSnapshot snapshot(unsorted, std::size_t{1} << 32U);
        std::filesystem::remove(unsorted);
        state.counters["octets"] = static_cast<double>(snapshot.octets());
        world.run(state, [&](const IpAddress& address) { return snapshot.find(address); });
    });
    return echotap::run_checked();
}
