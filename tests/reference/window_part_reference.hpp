// SPDX-License-Identifier: Apache-2.0
// A part of a window straight from the definitions (requirements 1.1, 1.6): maps and sets, nothing bounded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/state_query.hpp"
#include "dataplane/state/window_part.hpp"

namespace echotap {

struct OriginatorReference {
    std::uint64_t queries = 0;
    Timestamp first = Timestamp::max();
    Timestamp last = Timestamp::min();
    std::set<std::int64_t> periods;
    std::set<IpAddress> queriers;

    bool operator==(const OriginatorReference&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const OriginatorReference& originator) {
    out << originator.queries << " queries from " << originator.first.time_since_epoch().count() << " to "
        << originator.last.time_since_epoch().count() << ", periods";
    for (const std::int64_t period : originator.periods) {
        out << ' ' << period;
    }
    out << ", " << originator.queriers.size() << " queriers";
    for (const IpAddress& querier : originator.queriers) {
        out << ' ' << querier.to_string();
    }
    return out;
}

/// The `k` of `queriers` with the smallest hashes.
inline std::set<IpAddress> bottom_k(const std::set<IpAddress>& queriers, const HashKey& sample_key, std::size_t k) {
    std::vector<std::pair<std::uint64_t, IpAddress>> by_hash;
    for (const IpAddress& querier : queriers) {
        by_hash.emplace_back(sample_hash(sample_key, querier), querier);
    }
    std::sort(by_hash.begin(), by_hash.end());
    by_hash.resize(std::min(k, by_hash.size()));
    std::set<IpAddress> kept;
    for (const auto& [hash, querier] : by_hash) {
        kept.insert(querier);
    }
    return kept;
}

struct WindowPartReference {
    using Counts = std::pair<std::uint64_t, std::uint64_t>;  // full, minimised

    std::map<std::pair<OriginatorKind, IpAddress>, OriginatorReference> originators;
    std::map<IpAddress, Counts> queriers;

    void add(const StateQuery& query) {
        OriginatorReference& originator = originators[{query.kind, query.originator}];
        ++originator.queries;
        originator.first = std::min(originator.first, query.time);
        originator.last = std::max(originator.last, query.time);
        using Period = std::chrono::duration<std::int64_t, std::ratio<600>>;
        originator.periods.insert(std::chrono::floor<Period>(query.time.time_since_epoch()).count());
        originator.queriers.insert(query.querier);
        Counts& counts = queriers[query.querier];
        ++(query.kind == OriginatorKind::prefix ? counts.second : counts.first);
    }

    /// With every set of queriers cut to its bottom k.
    WindowPartReference sampled(const HashKey& sample_key, std::size_t k) const {
        WindowPartReference cut = *this;
        for (auto& [name, originator] : cut.originators) {
            originator.queriers = bottom_k(originator.queriers, sample_key, k);
        }
        return cut;
    }

    /// The first originator or querier about which two disagree, in words; empty where there is none.
    static std::string difference(const WindowPartReference& one, const WindowPartReference& other) {
        return difference_of_originators(one, other) + difference_of_queriers(one, other);
    }
    static std::string difference_of_originators(const WindowPartReference& one, const WindowPartReference& other) {
        const auto [left, right] = std::mismatch(one.originators.begin(), one.originators.end(),
                                                 other.originators.begin(), other.originators.end());
        std::ostringstream text;
        if (left != one.originators.end()) {
            text << "one has " << left->first.second.to_string() << ": " << left->second << "; ";
        }
        if (right != other.originators.end()) {
            text << "the other has " << right->first.second.to_string() << ": " << right->second;
        }
        return text.str();
    }
    static std::string difference_of_queriers(const WindowPartReference& one, const WindowPartReference& other) {
        const auto [left, right] =
            std::mismatch(one.queriers.begin(), one.queriers.end(), other.queriers.begin(), other.queriers.end());
        std::ostringstream text;
        if (left != one.queriers.end()) {
            text << "one has querier " << left->first.to_string() << ": " << left->second.first << " full, "
                 << left->second.second << " minimised; ";
        }
        if (right != other.queriers.end()) {
            text << "the other has querier " << right->first.to_string() << ": " << right->second.first << " full, "
                 << right->second.second << " minimised";
        }
        return text.str();
    }

    /// What a part says, in the reference's form.
    static WindowPartReference of(const WindowPart& part) {
        WindowPartReference read;
        for (const OriginatorKind kind : {OriginatorKind::v4, OriginatorKind::v6, OriginatorKind::prefix}) {
            part.for_each_originator(kind, [&](const OriginatorView& view) {
                OriginatorReference& originator = read.originators[{kind, view.address}];
                originator.queries += view.queries;
                originator.first = view.first;
                originator.last = view.last;
                originator.periods.insert(view.periods.begin(), view.periods.end());
                for (const std::uint32_t number : view.queriers_v4) {
                    originator.queriers.insert(v4_address(number));
                }
                for (const std::uint32_t number : view.queriers_v6) {
                    originator.queriers.insert(part.querier_address(number));
                }
            });
        }
        part.for_each_querier([&](const IpAddress& querier, std::uint64_t full, std::uint64_t minimised) {
            read.queriers[querier] = {full, minimised};
        });
        return read;
    }
};

}  // namespace echotap
