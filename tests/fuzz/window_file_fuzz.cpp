// SPDX-License-Identifier: Apache-2.0
// Any octets as a window file, and as the body of one, which no checksum guards here: what is accepted must be the
// octets that its window is written as.
#include <cstdlib>

#include "dataplane/state/window_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace echotap;
    const std::vector<std::uint8_t> octets(input, input + size);
    constexpr std::uint64_t body_octets_max = std::uint64_t{1} << 20U;
    try {
        const ClosedWindow window = decode_window(octets, "input", body_octets_max);
        if (decode_window(encode_window(window), "written") != window) {
            std::abort();
        }
    } catch (const WindowFileError&) {
    }
    try {
        if (encode_window_body(decode_window_body(octets, "input")) != octets) {
            std::abort();
        }
    } catch (const WindowFileError&) {
    }
    return 0;
}
