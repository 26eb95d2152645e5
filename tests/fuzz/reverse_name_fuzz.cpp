// SPDX-License-Identifier: Apache-2.0
// Any octets as the labels of a name, with a reverse suffix behind them more often than not: the decoder and the slow
// reference must say the same. The first octet chooses the suffix; the labels follow as on the wire.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "dataplane/reverse_name.hpp"
#include "tests/reference/reverse_name_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace echotap;
    if (size == 0) {
        return 0;
    }
    std::vector<std::string> labels;
    std::size_t at = 1;
    std::size_t name_size = 16;
    while (at < size && input[at] % 64 != 0) {
        const std::size_t length = std::min<std::size_t>(input[at] % 64, size - at - 1);
        name_size += length + 1;
        if (length == 0 || name_size > 255) {
            break;
        }
        labels.emplace_back(input + at + 1, input + at + 1 + length);
        at += length + 1;
    }
    switch (input[0] % 4) {
        case 0:
            labels.insert(labels.end(), {"in-addr", "arpa"});
            break;
        case 1:
            labels.insert(labels.end(), {"IP6", "ARPA"});
            break;
        case 2:
            labels.insert(labels.end(), {"arpa"});
            break;
        default:
            break;
    }
    std::vector<std::uint8_t> name;
    for (const std::string& label : labels) {
        name.push_back(static_cast<std::uint8_t>(label.size()));
        name.insert(name.end(), label.begin(), label.end());
    }
    name.push_back(0);
    name.shrink_to_fit();

    ReverseName reverse;
    const Drop drop = parse_reverse_name(name, reverse);
    const reference::ReverseName expected = reference::parse_reverse_name(labels);
    bool agrees = drop == expected.drop;
    if (agrees && drop == Drop::none) {
        agrees = reverse.address == expected.address && reverse.depth == expected.depth &&
                 reverse.is_full == expected.is_full && reverse.is_v6 == expected.is_v6;
    }
    if (!agrees) {
        std::abort();
    }
    return 0;
}
