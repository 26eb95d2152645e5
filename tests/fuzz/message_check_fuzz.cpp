// SPDX-License-Identifier: Apache-2.0
// Any octets as the beginning of a message: no verdict may be taken back when more of it is there, and what is
// certain the message parser must take as well.
#include <cstdlib>
#include <vector>

#include "dataplane/message.hpp"
#include "dataplane/message_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace echotap;
    if (size > 1024) {
        return 0;  // every beginning of it is tried
    }
    const std::vector<std::uint8_t> octets(input, input + size);
    const Certainty verdict = check_message(octets, size);
    bool agrees = verdict != Certainty::unfinished;
    if (verdict == Certainty::certain) {
        NameBuffer buffer;
        Message message;
        agrees = parse_message(octets, buffer, message) == Drop::none;
    }
    bool was_refused = false;
    for (std::size_t there = 0; there < size; ++there) {
        const std::vector<std::uint8_t> beginning(input, input + there);  // exact size on the heap
        const Certainty early = check_message(beginning, size);
        agrees = agrees && early != Certainty::certain && (!was_refused || early == Certainty::refused);
        was_refused = early == Certainty::refused;
    }
    if (!agrees || (was_refused && verdict != Certainty::refused)) {
        std::abort();
    }
    return 0;
}
