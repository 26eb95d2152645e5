// SPDX-License-Identifier: Apache-2.0
// Any octets as a DNS message: the parser and the slow reference must say the same.
#include <cstdlib>
#include <vector>

#include "dataplane/message.hpp"
#include "tests/reference/message_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace echotap;
    const std::vector<std::uint8_t> octets(input, input + size);  // exact size on the heap
    NameBuffer buffer;
    Message message;
    const Drop drop = parse_message(octets, buffer, message);
    const reference::Message expected = reference::parse_message(octets);
    bool agrees = drop == expected.drop;
    if (agrees && drop == Drop::none) {
        agrees = message.id == expected.id && message.flags == expected.flags &&
                 message.question_count == expected.question_count;
        if (agrees && message.question_count > 0) {
            const std::vector<std::uint8_t> name(message.question.name.begin(), message.question.name.end());
            agrees = name == expected.wire_name() && message.question.type == expected.type &&
                     message.question.qclass == expected.qclass;
        }
    }
    if (!agrees) {
        std::abort();
    }
    return 0;
}
