// SPDX-License-Identifier: Apache-2.0
// Slow and obvious readers of pcap and pcapng over a whole file in memory: what the fast ones must agree with.
//
// Octets are taken one by one through Cursor, which refuses to go past the end, and everything is copied. Written from
// the specifications, not from the readers in dataplane/capture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace echotap::reference {

struct CapturedFrame {
    std::vector<std::uint8_t> octets;
    std::uint32_t length = 0;
    std::int64_t time = 0;  // ns
    unsigned link = 0;
    unsigned time_digits = 0;

    bool operator==(const CapturedFrame&) const = default;
};

struct CaptureContent {
    std::vector<CapturedFrame> frames;
    std::uint64_t truncated = 0;
    std::uint64_t corrupt = 0;
    bool is_complete = true;

    bool operator==(const CaptureContent&) const = default;
};

struct Cut {};  // thrown where octets are missing

/// Takes integers octet by octet, in the byte order given.
class Cursor {
public:
    Cursor(std::span<const std::uint8_t> octets, bool is_big_endian) : octets_(octets), is_big_endian_(is_big_endian) {}

    std::uint64_t integer(unsigned size) {
        std::uint64_t value = 0;
        for (unsigned i = 0; i < size; ++i) {
            const std::uint64_t octet = take();
            value = is_big_endian_ ? value * 256 + octet : value + (octet << (8 * i));
        }
        return value;
    }

    std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }

    std::vector<std::uint8_t> octets(std::uint64_t count) {
        std::vector<std::uint8_t> taken;
        for (std::uint64_t i = 0; i < count; ++i) {
            taken.push_back(take());
        }
        return taken;
    }

    bool at_end() const { return at_ == octets_.size(); }
    std::size_t left() const { return octets_.size() - at_; }

private:
    std::uint8_t take() {
        if (at_end()) {
            throw Cut{};
        }
        return octets_[at_++];
    }

    std::span<const std::uint8_t> octets_;
    std::size_t at_ = 0;
    bool is_big_endian_;
};

inline std::uint32_t captured_most(std::uint32_t snap_length) {
    if (snap_length < 262144) {
        return 262144;
    }
    return snap_length > 16777216 ? 16777216 : snap_length;
}

/// `file` begins with one of the pcap magics.
inline CaptureContent read_pcap(std::span<const std::uint8_t> file) {
    CaptureContent content;
    const std::uint32_t magic_big = Cursor(file, true).u32();
    const bool is_big = magic_big == 0xa1b2c3d4 || magic_big == 0xa1b23c4d || magic_big == 0xa1b2cd34;
    Cursor cursor(file, is_big);
    bool in_record = false;
    try {
        const std::uint32_t magic = cursor.u32();
        const bool is_nano = magic == 0xa1b23c4d;
        const std::uint16_t version_major = cursor.u16();
        const std::uint16_t version_minor = cursor.u16();
        cursor.octets(8);
        const std::uint32_t snap_length = cursor.u32();
        const unsigned link = cursor.u32() % 65536;
        while (!cursor.at_end()) {
            in_record = true;
            const std::int64_t seconds = cursor.u32();
            const std::int64_t fraction = cursor.u32();
            std::uint32_t captured = cursor.u32();
            std::uint32_t length = cursor.u32();
            if (magic == 0xa1b2cd34) {
                cursor.octets(8);
            }
            const bool is_old = (version_major == 2 && version_minor <= 2) || version_major == 543;
            const bool is_either = version_major == 2 && version_minor == 3;
            if (is_old || (is_either && captured > length)) {
                std::swap(captured, length);
            }
            if (captured > captured_most(snap_length)) {
                ++content.corrupt;
                content.is_complete = false;
                return content;
            }
            CapturedFrame frame;
            frame.octets = cursor.octets(captured);
            frame.length = length;
            frame.time = seconds * 1'000'000'000 + (is_nano ? fraction : fraction * 1000);
            frame.link = link;
            frame.time_digits = is_nano ? 9 : 6;
            content.frames.push_back(frame);
            in_record = false;
        }
    } catch (const Cut&) {
        content.truncated += in_record ? 1 : 0;
        content.is_complete = false;
    }
    return content;
}

struct ReferenceInterface {
    unsigned link = 0;
    std::uint32_t snap_length = 0;
    unsigned resolution = 6;
    std::int64_t offset = 0;

    std::int64_t time(std::uint64_t ticks) const {
        __extension__ typedef __int128 Wide;
        Wide ns = ticks;
        if (resolution >= 128) {
            ns *= 1'000'000'000;
            for (unsigned i = 128; i < resolution; ++i) {
                ns /= 2;
            }
        } else {
            for (unsigned i = resolution; i < 9; ++i) {
                ns *= 10;
            }
            for (unsigned i = 9; i < resolution; ++i) {
                ns /= 10;
            }
        }
        ns += Wide{offset} * 1'000'000'000;
        if (ns > INT64_MAX) {
            return INT64_MAX;
        }
        return ns < INT64_MIN ? INT64_MIN : static_cast<std::int64_t>(ns);
    }

    unsigned digits() const { return resolution < 9 ? resolution : 9; }
};

/// Reads if_tsresol and if_tsoffset; stops without complaint at options that are cut.
inline void read_options(Cursor cursor, ReferenceInterface& interface) {
    try {
        for (;;) {
            const std::uint16_t code = cursor.u16();
            const std::uint16_t size = cursor.u16();
            const std::size_t whole = (size + 3U) / 4U * 4U;
            if (code == 0 || whole > cursor.left()) {
                return;
            }
            if (code == 9 && size == 1) {
                interface.resolution = static_cast<unsigned>(cursor.integer(1));
                cursor.octets(3);
            } else if (code == 14 && size == 8) {
                interface.offset = static_cast<std::int64_t>(cursor.integer(8));
            } else {
                cursor.octets(whole);
            }
        }
    } catch (const Cut&) {
        return;
    }
}

/// `file` begins with a section header block.
inline CaptureContent read_pcapng(std::span<const std::uint8_t> file) {
    CaptureContent content;
    std::vector<ReferenceInterface> interfaces;
    bool is_big = false;
    std::int64_t last_time = 0;
    std::size_t at = 0;
    const auto end_here = [&](std::uint64_t truncated, std::uint64_t corrupt) {
        content.truncated += truncated;
        content.corrupt += corrupt;
        content.is_complete = false;
        return content;
    };
    while (at < file.size()) {
        const auto rest = file.subspan(at);
        if (rest.size() < 4) {
            return end_here(0, 0);
        }
        const bool is_section = Cursor(rest, false).u32() == 0x0a0d0d0a;
        if (is_section) {
            if (rest.size() < 16) {
                return end_here(0, 0);
            }
            const std::uint32_t order = Cursor(rest.subspan(8), true).u32();
            if (order != 0x1a2b3c4d && order != 0x4d3c2b1a) {
                return end_here(0, 0);
            }
            is_big = order == 0x1a2b3c4d;
        }
        const std::uint32_t type = Cursor(rest, is_big).u32();
        const bool is_packet = type == 2 || type == 3 || type == 6;
        if (rest.size() < 8) {
            return end_here(is_packet ? 1 : 0, 0);
        }
        const std::uint32_t size = Cursor(rest.subspan(4), is_big).u32();
        if (size % 4 != 0 || size < 12 || (is_section && size < 28)) {
            return end_here(0, is_packet ? 1 : 0);
        }
        if (is_section && Cursor(rest.subspan(12), is_big).u16() != 1) {
            return end_here(0, 0);
        }
        if (type == 1 && size < 20) {
            return end_here(0, 0);
        }
        if (size > rest.size()) {
            return end_here(is_packet ? 1 : 0, 0);
        }
        if (Cursor(rest.subspan(size - 4), is_big).u32() != size) {
            return end_here(0, is_packet ? 1 : 0);
        }
        at += size;

        Cursor body(rest.subspan(8, size - 12), is_big);
        if (is_section) {
            interfaces.clear();
        } else if (type == 1) {
            ReferenceInterface interface;
            interface.link = body.u16();
            body.u16();
            interface.snap_length = body.u32();
            read_options(body, interface);
            interfaces.push_back(interface);
        } else if (is_packet) {
            try {
                CapturedFrame frame;
                std::uint32_t number = 0;
                std::uint64_t ticks = 0;
                std::uint32_t captured = 0;
                if (type == 3) {
                    frame.length = body.u32();
                    captured = frame.length;
                } else {
                    number = type == 6 ? body.u32() : body.u16();
                    if (type == 2) {
                        body.u16();
                    }
                    ticks = std::uint64_t{body.u32()} << 32U;
                    ticks += body.u32();
                    captured = body.u32();
                    frame.length = body.u32();
                }
                if (number >= interfaces.size()) {
                    throw Cut{};
                }
                const ReferenceInterface& interface = interfaces[number];
                if (type == 3 && interface.snap_length != 0 && interface.snap_length < captured) {
                    captured = interface.snap_length;
                }
                if (captured > body.left() || captured > captured_most(interface.snap_length)) {
                    throw Cut{};
                }
                frame.octets = body.octets(captured);
                frame.link = interface.link;
                if (type != 3) {
                    last_time = interface.time(ticks);
                    frame.time_digits = interface.digits();
                }
                frame.time = last_time;
                content.frames.push_back(frame);
            } catch (const Cut&) {
                ++content.corrupt;
                content.is_complete = false;
            }
        }
    }
    return content;
}

}  // namespace echotap::reference
