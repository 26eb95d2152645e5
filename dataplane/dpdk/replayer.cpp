// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/replayer.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "dataplane/dpdk/ring_port.hpp"

namespace echotap {

namespace {

constexpr unsigned pool_cache_size = 256;
constexpr std::size_t port_descriptors = 1024;

std::size_t buffer_size(std::span<const ReplayFrame> frames) {
    std::size_t size = 0;
    for (const ReplayFrame& frame : frames) {
        size = std::max<std::size_t>(size, frame.size);
    }
    return RTE_PKTMBUF_HEADROOM + (size + 63) / 64 * 64;
}

/// What the rings hold, and what is in work and in the caches of at most 18 lcores.
std::size_t buffer_count(std::size_t slots) {
    return slots + 16384;
}

}  // namespace

ReplayLcore::ReplayLcore(unsigned cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set); error != 0) {
        throw std::runtime_error(fmt::format("the generator cannot run on CPU {}: {}", cpu, std::strerror(error)));
    }
    if (rte_thread_register() != 0) {
        throw std::runtime_error(fmt::format("DPDK has no lcore left for the generator: {}", rte_strerror(rte_errno)));
    }
}

ReplayLcore::~ReplayLcore() {
    rte_thread_unregister();
}

Replayer::Replayer(std::span<const ReplayFrame> frames, const PortSpec& receiver)
    : frames_(frames), catch_up_frames_(receiver.slots / 2), staged_(receiver.queues) {
    for (unsigned queue = 0; queue < receiver.queues; ++queue) {
        rings_.push_back(ring_of(receiver, queue));
    }
    make_pool(std::size_t{receiver.slots} * receiver.queues);
}

Replayer::Replayer(std::span<const ReplayFrame> frames, const std::string& sender)
    : frames_(frames), catch_up_frames_(port_descriptors / 2), staged_(1) {
    const PortSpec spec = parse_port_spec(sender);
    waits_for_room_ = !spec.is_virtual;
    make_pool(4 * port_descriptors);
    const auto check = [&](int error, const char* what) {
        if (error != 0) {
            throw std::runtime_error(fmt::format("port {} {}: {}", sender, what, rte_strerror(std::abs(error))));
        }
    };
    check(rte_dev_probe(spec.is_virtual ? sender.c_str() : spec.name.c_str()), "cannot be made");
    check(rte_eth_dev_get_port_by_name(spec.name.c_str(), &port_), "is not there");
    const rte_eth_conf plain{};
    const int socket = rte_eth_dev_socket_id(port_);
    check(rte_eth_dev_configure(port_, 1, 1, &plain), "cannot be configured");
    check(rte_eth_rx_queue_setup(port_, 0, port_descriptors, static_cast<unsigned>(socket), nullptr, pool_.get()),
          "cannot set up a receive queue");
    check(rte_eth_tx_queue_setup(port_, 0, port_descriptors, static_cast<unsigned>(socket), nullptr),
          "cannot set up a transmit queue");
    check(rte_eth_dev_start(port_), "cannot be started");
    constexpr int patience = 1000;
    rte_eth_link link{};
    for (int wait = 0; link.link_status == RTE_ETH_LINK_DOWN; ++wait) {
        if (wait == patience) {
            throw std::runtime_error(
                fmt::format("port {}: its link stays down: is the cable in, and is the tap's "
                            "port the other end?",
                            sender));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        rte_eth_link_get_nowait(port_, &link);
    }
}

Replayer::~Replayer() {
    if (rings_.empty()) {
        rte_eth_dev_stop(port_);
        rte_eth_dev_close(port_);
    }
}

std::size_t Replayer::memory_needed(std::span<const ReplayFrame> frames, std::size_t slots) {
    constexpr std::size_t overhead = sizeof(rte_mbuf) + 128;  // headers of the pool, and its list of free buffers
    return buffer_count(slots) * (buffer_size(frames) + overhead);
}

/// Buffers are taken from where they were put last, so that no more of them than are on their way go through the
/// caches, as with a NIC; the rings that DPDK takes by default would take them all in turn.
void Replayer::make_pool(std::size_t slots) {
    const auto count = static_cast<unsigned>(buffer_count(slots));
    const auto room = static_cast<std::uint16_t>(buffer_size(frames_));
    const auto socket = static_cast<int>(rte_socket_id());
    pool_.reset(rte_pktmbuf_pool_create_by_ops("echotap_replay", count, pool_cache_size, 0, room, socket, "stack"));
    if (!pool_) {
        throw std::runtime_error(
            fmt::format("no memory for {} buffers of {} octets to send from ({}): lower the "
                        "slots, or raise the number of huge pages",
                        count, room, rte_strerror(rte_errno)));
    }
}

ReplayCount Replayer::send(double rate, std::chrono::nanoseconds duration, const std::atomic<bool>& stop) {
    const auto ticks_per_second = static_cast<double>(rte_get_tsc_hz());
    const double seconds = std::chrono::duration<double>(duration).count();
    const bool is_paced = std::isfinite(rate);
    const auto end = static_cast<std::uint64_t>(seconds * ticks_per_second);
    const auto catch_up = std::max<std::uint64_t>(
        64, std::min<std::uint64_t>(catch_up_frames_, is_paced ? static_cast<std::uint64_t>(rate / 8) : 0));
    const double frames_per_tick = is_paced ? rate / ticks_per_second : 0;
    constexpr std::uint64_t burst_max = 32;

    ReplayCount count;
    ++pass_;
    next_ = 0;
    double off_schedule = 0;  // frames that were due and are no more
    const std::uint64_t begin = rte_rdtsc();
    std::uint64_t now = 0;
    for (; now < end && !stop.load(std::memory_order_relaxed); now = rte_rdtsc() - begin) {
        std::uint64_t due = burst_max;
        if (is_paced) {
            const double wanted = static_cast<double>(now) * frames_per_tick - off_schedule;
            due = static_cast<std::uint64_t>(std::max(wanted, 0.0));
            due -= std::min(due, count.offered);
            if (due > catch_up) {
                off_schedule += static_cast<double>(due - catch_up);
                due = catch_up;
            }
            if (due == 0) {
                rte_pause();
                continue;
            }
        }
        for (std::uint64_t i = std::min(due, burst_max); i > 0; --i) {
            stage(count);
        }
        for (unsigned queue = 0; queue < staged_.size(); ++queue) {
            flush(staged_[queue], queue, count);
        }
    }
    count.seconds = static_cast<double>(now) / ticks_per_second;
    return count;
}

void Replayer::stage(ReplayCount& count) {
    const ReplayFrame& frame = frames_[next_];
    if (++next_ == frames_.size()) {
        next_ = 0;
    }
    const std::uint16_t pass = pass_;
    pass_ = static_cast<std::uint16_t>(pass_ + (next_ == 0 ? 1 : 0));
    ++count.offered;
    count.octets += frame.size;
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool_.get());
    if (mbuf == nullptr) {
        ++count.refused;
        return;
    }
    auto* const octets = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
    std::memcpy(octets, frame.octets, frame.size);
    for (const std::uint16_t address : {frame.source, frame.destination}) {
        if (address != 0) {
            octets[address] ^= static_cast<std::uint8_t>(pass >> 8U);
            octets[address + 1] ^= static_cast<std::uint8_t>(pass);
        }
    }
    mbuf->data_len = frame.size;
    mbuf->pkt_len = frame.size;
    Staged& staged = staged_[frame.queue];
    staged.mbufs[staged.count++] = mbuf;
}

void Replayer::flush(Staged& staged, unsigned queue, ReplayCount& count) {
    unsigned sent = 0;
    if (staged.count == 0) {
        return;
    }
    if (!rings_.empty()) {
        sent = rte_ring_enqueue_burst(rings_[queue], reinterpret_cast<void* const*>(staged.mbufs.data()), staged.count,
                                      nullptr);
    } else {
        do {
            sent +=
                rte_eth_tx_burst(port_, 0, staged.mbufs.data() + sent, static_cast<std::uint16_t>(staged.count - sent));
        } while (waits_for_room_ && sent < staged.count);
    }
    if (sent < staged.count) {
        count.refused += staged.count - sent;
        rte_pktmbuf_free_bulk(staged.mbufs.data() + sent, staged.count - sent);
    }
    staged.count = 0;
}

}  // namespace echotap
