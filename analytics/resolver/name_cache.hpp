// SPDX-License-Identifier: Apache-2.0
// Names that were asked for, kept on the disk: answers go in, and come out until their life is over.
//
//     ptr(addr PRIMARY KEY, status, name, at, expires) WITHOUT ROWID
//
// The file outlives restarts and kills: every put() is one transaction in a write-ahead log, so that after a loss of
// power the last of them may be missing and nothing is half there. It is readable for its owner only (0600), since it
// says in whom somebody was interested.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "analytics/resolver/querier_name.hpp"
#include "config/ip_address.hpp"
#include "config/resolver_config.hpp"

namespace echotap {

/// An answer to be kept.
struct NamedQuerier {
    IpAddress address;
    QuerierName known;
};

/// Any thread may call anything; calls wait for each other. Other processes may use the file at the same time.
class NameCache {
public:
    using Time = std::chrono::sys_seconds;

    /// Opens or makes the file; without a path the cache is in memory. Throws std::runtime_error that names the file,
    /// what is wrong and what to do, where it cannot be opened, is damaged anywhere, is none of ours, or of a later
    /// version. A file that is refused is left as it was.
    explicit NameCache(const NameCacheConfig& config);
    ~NameCache();
    NameCache(const NameCache&) = delete;
    NameCache& operator=(const NameCache&) = delete;

    /// Fills those of `names` (as many as addresses) that are unknown and whose address has an answer that lives at
    /// `now`; returns how many. Throws std::runtime_error where the file cannot be read.
    std::size_t find(std::span<const IpAddress> addresses, Time now, std::span<QuerierName> names) const;

    /// Keeps answers, all or none of them; unknown ones are left out. A later answer about an address takes the place
    /// of an earlier one. Where there are too many rows, those that expire first go. Throws std::runtime_error where
    /// the file cannot be written; what it held is still there then.
    void put(std::span<const NamedQuerier> answers, Time now);

    /// Rows, those whose life is over included.
    std::uint64_t size() const;

private:
    struct Database;

    const NameCacheConfig config_;
    mutable std::mutex mutex_;
    std::unique_ptr<Database> database_;
    std::uint64_t rows_ = 0;
};

}  // namespace echotap
