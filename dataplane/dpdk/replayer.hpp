// SPDX-License-Identifier: Apache-2.0
// A generator: frames in memory and a rate go in, mbufs come out at a tap's rings or at another port, and a count of
// what was offered and what found no room.
//
//     traffic -> copy into an mbuf, with addresses of this pass -> ring of its queue, or a port that sends
//
// Frames are sent pass after pass. Each pass changes two octets of every address by its own number, the same in both
// addresses of a frame: so it has queriers of its own, its TCP flows are no repetition of those before, and what
// belongs together stays together. Checksums are left as they are: a tap does not look at them.
#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/dpdk/port_spec.hpp"

namespace echotap {

/// A frame to be sent, of at most replay_size_max octets.
struct ReplayFrame {
    const std::uint8_t* octets = nullptr;
    std::uint16_t size = 0;
    std::uint16_t queue = 0;        // of the port that receives, where that has rings of ours
    std::uint16_t source = 0;       // where in it the two octets stand that a pass changes;
    std::uint16_t destination = 0;  // 0: nowhere
};
static_assert(sizeof(ReplayFrame) == 16);

inline constexpr std::size_t replay_size_max = 2048;

struct ReplayCount {
    std::uint64_t offered = 0;  // in order from the first frame on, pass after pass
    std::uint64_t octets = 0;   // of these, as captures count them: without the checksum of Ethernet
    std::uint64_t refused = 0;  // of these, frames that found a full ring, as a NIC would have missed them
    double seconds = 0;         // from the first to the last

    std::uint64_t accepted() const { return offered - refused; }
    double rate() const { return seconds > 0 ? static_cast<double>(offered) / seconds : 0; }
};

/// The calling thread as an lcore of DPDK's on one CPU, for as long as this lives. Throws std::runtime_error where
/// DPDK has no lcore left or the CPU is not to be had.
class ReplayLcore {
public:
    explicit ReplayLcore(unsigned cpu);
    ~ReplayLcore();
    ReplayLcore(const ReplayLcore&) = delete;
    ReplayLcore& operator=(const ReplayLcore&) = delete;
};

/// Made once there is a tap, and gone before it. One thread, which a ReplayLcore is for.
class Replayer {
public:
    /// Sends to the rings of `receiver`, a net_ring with slots. `frames` must outlive this. Throws std::runtime_error
    /// where there is no memory for its buffers, which memory_mib says.
    Replayer(std::span<const ReplayFrame> frames, const PortSpec& receiver);

    /// Sends from a port of its own, which `sender` is the string of and which the tap does not know: a net_memif whose
    /// other end is the tap's, a NIC with a cable to the tap's. Throws std::runtime_error where there is no such port
    /// or its link does not come up within 10 s.
    Replayer(std::span<const ReplayFrame> frames, const std::string& sender);

    ~Replayer();
    Replayer(const Replayer&) = delete;
    Replayer& operator=(const Replayer&) = delete;

    /// Octets of DPDK's memory that it takes for itself.
    static std::size_t memory_needed(std::span<const ReplayFrame> frames, std::size_t slots);

    /// Sends from the first frame on, in a new pass, at `rate` frames/s for `duration`, or until `stop`. A generator
    /// that was held up makes good for at most an eighth of a second or what half a ring takes, in bursts; time beyond
    /// that is taken off the schedule, and count.rate() says what came of it. An infinite rate: as fast as it can.
    ReplayCount send(double rate, std::chrono::nanoseconds duration, const std::atomic<bool>& stop);

private:
    struct FreePool {
        void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
    };
    /// Mbufs on their way to one queue.
    struct Staged {
        std::array<rte_mbuf*, 32> mbufs;
        unsigned count = 0;
    };

    void make_pool(std::size_t slots);
    void stage(ReplayCount& count);
    void flush(Staged& staged, unsigned queue, ReplayCount& count);

    std::span<const ReplayFrame> frames_;
    std::unique_ptr<rte_mempool, FreePool> pool_;
    std::vector<rte_ring*> rings_;  // by queue; empty: the port
    std::uint16_t port_ = 0;
    bool waits_for_room_ = false;  // a NIC's full queue is the cable's rate and no loss
    std::uint64_t catch_up_frames_ = 0;
    std::vector<Staged> staged_;  // by queue
    std::uint16_t pass_ = 0;
    std::size_t next_ = 0;
};

}  // namespace echotap
