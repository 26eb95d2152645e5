// SPDX-License-Identifier: Apache-2.0
// Names are asked for while a window still runs: a picture of it goes in, from time to time, and the queriers of
// originators that have passed the threshold are asked for, so that most answers are there when the window closes.
//
//     captures:     team.for_each_snapshot([&](const WindowKey&, const ClosedWindow& window) { early.look(window); });
//     live ports:   live.request_snapshot(), and for each of live.take_snapshot(): early.look(snapshot.window);
//
// Pictures are what they cost: a copy of the window, made off the workers. How often is up to the caller.
#pragma once

#include <cstddef>
#include <unordered_set>
#include <vector>

#include "analytics/features/ranking.hpp"
#include "analytics/resolver/name_sources.hpp"
#include "config/ip_address.hpp"
#include "dataplane/state/closed_window.hpp"

namespace echotap {

/// Used by one thread at a time. At most 4 million queriers are asked for early, 60 octets each; others are asked for
/// when their window closes.
class EarlyNames {
public:
    /// `names` must live as long. `ranking` says who is reported, as for the closed window.
    EarlyNames(NameSources& names, const RankingConfig& ranking) : names_(names), ranking_(ranking) {}

    /// Asks for names that no snapshot has, largest originators first; never waits. Answers go to the cache of the
    /// sources. Returns how many queriers are asked for and without a name yet.
    std::size_t look(const ClosedWindow& running);

    /// A window was closed: nobody is known to be asked for any more. Who is still there comes from the cache.
    void forget();

private:
    void gather(const ClosedWindow& running);
    void consider(const IpAddress& querier);

    struct AddressHash {
        std::size_t operator()(const IpAddress& address) const;
    };

    NameSources& names_;
    const RankingConfig ranking_;
    std::unordered_set<IpAddress, AddressHash> seen_;
    std::vector<IpAddress> to_come_;  // asked for, or to be, and not known yet; in the order in which they came
};

}  // namespace echotap
