// SPDX-License-Identifier: Apache-2.0
// A live tap: the configuration goes in, frames come out at one BurstTaker per worker, and nothing vanishes.
#pragma once

#include <rte_mempool.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/port_config.hpp"
#include "dataplane/dpdk/burst_taker.hpp"
#include "dataplane/dpdk/eal.hpp"
#include "dataplane/dpdk/port.hpp"
#include "dataplane/dpdk/stamper.hpp"
#include "dataplane/dpdk/tap_picture.hpp"
#include "dataplane/dpdk/worker_load.hpp"
#include "dataplane/drop.hpp"

namespace echotap {

class Workers;

/// EAL, ports, buffers and workers. One per process, ever (see Eal); all calls from one thread, the main thread.
class Tap {
public:
    /// Starts DPDK and the ports, which then receive. Throws std::runtime_error that names the port or the value, why
    /// it does not do, and what to do.
    explicit Tap(const PortConfig& config);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    /// Runs one worker per taker until `stop` says so; takers.size() must be config.workers. Meanwhile, and until the
    /// last worker has ended, calls `drain`, which takes what the takers have left for this thread and returns how much
    /// that was; where it is nothing the thread sleeps for half a millisecond. `stop` is asked once per round. Once per
    /// Tap. Throws what takers, `stop` or `drain` throw, after the workers have ended.
    void run(std::span<BurstTaker* const> takers, const std::function<bool()>& stop,
             const std::function<std::size_t()>& drain);

    /// Stage::source of all ports, after run(): in is what the ports saw, out what the takers were fed.
    const Ledger& ledger() const { return ledger_; }

    /// What ports and rings have lost so far: drops of Stage::source. Asks every port, so a few times a second at most;
    /// during run() from `stop` and `drain`.
    Ledger losses();

    /// Ports, workers and buffers as they stand. Asks every port, so a few times a second at most; from the main
    /// thread.
    TapPicture picture();

    /// One per worker, for as long as the tap lives. Any thread may look.
    std::span<const WorkerLoad> loads() const { return loads_; }

    /// Whether every port counts what it loses.
    bool is_loss_known() const;

    /// How the tap is set up, a line each: memory, queues, spreading (and why not by the NIC), timestamps, loss, and
    /// what DPDK had to say.
    std::vector<std::string> report() const;

private:
    struct FreePool {
        void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
    };

    std::size_t buffers_needed() const;
    void make_pool(const std::vector<PortSpec>& specs);
    void start_ports();
    void count_source();

    PortConfig config_;
    bool huge_pages_ = false;
    // In this order: ports go before their buffers, buffers before the EAL.
    std::unique_ptr<Eal> eal_;
    std::unique_ptr<rte_mempool, FreePool> pool_;
    std::vector<Port> ports_;
    Spreading spreading_ = Spreading::one_worker;
    std::string software_reason_;
    std::vector<WorkerLoad> loads_;
    const Workers* workers_ = nullptr;  // while they run
    Ledger ledger_;
};

}  // namespace echotap
