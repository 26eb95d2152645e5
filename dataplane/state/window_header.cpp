// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_header.hpp"

#include <string_view>

namespace echotap {

WindowCounts& WindowCounts::operator+=(const WindowCounts& other) {
    reverse += other.reverse;
    minimised += other.minimised;
    repeats += other.repeats;
    late += other.late;
    queue_drops += other.queue_drops;
    filter_overflows += other.filter_overflows;
    parts += other.parts;
    return *this;
}

std::uint64_t fingerprint(const HashKey& sample_key) {
    constexpr std::string_view text = "echotap sample_key";
    std::array<std::uint8_t, text.size()> octets{};
    std::copy(text.begin(), text.end(), octets.begin());
    return keyed_hash<2, 4>(sample_key, octets);
}

}  // namespace echotap
