// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/early_names.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>

#include "dataplane/state/state_query.hpp"

namespace echotap {

namespace {

constexpr std::size_t seen_max = 4'000'000;
/// Of one look; the others have the next one.
constexpr std::size_t asked_at_once = 65'536;

}  // namespace

std::size_t EarlyNames::AddressHash::operator()(const IpAddress& address) const {
    const auto& octets = address.octets();
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(octets.data()), octets.size()});
}

std::size_t EarlyNames::look(const ClosedWindow& running) {
    gather(running);
    const auto asked = std::span(to_come_).first(std::min(to_come_.size(), asked_at_once));
    std::vector<QuerierName> found(asked.size());
    names_.find_beyond_snapshots(asked, {}, found);
    std::size_t place = 0;
    std::erase_if(to_come_, [&](const IpAddress&) {
        const std::size_t here = place++;
        return here < found.size() && found[here].state != NameState::unknown;
    });
    return to_come_.size();
}

void EarlyNames::forget() {
    seen_.clear();
    to_come_.clear();
}

void EarlyNames::gather(const ClosedWindow& running) {
    const Ranking ranking = rank_originators(running, ranking_);
    for (const RankedOriginator& originator : ranking.originators) {
        const OriginatorRow row = ranking.row(running, originator);
        for (const std::uint32_t querier : row.queriers_v4) {
            consider(v4_address(querier));
        }
        for (const std::uint32_t querier : row.queriers_v6) {
            consider(running.queriers.v6[querier]);
        }
    }
}

void EarlyNames::consider(const IpAddress& querier) {
    if (seen_.size() < seen_max && seen_.insert(querier).second &&
        names_.snapshots().find(querier).state == NameState::unknown) {
        to_come_.push_back(querier);
    }
}

}  // namespace echotap
