// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/port.hpp"

#include <fmt/format.h>
#include <rte_errno.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "dataplane/dpdk/ring_port.hpp"
#include "dataplane/dpdk/rss.hpp"

namespace echotap {

namespace {

PortCount read_counters(std::uint16_t port) {
    rte_eth_stats stats{};
    rte_eth_stats_get(port, &stats);
    return {stats.ipackets, stats.imissed, stats.ierrors, stats.rx_nombuf};
}

std::string_view describe(LossCount loss, bool sockets_found) {
    switch (loss) {
        case LossCount::port:
            return "loss known: the port counts it (imissed, ierrors, rx_nombuf)";
        case LossCount::packet_socket:
            return sockets_found ? "loss known: the kernel counts it at the driver's packet socket"
                                 : "loss unknown: the driver counts none and its packet socket was not found";
        case LossCount::nothing_lost:
            return "no loss: a file waits";
        case LossCount::unknown:
            break;
    }
    return "loss unknown: the driver counts none";
}

std::string_view describe(TimestampUnit unit) {
    switch (unit) {
        case TimestampUnit::microseconds:
            return "the capture's own, to the microsecond";
        case TimestampUnit::device_ticks:
            return "the NIC's, set to the system's time";
        case TimestampUnit::none:
            break;
    }
    return "one per burst, from the system's time";
}

}  // namespace

std::string missing_nic(const std::string& address, const std::filesystem::path& devices) {
    std::error_code error;
    if (!std::filesystem::exists(devices / address, error)) {
        return fmt::format("port {}: there is no such PCI device; `lspci -D | grep -i ethernet` lists them", address);
    }
    const std::string driver = std::filesystem::read_symlink(devices / address / "driver", error).filename();
    if (error || driver.empty()) {
        return fmt::format("port {}: no driver is bound to it; `dpdk-devbind.py -b vfio-pci {}` does that", address,
                           address);
    }
    if (driver == "vfio-pci" || driver == "igb_uio" || driver == "uio_pci_generic") {
        return fmt::format(
            "port {}: bound to {}, but DPDK could not open it: run as root or give access to /dev/vfio, raise "
            "`ulimit -l`, and see that the package of its driver is installed (librte-net-*)",
            address, driver);
    }
    return fmt::format(
        "port {}: the kernel's driver {} holds it; `dpdk-devbind.py -b vfio-pci {}` hands it over (its address and "
        "routes go), or tap the kernel's interface: net_af_packet0,iface=NAME",
        address, driver, address);
}

Port::Port(PortSpec spec, const Eal& eal) : spec_(std::move(spec)) {
    if (spec_.slots != 0) {
        number_ = make_ring_port(spec_);
    } else if (rte_eth_dev_get_port_by_name(spec_.name.c_str(), &number_) != 0) {
        number_ = RTE_MAX_ETHPORTS;
        throw std::runtime_error(spec_.is_virtual
                                     ? fmt::format("port {}: DPDK cannot make it{}", spec_.text, eal.start_advice())
                                     : missing_nic(spec_.name, "/sys/bus/pci/devices"));
    }
    if (const int error = rte_eth_dev_info_get(number_, &device_); error != 0) {
        refuse("does not say what it can do", error);
    }
}

Port::Port(Port&& other) noexcept
    : spec_(std::move(other.spec_)),
      number_(std::exchange(other.number_, std::uint16_t{RTE_MAX_ETHPORTS})),
      device_(other.device_),
      queues_(other.queues_),
      descriptors_(other.descriptors_),
      hash_types_(other.hash_types_),
      spreading_(other.spreading_),
      timestamps_(other.timestamps_),
      started_(std::exchange(other.started_, false)),
      promiscuous_(other.promiscuous_),
      before_(other.before_),
      socket_drops_(std::move(other.socket_drops_)),
      socket_drops_sum_(other.socket_drops_sum_) {
}

Port::~Port() {
    if (number_ == RTE_MAX_ETHPORTS) {
        return;
    }
    if (started_) {
        rte_eth_dev_stop(number_);
    }
    rte_eth_dev_close(number_);
}

void Port::refuse(const char* what, int error) const {
    throw std::runtime_error(fmt::format("port {} ({}) {}: {}", spec_.text,
                                         device_.driver_name != nullptr ? device_.driver_name : "no driver", what,
                                         rte_strerror(error < 0 ? -error : error)));
}

std::uint16_t Port::queues_wanted(const PortConfig& config, Spreading spreading) const {
    if (spec_.is_virtual && spec_.queues_given) {
        // The driver spreads over all of its queues; one that is not polled would lose its share.
        return device_.max_rx_queues;
    }
    if (spreading != Spreading::hardware) {
        return 1;
    }
    return static_cast<std::uint16_t>(config.queues_per_port != 0 ? config.queues_per_port : config.workers);
}

std::uint16_t Port::descriptors_wanted(const PortConfig& config) const {
    auto receive =
        static_cast<std::uint16_t>(spec_.is_virtual ? std::min(config.descriptors, 1024U) : config.descriptors);
    std::uint16_t transmit = 0;
    rte_eth_dev_adjust_nb_rx_tx_desc(number_, &receive, &transmit);
    return receive;
}

std::string Port::spreading_doubt(const PortConfig& config) const {
    const std::uint16_t queues = queues_wanted(config, Spreading::hardware);
    if (spec_.slots != 0 && queues == config.workers) {
        return {};
    }
    if (!spec_.spreads) {
        return "a virtual device does not spread by addresses only";
    }
    if (queues < config.workers || device_.max_rx_queues < queues) {
        return fmt::format("it has {} queues for {} workers", std::min(queues, device_.max_rx_queues), config.workers);
    }
    return spreading_fault(device_.flow_type_rss_offloads & address_hashes, {});
}

void Port::configure(const PortConfig& config, Spreading spreading, rte_mempool* pool) {
    std::vector<std::uint8_t> key = symmetric_key(device_.hash_key_size != 0 ? device_.hash_key_size : 40);
    rte_eth_conf wanted{};
    if (spreading == Spreading::hardware && spec_.slots == 0) {
        wanted.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        wanted.rx_adv_conf.rss_conf.rss_key = key.data();
        wanted.rx_adv_conf.rss_conf.rss_key_len = static_cast<std::uint8_t>(key.size());
        wanted.rx_adv_conf.rss_conf.rss_hf = device_.flow_type_rss_offloads & address_hashes;
    }
    if ((device_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0) {
        wanted.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
    }
    if (!spec_.is_virtual) {
        // Frames larger than a buffer need several of them; a NIC that cannot is held to what a buffer takes.
        const bool scatters = (device_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
        const auto buffer = static_cast<unsigned>(rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM);
        constexpr unsigned ethernet_overhead = 14 + 4 + 2 * 4;  // header, checksum, two tags
        const unsigned most =
            scatters ? device_.max_mtu : std::min<unsigned>(device_.max_mtu, buffer - ethernet_overhead);
        wanted.rxmode.mtu =
            std::clamp<unsigned>(config.mtu, device_.min_mtu, std::max<unsigned>(most, device_.min_mtu));
        if (scatters) {
            wanted.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
        }
    }
    queues_ = queues_wanted(config, spreading);
    const std::uint16_t transmit_queues = spec_.sends_too ? queues_ : std::uint16_t{0};
    descriptors_ = descriptors_wanted(config);
    if (const int error = rte_eth_dev_configure(number_, queues_, transmit_queues, &wanted); error != 0) {
        refuse("cannot be configured", error);
    }
    const int socket = rte_eth_dev_socket_id(number_);
    for (std::uint16_t queue = 0; queue < queues_; ++queue) {
        rte_eth_rxconf receive = device_.default_rxconf;
        receive.offloads = wanted.rxmode.offloads;
        if (const int error =
                rte_eth_rx_queue_setup(number_, queue, descriptors_, static_cast<unsigned>(socket), &receive, pool);
            error != 0) {
            refuse("cannot set up a receive queue", error);
        }
    }
    for (std::uint16_t queue = 0; queue < transmit_queues; ++queue) {
        if (const int error =
                rte_eth_tx_queue_setup(number_, queue, descriptors_, static_cast<unsigned>(socket), nullptr);
            error != 0) {
            refuse("cannot set up a transmit queue", error);
        }
    }
}

void Port::choose_timestamps() {
    timestamps_ = spec_.timestamps;
    std::uint64_t ticks = 0;
    if (timestamps_ == TimestampUnit::device_ticks &&
        ((device_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) == 0 || rte_eth_read_clock(number_, &ticks) != 0)) {
        // Ticks of a clock that cannot be read mean nothing.
        timestamps_ = TimestampUnit::none;
    }
}

std::string Port::start(const PortConfig& config, Spreading spreading, std::uint16_t pattern, rte_mempool* pool) {
    if (std::exchange(started_, false)) {
        rte_eth_dev_stop(number_);
    }
    configure(config, spreading, pool);
    if (spec_.loss == LossCount::packet_socket) {
        socket_drops_.emplace(spec_.option("iface"));
        socket_drops_->take();
        socket_drops_sum_ = 0;
    }
    if (const int error = rte_eth_dev_start(number_); error != 0) {
        refuse("cannot be started", error);
    }
    started_ = true;
    spreading_ = spreading;
    before_ = rte_eth_stats_reset(number_) == 0 ? PortCount{} : read_counters(number_);
    if (config.promiscuous) {
        rte_eth_promiscuous_enable(number_);
    }
    promiscuous_ = rte_eth_promiscuous_get(number_) == 1;
    choose_timestamps();
    if (spreading != Spreading::hardware || spec_.slots != 0) {
        return {};
    }
    return check_spreading(number_, device_, queues_, pattern, hash_types_);
}

PortCount Port::count() {
    PortCount now = read_counters(number_);
    now.delivered -= before_.delivered;
    now.missed -= before_.missed;
    now.errors -= before_.errors;
    now.no_mbuf -= before_.no_mbuf;
    if (socket_drops_) {
        socket_drops_sum_ += socket_drops_->take();
        now.missed += socket_drops_sum_;
    }
    return now;
}

bool Port::is_loss_known() const {
    return spec_.loss == LossCount::packet_socket ? socket_drops_ && socket_drops_->known()
                                                  : spec_.loss != LossCount::unknown;
}

std::vector<std::string> Port::report() const {
    std::vector<std::string> lines;
    std::string spreading;
    switch (spreading_) {
        case Spreading::one_worker:
            spreading = "one worker";
            break;
        case Spreading::hardware:
            spreading = spec_.slots != 0
                            ? "spread by who fills it"
                            : fmt::format("RSS on {}, symmetric key, as read back", hash_type_names(hash_types_));
            break;
        case Spreading::software:
            spreading = "spread in software by IP addresses";
            break;
    }
    const std::string depth = spec_.is_virtual ? "" : fmt::format(" of {} descriptors", descriptors_);
    lines.push_back(fmt::format("port {} ({}): {} queue{}{}, {}", spec_.name, device_.driver_name, queues_,
                                queues_ == 1 ? "" : "s", depth, spreading));
    lines.push_back(fmt::format("port {}: timestamps: {}", spec_.name, describe(timestamps_)));
    lines.push_back(
        fmt::format("port {}: {}", spec_.name, describe(spec_.loss, socket_drops_ && socket_drops_->known())));
    if (!promiscuous_) {
        lines.push_back(fmt::format("port {}: not promiscuous: only frames for its own address are seen", spec_.name));
    }
    rte_eth_link link{};
    if (started_ && rte_eth_link_get_nowait(number_, &link) == 0 && link.link_status == RTE_ETH_LINK_DOWN) {
        lines.push_back(fmt::format("port {}: the link is down", spec_.name));
    }
    return lines;
}

}  // namespace echotap
