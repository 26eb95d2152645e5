// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/name_sources.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "analytics/formats/database.hpp"

namespace echotap {

namespace {

using std::chrono::milliseconds;

/// Answers are put into the cache in pieces of this many, or each second: a transaction each would cost more than the
/// questions.
constexpr std::size_t kept_at_once = 4096;
constexpr std::chrono::seconds kept_at_least{1};
constexpr milliseconds waiting_interval{100};

NameCache::Time wall_time() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

NameCounts& NameCounts::operator+=(const NameCounts& other) {
    snapshot += other.snapshot;
    cache += other.cache;
    resolver += other.resolver;
    unknown += other.unknown;
    no_server += other.no_server;
    return *this;
}

NameSources::NameSources(const NamesConfig& config)
    : cache_config_(config.cache),
      reach_beyond_snapshots_(!config.cache.path.empty() || !config.resolver.servers.empty()),
      snapshots_(config) {
    if (reach_beyond_snapshots_) {
        cache_ = std::make_unique<NameCache>(config.cache);
    }
    if (!config.resolver.servers.empty()) {
        resolver_ = std::make_unique<PtrResolver>(config.resolver);
    }
}

NameSources::~NameSources() {
    const std::lock_guard lock(mutex_);
    if (resolver_) {
        take({});
    }
    keep(true);
}

NameCounts NameSources::find(std::span<const IpAddress> addresses, SteadyTime deadline, std::span<QuerierName> names,
                             const Waiting& waiting) {
    std::uint64_t known = 0;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        names[i] = snapshots_.find(addresses[i]);
        known += names[i].state != NameState::unknown ? 1 : 0;
    }
    NameCounts counts = find_further(addresses, deadline, names, waiting);
    counts.snapshot = known;
    return counts;
}

NameCounts NameSources::find_beyond_snapshots(std::span<const IpAddress> addresses, SteadyTime deadline,
                                              std::span<QuerierName> names, const Waiting& waiting) {
    std::ranges::fill(names, QuerierName{});
    return find_further(addresses, deadline, names, waiting);
}

/// Fills those of `names` that are unknown.
NameCounts NameSources::find_further(std::span<const IpAddress> addresses, SteadyTime deadline,
                                     std::span<QuerierName> names, const Waiting& waiting) {
    const std::lock_guard lock(mutex_);
    if (resolver_) {
        take({});
        keep(true);
    }
    NameCounts counts;
    use_cache([&] { counts.cache = cache_->find(addresses, wall_time(), names); });

    std::vector<Wanted> wanted;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (names[i].state == NameState::unknown) {
            wanted.push_back({addresses[i], i});
        }
    }
    counts.unknown = wanted.size();
    if (resolver_ && !wanted.empty()) {
        ask(wanted, deadline, names, waiting, counts);
    }
    return counts;
}

/// Asks for what is wanted and waits for it; what it learns moves from counts.unknown to counts.resolver.
void NameSources::ask(std::span<const Wanted> wanted, SteadyTime deadline, std::span<QuerierName> names,
                      const Waiting& waiting, NameCounts& counts) {
    std::vector<Wanted> sorted(wanted.begin(), wanted.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const Wanted& one, const Wanted& other) { return one.address < other.address; });
    // Asked in the order of the batch, each address once, and not what an earlier batch still waits for.
    std::vector<IpAddress> questions;
    std::set<IpAddress> unanswered;
    for (const Wanted& each : wanted) {
        if (unanswered.insert(each.address).second && !asked_.contains(each.address)) {
            questions.push_back(each.address);
        }
    }
    std::span<const IpAddress> unasked(questions);
    while (true) {
        const std::size_t taken = resolver_->ask(unasked);
        asked_.insert(unasked.begin(), unasked.begin() + static_cast<std::ptrdiff_t>(taken));
        unasked = unasked.subspan(taken);
        const auto now = std::chrono::steady_clock::now();
        if (unanswered.empty() || now >= deadline || (waiting && !waiting(unanswered.size()))) {
            break;
        }
        take(std::min(deadline, now + waiting_interval));
        for (const PtrAnswer& answer : answers_) {
            if (unanswered.erase(answer.address) == 0) {
                continue;  // an earlier batch wanted it
            }
            const auto is_before = [](const Wanted& one, const IpAddress& address) { return one.address < address; };
            std::uint64_t count = 0;
            for (auto each = std::lower_bound(sorted.begin(), sorted.end(), answer.address, is_before);
                 each != sorted.end() && each->address == answer.address; ++each) {
                names[each->place] = answer.known();
                ++count;
            }
            if (answer.known().state == NameState::unknown) {
                counts.no_server += count;
            } else {
                counts.resolver += count;
                counts.unknown -= count;
            }
        }
        keep(false);
    }
    keep(true);
}

/// Takes what the resolver has found, waits for it until `deadline` where there is nothing yet.
void NameSources::take(SteadyTime deadline) {
    answers_.clear();
    resolver_->take(answers_, deadline);
    for (const PtrAnswer& answer : answers_) {
        asked_.erase(answer.address);
        unkept_.push_back({answer.address, answer.known()});
    }
}

void NameSources::keep(bool all) {
    const auto now = std::chrono::steady_clock::now();
    if (unkept_.empty() || (!all && unkept_.size() < kept_at_once && now - kept_ < kept_at_least)) {
        return;
    }
    use_cache([&] { cache_->put(unkept_, wall_time()); });
    unkept_.clear();
    kept_ = now;
}

/// Names must not be missing because a disk is full: a cache in memory takes the place of one that fails.
template <class Use>
void NameSources::use_cache(Use&& use) {
    if (!cache_) {
        return;
    }
    try {
        use();
    } catch (const DatabaseError& error) {
        {
            const std::lock_guard lock(fault_mutex_);
            cache_fault_ = error.what();
        }
        NameCacheConfig in_memory = cache_config_;
        in_memory.path.clear();
        cache_ = std::make_unique<NameCache>(in_memory);
        use();
    }
}

std::string NameSources::cache_fault() const {
    const std::lock_guard lock(fault_mutex_);
    return cache_fault_;
}

PtrResolver::Counts NameSources::resolver_counts() const {
    return resolver_ ? resolver_->counts() : PtrResolver::Counts{};
}

}  // namespace echotap
