// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/querier_names.hpp"

namespace echotap {

QuerierNames::QuerierNames(const NamesConfig& config) {
    for (const std::string& path : config.snapshot_paths) {
        snapshots_.push_back(std::make_unique<const NameSnapshot>(path, config.load_octets_max));
    }
}

QuerierName QuerierNames::find(const IpAddress& address) const {
    for (const auto& snapshot : snapshots_) {
        QuerierName found = snapshot->find(address);
        if (found.state != NameState::unknown) {
            return found;
        }
    }
    return {};
}

std::uint64_t QuerierNames::stale() const {
    std::uint64_t stale = 0;
    for (const auto& snapshot : snapshots_) {
        stale += snapshot->stale();
    }
    return stale;
}

}  // namespace echotap
