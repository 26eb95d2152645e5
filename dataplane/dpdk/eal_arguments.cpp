// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/eal_arguments.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

namespace echotap {

namespace {

template <class T>
void check_range(std::string_view what, T value, T least, T most) {
    if (value < least || value > most) {
        throw std::runtime_error(fmt::format("{} is {}, but must be from {} to {}", what, value, least, most));
    }
}

std::size_t read_count(const std::string& path) {
    std::size_t count = 0;
    std::ifstream(path) >> count;
    return count;
}

std::string comma_list(const std::vector<unsigned>& numbers) {
    std::string text;
    for (const unsigned number : numbers) {
        text += fmt::format("{}{}", text.empty() ? "" : ",", number);
    }
    return text;
}

/// Which CPUs each lcore may run on, in the form of --lcores. With a CPU for everyone, everyone is pinned to one.
/// Otherwise the workers share the CPUs in turn and the main thread, which mostly sleeps, may run on any of them.
std::string lcores(unsigned workers, const std::vector<unsigned>& cpus) {
    const bool enough = cpus.size() > workers;
    std::string text = enough ? fmt::format("0@{}", cpus[0]) : fmt::format("0@({})", comma_list(cpus));
    for (unsigned worker = 0; worker < workers; ++worker) {
        const unsigned cpu = enough ? cpus[worker + 1] : cpus[worker % cpus.size()];
        text += fmt::format(",{}@{}", worker + 1, cpu);
    }
    return text;
}

/// Root may lock memory without limit, but not the root of a user namespace (a container without privileges), whose map
/// of users is not the whole one (user_namespaces(7)).
bool may_lock_all() {
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t users = 0;
    std::ifstream("/proc/self/uid_map") >> inside >> outside >> users;
    return geteuid() == 0 && users == UINT32_MAX;
}

/// A virtual device's string as DPDK gets it. The ring of a packet socket is 512 frames by default, 5 ms of a quiet
/// server; ours has as many as a NIC would have descriptors, or as can be locked twice (the driver has one for
/// sending).
std::string device_argument(const PortSpec& port, const PortConfig& config, const Machine& machine) {
    if (port.driver != "net_af_packet" || !port.option("framecnt").empty() || !port.option("framesz").empty()) {
        return port.text;
    }
    constexpr std::size_t frame_size = 2048;
    constexpr std::size_t frames_per_block = 2;
    const std::size_t frames = std::min<std::size_t>(config.descriptors, machine.lockable_octets / (2 * frame_size));
    return fmt::format("{},framecnt={}", port.text,
                       std::max(frames, frames_per_block) / frames_per_block * frames_per_block);
}

}  // namespace

Machine Machine::look() {
    Machine machine;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &set)) {
                machine.cpus.push_back(cpu);
            }
        }
    }
    for (const std::size_t page_kib : {std::size_t{2048}, std::size_t{1048576}}) {
        const std::string folder = fmt::format("/sys/kernel/mm/hugepages/hugepages-{}kB/", page_kib);
        machine.huge_pages_free_mib += read_count(folder + "free_hugepages") * page_kib / 1024;
        machine.huge_pages_present += read_count(folder + "nr_hugepages");
    }
    rlimit limit{};
    if (!may_lock_all() && getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
        machine.lockable_octets = limit.rlim_cur;
    }
    machine.process = getpid();
    return machine;
}

std::vector<PortSpec> check(const PortConfig& config) {
    check_range<std::size_t>("the number of ports", config.ports.size(), 1, 32);
    check_range("workers", config.workers, 1U, 64U);
    check_range("queues_per_port", config.queues_per_port, 0U, 64U);
    check_range("descriptors", config.descriptors, 64U, 32768U);
    check_range("mtu", config.mtu, 576U, 65535U);
    check_range<std::size_t>("hand_over_frames", config.hand_over_frames, 64, 1U << 20U);
    check_range<std::size_t>("rows_waiting", config.rows_waiting, 64, 1U << 26U);
    check_range<std::size_t>("memory_mib", config.memory_mib, 0, 1U << 24U);
    check_range<std::int64_t>("idle_sleep (microseconds)", config.idle_sleep.count(), 0, 1000000);
    if (config.file_prefix.empty() || config.file_prefix.find_first_of("/% ") != std::string::npos) {
        throw std::runtime_error(
            fmt::format("file_prefix '{}' must be a name without '/', '%' and spaces", config.file_prefix));
    }
    std::vector<PortSpec> ports;
    std::set<std::string> names;
    for (const std::string& text : config.ports) {
        ports.push_back(parse_port_spec(text));
        if (!names.insert(ports.back().name).second) {
            throw std::runtime_error(fmt::format("port {} is given twice", ports.back().name));
        }
    }
    return ports;
}

std::size_t memory_needed_mib(const PortConfig& config, const std::vector<PortSpec>& ports) {
    // A generous guess: the numbers of queues are not known before DPDK runs, and without huge pages memory that is
    // never touched costs nothing. 16 queues are what net_ring has.
    constexpr std::size_t own_mib = 64;
    constexpr std::size_t overhead = 512;  // mbuf, headroom, cache lines around a buffer
    std::size_t buffers =
        config.hand_over_frames * config.workers * config.workers + std::size_t{config.workers} * 1024;
    std::size_t buffer_size = 0;
    for (const PortSpec& port : ports) {
        const std::size_t queues =
            std::max(std::max(config.workers, config.queues_per_port), port.is_virtual && port.queues_given ? 16U : 1U);
        buffers += queues * (port.is_virtual ? port.own_buffers : config.descriptors);
        buffer_size = std::max(buffer_size, port.buffer_size());
    }
    std::size_t rings = 0;
    for (const PortSpec& port : ports) {
        rings += std::size_t{port.slots} * port.queues * 2 * sizeof(void*);
    }
    return own_mib + (buffers * (buffer_size + overhead) + rings) / (1U << 20U) * 5 / 4;
}

bool use_huge_pages(const PortConfig& config, const std::vector<PortSpec>& ports, const Machine& machine) {
    if (config.huge_pages == HugePages::automatic) {
        const std::size_t needed = config.memory_mib != 0 ? config.memory_mib : memory_needed_mib(config, ports);
        return machine.huge_pages_free_mib >= needed;
    }
    if (config.huge_pages == HugePages::yes && machine.huge_pages_present == 0) {
        throw std::runtime_error(
            fmt::format("huge pages are demanded but none is reserved: `sysctl vm.nr_hugepages={}` reserves enough, or "
                        "leave the choice to us (huge_pages = automatic)",
                        memory_needed_mib(config, ports) / 2 + 1));
    }
    return config.huge_pages == HugePages::yes;
}

std::vector<std::string> eal_arguments(const PortConfig& config, const std::vector<PortSpec>& ports,
                                       const Machine& machine) {
    const std::vector<unsigned>& cpus = config.cpus.empty() ? machine.cpus : config.cpus;
    if (cpus.empty()) {
        throw std::runtime_error("the CPUs that this process may run on cannot be read; set cpus");
    }
    for (const unsigned cpu : config.cpus) {
        if (std::find(machine.cpus.begin(), machine.cpus.end(), cpu) == machine.cpus.end()) {
            throw std::runtime_error(
                fmt::format("cpus names CPU {}, but this process may run on {} only", cpu, comma_list(machine.cpus)));
        }
    }
    std::vector<std::string> arguments{"echotap", "--main-lcore", "0", "--lcores", lcores(config.workers, cpus)};
    const auto add = [&arguments](auto&&... more) { (arguments.emplace_back(more), ...); };

    // Nothing is shared with other processes, so nothing may be left behind on disk: --in-memory says that for huge
    // pages, and is refused together with --no-huge, for which --no-shconf says the same.
    const bool huge = use_huge_pages(config, ports, machine);
    if (huge) {
        add("--in-memory");
    } else {
        add("--no-huge", "--no-shconf");
    }
    if (!huge || config.memory_mib != 0) {
        add("-m", std::to_string(config.memory_mib != 0 ? config.memory_mib : memory_needed_mib(config, ports)));
    }
    add("--file-prefix", fmt::format("{}-{}", config.file_prefix, machine.process));
    if (!config.dpdk_telemetry) {
        add("--no-telemetry");
    }

    // Warnings and worse: they say why a start failed. eal.cpp catches them, so that the terminal stays the user's.
    add("--log-level", "warning");

    const bool any_pci = std::any_of(ports.begin(), ports.end(), [](const PortSpec& port) { return !port.is_virtual; });
    if (!any_pci) {
        add("--no-pci");
    }
    for (const PortSpec& port : ports) {
        if (port.slots != 0) {
            continue;  // made when DPDK runs
        }
        if (port.is_virtual) {
            add("--vdev", device_argument(port, config, machine));
        } else {
            add("-a", port.name);
        }
    }
    return arguments;
}

}  // namespace echotap
