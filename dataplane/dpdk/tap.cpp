// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/tap.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "dataplane/dpdk/eal_arguments.hpp"
#include "dataplane/dpdk/workers.hpp"

namespace echotap {

namespace {

constexpr unsigned pool_cache_size = 256;

void count_losses(const PortCount& count, Ledger& into) {
    into.drop(Drop::nic_missed, count.missed);
    into.drop(Drop::nic_error, count.errors);
    into.drop(Drop::nic_no_mbuf, count.no_mbuf);
}

}  // namespace

Tap::Tap(const PortConfig& config) : config_(config), loads_(config.workers) {
    const std::vector<PortSpec> specs = check(config_);
    const Machine machine = Machine::look();
    huge_pages_ = use_huge_pages(config_, specs, machine);
    eal_ = std::make_unique<Eal>(eal_arguments(config_, specs, machine));
    ports_.reserve(specs.size());
    for (const PortSpec& spec : specs) {
        ports_.emplace_back(spec, *eal_);
    }
    make_pool(specs);
    start_ports();
}

Tap::~Tap() = default;

/// Frames that can be somewhere between a port and the end of the line at once: descriptors, rings between workers,
/// bursts in work, and the caches in which lcores keep freed buffers (DPDK fills them up to one and a half times their
/// size).
std::size_t Tap::buffers_needed() const {
    const std::size_t workers = config_.workers;
    std::size_t buffers = (workers + 1) * (2 * burst_size_max + pool_cache_size * 3 / 2);
    buffers += workers * (workers - 1) * (config_.hand_over_frames + burst_size_max);
    for (const Port& port : ports_) {
        const auto queues =
            std::max(port.queues_wanted(config_, Spreading::software),
                     port.spec().spreads ? port.queues_wanted(config_, Spreading::hardware) : std::uint16_t{0});
        buffers += queues * (port.spec().is_virtual ? std::size_t{port.spec().own_buffers}
                                                    : std::size_t{port.descriptors_wanted(config_)});
    }
    return buffers;
}

void Tap::make_pool(const std::vector<PortSpec>& specs) {
    std::size_t buffer_size = 0;
    for (const PortSpec& spec : specs) {
        buffer_size = std::max(buffer_size, spec.buffer_size());
    }
    const std::size_t buffers = buffers_needed();
    pool_.reset(rte_pktmbuf_pool_create("echotap_frames", static_cast<unsigned>(buffers), pool_cache_size, 0,
                                        static_cast<std::uint16_t>(buffer_size + RTE_PKTMBUF_HEADROOM),
                                        rte_eth_dev_socket_id(ports_.front().number())));
    if (!pool_) {
        throw std::runtime_error(fmt::format(
            "no memory for {} buffers of {} octets ({}): raise memory_mib or the number of huge pages, or lower "
            "descriptors, queues or workers",
            buffers, buffer_size, rte_strerror(rte_errno)));
    }
}

void Tap::start_ports() {
    spreading_ = config_.workers == 1 ? Spreading::one_worker : Spreading::hardware;
    std::uint16_t pattern = RTE_ETH_RSS_RETA_SIZE_512;
    for (const Port& port : ports_) {
        pattern = std::min(pattern, port.device().reta_size);
        if (std::string doubt = port.spreading_doubt(config_); spreading_ == Spreading::hardware && !doubt.empty()) {
            software_reason_ = fmt::format("port {}: {}", port.spec().name, doubt);
            spreading_ = Spreading::software;
        }
    }
    if (spreading_ == Spreading::hardware) {
        for (Port& port : ports_) {
            if (const std::string fault = port.start(config_, spreading_, pattern, pool_.get()); !fault.empty()) {
                software_reason_ = fmt::format("port {}: {}", port.spec().name, fault);
                spreading_ = Spreading::software;
                break;
            }
        }
    }
    if (spreading_ != Spreading::hardware) {
        for (Port& port : ports_) {
            port.start(config_, spreading_, pattern, pool_.get());
        }
    }
}

void Tap::run(std::span<BurstTaker* const> takers, const std::function<bool()>& stop,
              const std::function<std::size_t()>& drain) {
    if (takers.size() != config_.workers) {
        throw std::logic_error("as many takers as workers");
    }
    WorkerPlan plan;
    plan.hand_over = spreading_ == Spreading::software;
    plan.hand_over_frames = config_.hand_over_frames;
    plan.idle_sleep = config_.idle_sleep;
    plan.time_field = TimeField::enter();
    // A file brings times of its own, which the system's says nothing about.
    plan.has_system_time =
        std::ranges::none_of(ports_, [](const Port& port) { return port.spec().loss == LossCount::nothing_lost; });
    plan.loads = loads_;
    std::size_t polled = 0;
    for (const Port& port : ports_) {
        plan.digits[port.number()] = time_digits(port.timestamps());
        for (std::uint16_t queue = 0; queue < port.queues(); ++queue) {
            // By queue where the NIC spreads, so that both directions meet whatever their ports; in turn otherwise.
            const std::size_t turn = plan.hand_over ? polled++ : queue;
            plan.queues.push_back({port.number(), queue, port.timestamps(), turn % takers.size()});
        }
    }

    Workers workers(plan, takers);
    const auto forget = [this](const Workers*) { workers_ = nullptr; };
    workers_ = &workers;
    const std::unique_ptr<const Workers, decltype(forget)> running(workers_, forget);
    workers.start();
    const auto round = [&drain] {
        if (drain() == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
    };
    while (!workers.stopping()) {
        round();
        if (stop()) {
            workers.stop();
        }
    }
    while (workers.running()) {
        round();
    }
    workers.join();
    while (drain() != 0) {
    }
    count_source();
}

Ledger Tap::losses() {
    Ledger lost;
    for (Port& port : ports_) {
        count_losses(port.count(), lost);
    }
    for (std::size_t worker = 0; workers_ != nullptr && worker < workers_->size(); ++worker) {
        lost.drop(Drop::worker_ring_full, workers_->count(worker).ring_full.load(std::memory_order_relaxed));
    }
    return lost;
}

TapPicture Tap::picture() {
    TapPicture picture;
    for (Port& port : ports_) {
        const PortCount count = port.count();
        picture.ports.push_back({.name = port.spec().name,
                                 .delivered = count.delivered,
                                 .missed = count.missed,
                                 .errors = count.errors,
                                 .no_mbuf = count.no_mbuf,
                                 .is_loss_known = port.is_loss_known()});
    }
    for (std::size_t worker = 0; worker < loads_.size(); ++worker) {
        const WorkerLoad& load = loads_[worker];
        LcorePicture& lcore = picture.lcores.emplace_back();
        lcore.rounds = load.rounds.load(std::memory_order_relaxed);
        lcore.frames = load.frames.load(std::memory_order_relaxed);
        lcore.busy_cycles = load.busy_cycles.load(std::memory_order_relaxed);
        lcore.cycles = load.cycles.load(std::memory_order_relaxed);
        if (workers_ != nullptr) {
            lcore.ring_full = workers_->count(worker).ring_full.load(std::memory_order_relaxed);
            lcore.frames_waiting = workers_->frames_waiting(worker);
        }
    }
    picture.buffers = pool_->size;
    picture.buffers_in_use = rte_mempool_in_use_count(pool_.get());
    picture.buffer_octets = std::size_t{pool_->size} * (pool_->header_size + pool_->elt_size + pool_->trailer_size);
    picture.cycles_per_second = static_cast<double>(rte_get_tsc_hz());
    return picture;
}

bool Tap::is_loss_known() const {
    return std::ranges::all_of(ports_, [](const Port& port) { return port.is_loss_known(); });
}

void Tap::count_source() {
    for (Port& port : ports_) {
        const PortCount count = port.count();
        std::uint64_t received = 0;
        for (std::size_t worker = 0; worker < workers_->size(); ++worker) {
            received += workers_->count(worker).received[port.number()];
        }
        // Frames that the port has put into descriptors after the last poll. Not every driver counts at that moment.
        const std::uint64_t uncollected = count.delivered - std::min(count.delivered, received);
        ledger_.enter(Stage::source, received + uncollected + count.missed + count.errors + count.no_mbuf);
        ledger_.drop(Drop::nic_uncollected, uncollected);
        count_losses(count, ledger_);
    }
    for (std::size_t worker = 0; worker < workers_->size(); ++worker) {
        ledger_.pass(Stage::source, loads_[worker].frames.load(std::memory_order_relaxed));
        ledger_.drop(Drop::worker_ring_full, workers_->count(worker).ring_full);
    }
}

std::vector<std::string> Tap::report() const {
    std::vector<std::string> lines;
    lines.push_back(fmt::format("{} worker{}, {} frame buffers, {} huge pages", config_.workers,
                                config_.workers == 1 ? "" : "s", pool_->size, huge_pages_ ? "with" : "without"));
    if (!software_reason_.empty()) {
        lines.push_back("spread in software: " + software_reason_);
    }
    for (const Port& port : ports_) {
        const std::vector<std::string> more = port.report();
        lines.insert(lines.end(), more.begin(), more.end());
    }
    const std::string said = eal_->log();
    for (std::string_view rest = said; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
        lines.push_back(fmt::format("DPDK: {}", rest.substr(0, end + (rest[end] == '\n' ? 0 : 1))));
        rest.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace echotap
