// SPDX-License-Identifier: Apache-2.0
// DNS responses for tests, uncompressed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace echotap::test {

/// A record in class IN whose data is a name. Names are labels between dots; "" is the root.
struct Answer {
    std::string owner;
    std::uint16_t type;
    std::string target;
};

class DnsWriter {
public:
    static std::vector<std::uint8_t> name(const std::string& text) {
        DnsWriter writer;
        writer.put_name(text);
        return writer.octets_;
    }

    /// A response to a question for PTR of `asked`.
    static std::vector<std::uint8_t> response(const std::string& asked, const std::vector<Answer>& answers,
                                              unsigned rcode, unsigned id = 1) {
        DnsWriter writer;
        for (const unsigned number : {id, 0x8180U | rcode, 1U, static_cast<unsigned>(answers.size()), 0U, 0U}) {
            writer.put16(number);
        }
        writer.put_name(asked);
        writer.put16(12);
        writer.put16(1);
        for (const Answer& answer : answers) {
            writer.put_name(answer.owner);
            writer.put16(answer.type);
            writer.put16(1);
            writer.put16(0);
            writer.put16(3600);
            writer.put16(static_cast<unsigned>(name(answer.target).size()));
            writer.put_name(answer.target);
        }
        writer.octets_.shrink_to_fit();
        return writer.octets_;
    }

private:
    void put16(unsigned number) {
        octets_.push_back(static_cast<std::uint8_t>(number >> 8U));
        octets_.push_back(static_cast<std::uint8_t>(number));
    }

    void put_name(const std::string& text) {
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find('.', begin), text.size());
            octets_.push_back(static_cast<std::uint8_t>(end - begin));
            octets_.insert(octets_.end(), text.begin() + static_cast<std::ptrdiff_t>(begin),
                           text.begin() + static_cast<std::ptrdiff_t>(end));
            begin = end + 1;
        }
        octets_.push_back(0);
    }

    std::vector<std::uint8_t> octets_;
};

}  // namespace echotap::test
