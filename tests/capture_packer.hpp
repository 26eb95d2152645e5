// SPDX-License-Identifier: Apache-2.0
// Packs octets as gzip, zstd, xz or lz4 in memory, for tests.
#pragma once

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <stdexcept>

#include "tests/capture_writer.hpp"

namespace echotap::test {

inline void expect(bool is_well) {
    if (!is_well) {
        throw std::runtime_error("a compression library refused to pack");
    }
}

inline Bytes gzip(const Bytes& octets) {
    z_stream stream{};
    expect(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    Bytes packed(deflateBound(&stream, octets.size()));
    Bytes input = octets;
    stream.next_in = input.data();
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    expect(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

inline Bytes zstd(const Bytes& octets) {
    Bytes packed(ZSTD_compressBound(octets.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), octets.data(), octets.size(), 3));
    return packed;
}

inline Bytes xz(const Bytes& octets) {
    Bytes packed(lzma_stream_buffer_bound(octets.size()));
    std::size_t size = 0;
    expect(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, octets.data(), octets.size(), packed.data(), &size,
                                   packed.size()) == LZMA_OK);
    packed.resize(size);
    return packed;
}

inline Bytes lz4(const Bytes& octets) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    Bytes packed(LZ4F_compressFrameBound(octets.size(), &preferences));
    packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), octets.data(), octets.size(), &preferences));
    return packed;
}

}  // namespace echotap::test
