// SPDX-License-Identifier: Apache-2.0
// What the program says to a person: text goes to standard error, and when that is closed or full, nowhere.
#pragma once

#include <cstdio>
#include <string>

namespace echotap {

/// Never throws: a log that cannot be written must not change what the program does or its exit code.
inline void say(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

}  // namespace echotap
