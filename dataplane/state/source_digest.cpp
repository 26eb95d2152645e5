// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/source_digest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "dataplane/state/checksum.hpp"

namespace echotap {

SourceDigest SourceDigest::of(Octets source) {
    return {checksum(source)};
}

SourceDigest SourceDigest::of_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        throw std::runtime_error(fmt::format("{}: {}", path, std::strerror(errno)));
    }
    Checksum digest;
    std::vector<std::uint8_t> piece(std::size_t{1} << 20U);
    while (true) {
        const ssize_t size = ::read(file, piece.data(), piece.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            const int error = errno;
            ::close(file);
            throw std::runtime_error(fmt::format("{}: {}", path, std::strerror(error)));
        }
        if (size == 0) {
            break;
        }
        digest.add({piece.data(), static_cast<std::size_t>(size)});
    }
    ::close(file);
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
