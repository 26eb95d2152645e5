// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/octet_stream.hpp"

#include <cstring>
#include <utility>

namespace echotap {

namespace {

constexpr std::size_t cache_line_size = 64;
constexpr std::size_t page_size = 4096;

/// Where a rest of so many octets begins so that it ends, and the next read begins, on a cache line of the buffer.
std::size_t front_of(std::size_t rest) {
    return (cache_line_size - rest % cache_line_size) % cache_line_size;
}

}  // namespace

OctetStream::OctetStream(std::unique_ptr<OctetSource> source, std::size_t window_size)
    : source_(std::move(source)),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(window_size + cache_line_size)),
      capacity_(window_size + cache_line_size),
      begin_(buffer_.get()),
      end_(buffer_.get()) {
}

OctetStream::OctetStream(Octets memory) : begin_(memory.data()), end_(memory.data() + memory.size()), has_ended_(true) {
}

ReadProgress OctetStream::progress() const {
    return source_ ? source_->progress() : ReadProgress{position_, position_ + window().size()};
}

void OctetStream::make_room() {
    const std::size_t rest = window().size();
    const std::size_t front = front_of(rest);
    const auto offset = static_cast<std::size_t>(begin_ - buffer_.get());
    if (offset < cache_line_size && offset + rest < capacity_) {
        return;  // a slow pipe adds to a large record: nothing to be won by moving it
    }
    if (front + rest < capacity_) {
        std::memmove(buffer_.get() + front, begin_, rest);
    } else {
        const std::size_t larger = capacity_ * 2;
        auto buffer = std::make_unique_for_overwrite<std::uint8_t[]>(larger);
        std::memcpy(buffer.get() + front, begin_, rest);
        buffer_ = std::move(buffer);
        capacity_ = larger;
    }
    begin_ = buffer_.get() + front;
    end_ = begin_ + rest;
}

bool OctetStream::fill(std::size_t octets) {
    while (window().size() < octets) {
        if (has_ended_) {
            return false;
        }
        make_room();
        std::uint8_t* const to = buffer_.get() + (end_ - buffer_.get());
        std::size_t room = capacity_ - static_cast<std::size_t>(end_ - buffer_.get());
        if (room > page_size) {
            room -= room % page_size;  // whole pages keep the next read at the beginning of one
        }
        const std::size_t got = source_->read({to, room});
        if (got == 0) {
            has_ended_ = true;
            return false;
        }
        end_ += got;
    }
    return true;
}

bool OctetStream::skip(std::uint64_t octets) {
    while (octets > window().size()) {
        octets -= window().size();
        consume(window().size());
        if (!fill(1)) {
            return false;
        }
    }
    consume(static_cast<std::size_t>(octets));
    return true;
}

}  // namespace echotap
