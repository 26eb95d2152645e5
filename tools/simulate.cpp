// SPDX-License-Identifier: Apache-2.0
#include "tools/simulate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "config/world_library.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/simulator/pcap_writer.hpp"
#include "tools/simulator/world.hpp"
#include "tools/simulator/world_files.hpp"

namespace echotap {

namespace {

void report(const World& world, const Networks& networks, const std::string& folder, double seconds) {
    const WorldConfig& config = world.config();
    EchoCounts sum;
    std::size_t seen = 0;
    std::size_t large = 0;
    for (const World::TruthRow& row : world.truth()) {
        sum.add(row.counts);
        seen += row.counts.queriers > 0 ? 1 : 0;
        large += row.counts.queriers >= 20 ? 1 : 0;
    }
    const auto labelled = std::ranges::count(world.cast().originators(), true, &Originator::is_labelled);
    const auto asked = std::ranges::count(world.has_asked(), true);
    fmt::print("world       {}, parameters {}, seed {}, networks {}\n", config.name, config.hash(), world.seed(),
               networks.digest());
    fmt::print("authority   {}, {} hours\n", authority_level_names[static_cast<std::size_t>(config.authority)],
               grouped(std::chrono::duration_cast<std::chrono::hours>(config.duration).count()));
    fmt::print("originators {} seen in a week or the whole, {} with 20 queriers or more, {} labelled\n", grouped(seen),
               grouped(large), grouped(labelled));
    fmt::print("queriers    {}\n", grouped(asked));
    fmt::print("questions   {} (with repeats within 30 s {}), {} minimised\n", grouped(sum.questions),
               grouped(sum.sent), grouped(sum.minimised));
    fmt::print("frames      {} in {:.1f} s\n", grouped(world.frames()), seconds);
    fmt::print("written to  {}: backscatter.pcap names.tsv labels.csv truth.csv\n", folder);
}

}  // namespace

int run_simulate(const SimulateOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    WorldConfig config = load_world(options.world);
    config.duration = options.duration.value_or(config.duration);
    config.authority = options.authority.value_or(config.authority);
    const std::uint64_t seed = options.seed.value_or(config.seed);
    const Networks networks =
        Networks::read(options.networks_path.empty() ? Networks::default_path() : options.networks_path);
    World world(std::move(config), networks, seed);
    if (world.cast().originators().empty()) {
        throw std::runtime_error(fmt::format(
            "{}: nobody lives in this world; give its classes originators, or lay it over one that has some "
            "(base = \"demo\")",
            options.world));
    }
    const std::filesystem::path folder = options.folder;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        throw std::runtime_error(fmt::format("{}: cannot be made: {}", options.folder, error.message()));
    }
    PcapWriter pcap(folder / "backscatter.pcap");
    for (Burst burst = world.next_burst(); !burst.empty(); burst = world.next_burst()) {
        pcap.write(burst);
    }
    pcap.close();
    write_names(world, networks, folder / "names.tsv");
    write_labels(world, networks, folder / "labels.csv");
    write_truth(world, networks, folder / "truth.csv");
    if (!options.is_quiet) {
        report(world, networks, options.folder,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return exit_good;
}

}  // namespace echotap
