// SPDX-License-Identifier: Apache-2.0
// What queriers are called: the address of one goes in, its name or the lack of it comes out, from the first source
// that knows it. Snapshots in files are the first kind of source; they are asked in the order of the configuration.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analytics/resolver/name_snapshot.hpp"
#include "analytics/resolver/querier_name.hpp"
#include "config/ip_address.hpp"
#include "config/names_config.hpp"

namespace echotap {

/// Asked by any number of threads at once.
class QuerierNames {
public:
    /// Throws what NameSnapshot throws.
    explicit QuerierNames(const NamesConfig& config);

    QuerierName find(const IpAddress& address) const;

    /// Look-ups that met a file which had changed since it was opened, so that nothing was found in it.
    std::uint64_t stale() const;

private:
    std::vector<std::unique_ptr<const NameSnapshot>> snapshots_;
};

}  // namespace echotap
