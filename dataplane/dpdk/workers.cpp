// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/workers.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_prefetch.h>
#include <sys/prctl.h>

#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "dataplane/flow_hash.hpp"

namespace echotap {

class Worker {
public:
    Worker(const WorkerPlan& plan, std::size_t number, Workers& all, BurstTaker& taker, std::size_t workers)
        : number_(number),
          all_(all),
          taker_(taker),
          frames_(plan.time_field, plan.digits, taker),
          hand_over_(plan.hand_over),
          idle_sleep_(plan.idle_sleep),
          load_(plan.loads[number]),
          has_system_time_(plan.has_system_time),
          staged_(plan.hand_over ? workers : 0) {
        for (const PolledQueue& queue : plan.queues) {
            if (queue.worker == number) {
                queues_.push_back({queue, Stamper(queue.port, queue.timestamps, plan.time_field)});
            }
        }
    }

    /// The whole life of a worker, on its lcore.
    static int run(void* self) {
        auto& worker = *static_cast<Worker*>(self);
        try {
            worker.poll_until_stopped();
        } catch (...) {
            worker.failure_ = std::current_exception();
            worker.all_.stop();
        }
        worker.load_.is_polling.store(false, std::memory_order_relaxed);
        worker.all_.receiving_.fetch_sub(1, std::memory_order_acq_rel);
        if (!worker.failure_) {
            try {
                worker.drain();
                worker.load_.frames.store(worker.fed_, std::memory_order_relaxed);
                worker.taker_.finish();
            } catch (...) {
                worker.failure_ = std::current_exception();
            }
        }
        worker.all_.finishing_.fetch_sub(1, std::memory_order_acq_rel);
        if (!worker.failure_) {
            try {
                worker.attend_others();
            } catch (...) {
                worker.failure_ = std::current_exception();
            }
        }
        worker.all_.running_.fetch_sub(1, std::memory_order_release);
        return 0;
    }

    const WorkerCount& count() const { return count_; }
    const std::exception_ptr& failure() const { return failure_; }

private:
    struct Queue {
        PolledQueue polled;
        Stamper stamper;
    };

    struct Staged {
        std::array<rte_mbuf*, burst_size_max> mbufs;
        std::size_t count = 0;
    };

    SpscRing<rte_mbuf*>& ring(std::size_t from, std::size_t to) {
        return *all_.rings_[from * all_.workers_.size() + to];
    }

    void poll_until_stopped() {
        prctl(PR_SET_TIMERSLACK, 1000UL);  // a sleep of 50 microseconds would take 100 otherwise
        std::size_t idle_rounds = 0;
        std::size_t unfed_rounds = 0;
        load_.is_polling.store(true, std::memory_order_relaxed);
        std::uint64_t round_begin = rte_rdtsc();
        while (!all_.stop_.load(std::memory_order_relaxed)) {
            const std::uint64_t fed_before = fed_;
            std::size_t frames = take_from_rings();
            for (Queue& queue : queues_) {
                frames += receive(queue);
            }
            // A worker may have handed on all that it received.
            unfed_rounds = fed_ != fed_before ? 0 : unfed_rounds + 1;
            if (unfed_rounds != 0) {
                attend(unfed_rounds);
            }
            idle_rounds = frames != 0 ? 0 : idle_rounds + 1;
            back_off(idle_rounds);
            const std::uint64_t round_end = rte_rdtsc();
            load_.add(load_.rounds, 1);
            load_.add(load_.cycles, round_end - round_begin);
            load_.add(load_.busy_cycles, frames != 0 ? round_end - round_begin : 0);
            load_.frames.store(fed_, std::memory_order_relaxed);
            round_begin = round_end;
        }
        // What the queues hold now has arrived in time. A busy port never runs dry and some (net_null) never end, so
        // that is bounded, by more than any queue holds: 65,536 frames are a few milliseconds of work.
        constexpr std::size_t held_max = 65536;
        for (Queue& queue : queues_) {
            for (std::size_t taken = 0; taken < held_max;) {
                const std::size_t frames = receive(queue);
                if (frames == 0) {
                    break;
                }
                taken += frames;
            }
        }
    }

    /// Nothing was fed for so many rounds. The system's time is read in some of them.
    void attend(std::size_t unfed_rounds) {
        constexpr std::size_t rounds_per_reading = 64;
        const bool reads = has_system_time_ && (unfed_rounds % rounds_per_reading == 0 || sleeps(unfed_rounds));
        frames_.idle(reads ? std::optional<Timestamp>(std::chrono::system_clock::now()) : std::nullopt);
    }

    /// Others may still leave something for our taker, until all of theirs have finished.
    void attend_others() {
        while (all_.finishing_.load(std::memory_order_acquire) != 0) {
            frames_.idle(std::nullopt);
            std::this_thread::yield();
        }
        taker_.end();
    }

    bool sleeps(std::size_t idle_rounds) const {
        constexpr std::size_t patience_rounds = 10000;  // some hundred microseconds
        return idle_rounds > patience_rounds && idle_sleep_.count() != 0;
    }

    void back_off(std::size_t idle_rounds) const {
        if (idle_rounds == 0) {
            return;
        }
        if (sleeps(idle_rounds)) {
            std::this_thread::sleep_for(idle_sleep_);
        } else {
            rte_pause();
        }
    }

    std::size_t receive(Queue& queue) {
        std::array<rte_mbuf*, burst_size_max> mbufs;
        const std::size_t count = rte_eth_rx_burst(queue.polled.port, queue.polled.queue, mbufs.data(),
                                                   static_cast<std::uint16_t>(mbufs.size()));
        if (count == 0) {
            return 0;
        }
        count_.received[queue.polled.port] += count;
        queue.stamper.stamp({mbufs.data(), count});
        if (hand_over_) {
            spread({mbufs.data(), count});
        } else {
            feed({mbufs.data(), count});
        }
        return count;
    }

    /// Sorts a burst by owner, hands the others theirs and feeds our own. The order within a flow stays.
    void spread(std::span<rte_mbuf* const> mbufs) {
        for (const rte_mbuf* mbuf : mbufs) {
            rte_prefetch0(rte_pktmbuf_mtod(mbuf, const void*));
        }
        for (rte_mbuf* mbuf : mbufs) {
            // Of a frame in several mbufs the first holds at least the headers up to the outermost IP header.
            Frame frame;
            frame.octets = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
            frame.captured = mbuf->data_len;
            Staged& staged = staged_[worker_of(flow_hash(frame), staged_.size())];
            staged.mbufs[staged.count++] = mbuf;
        }
        for (std::size_t owner = 0; owner < staged_.size(); ++owner) {
            Staged& staged = staged_[owner];
            if (owner != number_ && staged.count != 0) {
                const std::span<rte_mbuf* const> all(staged.mbufs.data(), staged.count);
                const std::size_t taken = ring(number_, owner).push(all);
                if (taken < all.size()) {
                    count_.ring_full.store(count_.ring_full.load(std::memory_order_relaxed) + all.size() - taken,
                                           std::memory_order_relaxed);
                    rte_pktmbuf_free_bulk(staged.mbufs.data() + taken, static_cast<unsigned>(all.size() - taken));
                }
                staged.count = 0;
            }
        }
        Staged& own = staged_[number_];
        if (own.count != 0) {
            feed({own.mbufs.data(), std::exchange(own.count, std::size_t{0})});
        }
    }

    std::size_t take_from_rings() {
        std::size_t frames = 0;
        for (std::size_t from = 0; from < staged_.size(); ++from) {
            if (from == number_) {
                continue;
            }
            std::array<rte_mbuf*, burst_size_max> mbufs;
            const std::size_t count = ring(from, number_).pop(mbufs);
            if (count != 0) {
                feed({mbufs.data(), count});
                frames += count;
            }
        }
        return frames;
    }

    void feed(std::span<rte_mbuf*> mbufs) {
        fed_ += mbufs.size();
        frames_.feed(mbufs);
    }

    /// Takes from the rings until they are empty and nobody can fill them any more. In that order: a ring that was
    /// empty before the last producer went may have been filled in between.
    void drain() {
        for (;;) {
            const bool last = all_.receiving_.load(std::memory_order_acquire) == 0;
            if (take_from_rings() == 0) {
                if (last) {
                    return;
                }
                std::this_thread::yield();
            }
        }
    }

    std::size_t number_;
    Workers& all_;
    BurstTaker& taker_;
    MbufFrames frames_;
    bool hand_over_;
    std::chrono::microseconds idle_sleep_;
    WorkerLoad& load_;
    bool has_system_time_;
    std::vector<Queue> queues_;
    std::vector<Staged> staged_;
    WorkerCount count_;
    std::uint64_t fed_ = 0;
    std::exception_ptr failure_;
};

Workers::Workers(const WorkerPlan& plan, std::span<BurstTaker* const> takers) {
    for (std::size_t number = 0; number < takers.size(); ++number) {
        workers_.push_back(std::make_unique<Worker>(plan, number, *this, *takers[number], takers.size()));
    }
    if (plan.hand_over) {
        for (std::size_t pair = 0; pair < takers.size() * takers.size(); ++pair) {
            rings_.push_back(std::make_unique<SpscRing<rte_mbuf*>>(plan.hand_over_frames));
        }
    }
}

Workers::~Workers() {
    if (started_) {
        stop();
        wait();
    }
}

void Workers::start() {
    receiving_.store(workers_.size());
    finishing_.store(workers_.size());
    running_.store(workers_.size());
    started_ = true;
    for (std::size_t number = 0; number < workers_.size(); ++number) {
        if (rte_eal_remote_launch(Worker::run, workers_[number].get(), static_cast<unsigned>(number + 1)) != 0) {
            receiving_.fetch_sub(workers_.size() - number);
            finishing_.fetch_sub(workers_.size() - number);
            running_.fetch_sub(workers_.size() - number);
            throw std::runtime_error("a worker could not be started: its lcore is busy or does not exist");
        }
    }
}

void Workers::stop() {
    stop_.store(true, std::memory_order_relaxed);
}

bool Workers::stopping() const {
    return stop_.load(std::memory_order_relaxed);
}

bool Workers::running() const {
    return running_.load(std::memory_order_acquire) != 0;
}

void Workers::wait() {
    rte_eal_mp_wait_lcore();
    // EAL hands the workers' memory over too, but out of sight of what checks threads: its library is not instrumented.
    static_cast<void>(running());
}

void Workers::join() {
    wait();
    started_ = false;
    for (const auto& worker : workers_) {
        if (worker->failure()) {
            std::rethrow_exception(worker->failure());
        }
    }
}

std::size_t Workers::frames_waiting(std::size_t worker) const {
    std::size_t waiting = 0;
    for (std::size_t from = 0; from < workers_.size() && !rings_.empty(); ++from) {
        waiting += rings_[from * workers_.size() + worker]->size();
    }
    return waiting;
}

const WorkerCount& Workers::count(std::size_t worker) const {
    return workers_[worker]->count();
}

}  // namespace echotap
