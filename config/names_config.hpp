// SPDX-License-Identifier: Apache-2.0
// Where the reverse names of queriers come from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/resolver_config.hpp"

namespace echotap {

struct NamesConfig {
    /// Files of `address<TAB>name`, asked in this order: the first one that knows the address answers.
    std::vector<std::string> snapshot_paths;
    /// Octets of memory for each snapshot that has to be loaded because it is compressed, unsorted or a pipe. A sorted
    /// plain file takes half a percent of its size, whatever that is.
    std::size_t load_octets_max = std::size_t{4} << 30U;
    /// Asked where no snapshot knows.
    NameCacheConfig cache;
    /// Asked where the cache does not know either.
    ResolverConfig resolver;
};

}  // namespace echotap
