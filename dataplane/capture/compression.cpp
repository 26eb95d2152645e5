// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/compression.hpp"

#include <fmt/core.h>
#include <lz4frame.h>
#include <lzma.h>
#define ZLIB_CONST  // next_in is only read
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace echotap {

namespace {

/// What one call of a library did.
struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    std::string_view error;  // empty, or why nothing more will come
};

/// What the four formats have in common: pulling packed octets, and telling a clean end from a cut.
class Unpacker : public OctetSource {
public:
    explicit Unpacker(OctetStream packed) : packed_(std::move(packed)) {}

    std::size_t read(std::span<std::uint8_t> into) final {
        while (!has_ended_) {
            const bool is_last = !packed_.fill(1);
            const Step step = unpack(packed_.window(), into, is_last);
            packed_.consume(step.consumed);
            if (!step.error.empty()) {
                end_with(
                    fmt::format("is damaged at octet {} of its {} data ({}); everything before was read. "
                                "Copy or download it again",
                                packed_.position(), compression(), step.error));
            } else if (is_last && step.produced == 0) {
                end_with(is_complete() ? std::string()
                                       : fmt::format("breaks off at octet {} inside its {} data; everything before "
                                                     "was read. Copy or download it again",
                                                     packed_.position(), compression()));
            } else if (step.consumed + step.produced == 0) {
                end_with(fmt::format("cannot be unpacked beyond octet {} of its {} data", packed_.position(),
                                     compression()));
            }
            if (step.produced != 0) {
                return step.produced;
            }
        }
        return 0;
    }

    std::string_view problem() const final { return problem_; }
    ReadProgress progress() const final { return packed_.progress(); }

private:
    /// Unpacks from `packed` (empty at the end of input, when only what is held back is asked for) into `into`.
    virtual Step unpack(Octets packed, std::span<std::uint8_t> into, bool is_last) = 0;

    /// Whether the octets so far end where a member ends.
    virtual bool is_complete() const = 0;

    void end_with(std::string problem) {
        has_ended_ = true;
        // That the file shrank or could not be read is the cause, and the cut only its effect.
        problem_ = packed_.problem().empty() ? std::move(problem) : std::string(packed_.problem());
    }

    OctetStream packed_;
    bool has_ended_ = false;
    std::string problem_;
};

constexpr std::uint8_t gzip_magic_first = 0x1f;

class GzipUnpacker final : public Unpacker {
public:
    explicit GzipUnpacker(OctetStream packed) : Unpacker(std::move(packed)) {
        constexpr int window_bits_gzip_only = 15 + 16;
        if (inflateInit2(&stream_, window_bits_gzip_only) != Z_OK) {
            throw std::runtime_error("gzip: no memory to unpack with");
        }
    }
    GzipUnpacker(const GzipUnpacker&) = delete;
    GzipUnpacker& operator=(const GzipUnpacker&) = delete;
    ~GzipUnpacker() override { inflateEnd(&stream_); }

    std::string_view compression() const override { return "gzip"; }

private:
    Step unpack(Octets packed, std::span<std::uint8_t> into, bool) override {
        if (is_between_members_) {
            if (packed.empty()) {
                return {};
            }
            if (packed.front() == 0) {
                return {1, 0, {}};  // tapes and some writers pad with zeros; gzip(1) passes over them too
            }
            if (packed.front() != gzip_magic_first) {
                return {0, 0, "what follows is not gzip"};
            }
            inflateReset(&stream_);
            is_between_members_ = false;
        }
        constexpr std::size_t call_max = std::numeric_limits<uInt>::max();
        const std::size_t in_size = std::min(packed.size(), call_max);
        const std::size_t out_size = std::min(into.size(), call_max);
        stream_.next_in = packed.data();
        stream_.avail_in = static_cast<uInt>(in_size);
        stream_.next_out = into.data();
        stream_.avail_out = static_cast<uInt>(out_size);
        const int result = inflate(&stream_, Z_NO_FLUSH);
        Step step{in_size - stream_.avail_in, out_size - stream_.avail_out, {}};
        if (result == Z_STREAM_END) {
            is_between_members_ = true;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            step.error = stream_.msg != nullptr ? stream_.msg : "data error";
        }
        return step;
    }

    bool is_complete() const override { return is_between_members_; }

    z_stream stream_{};
    bool is_between_members_ = false;
};

class ZstdUnpacker final : public Unpacker {
public:
    explicit ZstdUnpacker(OctetStream packed) : Unpacker(std::move(packed)), context_(ZSTD_createDCtx()) {
        if (context_ == nullptr) {
            throw std::runtime_error("zstd: no memory to unpack with");
        }
        constexpr int window_log_max = std::bit_width(unpack_memory_max) - 1;
        ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, window_log_max);
    }
    ZstdUnpacker(const ZstdUnpacker&) = delete;
    ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;
    ~ZstdUnpacker() override { ZSTD_freeDCtx(context_); }

    std::string_view compression() const override { return "zstd"; }

private:
    Step unpack(Octets packed, std::span<std::uint8_t> into, bool) override {
        if (packed.empty() && is_between_frames_) {
            return {};
        }
        ZSTD_inBuffer in{packed.data(), std::min(packed.size(), wanted_), 0};
        ZSTD_outBuffer out{into.data(), into.size(), 0};
        const std::size_t result = ZSTD_decompressStream(context_, &out, &in);
        Step step{in.pos, out.pos, {}};
        if (ZSTD_isError(result) != 0U) {
            step.error = ZSTD_getErrorName(result);
        } else {
            is_between_frames_ = result == 0;
            wanted_ = is_between_frames_ ? header_size_min : result;
        }
        return step;
    }

    bool is_complete() const override { return is_between_frames_; }

    static constexpr std::size_t header_size_min = 5;

    ZSTD_DCtx* context_;
    /// What the library asks for next, one block. A damaged block takes with it what else was unpacked in the same
    /// call, so it is given no more.
    std::size_t wanted_ = header_size_min;
    bool is_between_frames_ = false;
};

class XzUnpacker final : public Unpacker {
public:
    explicit XzUnpacker(OctetStream packed) : Unpacker(std::move(packed)) {
        if (lzma_stream_decoder(&stream_, unpack_memory_max, LZMA_CONCATENATED) != LZMA_OK) {
            throw std::runtime_error("xz: no memory to unpack with");
        }
    }
    XzUnpacker(const XzUnpacker&) = delete;
    XzUnpacker& operator=(const XzUnpacker&) = delete;
    ~XzUnpacker() override { lzma_end(&stream_); }

    std::string_view compression() const override { return "xz"; }

private:
    Step unpack(Octets packed, std::span<std::uint8_t> into, bool is_last) override {
        if (is_complete_) {
            return {};
        }
        stream_.next_in = packed.data();
        stream_.avail_in = packed.size();
        stream_.next_out = into.data();
        stream_.avail_out = into.size();
        const lzma_ret result = lzma_code(&stream_, is_last ? LZMA_FINISH : LZMA_RUN);
        Step step{packed.size() - stream_.avail_in, into.size() - stream_.avail_out, {}};
        switch (result) {
            case LZMA_OK:
            case LZMA_BUF_ERROR:  // nothing more without input: cut, if this was the last
                break;
            case LZMA_STREAM_END:
                is_complete_ = true;
                break;
            case LZMA_MEMLIMIT_ERROR:
                step.error = "it wants more than 128 MiB to unpack: pack it again with xz -9 or less";
                break;
            case LZMA_FORMAT_ERROR:
                step.error = "what follows is not xz";
                break;
            case LZMA_OPTIONS_ERROR:
                step.error = "unknown xz options";
                break;
            default:
                step.error = "data error";
        }
        return step;
    }

    bool is_complete() const override { return is_complete_; }

    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool is_complete_ = false;
};

class Lz4Unpacker final : public Unpacker {
public:
    explicit Lz4Unpacker(OctetStream packed) : Unpacker(std::move(packed)) {
        if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0U) {
            throw std::runtime_error("lz4: no memory to unpack with");
        }
    }
    Lz4Unpacker(const Lz4Unpacker&) = delete;
    Lz4Unpacker& operator=(const Lz4Unpacker&) = delete;
    ~Lz4Unpacker() override { LZ4F_freeDecompressionContext(context_); }

    std::string_view compression() const override { return "lz4"; }

private:
    Step unpack(Octets packed, std::span<std::uint8_t> into, bool) override {
        if (packed.empty() && is_between_frames_) {
            return {};
        }
        Step step{std::min(packed.size(), wanted_), into.size(), {}};
        const std::size_t result =
            LZ4F_decompress(context_, into.data(), &step.produced, packed.data(), &step.consumed, nullptr);
        if (LZ4F_isError(result) != 0U) {
            return {0, 0, LZ4F_getErrorName(result)};
        }
        is_between_frames_ = result == 0;
        wanted_ = is_between_frames_ ? LZ4F_HEADER_SIZE_MIN : result;
        return step;
    }

    bool is_complete() const override { return is_between_frames_; }

    LZ4F_dctx* context_ = nullptr;
    std::size_t wanted_ = LZ4F_HEADER_SIZE_MIN;  // one block at a time, for the same reason as with zstd
    bool is_between_frames_ = false;
};

bool begins_with(Octets octets, std::initializer_list<std::uint8_t> magic) {
    return octets.size() >= magic.size() && std::equal(magic.begin(), magic.end(), octets.begin());
}

/// zstd and lz4 share their skippable frames, and pzstd begins every file with one, so what a file is shows only
/// behind them: magic 0x184D2A50 to 0x184D2A5F and the size, both with the lowest octet first.
void skip_skippable_frames(OctetStream& raw) {
    constexpr std::size_t header_size = 8;
    while (raw.fill(header_size)) {
        const Octets at = raw.window();
        if ((at[0] & 0xf0U) != 0x50 || at[1] != 0x2a || at[2] != 0x4d || at[3] != 0x18) {
            return;
        }
        const std::uint64_t size =
            at[4] | std::uint64_t{at[5]} << 8U | std::uint64_t{at[6]} << 16U | std::uint64_t{at[7]} << 24U;
        raw.skip(header_size + size);
    }
}

}  // namespace

OctetStream unpack(OctetStream raw, std::size_t window_size) {
    skip_skippable_frames(raw);
    constexpr std::size_t magic_size_max = 6;
    raw.fill(magic_size_max);
    const Octets at = raw.window();
    std::unique_ptr<OctetSource> unpacked;
    if (begins_with(at, {gzip_magic_first, 0x8b})) {
        unpacked = std::make_unique<GzipUnpacker>(std::move(raw));
    } else if (begins_with(at, {0x28, 0xb5, 0x2f, 0xfd})) {
        unpacked = std::make_unique<ZstdUnpacker>(std::move(raw));
    } else if (begins_with(at, {0xfd, '7', 'z', 'X', 'Z', 0x00})) {
        unpacked = std::make_unique<XzUnpacker>(std::move(raw));
    } else if (begins_with(at, {0x04, 0x22, 0x4d, 0x18})) {
        unpacked = std::make_unique<Lz4Unpacker>(std::move(raw));
    } else {
        return raw;
    }
    return OctetStream(std::move(unpacked), window_size);
}

std::vector<std::uint8_t> pack_zstd(Octets octets) {
    std::vector<std::uint8_t> frame(ZSTD_compressBound(octets.size()));
    constexpr int level = 3;
    const std::size_t size = ZSTD_compress(frame.data(), frame.size(), octets.data(), octets.size(), level);
    if (ZSTD_isError(size) != 0U) {
        throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(size));
    }
    frame.resize(size);
    return frame;
}

bool unpack_zstd(Octets frame, std::span<std::uint8_t> into) {
    // More than one frame would unpack as well, but then equal contents could have different files.
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
        return false;
    }
    const std::size_t size = ZSTD_decompress(into.data(), into.size(), frame.data(), frame.size());
    return ZSTD_isError(size) == 0U && size == into.size();
}

}  // namespace echotap
