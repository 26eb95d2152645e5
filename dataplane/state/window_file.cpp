// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/capture/compression.hpp"
#include "dataplane/state/checksum.hpp"
#include "dataplane/state/little_endian.hpp"
#include "dataplane/state/whole_file.hpp"

namespace echotap {

namespace {

constexpr std::string_view magic = "ECHOTAPW";
constexpr std::size_t head_octets = 32;
constexpr std::size_t checksum_octets = std::tuple_size_v<ChecksumOctets>;

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
    throw WindowFileError(name + ": " + what + "; copy the file again or make the window again from its sources");
}

/// Sizes and version, before anything is allocated on their word.
std::uint64_t check_head(Octets head, std::uint64_t file_octets, const std::string& name,
                         std::uint64_t body_octets_max) {
    if (head.size() < head_octets || !std::equal(magic.begin(), magic.end(), head.begin())) {
        refuse(name, fmt::format("octet 0: no file of a window ({} octets, {} needed at least)", file_octets,
                                 head_octets + checksum_octets));
    }
    const auto file_version = load_le<std::uint32_t>(head.data() + 8);
    if (file_version == 0 || file_version > window_body_version) {
        throw WindowFileError(
            fmt::format("{}: octet 8: version {} of window files; this Echotap reads versions 1 to {}, use "
                        "the one that wrote the file",
                        name, file_version, window_body_version));
    }
    const auto reserved = load_le<std::uint32_t>(head.data() + 12);
    if (reserved != 0) {
        refuse(name, "octet 12: damaged (a reserved field is not 0)");
    }
    const auto declared_octets = load_le<std::uint64_t>(head.data() + 16);
    if (declared_octets != file_octets) {
        refuse(name, fmt::format("octet {}: the file ends here but was written with {} octets", file_octets,
                                 declared_octets));
    }
    if (file_octets < head_octets + checksum_octets) {
        refuse(name, fmt::format("octet {}: the file ends before its checksum", file_octets));
    }
    const auto body_octets = load_le<std::uint64_t>(head.data() + 24);
    if (body_octets > body_octets_max) {
        throw WindowFileError(
            fmt::format("{}: octet 24: a window of {} octets, {} are allowed; raise the limit if the "
                        "file can be trusted",
                        name, body_octets, body_octets_max));
    }
    return body_octets;
}

}  // namespace

std::vector<std::uint8_t> encode_window(const ClosedWindow& window) {
    const std::vector<std::uint8_t> body = encode_window_body(window);
    const std::vector<std::uint8_t> packed = pack_zstd(body);
    std::vector<std::uint8_t> file(head_octets + packed.size() + checksum_octets);
    std::copy(magic.begin(), magic.end(), file.begin());
    store_le(file.data() + 8, window_body_version);
    store_le(file.data() + 16, static_cast<std::uint64_t>(file.size()));
    store_le(file.data() + 24, static_cast<std::uint64_t>(body.size()));
    std::copy(packed.begin(), packed.end(), file.begin() + head_octets);
    const ChecksumOctets sum = checksum(Octets(file).first(head_octets + packed.size()));
    std::copy(sum.begin(), sum.end(), file.end() - static_cast<std::ptrdiff_t>(checksum_octets));
    return file;
}

ClosedWindow decode_window(Octets file, const std::string& name, std::uint64_t body_octets_max) {
    const std::uint64_t body_octets =
        check_head(file.first(std::min(file.size(), head_octets)), file.size(), name, body_octets_max);
    const Octets summed = file.first(file.size() - checksum_octets);
    const ChecksumOctets sum = checksum(summed);
    if (!std::equal(sum.begin(), sum.end(), file.begin() + static_cast<std::ptrdiff_t>(summed.size()))) {
        refuse(name, fmt::format("octet {}: the checksum does not agree, so the file is damaged", summed.size()));
    }
    std::vector<std::uint8_t> body(body_octets);
    if (!unpack_zstd(summed.subspan(head_octets), body)) {
        refuse(name, fmt::format("octet {}: does not unpack to the {} octets that the file declares", head_octets,
                                 body_octets));
    }
    return decode_window_body(body, name, load_le<std::uint32_t>(file.data() + 8));
}

void write_window(const ClosedWindow& window, const std::string& path) {
    const std::vector<std::uint8_t> octets = encode_window(window);
    WholeFile file(path);
    file.write(octets);
    file.commit();
}

ClosedWindow read_window(const std::string& path, std::uint64_t body_octets_max) {
    std::vector<std::uint8_t> octets;
    {
        const OpenFile file(path, O_RDONLY);
        const std::uint64_t size = file.size();
        std::array<std::uint8_t, head_octets> head{};
        const std::size_t head_size = file.read(head);
        check_head(std::span(head).first(head_size), size, path, body_octets_max);
        octets.assign(head.begin(), head.end());
        octets.resize(size);
        const std::size_t rest = file.read(std::span(octets).subspan(head_octets));
        octets.resize(head_octets + rest);
    }
    return decode_window(octets, path, body_octets_max);
}

}  // namespace echotap
