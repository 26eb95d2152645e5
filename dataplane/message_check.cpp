// SPDX-License-Identifier: Apache-2.0
#include "dataplane/message_check.hpp"

#include "dataplane/message.hpp"

namespace echotap {

namespace {

/// Walks over the parts of a message. Each step says `certain` where the part is whole and right, and moves on.
class Walk {
public:
    Walk(Octets there, std::size_t size) : there_(there), size_(size) {}

    std::size_t position() const { return position_; }

    /// RFC 1035 section 3.1, and 4.1.4 where `may_be_compressed`. A pointer ends the name; where it leads is not
    /// followed, which keeps the walk linear: it only has to lead back, past the header.
    Certainty name(bool may_be_compressed) {
        const std::size_t start = position_;
        for (;;) {
            if (const Certainty step = reach(1); step != Certainty::certain) {
                return step;
            }
            const std::uint8_t length = there_[position_];
            if (length >= 0xc0) {
                if (!may_be_compressed) {
                    return Certainty::refused;
                }
                if (const Certainty step = reach(2); step != Certainty::certain) {
                    return step;
                }
                const std::size_t target = load_be16(there_.data() + position_) & 0x3fffU;
                if (target < message_header_size || target >= start) {
                    return Certainty::refused;
                }
                position_ += 2;
                return Certainty::certain;
            }
            if (length > label_size_max || position_ + length + 1 - start > name_size_max) {
                return Certainty::refused;
            }
            if (length != 0 && reach(std::size_t{length} + 1) == Certainty::refused) {
                return Certainty::refused;
            }
            position_ += std::size_t{length} + 1;
            if (length == 0) {
                return Certainty::certain;
            }
        }
    }

    Certainty question() {
        if (const Certainty step = name(false); step != Certainty::certain) {
            return step;
        }
        if (const Certainty step = reach(4); step != Certainty::certain) {
            return step;
        }
        const std::uint16_t type = load_be16(there_.data() + position_);
        const std::uint16_t qclass = load_be16(there_.data() + position_ + 2);
        position_ += 4;
        const bool known = qclass == 1 || qclass == 3 || qclass == 4 || qclass == 255;
        return type != 0 && known ? Certainty::certain : Certainty::refused;
    }

    Certainty record() {
        if (const Certainty step = name(true); step != Certainty::certain) {
            return step;
        }
        if (const Certainty step = reach(10); step != Certainty::certain) {
            return step;
        }
        const std::size_t rdata_size = load_be16(there_.data() + position_ + 8);
        position_ += 10;
        if (const Certainty step = reach(rdata_size); step != Certainty::certain) {
            return step;
        }
        position_ += rdata_size;
        return Certainty::certain;
    }

private:
    /// Are the next `count` octets there, are they still to come, or are they more than the message has?
    Certainty reach(std::size_t count) const {
        if (position_ + count > size_) {
            return Certainty::refused;
        }
        return position_ + count > there_.size() ? Certainty::unfinished : Certainty::certain;
    }

    Octets there_;
    std::size_t size_;
    std::size_t position_ = message_header_size;
};

}  // namespace

Certainty check_message(Octets there, std::size_t size) {
    if (size < certain_size_min) {
        return Certainty::refused;
    }
    if (there.size() < message_header_size) {
        return Certainty::unfinished;
    }
    const std::uint16_t flags = load_be16(there.data() + 2);
    const std::uint16_t questions = load_be16(there.data() + 4);
    const unsigned answers = load_be16(there.data() + 6);
    const unsigned authorities = load_be16(there.data() + 8);
    const unsigned additionals = load_be16(there.data() + 10);
    constexpr unsigned opcode_mask = 0x7800;
    if ((flags & opcode_mask) != 0 || questions != 1) {
        return Certainty::refused;
    }
    const bool is_query = (flags & 0x8000U) == 0;
    constexpr unsigned response_flags = 0x068f;  // AA, TC, RA, RCODE
    if (is_query && ((flags & response_flags) != 0 || answers != 0 || authorities != 0 || additionals > 2)) {
        return Certainty::refused;
    }

    Walk walk(there, size);
    if (const Certainty step = walk.question(); step != Certainty::certain) {
        return step;
    }
    for (unsigned left = answers + authorities + additionals; left > 0; --left) {
        if (const Certainty step = walk.record(); step != Certainty::certain) {
            return step;
        }
    }
    if (walk.position() != size) {
        return Certainty::refused;
    }
    return there.size() == size ? Certainty::certain : Certainty::unfinished;
}

}  // namespace echotap
