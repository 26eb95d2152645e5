// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/eal.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace echotap {

namespace {

constexpr std::size_t log_size_max = 64U << 10U;

/// What DPDK leaves in its folder.
constexpr const char* telemetry_socket = "dpdk_telemetry.v2";

/// Whether this process has had its EAL. DPDK knows too, but shouts it on stderr.
std::atomic<bool> eal_used = false;

/// What usually helps, by what DPDK said on its way down.
std::string cure(std::string_view said, int error) {
    const auto has = [said](std::string_view part) { return said.find(part) != std::string_view::npos; };
    if (has("mmap failed on AF_PACKET")) {
        return "the ring of the packet socket is locked memory: raise `ulimit -l`, or lower descriptors";
    }
    if (has("net_af_packet") || has("AF_PACKET")) {
        return "is the interface there (`ip link`), and has the program CAP_NET_RAW (run it as root, or `setcap "
               "cap_net_raw+ep`)?";
    }
    if (has("open_single_rx_pcap")) {
        return "does the file of rx_pcap exist, and may it be read?";
    }
    if (has("failed to parse device") || has("Unable to parse device")) {
        return "DPDK knows no driver of that name; is its package installed (librte-net-*)?";
    }
    if (has("Cannot get hugepage") || has("Not enough memory") || error == ENOMEM) {
        return "is memory left (`grep Huge /proc/meminfo`)? `sysctl vm.nr_hugepages=512` reserves 1 GiB; huge_pages = "
               "no does without";
    }
    if (has("VFIO") || has("vfio") || error == EACCES || error == EPERM) {
        return "NICs need root, or access to /dev/vfio and a raised `ulimit -l`";
    }
    return "check the ports' names and options, and the permissions of the program";
}

std::string advice(const std::string& said, int error) {
    return fmt::format("\n{}Try: {}", said, cure(said, error));
}

/// Removes the folders beside `folder`, PREFIX-PROCESS, that processes have left which are no more: who was killed, or
/// had become a user that may not remove its own, could not.
void remove_left_overs(const std::filesystem::path& folder) {
    const std::string own = folder.filename().string();
    const std::string prefix = own.substr(0, own.rfind('-') + 1);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder.parent_path(), error)) {
        const std::string name = entry.path().filename().string();
        pid_t process = 0;
        const char* const end = name.data() + name.size();
        if (name.starts_with(prefix) && std::from_chars(name.data() + prefix.size(), end, process).ptr == end &&
            process > 0 && ::kill(process, 0) != 0 && errno == ESRCH) {
            std::filesystem::remove(entry.path() / telemetry_socket, error);
            std::filesystem::remove(entry.path(), error);
        }
    }
}

}  // namespace

ssize_t Eal::take(void* log, const char* text, std::size_t size) {
    auto& to = *static_cast<Log*>(log);
    const std::lock_guard guard(to.lock);
    to.text.append(text, std::min(size, log_size_max - std::min(log_size_max, to.text.size())));
    return static_cast<ssize_t>(size);
}

void Eal::Close::operator()(std::FILE* stream) const {
    rte_openlog_stream(nullptr);
    std::fclose(stream);
}

Eal::Eal(const std::vector<std::string>& arguments) {
    if (eal_used.exchange(true)) {
        throw std::runtime_error("DPDK starts once per process: use one tap with several ports");
    }
    cookie_io_functions_t functions{};
    functions.write = take;
    stream_.reset(fopencookie(&log_, "w", functions));
    if (!stream_) {
        throw std::runtime_error("no memory for DPDK's log");
    }
    std::setvbuf(stream_.get(), nullptr, _IOLBF, 0);
    rte_openlog_stream(stream_.get());

    // rte_eal_init() shuffles the pointers it is given and wants them writable.
    std::vector<std::string> texts = arguments;
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);

    pthread_getaffinity_np(pthread_self(), sizeof affinity_, &affinity_);
    if (rte_eal_init(static_cast<int>(texts.size()), pointers.data()) < 0) {
        const int error = rte_errno;
        pthread_setaffinity_np(pthread_self(), sizeof affinity_, &affinity_);
        std::string given;
        for (const std::string& argument : arguments) {
            given += " " + argument;
        }
        throw std::runtime_error(fmt::format("DPDK does not start: {}{}\nIts arguments were:{}", rte_strerror(error),
                                             advice(said(), error), given));
    }
    start_size_ = said().size();
    runtime_folder_ = rte_eal_get_runtime_dir();
    remove_left_overs(runtime_folder_);
}

Eal::~Eal() {
    // Not rte_eal_cleanup(): it unmaps memory in which DPDK's interrupt thread still finds its sources, and net_memif
    // then ends the program with a fault, often (seen with 22.11). Nothing outlives the process, since nothing was
    // shared, and a second EAL there cannot be; ports are closed by their owners. What DPDK does leave is a folder
    // with its telemetry socket.
    std::error_code error;
    std::filesystem::remove(std::filesystem::path(runtime_folder_) / telemetry_socket, error);
    std::filesystem::remove(runtime_folder_, error);
    pthread_setaffinity_np(pthread_self(), sizeof affinity_, &affinity_);
}

std::string Eal::said() const {
    std::fflush(stream_.get());
    const std::lock_guard guard(log_.lock);
    return log_.text;
}

std::string Eal::log() const {
    return said().substr(start_size_);
}

std::string Eal::start_advice() const {
    return advice(said().substr(0, start_size_), 0);
}

}  // namespace echotap
