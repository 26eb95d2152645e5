// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "dataplane/capture/capture_set.hpp"
#include "dataplane/flow_hash.hpp"
#include "dataplane/layers.hpp"
#include "dataplane/line.hpp"

namespace echotap {

namespace {

constexpr std::size_t page_size = 1U << 20U;

/// The addresses of an IP packet as they stand in its header, one after the other.
std::vector<std::uint8_t> address_pair(const Packet& packet) {
    std::vector<std::uint8_t> pair;
    for (const IpAddress& address : {packet.source, packet.destination}) {
        const auto& octets = address.octets();
        pair.insert(pair.end(), octets.end() - (packet.is_v6 ? 16 : 4), octets.end());
    }
    return pair;
}

/// Says where in the frame the octets stand that a pass changes: the middle ones of innermost IPv4 addresses, and those
/// behind the /32 of IPv6 ones. Frames without such addresses are sent as they are.
void find_addresses(const Frame& frame, ReplayFrame& to) {
    static const LineConfig config;
    Packet packet;
    if (parse_frame(frame, {.dns_ports = config.dns_ports, .header_depth_max = config.header_depth_max}, packet) !=
        Drop::none) {
        return;
    }
    const std::vector<std::uint8_t> pair = address_pair(packet);
    const std::uint8_t* const begin = frame.octets;
    const std::uint8_t* const end = packet.payload.data();
    const std::uint8_t* const found = std::find_end(begin, end, pair.begin(), pair.end());
    if (found != end) {
        const std::size_t changed = static_cast<std::size_t>(found - begin) + (packet.is_v6 ? 4 : 1);
        to.source = static_cast<std::uint16_t>(changed);
        to.destination = static_cast<std::uint16_t>(changed + pair.size() / 2);
    }
}

Frame frame_of(const ReplayFrame& frame) {
    Frame plain;
    plain.octets = frame.octets;
    plain.captured = plain.length = frame.size;
    return plain;
}

}  // namespace

Traffic Traffic::of_mix(MixShape shape, std::size_t frames) {
    Traffic traffic;
    traffic.name_ = name_of(shape);
    traffic.mix_ = std::make_unique<Mix>(shape, frames, mix_seed_default);
    traffic.frames_.reserve(frames);
    for (const Frame& frame : traffic.mix_->frames()) {
        traffic.add(frame);
    }
    traffic.count_queries();
    const Truth& truth = traffic.mix_->truth();
    if (traffic.queries_.back() != truth.reverse_queries() + truth.ledger.minimised) {
        throw std::logic_error(fmt::format("the line finds {} queries in the {} mix, which holds {}",
                                           traffic.queries_.back(), traffic.name_,
                                           truth.reverse_queries() + truth.ledger.minimised));
    }
    return traffic;
}

Traffic Traffic::of_captures(const std::vector<std::string>& paths, std::size_t octets_max) {
    Traffic traffic;
    traffic.name_ = paths.size() == 1 ? std::filesystem::path(paths.front()).filename().string()
                                      : fmt::format("{} captures", paths.size());
    Ledger ledger;
    CaptureSet captures(paths, ledger);
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        for (const Frame& frame : burst) {
            if (frame.link != LinkType::ethernet || frame.captured != frame.length || frame.captured == 0 ||
                frame.captured > replay_size_max || traffic.octets_ + frame.captured > octets_max) {
                ++traffic.left_out_;
                continue;
            }
            // Pages do not move when more come.
            if (traffic.pages_.empty() || traffic.pages_.back().size() + frame.captured > page_size) {
                traffic.pages_.emplace_back().reserve(page_size);
            }
            std::vector<std::uint8_t>& page = traffic.pages_.back();
            Frame kept = frame;
            kept.octets = page.data() + page.size();
            page.insert(page.end(), frame.octets, frame.octets + frame.captured);
            traffic.add(kept);
        }
    }
    if (traffic.frames_.empty()) {
        throw std::runtime_error(
            fmt::format("{}: no frame that can be sent: {} were no Ethernet, cut, or over {} octets", paths.front(),
                        traffic.left_out_, replay_size_max));
    }
    traffic.count_queries();
    return traffic;
}

void Traffic::add(const Frame& frame) {
    ReplayFrame& added = frames_.emplace_back();
    added.octets = frame.octets;
    added.size = static_cast<std::uint16_t>(frame.captured);
    find_addresses(frame, added);
    octets_ += frame.captured;
}

/// By a line of its own, frame by frame. All have one time: what live passes take, seconds, makes nothing expire.
void Traffic::count_queries() {
    Line line{LineConfig{}};
    std::uint32_t count = 0;
    queries_.reserve(frames_.size());
    for (const ReplayFrame& frame : frames_) {
        const Frame plain = frame_of(frame);
        line.feed({&plain, 1}, [&count](const auto&) { ++count; });
        queries_.push_back(count);
    }
}

double Traffic::mean_size() const {
    return static_cast<double>(octets_) / static_cast<double>(frames_.size());
}

std::uint64_t Traffic::queries_in(std::uint64_t frames) const {
    const std::uint64_t passes = frames / frames_.size();
    const std::uint64_t rest = frames % frames_.size();
    return passes * queries_.back() + (rest == 0 ? 0 : queries_[rest - 1]);
}

void Traffic::spread(unsigned queues) {
    for (ReplayFrame& frame : frames_) {
        frame.queue = static_cast<std::uint16_t>(worker_of(flow_hash(frame_of(frame)), queues));
    }
}

}  // namespace echotap
