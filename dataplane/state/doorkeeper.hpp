// SPDX-License-Identifier: Apache-2.0
// Who has asked for admission before: the hash of an originator goes in, whether it has been seen comes out.
//
// Under a flood of spoofed queries most originators are asked about once and never again. While the doorkeeper is on,
// an originator gets state only at its second counted query (Einziger, Friedman, Manes: "TinyLFU", 2017, names it so).
// Two bits of one cache line stand for a hash, in a generation of bits; a look-up asks this generation and the one
// before. When a generation is full the older one is forgotten, a few lines at a time, so no call clears all of it.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/state/part_memory.hpp"

namespace echotap {

/// Not thread-safe. Every call takes the memory that it all lies in.
class Doorkeeper {
public:
    /// Three generations of 2 MiB, of which one is being cleared.
    static constexpr unsigned generations = 3;
    static constexpr std::uint32_t generation_lines = std::uint32_t{1} << PartMemory::size_class_max;
    /// Eight bits for each hash, so that some 5 % of first-comers are taken for seen.
    static constexpr std::uint32_t generation_hashes = generation_lines * 64;

    bool is_on() const { return areas_[0] != 0; }

    /// Takes the memory; false where there is none.
    bool start(PartMemory& memory);
    /// Gives it back.
    void stop(PartMemory& memory);

    /// Whether `hash` was seen in this or the last generation; if not, it is from now on. While a freshly started one
    /// still clears its memory (its first thousand calls) nothing was seen. REQUIRES: is_on().
    bool has_seen(const PartMemory& memory, std::uint64_t hash);

    void prefetch(const PartMemory& memory, std::uint64_t hash) const;

private:
    /// Lines that one call clears: 4 KiB, some 100 ns.
    static constexpr std::uint32_t lines_per_call = 64;

    static LineNumber line_of(LineNumber area, std::uint64_t hash) {
        return area + (static_cast<std::uint32_t>(hash) & (generation_lines - 1));
    }
    void clear_some(const PartMemory& memory, LineNumber area, std::uint32_t& cleared) const;

    std::array<LineNumber, generations> areas_{};  // this generation, the last, the one to come
    std::array<std::uint32_t, generations> cleared_{};
    std::uint32_t hashes_ = 0;
};

}  // namespace echotap
