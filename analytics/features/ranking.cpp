// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/ranking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

namespace {

template <class T>
void make_distinct(std::vector<T>& list) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

/// Takes rows together. All lists are gathered first and sorted once: united one by one, a prefix in which every
/// address has queriers of its own would take time by the square of their number, and it is strangers who choose that.
class Union {
public:
    Union(const ClosedWindow& window, const HashKey& sample_key) : window_(window), sample_key_(sample_key) {}

    /// The row of rows first to end - 1. Its lists live until the next call.
    OriginatorRow of(const IpAddress& lowest, std::size_t first, std::size_t end) {
        periods_.clear();
        v4_.clear();
        v6_.clear();
        OriginatorRow all = window_.originators[first];
        all.address = lowest;
        all.queries = 0;
        for (std::size_t i = first; i < end; ++i) {
            const OriginatorRow row = window_.originators[i];
            all.queries += row.queries;
            all.first = std::min(all.first, row.first);
            all.last = std::max(all.last, row.last);
            all.bound = std::min(all.bound, row.bound);
            periods_.insert(periods_.end(), row.periods.begin(), row.periods.end());
            v4_.insert(v4_.end(), row.queriers_v4.begin(), row.queriers_v4.end());
            v6_.insert(v6_.end(), row.queriers_v6.begin(), row.queriers_v6.end());
        }
        make_distinct(periods_);
        make_distinct(v4_);
        make_distinct(v6_);
        if (all.is_sampled()) {
            thin(all.bound);
        }
        all.periods = periods_;
        all.queriers_v4 = v4_;
        all.queriers_v6 = v6_;
        return all;
    }

private:
    /// Of every row the queriers up to its own bound are kept; up to the least of the bounds all of them are.
    void thin(std::uint64_t bound) {
        if (fingerprint(sample_key_) != window_.header.sample_key_fingerprint) {
            throw std::runtime_error(
                fmt::format("IPv6 originators with samples of queriers were made with another sample key (fingerprint "
                            "{:016x}, the key given has {:016x}); give the --sample-key of the window",
                            window_.header.sample_key_fingerprint, fingerprint(sample_key_)));
        }
        std::erase_if(v4_, [&](std::uint32_t key) { return sample_hash(sample_key_, v4_address(key)) > bound; });
        std::erase_if(
            v6_, [&](std::uint32_t index) { return sample_hash(sample_key_, window_.queriers.v6[index]) > bound; });
    }

    const ClosedWindow& window_;
    const HashKey sample_key_;
    std::vector<std::int32_t> periods_;
    std::vector<std::uint32_t> v4_;
    std::vector<std::uint32_t> v6_;
};

class Ranker {
public:
    Ranker(const ClosedWindow& window, const RankingConfig& config)
        : window_(window), config_(config), union_(window, config.sample_key) {}

    Ranking run() {
        const std::vector<IpAddress>& addresses = window_.originators.addresses();
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            const double footprint = window_.originators[i].footprint();
            if (footprint >= (addresses[i].is_v4() ? config_.min_queriers_v4 : config_.min_queriers_v6)) {
                ranking_.originators.push_back({Prefix(addresses[i], 128), footprint, i, i + 1, 0});
            }
        }
        unite(64);
        unite(48);
        cut();
        return std::move(ranking_);
    }

private:
    /// Adds the prefixes of one length. Those of a prefix stand side by side, since addresses ascend.
    void unite(unsigned length) {
        const std::vector<IpAddress>& addresses = window_.originators.addresses();
        for (std::size_t first = 0; first < addresses.size();) {
            std::size_t end = first + 1;
            // 0000::/8 is no network's (RFC 4291 section 2.4); IPv4 addresses stand in the midst of it.
            if (addresses[first].octets()[0] != 0) {
                const Prefix prefix(addresses[first], length);
                while (end < addresses.size() && prefix.contains(addresses[end])) {
                    ++end;
                }
                const bool is_one_below = length == 48 && Prefix(addresses[first], 64).contains(addresses[end - 1]);
                if (end - first > 1 && !is_one_below) {
                    add(prefix, first, end);
                }
            }
            first = end;
        }
    }

    void add(const Prefix& prefix, std::size_t first, std::size_t end) {
        const OriginatorRow row = union_.of(prefix.address(), first, end);
        if (const double footprint = row.footprint(); footprint >= config_.min_queriers_v6) {
            ranking_.originators.push_back({prefix, footprint, first, end, ranking_.united.size()});
            ranking_.united.push_back(row);
        }
    }

    void cut() {
        std::vector<RankedOriginator>& all = ranking_.originators;
        ranking_.eligible = all.size();
        std::ranges::sort(all, [](const RankedOriginator& one, const RankedOriginator& other) {
            return std::tuple(-one.footprint, one.prefix) < std::tuple(-other.footprint, other.prefix);
        });
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(std::min(config_.top, all.size())), all.end());
    }

    const ClosedWindow& window_;
    const RankingConfig& config_;
    Union union_;
    Ranking ranking_;
};

}  // namespace

Ranking rank_originators(const ClosedWindow& window, const RankingConfig& config) {
    return Ranker(window, config).run();
}

}  // namespace echotap
