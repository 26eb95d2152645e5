// SPDX-License-Identifier: Apache-2.0
// Small worlds for tests, and what the line finds in them.
#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/world_library.hpp"
#include "dataplane/line.hpp"
#include "tests/reference/repeat_filter_reference.hpp"
#include "tests/tools/simulator/made_up_networks.hpp"
#include "tools/simulator/world.hpp"

namespace echotap::test {

/// The built-in classes with `text` laid over: 20,000 queriers and nobody acts unless it says so.
inline WorldConfig world_of(const std::string& text) {
    const auto& worlds = built_in_worlds();
    const auto profiles = std::ranges::find(worlds, "profiles", &BuiltInWorld::name);
    return WorldConfig::from(TomlTable::parse(profiles->text, "profiles")
                                 .overlaid(TomlTable::parse("population.queriers = 20000", "size"))
                                 .overlaid(TomlTable::parse(text, "test")));
}

/// What a line finds in a world, and what the repeat filter leaves of it.
struct FoundInWorld {
    struct Counts {
        std::set<IpAddress> queriers;
        std::uint32_t questions = 0;
        std::uint32_t sent = 0;
    };
    std::map<IpAddress, Counts> originators;
    std::uint32_t minimised = 0;
    std::uint32_t tcp = 0;
    std::uint32_t v6 = 0;
    RepeatFilterReference<std::pair<IpAddress, IpAddress>> filter{std::chrono::seconds(30)};

    void operator()(const ReverseQuery& query) {
        Counts& counts = originators[query.originator];
        counts.queriers.insert(query.querier);
        counts.questions += filter.counts({query.originator, query.querier}, query.time) ? 1 : 0;
        ++counts.sent;
        tcp += query.transport == Transport::tcp ? 1 : 0;
        v6 += query.querier.is_v4() ? 0 : 1;
    }
    void operator()(const MinimisedQuery&) { ++minimised; }
};

/// Runs a world to its end through a line. The ledger is finished.
inline Ledger read_world(World& world, FoundInWorld& found) {
    Line line{LineConfig{}};
    for (Burst burst = world.next_burst(); !burst.empty(); burst = world.next_burst()) {
        line.feed(burst, found);
    }
    line.finish(found);
    return line.ledger();
}

}  // namespace echotap::test
