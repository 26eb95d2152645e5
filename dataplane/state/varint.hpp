// SPDX-License-Identifier: Apache-2.0
// Varints in memory: numbers go in, octets come out, and back.
//
// LEB128 (DWARF 4, section 7.6): seven bits per octet, the lowest first; the eighth says that more follow. Readers take
// only the shortest form, so that every number has one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/octets.hpp"

namespace echotap {

__extension__ using Uint128 = unsigned __int128;

/// Writes to the end of its octets.
class VarintWriter {
public:
    void number(Uint128 value) {
        for (; value > 0x7f; value >>= 7U) {
            octets_.push_back(static_cast<std::uint8_t>(value | 0x80U));
        }
        octets_.push_back(static_cast<std::uint8_t>(value));
    }
    /// Small magnitudes of either sign take few octets.
    void signed_number(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        number(bits << 1U ^ (value < 0 ? ~std::uint64_t{0} : 0));
    }
    void raw(Octets octets) { octets_.insert(octets_.end(), octets.begin(), octets.end()); }
    void text(std::string_view text) {
        number(text.size());
        octets_.insert(octets_.end(), text.begin(), text.end());
    }
    /// What another has written, after its length.
    void column(const VarintWriter& other) {
        number(other.octets_.size());
        raw(other.octets_);
    }

    std::vector<std::uint8_t> take() { return std::move(octets_); }

private:
    std::vector<std::uint8_t> octets_;
};

/// Thrown by VarintReader; whoever knows the file's name says it.
struct VarintError {
    std::size_t position;  // in the octets of the outermost reader
    std::string_view what;
};

/// Reads octets that must outlive it. Never reads past their end; throws VarintError instead.
class VarintReader {
public:
    explicit VarintReader(Octets octets, std::size_t position = 0) : octets_(octets), position_(position) {}

    bool is_at_end() const { return at_ == octets_.size(); }
    std::size_t left() const { return octets_.size() - at_; }

    Uint128 number128() {
        Uint128 value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const std::uint8_t octet = next();
            if (shift == 126 && octet > 0x03) {
                refuse("a number of more than 128 bits");
            }
            value |= static_cast<Uint128>(octet & 0x7fU) << shift;
            if ((octet & 0x80U) == 0) {
                if (octet == 0 && shift != 0) {
                    refuse("a number that is not in its shortest form");
                }
                return value;
            }
        }
    }
    /// A number that is at most `max`.
    std::uint64_t number(std::uint64_t max = ~std::uint64_t{0}) {
        const Uint128 value = number128();
        if (value > max) {
            refuse("a number that is too large");
        }
        return static_cast<std::uint64_t>(value);
    }
    std::int64_t signed_number() {
        const std::uint64_t bits = number();
        return static_cast<std::int64_t>(bits >> 1U ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0));
    }
    bool flag() { return number(1) != 0; }
    Octets raw(std::size_t size) {
        if (size > left()) {
            refuse("octets are missing");
        }
        at_ += size;
        return octets_.subspan(at_ - size, size);
    }
    std::string text() {
        const Octets octets = raw(number());
        return {octets.begin(), octets.end()};
    }
    VarintReader column() {
        const std::size_t size = number();
        const std::size_t position = position_ + at_;
        return VarintReader(raw(size), position);
    }
    void expect_end() const {
        if (!is_at_end()) {
            refuse("octets that nothing accounts for");
        }
    }

    [[noreturn]] void refuse(std::string_view what) const { throw VarintError{position_ + at_, what}; }

private:
    std::uint8_t next() {
        if (is_at_end()) {
            refuse("octets are missing");
        }
        return octets_[at_++];
    }

    Octets octets_;
    std::size_t position_;
    std::size_t at_ = 0;
};

}  // namespace echotap
