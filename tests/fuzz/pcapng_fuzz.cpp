// SPDX-License-Identifier: Apache-2.0
// Any octets as a pcapng file: the reader must agree with the slow reference, however the octets are cut into reads.
#include <cstdlib>

#include "dataplane/capture/pcapng.hpp"
#include "tests/reference/capture_agreement.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace echotap;
    const std::vector<std::uint8_t> file(input, input + size);
    if (!PcapngReader::recognises(file)) {
        return 0;
    }
    if (!test::agrees<PcapngReader>(file, reference::read_pcapng(file), 1 + size % 61)) {
        std::abort();
    }
    return 0;
}
