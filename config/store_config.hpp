// SPDX-License-Identifier: Apache-2.0
// Where windows with their classes are kept, and for how long.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace echotap {

/// What a store lets go; 0: nothing for this reason. A limit of numbers holds for the windows of each length, view and
/// site by themselves.
struct Retention {
    /// How old a window may be, by its end.
    std::chrono::seconds age_max{0};
    std::uint64_t windows_max = 0;
    /// The newest ones that are kept whole (see StoreConfig). Rows of others stay, but nothing merges with them.
    std::uint64_t whole_windows_max = 0;
};

struct StoreConfig {
    /// The file; beside it, in a folder of the same name with `.windows` behind it, lie the windows themselves.
    std::string path;
    /// How long to wait for another process that writes to the same file.
    std::chrono::milliseconds patience{10'000};
    /// Whether windows are kept with all their queriers, some 5 octets for each of an originator's, and not only the
    /// rows that were made of them. What comes later of the same window can only be merged with a whole one.
    bool are_windows_kept = true;
};

}  // namespace echotap
