// SPDX-License-Identifier: Apache-2.0
// Where the octets of a capture come from: a file, a pipe, standard input, or (compression.hpp) an unpacker over these.
//
// A path goes in, octets in order come out. Files are read, not mapped: a read into a reused buffer is faster than
// the page faults of a mapping (docs/performance.md), and a file that shrinks is an error message, not a SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace echotap {

/// How far an input has been read, in the octets of the file as it lies on the disk (compressed ones included).
struct ReadProgress {
    std::uint64_t octets_read = 0;
    std::optional<std::uint64_t> octets_total;  // unknown for pipes
};

/// A source of octets; the virtual calls are one per chunk of a quarter of a megabyte.
class OctetSource {
public:
    OctetSource() = default;
    OctetSource(const OctetSource&) = delete;
    OctetSource& operator=(const OctetSource&) = delete;
    virtual ~OctetSource() = default;

    /// Fills the front of `into` (not empty) with the next octets and returns how many, at least 1; blocks until there
    /// are some. 0 is the end, clean or (problem()) not; later calls return 0 too. Never throws.
    virtual std::size_t read(std::span<std::uint8_t> into) = 0;

    /// Empty, or why the end came too soon: a predicate such as "shrank from 9 to 5 octets while it was read", to be
    /// put behind the name of the file.
    virtual std::string_view problem() const = 0;

    virtual ReadProgress progress() const = 0;

    /// The name of the compression that this source undoes, empty for none.
    virtual std::string_view compression() const { return {}; }
};

/// A file descriptor, owned or not.
class Descriptor {
public:
    Descriptor(int number, bool is_owned) : number_(number), is_owned_(is_owned) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    int number() const { return number_; }

private:
    int number_;
    bool is_owned_;
};

/// Reads a file or pipe to its end, wherever that is by the time it is reached: a file that grows is read to its end.
class DescriptorOctets final : public OctetSource {
public:
    /// Opens a file, FIFO or device for reading. Throws std::runtime_error naming `path` when that fails or when it is
    /// a folder. Opening a FIFO waits for its writer.
    static std::unique_ptr<DescriptorOctets> open(const std::string& path);

    /// Standard input, from where it stands.
    static std::unique_ptr<DescriptorOctets> standard_input();

    std::size_t read(std::span<std::uint8_t> into) override;
    std::string_view problem() const override { return problem_; }
    ReadProgress progress() const override;

    /// Whether it is a regular file, which can be opened again and read from its beginning.
    bool is_regular() const { return is_regular_; }

private:
    DescriptorOctets(int number, bool is_owned);

    bool has_shrunk();

    Descriptor descriptor_;
    std::uint64_t position_ = 0;
    std::uint64_t size_ = 0;  // of a regular file, when it was opened
    bool is_regular_ = false;
    bool has_ended_ = false;
    std::string problem_;
};

}  // namespace echotap
