// SPDX-License-Identifier: Apache-2.0
// Where real captures, names and country files are, which are no part of this repository: README.md beside this file.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace echotap::test {

/// The folder that ECHOTAP_REAL_CAPTURES names, else ../shared/real beside the checkout (meson gives its place as
/// ECHOTAP_CHECKOUT; by hand, where the program is run). It need not be there.
inline std::filesystem::path real_folder() {
    if (const char* folder = std::getenv("ECHOTAP_REAL_CAPTURES")) {
        return folder;
    }
    const char* checkout = std::getenv("ECHOTAP_CHECKOUT");
    return std::filesystem::path(checkout == nullptr ? "." : checkout) / ".." / "shared" / "real";
}

}  // namespace echotap::test
