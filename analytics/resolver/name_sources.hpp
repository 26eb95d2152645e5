// SPDX-License-Identifier: Apache-2.0
// What queriers are called, from all there is: snapshots first, then the cache, then the live resolver.
//
// A batch of addresses goes in, with a deadline; names come out, as far as they are known by then. What the resolver
// finds later goes to the cache, so that the next batch with the same addresses has it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "analytics/resolver/name_cache.hpp"
#include "analytics/resolver/ptr_resolver.hpp"
#include "analytics/resolver/querier_names.hpp"
#include "config/names_config.hpp"

namespace echotap {

/// Of how many addresses of a batch which source knew.
struct NameCounts {
    std::uint64_t snapshot = 0;
    std::uint64_t cache = 0;
    std::uint64_t resolver = 0;
    std::uint64_t unknown = 0;    // nobody did, in time
    std::uint64_t no_server = 0;  // of these: no configured server did its work

    NameCounts& operator+=(const NameCounts& other);
};

/// Any thread may call anything. Batches wait for each other, as long as the deadline of the one before allows; the
/// rest waits for nobody.
class NameSources {
public:
    /// Throws what NameSnapshot, NameCache and PtrResolver throw. Without servers nobody is asked; with servers and
    /// without a path for the cache, answers are kept in memory.
    explicit NameSources(const NamesConfig& config);
    /// Keeps the answers that have come.
    ~NameSources();

    /// Called some ten times a second while names are waited for, with the number that is; false ends the wait.
    using Waiting = std::function<bool(std::size_t unanswered)>;

    /// Fills `names` (as many as addresses; they may repeat): unknown where nobody knows before `deadline`. Who has a
    /// deadline that is over starts the questions and waits for nothing: this is how names are asked for ahead of time.
    NameCounts find(std::span<const IpAddress> addresses, SteadyTime deadline, std::span<QuerierName> names,
                    const Waiting& waiting = {});

    /// The same for what the snapshots were asked for already: only the cache and the servers are asked.
    NameCounts find_beyond_snapshots(std::span<const IpAddress> addresses, SteadyTime deadline,
                                     std::span<QuerierName> names, const Waiting& waiting = {});
    /// Whether there is a cache or a server, so that a name that no snapshot has may still be known or become so.
    bool reach_beyond_snapshots() const { return reach_beyond_snapshots_; }
    const QuerierNames& snapshots() const { return snapshots_; }

    /// Why the cache on the disk is not used any more; empty where it is. One in memory takes its place.
    std::string cache_fault() const;

    /// All zero without servers.
    PtrResolver::Counts resolver_counts() const;

private:
    struct Wanted {
        IpAddress address;
        std::size_t place;  // in the batch
    };

    NameCounts find_further(std::span<const IpAddress> addresses, SteadyTime deadline, std::span<QuerierName> names,
                            const Waiting& waiting);
    void ask(std::span<const Wanted> wanted, SteadyTime deadline, std::span<QuerierName> names, const Waiting& waiting,
             NameCounts& counts);
    void take(SteadyTime deadline);
    void keep(bool all);
    template <class Use>
    void use_cache(Use&& use);

    const NameCacheConfig cache_config_;
    const bool reach_beyond_snapshots_;
    QuerierNames snapshots_;
    std::unique_ptr<PtrResolver> resolver_;

    std::mutex mutex_;
    std::unique_ptr<NameCache> cache_;  // nullptr where nothing is kept
    std::set<IpAddress> asked_;         // and not answered
    std::vector<PtrAnswer> answers_;    // just taken
    std::vector<NamedQuerier> unkept_;  // to be put into the cache
    SteadyTime kept_{};                 // when it was last put

    mutable std::mutex fault_mutex_;  // taken last
    std::string cache_fault_;
};

/// How long somebody waits for names.
struct NameWait {
    SteadyTime deadline{};         // one that is over: questions are started, and nothing is waited for
    NameSources::Waiting waiting;  // as of find()
};

}  // namespace echotap
