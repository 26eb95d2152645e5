// SPDX-License-Identifier: Apache-2.0
// The floor: the least that can be done with every frame of a mix, measured beside the line in the same memory.
//
// Neither is a parser: they know that the frames come from the generator, and check next to nothing.
#pragma once

#include <cstdint>

#include "dataplane/frame.hpp"

namespace echotap {

/// Headers and question of an IPv6 PTR query with a VLAN tag; what lies behind that in a frame is never touched.
inline constexpr std::uint32_t touched_octets_max = 18 + 40 + 8 + 12 + 74 + 4;

/// The sum of one 32-bit word from each cache line that headers and question of each frame lie in: what the memory
/// allows. The first word of a frame stands for its first line.
std::uint64_t touch_frames(Burst frames);

/// The number of UDP queries to port 53 of QTYPE PTR: ethertype, at most one VLAN tag, IPv4 or IPv6 without extension
/// headers, UDP, port, QR and opcode, labels of QNAME, QTYPE. What a hand-written loop would do, without any check of a
/// length but the frame's own, and without reading the originator.
std::uint64_t walk_frames(Burst frames);

/// The same for the frames of a plain pcap file in memory: follows its record headers, microseconds in this machine's
/// byte order, and looks at nothing else in them.
std::uint64_t walk_pcap(Octets file);

}  // namespace echotap
