// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/pcap_writer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace echotap {

namespace {

constexpr std::uint32_t nanosecond_magic = 0xa1b23c4d;
constexpr std::uint32_t snap_length = 262'144;

void append(std::vector<std::uint8_t>& to, std::uint32_t value) {
    const std::size_t size = to.size();
    to.resize(size + sizeof value);
    std::memcpy(to.data() + size, &value, sizeof value);
}

}  // namespace

PcapWriter::PcapWriter(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb"), std::fclose) {
    if (!file_) {
        fail();
    }
    append(buffer_, nanosecond_magic);
    append(buffer_, 2U | 4U << 16U);  // version 2.4: two fields of 16 bits
    append(buffer_, 0);
    append(buffer_, 0);
    append(buffer_, snap_length);
    append(buffer_, static_cast<std::uint32_t>(LinkType::ethernet));
}

void PcapWriter::fail() const {
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", path_, std::strerror(errno)));
}

void PcapWriter::write(Burst burst) {
    for (const Frame& frame : burst) {
        const auto time = static_cast<std::uint64_t>(frame.time.time_since_epoch().count());
        append(buffer_, static_cast<std::uint32_t>(time / 1'000'000'000));
        append(buffer_, static_cast<std::uint32_t>(time % 1'000'000'000));
        append(buffer_, frame.captured);
        append(buffer_, frame.length);
        buffer_.insert(buffer_.end(), frame.octets, frame.octets + frame.captured);
    }
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) {
        fail();
    }
    buffer_.clear();
}

void PcapWriter::close() {
    write({});
    if (std::fclose(file_.release()) != 0) {
        fail();
    }
}

}  // namespace echotap
