// SPDX-License-Identifier: Apache-2.0
// Live ports: where frames come from and what the tap may use. DPDK's own arguments are derived from this; users write
// none. Every default is what a mirror port of an authority needs on one core.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace echotap {

enum class HugePages : std::uint8_t {
    automatic,  // yes where enough of them are free, otherwise no
    yes,
    no,
};

struct PortConfig {
    /// The ports, each a string of its own: the PCI address of a NIC (`0000:03:00.0`; the domain may be left out), or a
    /// virtual device, its name and its options as DPDK's manual of that driver has them:
    ///     net_af_packet0,iface=eth1          a kernel interface; needs CAP_NET_RAW, works with every NIC
    ///     net_af_xdp0,iface=eth1             a kernel interface over AF_XDP; needs CAP_NET_ADMIN and CAP_BPF
    ///     net_pcap0,rx_pcap=/path/to.pcap    a capture, as fast as it can be read; needs nothing
    ///     net_pcap0,rx_iface=eth1            a kernel interface over libpcap
    ///     net_memif0,role=server             frames of another process over shared memory
    ///     net_ring0, net_null0               loopback and empty frames, for trying things
    ///     net_ring0,slots=4096,queues=2      loopback with rings of one's own size, which `echotap bench` fills
    std::vector<std::string> ports{};

    /// Threads that run the line, each on a CPU of its own where there are enough; 1 to 64. The main thread, which
    /// prints, is not among them.
    unsigned workers = 1;

    /// CPUs to use: the first for the main thread, the others for the workers in turn. Empty: those that the process
    /// may run on. Where there are fewer than workers + 1, workers share CPUs and the main thread floats.
    std::vector<unsigned> cpus{};

    /// Receive queues per port. 0: one per worker where the NIC can spread frames by IP address itself, otherwise one.
    /// Fewer queues than workers means that frames are spread in software. Virtual devices have the queues that
    /// their options say.
    unsigned queues_per_port = 0;

    /// Huge pages spare the TLB and are what NICs do DMA into; virtual devices do without.
    HugePages huge_pages = HugePages::automatic;

    /// Memory for frame buffers and DPDK itself, in MiB. 0: as much as queues and rings can hold.
    std::size_t memory_mib = 0;

    /// Descriptors per receive queue, clamped to what the NIC has. At 14.88 million frames/s 4,096 of them are 275
    /// microseconds of patience.
    unsigned descriptors = 4096;

    /// Receive frames for other stations as well. On a mirror port all frames are for other stations.
    bool promiscuous = true;

    /// The largest packet that a NIC should accept, in octets, clamped to what it can. Mirrors add tags and tunnel
    /// headers, so frames over 1,518 octets are usual. Virtual devices keep their own.
    unsigned mtu = 9000;

    /// How long a worker sleeps once its queues have been empty for a while; 0: never, it polls on. While it sleeps
    /// only the descriptors take frames.
    std::chrono::microseconds idle_sleep{50};

    /// Frames that may wait for another worker, for each pair of workers (spreading in software only).
    std::size_t hand_over_frames = 2048;

    /// Reverse queries that may wait for the worker that owns their querier, for each pair of workers (windows only).
    std::size_t queries_waiting = 2048;

    /// Rows per worker that may wait for the main thread to print them.
    std::size_t rows_waiting = 65536;

    /// Whether DPDK opens its telemetry socket (dpdk-telemetry.py), to which /echotap/... are added where a tap has
    /// them.
    bool dpdk_telemetry = false;

    /// Names what DPDK keeps for this process. The process number is appended, so several taps can run side by side.
    std::string file_prefix = "echotap";
};

}  // namespace echotap
