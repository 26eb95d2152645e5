// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/port_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace echotap {

namespace {

struct VirtualDriver {
    std::string_view name;
    bool queues_given;
    bool sends_too;
    unsigned own_buffers;
    LossCount loss;
};

/// net_af_xdp fills a ring of 2,048 buffers for the kernel and one for frames that came. net_memif fills its rings; the
/// others of the table take a buffer when a frame is there. Drivers that are not here have as many queues as one asks
/// for and count nothing.
constexpr auto virtual_drivers = std::to_array<VirtualDriver>({
    {"net_af_packet", true, false, 0, LossCount::packet_socket},
    {"net_af_xdp", true, true, 2 * 2048, LossCount::port},
    {"net_memif", false, true, 1024, LossCount::unknown},
    {"net_null", false, false, 0, LossCount::unknown},
    {"net_pcap", true, false, 0, LossCount::unknown},
    {"net_ring", true, false, 0, LossCount::unknown},
});

bool is_hex(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// DOMAIN:BUS:DEVICE.FUNCTION or BUS:DEVICE.FUNCTION, as lspci prints them; empty where `text` is neither.
std::string pci_address(std::string_view text) {
    const bool has_domain = text.size() == 12 && text[4] == ':';
    const std::string_view rest = has_domain ? text.substr(5) : text;
    if ((!has_domain && text.size() != 7) || (has_domain && !is_hex(text.substr(0, 4))) || rest[2] != ':' ||
        rest[5] != '.' || !is_hex(rest.substr(0, 2)) || !is_hex(rest.substr(3, 2)) || rest[6] < '0' || rest[6] > '7') {
        return {};
    }
    std::string address = fmt::format("{}{}", has_domain ? "" : "0000:", text);
    std::transform(address.begin(), address.end(), address.begin(),
                   [](char digit) { return digit >= 'A' && digit <= 'F' ? static_cast<char>(digit + 32) : digit; });
    return address;
}

unsigned option_number(const PortSpec& spec, std::string_view key, unsigned least, unsigned most) {
    const std::string text = spec.option(key);
    const char* const end = text.data() + text.size();
    unsigned number = 0;
    if (const auto [stop, error] = std::from_chars(text.data(), end, number);
        error != std::errc() || stop != end || number < least || number > most) {
        throw std::runtime_error(
            fmt::format("port {}: {} is '{}', but must be a number from {} to {}", spec.text, key, text, least, most));
    }
    return number;
}

}  // namespace

std::string PortSpec::option(std::string_view key) const {
    std::string_view rest = text;
    for (std::size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
        rest.remove_prefix(comma + 1);
        const std::string_view pair = rest.substr(0, rest.find(','));
        if (pair.size() > key.size() && pair.substr(0, key.size()) == key && pair[key.size()] == '=') {
            return std::string(pair.substr(key.size() + 1));
        }
    }
    return {};
}

std::size_t PortSpec::buffer_size() const {
    constexpr std::size_t usual = 2048;
    constexpr std::size_t mbuf_max = 65535;  // rte_mbuf holds the length of a buffer, headroom included, in 16 bits
    const std::string size_text = option("framesz");
    std::size_t size = 0;
    std::from_chars(size_text.data(), size_text.data() + size_text.size(), size);
    return std::clamp(size, usual, mbuf_max - 128);
}

PortSpec parse_port_spec(std::string_view text) {
    PortSpec spec;
    spec.text = text;
    if (std::string address = pci_address(text); !address.empty()) {
        spec.name = std::move(address);
        spec.is_virtual = false;
        spec.queues_given = false;
        spec.spreads = true;
        spec.loss = LossCount::port;
        spec.timestamps = TimestampUnit::device_ticks;
        return spec;
    }
    spec.name = text.substr(0, text.find(','));
    const std::size_t number = spec.name.find_last_not_of("0123456789") + 1;
    spec.driver = spec.name.substr(0, number);
    if (spec.driver.size() < 5 || spec.driver.substr(0, 4) != "net_" || number == spec.name.size() ||
        spec.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos) {
        throw std::runtime_error(
            fmt::format("port '{}' is neither a PCI address (0000:03:00.0) nor a virtual device with a number and "
                        "options (net_af_packet0,iface=eth1)",
                        text));
    }
    const auto* driver = std::find_if(virtual_drivers.begin(), virtual_drivers.end(),
                                      [&spec](const VirtualDriver& row) { return row.name == spec.driver; });
    if (driver != virtual_drivers.end()) {
        spec.queues_given = driver->queues_given;
        spec.sends_too = driver->sends_too;
        spec.own_buffers = driver->own_buffers;
        spec.loss = driver->loss;
    } else {
        spec.queues_given = false;
        spec.own_buffers = 1024;
    }
    if (spec.driver == "net_ring" && !spec.option("slots").empty()) {
        spec.slots = option_number(spec, "slots", 64, 1U << 24U);
        spec.queues = spec.option("queues").empty() ? 1 : option_number(spec, "queues", 1, 16);
    }
    if (spec.driver == "net_pcap") {
        // Up to DPDK 22.11 the driver takes a buffer for every frame of the file when its queue is set up, and where
        // there are not enough, or one is too small, frees them and then frees them again as the port is closed: the
        // process dies by SIGSEGV instead of saying so. What it replays has no timestamps either.
        if (const std::string infinite = spec.option("infinite_rx"); !infinite.empty() && infinite != "0") {
            throw std::runtime_error(fmt::format(
                "port {}: infinite_rx is not taken, since DPDK's driver crashes where the capture needs more "
                "buffers than there are; to replay a capture again and again, send it over a veth pair with "
                "`tcpreplay --loop 0 -i veth0 FILE` and listen to net_af_packet0,iface=veth1",
                text));
        }
        spec.timestamps = TimestampUnit::microseconds;
        if (!spec.option("rx_pcap").empty()) {
            spec.loss = LossCount::nothing_lost;
        }
    }
    return spec;
}

}  // namespace echotap
