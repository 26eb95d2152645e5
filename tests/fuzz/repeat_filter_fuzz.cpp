// SPDX-License-Identifier: Apache-2.0
// Fuzzes the repeat filter beside its definition. The first octet is the interval in quarters of a minute; each four
// octets after that are a question: which, how far the clock goes on, how late it is.
#include <cstdlib>

#include "dataplane/state/repeat_filter.hpp"
#include "tests/reference/repeat_filter_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    using namespace echotap;
    if (size == 0) {
        return 0;
    }
    const std::chrono::seconds interval(octets[0] % 41 * 15);
    RepeatFilter filter(4096, interval);
    RepeatFilterReference<unsigned> reference(interval);
    Timestamp clock(std::chrono::seconds(1'700'000'000));
    for (std::size_t i = 1; i + 4 <= size; i += 4) {
        const unsigned question = octets[i] & 0x3fU;
        // Two bits choose the unit: from steps of microseconds to gaps of days.
        constexpr std::int64_t units[]{1'000, 1'000'000'000, 15'000'000'000, 7'200'000'000'000};
        clock += std::chrono::nanoseconds(units[octets[i] >> 6U] * octets[i + 1]);
        const std::int64_t late = std::int64_t{octets[i + 2]} * 14'000'000'000 + octets[i + 3];
        const Timestamp time = clock - std::chrono::nanoseconds(late);
        const std::uint64_t hash = fold_multiply(question + 1, 0x9e37'79b9'7f4a'7c15U) ^ std::uint64_t{question} << 58U;
        if (filter.counts(hash, time, clock) != reference.counts(question, time)) {
            std::abort();
        }
    }
    return 0;
}
