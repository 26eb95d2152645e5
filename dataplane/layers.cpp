// SPDX-License-Identifier: Apache-2.0
#include "dataplane/layers.hpp"

#include "dataplane/layers_walk.hpp"

namespace echotap {

namespace {

Drop read_next(Walk& walk) {
    switch (walk.next) {
        case Header::ethernet:
            return read_ethernet(walk);
        case Header::ethertype:
            return read_ethertype(walk);
        case Header::llc:
            return read_llc(walk);
        case Header::mpls:
            return read_mpls(walk);
        case Header::ppp:
            return read_ppp(walk);
        case Header::ip:
            return read_ip(walk);
        case Header::protocol:
            return read_protocol(walk);
        case Header::none:
            break;
    }
    return Drop::none;
}

Drop walk_to_the_end(Walk& walk) {
    while (walk.next != Header::none) {
        if (const Drop reason = read_next(walk); reason != Drop::none) {
            return reason;
        }
    }
    walk.packet.payload = walk.rest;
    return Drop::none;
}

}  // namespace

Drop walk_frame(const Frame& frame, const LayerLimits& limits, Packet& packet) {
    packet = Packet{};
    Walk walk{.limits = limits, .packet = packet, .rest = frame.span()};
    if (const Drop reason = read_link(frame.link, walk); reason != Drop::none) {
        return reason;
    }
    return walk_to_the_end(walk);
}

Drop parse_payload(const LayerLimits& limits, Packet& packet) {
    Walk walk{.limits = limits, .packet = packet, .rest = packet.payload, .next = Header::protocol};
    return walk_to_the_end(walk);
}

}  // namespace echotap
