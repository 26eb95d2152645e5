// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/source_digest.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "dataplane/capture/compression.hpp"
#include "dataplane/state/checksum.hpp"

namespace echotap {

SourceDigest SourceDigest::of(Octets source) {
    return {checksum(source)};
}

SourceDigest SourceDigest::of_file(const std::string& path) {
    constexpr std::size_t piece_octets = std::size_t{1} << 20U;
    OctetStream octets = unpack(OctetStream(DescriptorOctets::open(path), piece_octets), piece_octets);
    Checksum digest;
    while (octets.fill(1)) {
        digest.add(octets.window());
        octets.consume(octets.window().size());
    }
    // What unpacks of a damaged capture is what is counted of it. A plain one only ends early where a disk fails.
    if (octets.compression().empty() && !octets.problem().empty()) {
        throw std::runtime_error(fmt::format("{} {}", path, octets.problem()));
    }
    return {digest.value()};
}

SourceDigest SourceDigest::of_live(std::string_view site, Timestamp start, Timestamp end) {
    // No capture file begins so: neither pcap nor pcapng nor a compressed one.
    const std::string text =
        fmt::format("live {} {} {}", site, start.time_since_epoch().count(), end.time_since_epoch().count());
    const std::vector<std::uint8_t> octets(text.begin(), text.end());
    return of(octets);
}

std::string SourceDigest::to_string() const {
    return hexadecimal(octets);
}

}  // namespace echotap
