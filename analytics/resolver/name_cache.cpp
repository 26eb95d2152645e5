// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/name_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/formats/database.hpp"

namespace echotap {

namespace {

using std::chrono::seconds;

/// A sixteenth of the rows goes at once, so that one does not go for each that comes.
constexpr std::uint64_t eviction_share = 16;
constexpr std::size_t name_size_max = 1020;  // 255 octets, at most four characters each

constexpr const char* schema =
    "CREATE TABLE ptr(addr BLOB PRIMARY KEY, status INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,"
    " expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX ptr_expires ON ptr(expires);";

constexpr DatabaseKind kind{.what = "the cache of names",
                            .application_id = 0x4563'686f,  // "Echo"
                            .version = 1,
                            .schema = schema,
                            .is_durable = false,
                            .is_checked_whole = true};

/// How a state stands in the file; 0 is none.
constexpr int status_of(NameState state) {
    return static_cast<int>(state);
}
static_assert(status_of(NameState::name) == 1 && status_of(NameState::nxdomain) == 2 &&
              status_of(NameState::unreach) == 3);

/// Names are printed and parsed, so a file that somebody else has written into must not smuggle in what is none.
bool is_one_word(std::string_view name) {
    return !name.empty() && name.size() <= name_size_max &&
           std::all_of(name.begin(), name.end(), [](char each) { return each > ' ' && each < '\x7f'; });
}

}  // namespace

/// The file and its statements.
struct NameCache::Database {
    explicit Database(const std::string& path) : file(path, kind) {}

    struct Row {
        QuerierName known;
        std::int64_t at = 0;
        std::int64_t expires = 0;
    };

    std::optional<Row> row_of(const IpAddress& address) {
        std::optional<Row> found;
        find.with(std::span(address.octets()));
        if (find.step()) {
            found = read_row();
        }
        find.reset();  // so that it holds no lock
        return found;
    }

    void put_row(const IpAddress& address, const Row& row) {
        put.with(std::span(address.octets()), status_of(row.known.state), row.known.name, row.at, row.expires).run();
    }

    /// Takes those away that expire first.
    void evict(std::uint64_t rows) {
        file.run(
            fmt::format("DELETE FROM ptr WHERE addr IN (SELECT addr FROM ptr ORDER BY expires, addr LIMIT {})", rows)
                .c_str());
    }

    std::uint64_t count() { return static_cast<std::uint64_t>(file.number("SELECT count(*) FROM ptr")); }

    echotap::Database file;

private:
    std::optional<Row> read_row() const {
        const std::int64_t state = find.integer(0);
        if (state < status_of(NameState::name) || state > status_of(NameState::unreach)) {
            return std::nullopt;
        }
        Row row;
        row.known.state = static_cast<NameState>(state);
        if (row.known.state == NameState::name) {
            row.known.name = find.text(1);
            if (!is_one_word(row.known.name)) {
                return std::nullopt;
            }
        }
        row.at = find.integer(2);
        row.expires = find.integer(3);
        return row;
    }

    Statement find{file, "SELECT status, name, at, expires FROM ptr WHERE addr = ?1"};
    Statement put{file, "INSERT OR REPLACE INTO ptr(addr, status, name, at, expires) VALUES(?1, ?2, ?3, ?4, ?5)"};
};

NameCache::NameCache(const NameCacheConfig& config)
    : config_(config), database_(std::make_unique<Database>(config.path)), rows_(database_->count()) {
}

NameCache::~NameCache() = default;

std::size_t NameCache::find(std::span<const IpAddress> addresses, Time now, std::span<QuerierName> names) const {
    const std::lock_guard lock(mutex_);
    std::size_t found = 0;
    Transaction transaction(database_->file, Transaction::Kind::reading);  // one look at the log, not one for each
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (names[i].state != NameState::unknown) {
            continue;
        }
        if (auto row = database_->row_of(addresses[i]); row && row->expires > now.time_since_epoch().count()) {
            names[i] = std::move(row->known);
            ++found;
        }
    }
    transaction.commit();
    return found;
}

void NameCache::put(std::span<const NamedQuerier> answers, Time now) {
    const std::lock_guard lock(mutex_);
    std::uint64_t rows = rows_;
    Transaction transaction(database_->file, Transaction::Kind::writing);
    for (const auto& [address, known] : answers) {
        const auto before = database_->row_of(address);
        seconds life = config_.name_life;
        if (known.state == NameState::unknown || (known.state == NameState::name && !is_one_word(known.name))) {
            continue;
        }
        if (known.state == NameState::nxdomain) {
            life = config_.nxdomain_life;
        } else if (known.state == NameState::unreach) {
            life = config_.unreach_life;
            if (before && before->known.state == NameState::unreach) {
                const seconds last(std::clamp<std::int64_t>(before->expires - before->at, life.count(),
                                                            config_.nxdomain_life.count()));
                life = std::max(life, std::min(2 * last, config_.nxdomain_life));
            }
        }
        const std::int64_t at = now.time_since_epoch().count();
        database_->put_row(address, {known, at, at + life.count()});
        rows += before ? 0 : 1;
    }
    if (rows > config_.rows_max) {
        rows = database_->count();  // another process may have put some, or made room
    }
    if (rows > config_.rows_max) {
        const std::uint64_t kept = config_.rows_max - config_.rows_max / eviction_share;
        database_->evict(rows - kept);
        rows = kept;
    }
    transaction.commit();
    rows_ = rows;
}

std::uint64_t NameCache::size() const {
    const std::lock_guard lock(mutex_);
    return database_->count();
}

}  // namespace echotap
