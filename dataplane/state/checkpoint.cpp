// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "dataplane/capture/compression.hpp"
#include "dataplane/state/little_endian.hpp"
#include "dataplane/state/whole_file.hpp"
#include "dataplane/state/window_body.hpp"

namespace echotap {

namespace {

constexpr std::string_view magic = "ECHOTAPC";
constexpr std::uint32_t version = 2;  // 1: windows did not say their families
constexpr std::size_t start_octets = 16;
constexpr std::size_t section_start_octets = 16;
constexpr std::size_t checksum_octets = std::tuple_size_v<ChecksumOctets>;

enum class Section : std::uint8_t { head, filter, window };

VarintWriter begin(Section section) {
    VarintWriter body;
    body.number(static_cast<std::uint64_t>(section));
    return body;
}

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
    throw CheckpointError(fmt::format("{}: {}; remove the checkpoint to begin anew", name, what));
}

/// The sections of a file whose checksum agrees, one after the other.
class Sections {
public:
    Sections(Octets file, const std::string& name, std::uint64_t octets_max)
        : file_(file.first(file.size() - checksum_octets)), name_(name), left_(octets_max) {}

    /// The next section, unpacked; nothing at the end.
    std::vector<std::uint8_t> next() {
        if (file_.size() - at_ < section_start_octets) {
            refuse("the end is missing");
        }
        const auto packed_octets = load_le<std::uint64_t>(file_.data() + at_);
        const auto body_octets = load_le<std::uint64_t>(file_.data() + at_ + 8);
        at_ += section_start_octets;
        if (packed_octets == 0) {
            if (body_octets != 0 || at_ != file_.size()) {
                refuse("octets behind the end");
            }
            return {};
        }
        if (packed_octets > file_.size() - at_ || body_octets == 0) {
            refuse("a section of an impossible size");
        }
        take(body_octets);
        std::vector<std::uint8_t> body(body_octets);
        if (!unpack_zstd(file_.subspan(at_, packed_octets), body)) {
            refuse("a section does not unpack");
        }
        at_ += packed_octets;
        return body;
    }

    /// Counts octets that are about to be allocated.
    void take(std::uint64_t octets) {
        if (octets > left_) {
            refuse("more octets than are allowed");
        }
        left_ -= octets;
    }

    [[noreturn]] void refuse(std::string_view what) const {
        echotap::refuse(name_, fmt::format("octet {}: {}", at_, what));
    }

private:
    Octets file_;
    const std::string& name_;
    std::uint64_t left_;
    std::size_t at_ = start_octets;
};

void check_start(Octets file, const std::string& name) {
    if (file.size() < start_octets + checksum_octets || !std::equal(magic.begin(), magic.end(), file.begin())) {
        refuse(name, fmt::format("octet 0: no checkpoint ({} octets)", file.size()));
    }
    const Octets summed = file.first(file.size() - checksum_octets);
    const ChecksumOctets sum = checksum(summed);
    if (!std::equal(sum.begin(), sum.end(), file.begin() + static_cast<std::ptrdiff_t>(summed.size()))) {
        refuse(name, fmt::format("octet {}: the checksum does not agree: cut or damaged", summed.size()));
    }
    const auto file_version = load_le<std::uint32_t>(file.data() + 8);
    if (file_version != version) {
        refuse(name, fmt::format("octet 8: version {} of checkpoints, and this Echotap reads version {}: go on with "
                                 "the one that wrote it",
                                 file_version, version));
    }
    if (load_le<std::uint32_t>(file.data() + 12) != 0) {
        refuse(name, "octet 12: a reserved field is not 0");
    }
}

/// Returns where the piece ends.
std::uint64_t read_filter(VarintReader& from, std::uint64_t end_before, std::vector<std::byte>& filter) {
    const std::uint64_t offset = from.number(filter.size());
    if (offset < end_before || from.left() > filter.size() - offset) {
        from.refuse("a piece of the repeat filter in no place of its own");
    }
    const Octets octets = from.raw(from.left());
    std::ranges::copy(std::as_bytes(octets), filter.begin() + static_cast<std::ptrdiff_t>(offset));
    return offset + octets.size();
}

CheckpointWindow read_window(VarintReader& from, std::size_t series_count, const std::string& name) {
    CheckpointWindow window;
    window.key.length = static_cast<std::uint16_t>(from.number(std::numeric_limits<std::uint16_t>::max()));
    window.key.view = static_cast<std::uint16_t>(from.number(std::numeric_limits<std::uint16_t>::max()));
    window.key.number = read_window_number(from);
    if (window.key.length >= series_count) {
        from.refuse("a window of no configured length");
    }
    window.window = decode_window_body(from.raw(from.left()), name);
    return window;
}

Checkpoint read_sections(Sections& sections, const std::string& name) {
    Checkpoint checkpoint;
    const auto next_section = [](VarintReader& from) {
        return static_cast<Section>(from.number(static_cast<std::uint64_t>(Section::window)));
    };
    std::vector<std::uint8_t> body = sections.next();
    VarintReader head(body);
    if (next_section(head) != Section::head) {
        head.refuse("the head is missing");
    }
    checkpoint.head = read_checkpoint_head(head);
    head.expect_end();
    sections.take(checkpoint.head.filter_octets);
    checkpoint.filter.resize(checkpoint.head.filter_octets);
    std::uint64_t filter_end = 0;
    for (body = sections.next(); !body.empty(); body = sections.next()) {
        VarintReader from(body);
        const Section section = next_section(from);
        if (section == Section::window) {
            checkpoint.windows.push_back(read_window(from, checkpoint.head.books.series.size(), name));
        } else if (section == Section::filter && checkpoint.windows.empty()) {
            filter_end = read_filter(from, filter_end, checkpoint.filter);
        } else {
            from.refuse("sections out of order");
        }
    }
    return checkpoint;
}

}  // namespace

CheckpointWriter::CheckpointWriter(Sink sink, const CheckpointHead& head) : sink_(std::move(sink)) {
    std::array<std::uint8_t, start_octets> start{};
    std::copy(magic.begin(), magic.end(), start.begin());
    store_le(start.data() + 8, version);
    put(start);
    VarintWriter body = begin(Section::head);
    write_checkpoint_head(body, head);
    put_section(body.take());
}

void CheckpointWriter::add_filter(std::uint64_t offset, std::span<const std::byte> image) {
    VarintWriter body = begin(Section::filter);
    body.number(offset);
    body.raw({reinterpret_cast<const std::uint8_t*>(image.data()), image.size()});
    put_section(body.take());
}

void CheckpointWriter::add_window(const WindowKey& key, const ClosedWindow& window) {
    VarintWriter body = begin(Section::window);
    body.number(key.length);
    body.number(key.view);
    body.signed_number(key.number);
    body.raw(encode_window_body(window));
    put_section(body.take());
}

void CheckpointWriter::finish() {
    put(std::array<std::uint8_t, section_start_octets>{});
    sink_(checksum_.value());
}

void CheckpointWriter::put(Octets octets) {
    checksum_.add(octets);
    sink_(octets);
}

void CheckpointWriter::put_section(Octets body) {
    const std::vector<std::uint8_t> packed = pack_zstd(body);
    std::array<std::uint8_t, section_start_octets> start{};
    store_le(start.data(), static_cast<std::uint64_t>(packed.size()));
    store_le(start.data() + 8, static_cast<std::uint64_t>(body.size()));
    put(start);
    put(packed);
}

Checkpoint decode_checkpoint(Octets file, const std::string& name, std::uint64_t octets_max) {
    check_start(file, name);
    Sections sections(file, name, octets_max);
    try {
        return read_sections(sections, name);
    } catch (const VarintError& error) {
        sections.refuse(fmt::format("in the section before, octet {}: {}", error.position, error.what));
    } catch (const WindowFileError& error) {
        throw CheckpointError(fmt::format("{}, and remove the checkpoint", error.what()));
    }
}

Checkpoint read_checkpoint(const std::string& path) {
    return decode_checkpoint(read_whole_file(path), path);
}

}  // namespace echotap
