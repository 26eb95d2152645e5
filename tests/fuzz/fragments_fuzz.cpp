// SPDX-License-Identifier: Apache-2.0
// IP reassembly: the room and the reference must complete the same packets and write the same ledger.
//
// Input: two octets for the bounds, then five for each fragment: whose it is, its offset, its size, its flags and the
// time that has passed. The octets of a fragment follow from its offset, so that duplicates are common; a flag makes
// them others.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "tests/reference/fragments_reference.hpp"

namespace {

void check(const std::string& difference) {
    if (!difference.empty()) {
        std::fprintf(stderr, "%s\n", difference.c_str());
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    constexpr std::size_t step_size = 5;
    constexpr std::size_t steps_max = 1000;
    if (size < 2) {
        return 0;
    }
    const echotap::FragmentLimits limits{.timeout = std::chrono::seconds(30),
                                         .packets_max = 1 + octets[0] % 8U,
                                         .octets_max = echotap::Fragments::block_size * (1 + std::size_t{octets[1]})};
    echotap::reference::ReassemblyPair pair(limits);
    echotap::Timestamp clock{std::chrono::seconds(1'700'000'000)};
    std::size_t at = 2;
    for (std::size_t step = 0; step < steps_max && at + step_size <= size; ++step, at += step_size) {
        const std::uint8_t owner = octets[at];
        const std::uint8_t flags = octets[at + 3];
        // Offsets and sizes in units of 8 octets and small, or, with a flag, at the far end of what fits.
        const std::size_t offset = (flags & 2U) != 0 ? 65528U - 8U * octets[at + 1] : 8U * octets[at + 1];
        const std::size_t payload_size = (flags & 4U) != 0 ? 3U * octets[at + 2] : 8U * (octets[at + 2] % 16U);
        const auto payload = std::make_unique_for_overwrite<std::uint8_t[]>(payload_size);
        for (std::size_t i = 0; i < payload_size; ++i) {
            payload[i] = static_cast<std::uint8_t>((offset + i) * 7 + ((flags & 8U) != 0 ? 1 : 0));
        }
        echotap::Packet packet;
        packet.payload = {payload.get(), payload_size};
        packet.is_fragment = true;
        packet.more_fragments = (flags & 1U) != 0;
        packet.fragment_offset = static_cast<std::uint16_t>(offset);
        packet.fragment_id = owner % 4U;
        packet.is_v6 = (owner & 4U) != 0;
        packet.protocol = (owner & 8U) != 0 ? echotap::Protocol::tcp : echotap::Protocol::udp;
        packet.frames = 1 + (owner >> 6U);
        packet.missing = (flags & 0xf0U) == 0xf0U ? 1 : 0;
        packet.depth = owner;
        // Up to 31 seconds ahead, or an hour either way.
        const auto passed = static_cast<std::int8_t>(octets[at + 4]);
        clock += passed == 127    ? std::chrono::seconds(3600)
                 : passed == -128 ? std::chrono::seconds(-3600)
                                  : std::chrono::seconds(passed / 4);
        check(pair.add(packet, clock));
    }
    check(pair.finish(clock));
    return 0;
}
