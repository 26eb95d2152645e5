// SPDX-License-Identifier: Apache-2.0
// Closed windows from pairs: who asked about whom, and when, for the tests of analytics.
#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap::test {

inline constexpr HashKey hand_key{17, 19};

inline IpAddress address(const std::string& text) {
    return IpAddress::parse(text).value();
}

/// A window that is put together slowly. Every query counts.
class WindowByHand {
public:
    explicit WindowByHand(std::chrono::seconds start = std::chrono::seconds(0),
                          std::chrono::seconds length = std::chrono::hours(24)) {
        header.start = Timestamp(start);
        header.end = Timestamp(start + length);
        header.length = length;
        header.sample_key_fingerprint = fingerprint(hand_key);
    }

    WindowByHand& ask(const IpAddress& originator, const IpAddress& querier, std::int32_t period = 0) {
        Asked& asked = originators_[originator];
        ++asked.queries;
        asked.periods.insert(period);
        asked.queriers.insert(querier);
        ++queriers_[querier].full;
        return *this;
    }
    WindowByHand& ask(const std::string& originator, const std::string& querier, std::int32_t period = 0) {
        return ask(address(originator), address(querier), period);
    }
    WindowByHand& minimise(const std::string& querier) {
        ++queriers_[address(querier)].minimised;
        return *this;
    }

    /// Keeps at most `sample_size` queriers of an originator.
    ClosedWindow close(std::size_t sample_size = 65'536) const {
        ClosedWindow window;
        window.header = header;
        std::map<IpAddress, std::uint32_t> v6;
        for (const auto& [querier, counts] : queriers_) {
            if (querier.is_v4()) {
                window.queriers.v4.push_back(v4_number(querier));
                window.queriers.v4_counts.push_back(counts);
            } else {
                v6.emplace(querier, v6.size());
                window.queriers.v6.push_back(querier);
                window.queriers.v6_counts.push_back(counts);
            }
        }
        for (const auto& [originator, asked] : originators_) {
            OriginatorRow row{.address = originator,
                              .queries = asked.queries,
                              .first = {},
                              .last = {},
                              .periods = {},
                              .queriers_v4 = {},
                              .queriers_v6 = {}};
            row.first = Timestamp(std::chrono::seconds(std::int64_t{600} * *asked.periods.begin()));
            row.last = Timestamp(std::chrono::seconds(std::int64_t{600} * *asked.periods.rbegin()));
            const std::vector<std::int32_t> periods(asked.periods.begin(), asked.periods.end());
            std::vector<std::uint64_t> hashes;
            for (const IpAddress& querier : asked.queriers) {
                hashes.push_back(sample_hash(hand_key, querier));
            }
            if (hashes.size() > sample_size) {
                std::ranges::sort(hashes);
                row.bound = hashes[sample_size - 1];
            }
            std::vector<std::uint32_t> queriers_v4;
            std::vector<std::uint32_t> queriers_v6;
            for (const IpAddress& querier : asked.queriers) {
                if (sample_hash(hand_key, querier) <= row.bound) {
                    (querier.is_v4() ? queriers_v4 : queriers_v6)
                        .push_back(querier.is_v4() ? v4_number(querier) : v6.at(querier));
                }
            }
            row.periods = periods;
            row.queriers_v4 = queriers_v4;
            row.queriers_v6 = queriers_v6;
            window.originators.push_back(row);
        }
        return window;
    }

    WindowHeader header;

private:
    struct Asked {
        std::uint64_t queries = 0;
        std::set<std::int32_t> periods;
        std::set<IpAddress> queriers;
    };
    std::map<IpAddress, Asked> originators_;
    std::map<IpAddress, AskedCounts> queriers_;
};

}  // namespace echotap::test
