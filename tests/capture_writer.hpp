// SPDX-License-Identifier: Apache-2.0
// Writes small captures for tests: frames and blocks go in, the octets of a pcap or pcapng file come out.
//
// Deliberately willing to write what no sane program would: lengths can be given that do not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace echotap::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

/// Appends integers in a chosen byte order.
class ByteWriter {
public:
    explicit ByteWriter(bool is_big_endian) : is_big_endian_(is_big_endian) {}

    template <class T>
    ByteWriter& put(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            const std::size_t at = is_big_endian_ ? sizeof(T) - 1 - i : i;
            bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * at)));
        }
        return *this;
    }

    ByteWriter& put(const Bytes& bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }

    const Bytes& bytes() const { return bytes_; }

private:
    bool is_big_endian_;
    Bytes bytes_;
};

struct PcapFormat {
    std::uint32_t magic = 0xa1b2c3d4;
    bool is_big_endian = false;
    std::uint16_t version_major = 2;
    std::uint16_t version_minor = 4;
    std::uint32_t snap_length = 65535;
    std::uint32_t link = 1;
};

class PcapWriter {
public:
    explicit PcapWriter(PcapFormat format = {}) : format_(format), out_(format.is_big_endian) {
        out_.put(format.magic).put(format.version_major).put(format.version_minor);
        out_.put(std::uint32_t{0}).put(std::uint32_t{0}).put(format.snap_length).put(format.link);
    }

    /// `fraction` is in the units of the magic; `length` is that of the octets unless given.
    PcapWriter& frame(std::uint32_t seconds, std::uint32_t fraction, const Bytes& octets,
                      std::optional<std::uint32_t> length = {}) {
        const auto captured = static_cast<std::uint32_t>(octets.size());
        return record(seconds, fraction, captured, length.value_or(captured), octets);
    }

    /// A record with these four words, whatever the octets.
    PcapWriter& record(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t third, std::uint32_t fourth,
                       const Bytes& octets) {
        out_.put(seconds).put(fraction).put(third).put(fourth);
        if (format_.magic == 0xa1b2cd34) {
            out_.put(std::uint32_t{7}).put(std::uint16_t{0x0800}).put(std::uint8_t{0}).put(std::uint8_t{0});
        }
        out_.put(octets);
        return *this;
    }

    const Bytes& bytes() const { return out_.bytes(); }

private:
    PcapFormat format_;
    ByteWriter out_;
};

struct PcapngInterface {
    std::uint16_t link = 1;
    std::uint32_t snap_length = 0;
    std::optional<std::uint8_t> resolution = {};
    std::optional<std::int64_t> offset = {};
};

class PcapngWriter {
public:
    explicit PcapngWriter(bool is_big_endian = false) { section(is_big_endian); }

    PcapngWriter& section(bool is_big_endian, std::uint64_t section_length = ~std::uint64_t{0},
                          std::uint16_t version = 1) {
        is_big_endian_ = is_big_endian;
        ByteWriter body(is_big_endian);
        body.put(std::uint32_t{0x1a2b3c4d}).put(version).put(std::uint16_t{0}).put(section_length);
        return block(0x0a0d0d0a, body.bytes());
    }

    PcapngWriter& interface(const PcapngInterface& interface) {
        ByteWriter body(is_big_endian_);
        body.put(interface.link).put(std::uint16_t{0}).put(interface.snap_length);
        // A name of 5 octets in front of the options that matter shows that padding is passed over.
        body.put(std::uint16_t{2}).put(std::uint16_t{5}).put(padded(bytes_of("tap00")));
        if (interface.resolution) {
            body.put(std::uint16_t{9}).put(std::uint16_t{1}).put(padded({*interface.resolution}));
        }
        if (interface.offset) {
            body.put(std::uint16_t{14}).put(std::uint16_t{8}).put(*interface.offset);
        }
        body.put(std::uint32_t{0});
        return block(1, body.bytes());
    }

    /// An enhanced packet block. `captured` and `length` are those of the octets unless given.
    PcapngWriter& enhanced(std::uint32_t interface, std::uint64_t ticks, const Bytes& octets,
                           std::optional<std::uint32_t> length = {}, std::optional<std::uint32_t> captured = {}) {
        ByteWriter body(is_big_endian_);
        const auto size = static_cast<std::uint32_t>(octets.size());
        body.put(interface).put(static_cast<std::uint32_t>(ticks >> 32U)).put(static_cast<std::uint32_t>(ticks));
        body.put(captured.value_or(size)).put(length.value_or(size)).put(padded(octets));
        return block(6, body.bytes());
    }

    PcapngWriter& obsolete(std::uint16_t interface, std::uint64_t ticks, const Bytes& octets) {
        ByteWriter body(is_big_endian_);
        const auto size = static_cast<std::uint32_t>(octets.size());
        body.put(interface).put(std::uint16_t{3});
        body.put(static_cast<std::uint32_t>(ticks >> 32U)).put(static_cast<std::uint32_t>(ticks));
        body.put(size).put(size).put(padded(octets));
        return block(2, body.bytes());
    }

    PcapngWriter& simple(const Bytes& octets, std::optional<std::uint32_t> length = {}) {
        ByteWriter body(is_big_endian_);
        body.put(length.value_or(static_cast<std::uint32_t>(octets.size()))).put(padded(octets));
        return block(3, body.bytes());
    }

    PcapngWriter& block(std::uint32_t type, const Bytes& body) {
        return block(type, body, static_cast<std::uint32_t>(body.size() + 12),
                     static_cast<std::uint32_t>(body.size() + 12));
    }

    /// A block whose two lengths are these, whatever the body.
    PcapngWriter& block(std::uint32_t type, const Bytes& body, std::uint32_t size, std::uint32_t size_again) {
        ByteWriter out(is_big_endian_);
        out.put(type).put(size).put(body).put(size_again);
        bytes_.insert(bytes_.end(), out.bytes().begin(), out.bytes().end());
        return *this;
    }

    const Bytes& bytes() const { return bytes_; }

private:
    static Bytes padded(Bytes octets) {
        octets.resize((octets.size() + 3) / 4 * 4);
        return octets;
    }

    bool is_big_endian_ = false;
    Bytes bytes_;
};

}  // namespace echotap::test
