// SPDX-License-Identifier: Apache-2.0
// Bursts go in, a plain pcap file comes out: nanoseconds, Ethernet, byte order of this machine
// (draft-ietf-opsawg-pcap).
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/frame.hpp"

namespace echotap {

class PcapWriter {
public:
    /// Throws std::runtime_error with the system's reason, as write() and close() do.
    explicit PcapWriter(std::string path);

    void write(Burst burst);
    /// Must be called at the end: what cannot be written is told here.
    void close();

private:
    [[noreturn]] void fail() const;

    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    std::vector<std::uint8_t> buffer_;
};

}  // namespace echotap
