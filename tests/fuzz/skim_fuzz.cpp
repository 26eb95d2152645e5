// SPDX-License-Identifier: Apache-2.0
// Any octets as a frame, with and without configured authorities: the line, which skims, and the line that builds a
// packet and a message of every frame must find the same and keep the same books. The first octet chooses.
#include <cstdlib>
#include <memory>

#include "tests/reference/line_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace echotap;
    if (size == 0) {
        return 0;
    }
    const std::vector<std::uint8_t> octets(input + 1, input + size);  // exact size on the heap
    Frame frame;
    frame.octets = octets.data();
    frame.captured = static_cast<std::uint32_t>(octets.size());
    frame.length = frame.captured;
    LineConfig config;
    if (input[0] % 4 == 1) {
        config.authorities = {*Prefix::parse("192.0.2.0/24")};
    } else if (input[0] % 4 == 2) {
        config.dns_ports = {5300, 53};
    }
    // Making a line costs far more than a frame does, so each configuration keeps its own.
    static std::vector<std::unique_ptr<Line>> lines(4);
    std::unique_ptr<Line>& line = lines[input[0] % 4];
    if (!line) {
        line = std::make_unique<Line>(config);
    }
    Ledger before = line->ledger();
    reference::Found found;
    line->feed({&frame, 1}, found);
    // Fragments and TCP wait inside the line for more; only what does not is compared.
    reference::Found expected;
    before += reference::run_line(config, {&frame, 1}, expected);
    const bool waits = line->ledger().held(Stage::frame) != 0 || line->ledger().held(Stage::segment) != 0;
    if (!waits && !(reference::same_books(line->ledger(), before) && found == expected)) {
        std::abort();
    }
    if (waits) {
        line.reset();
    }
    return 0;
}
