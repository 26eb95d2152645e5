// SPDX-License-Identifier: Apache-2.0
// Octets made of parts, each with its size before it (u64, little endian). Parts go in, octets come out, and back.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

namespace echotap {

static_assert(std::endian::native == std::endian::little, "numbers stand in images as they stand in memory");

class PartWriter {
public:
    void part(std::span<const std::uint8_t> octets) {
        number(octets.size());
        octets_.insert(octets_.end(), octets.begin(), octets.end());
    }

    void number(std::uint64_t value) { raw(&value, sizeof value); }

    template <class Value>
    void values(std::span<const Value> from) {
        number(from.size());
        raw(from.data(), from.size_bytes());
    }

    std::vector<std::uint8_t> take() { return std::move(octets_); }

private:
    void raw(const void* from, std::size_t size) {
        if (size > 0) {
            const std::size_t begin = octets_.size();
            octets_.resize(begin + size);
            std::memcpy(octets_.data() + begin, from, size);
        }
    }

    std::vector<std::uint8_t> octets_;
};

/// Looks at `octets`, which must live as long as what part() returns. Everything throws std::runtime_error where the
/// octets end too early.
class PartReader {
public:
    explicit PartReader(std::span<const std::uint8_t> octets) : rest_(octets) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        std::memcpy(&value, next(sizeof value).data(), sizeof value);
        return value;
    }

    std::span<const std::uint8_t> part() { return next(number()); }

    template <class Value>
    std::vector<Value> values() {
        const std::uint64_t count = number();
        if (count > rest_.size() / sizeof(Value)) {
            throw std::runtime_error("a part of the model is cut short");
        }
        std::vector<Value> values(count);
        if (count > 0) {
            std::memcpy(values.data(), next(count * sizeof(Value)).data(), count * sizeof(Value));
        }
        return values;
    }

    bool is_empty() const { return rest_.empty(); }

private:
    std::span<const std::uint8_t> next(std::uint64_t size) {
        if (size > rest_.size()) {
            throw std::runtime_error("a part of the model is cut short");
        }
        const auto octets = rest_.first(size);
        rest_ = rest_.subspan(size);
        return octets;
    }

    std::span<const std::uint8_t> rest_;
};

}  // namespace echotap
