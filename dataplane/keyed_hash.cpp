// SPDX-License-Identifier: Apache-2.0
#include "dataplane/keyed_hash.hpp"

#include <random>

namespace echotap {

HashKey HashKey::random() {
    std::random_device device;
    const auto word = [&] { return static_cast<std::uint64_t>(device()) << 32U | device(); };
    return {.first = word(), .second = word()};
}

}  // namespace echotap
