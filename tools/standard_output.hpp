// SPDX-License-Identifier: Apache-2.0
// What the program answers: where it cannot be written, that must not look like success.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace echotap {

/// Hands on what was printed. Throws std::runtime_error where the disk is full or standard output is closed. To be
/// called before anything that says or implies that the answer was given, and once at the end.
inline void flush_standard_output() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
    }
}

}  // namespace echotap
