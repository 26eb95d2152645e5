// SPDX-License-Identifier: Apache-2.0
// Responses to questions for names: the room and its slow reference must agree on any octets, and what they print must
// be one word that a snapshot takes.
#include <cstdlib>
#include <memory>

#include "analytics/resolver/ptr_response.hpp"
#include "analytics/resolver/snapshot_line.hpp"
#include "tests/reference/ptr_response_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    using namespace echotap;
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(octets, size, exact.get());
    const Octets message(exact.get(), size);
    const PtrReading reading = read_ptr_response(message);
    if (reading != reference::read_ptr_response(message)) {
        std::abort();
    }
    if ((reading.outcome == PtrOutcome::name) == reading.name.empty()) {
        std::abort();
    }
    if (!reading.name.empty()) {
        const std::string line = "192.0.2.1\t" + reading.name + ".";
        const SnapshotLine row = parse_snapshot_line(line);
        if (!row.is_row || row.state != NameState::name || row.name != reading.name) {
            std::abort();
        }
    }
    return 0;
}
