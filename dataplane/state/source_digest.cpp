// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/source_digest.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <vector>

#include "dataplane/state/checksum.hpp"
#include "dataplane/state/whole_file.hpp"

namespace echotap {

SourceDigest SourceDigest::of(Octets source) {
    return {checksum(source)};
}

SourceDigest SourceDigest::of_file(const std::string& path) {
    const OpenFile file(path, O_RDONLY);
    Checksum digest;
    std::vector<std::uint8_t> piece(std::size_t{1} << 20U);
    while (const std::size_t size = file.read(piece)) {
        digest.add({piece.data(), size});
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
