// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/doorkeeper.hpp"

#include <cstring>

namespace echotap {

bool Doorkeeper::start(PartMemory& memory) {
    for (LineNumber& area : areas_) {
        area = memory.allocate(PartMemory::size_class_max);
        if (area == 0) {
            stop(memory);
            return false;
        }
    }
    cleared_ = {};
    hashes_ = 0;
    return true;
}

void Doorkeeper::stop(PartMemory& memory) {
    for (LineNumber& area : areas_) {
        if (area != 0) {
            memory.free(area, PartMemory::size_class_max);
        }
        area = 0;
    }
}

bool Doorkeeper::has_seen(const PartMemory& memory, std::uint64_t hash) {
    const bool is_ready = cleared_[0] == generation_lines && cleared_[1] == generation_lines;
    for (unsigned i = 0; i < generations; ++i) {
        clear_some(memory, areas_[i], cleared_[i]);
    }
    if (!is_ready) {
        return false;
    }
    const auto word = static_cast<unsigned>(hash >> 16U) & 7U;
    const std::uint64_t bits = std::uint64_t{1} << (hash >> 20U & 63U) | std::uint64_t{1} << (hash >> 26U & 63U);
    std::uint64_t& current = memory.at<std::uint64_t>(line_of(areas_[0], hash))[word];
    const std::uint64_t before = memory.at<std::uint64_t>(line_of(areas_[1], hash))[word];
    if ((current & bits) == bits || (before & bits) == bits) {
        return true;
    }
    current |= bits;
    if (++hashes_ >= generation_hashes && cleared_[2] == generation_lines) {
        areas_ = {areas_[2], areas_[0], areas_[1]};
        cleared_ = {generation_lines, generation_lines, 0};
        hashes_ = 0;
    }
    return false;
}

void Doorkeeper::prefetch(const PartMemory& memory, std::uint64_t hash) const {
    if (is_on()) {
        fetch_line(memory.at<std::uint64_t>(line_of(areas_[0], hash)));
        fetch_line(memory.at<std::uint64_t>(line_of(areas_[1], hash)));
    }
}

void Doorkeeper::clear_some(const PartMemory& memory, LineNumber area, std::uint32_t& cleared) const {
    if (cleared < generation_lines) {
        std::memset(memory.at<std::byte>(area + cleared), 0, lines_per_call * PartMemory::line_octets);
        cleared += lines_per_call;
    }
}

}  // namespace echotap
