// SPDX-License-Identifier: Apache-2.0
#include "analytics/name_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace echotap {

namespace {

using std::chrono::seconds;

constexpr std::int64_t application_id = 0x4563'686f;  // "Echo"
constexpr std::int64_t version = 1;
constexpr int busy_timeout_ms = 10'000;
/// A sixteenth of the rows goes at once, so that one does not go for each that comes.
constexpr std::uint64_t eviction_share = 16;
constexpr std::size_t name_size_max = 1020;  // 255 octets, at most four characters each

constexpr const char* schema =
    "CREATE TABLE ptr(addr BLOB PRIMARY KEY, status INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,"
    " expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX ptr_expires ON ptr(expires);";

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

/// A connection and its statements.
class NameCache::Database {
public:
    explicit Database(const std::string& path) : path_(path) {
        if (!path_.empty()) {
            make_file();
        }
        const std::string name = path_.empty() ? ":memory:" : path_;
        const int status =
            sqlite3_open_v2(name.c_str(), &connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
        try {
            check(status);
            sqlite3_extended_result_codes(connection_, 1);
            sqlite3_busy_timeout(connection_, busy_timeout_ms);
            sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
            run("PRAGMA trusted_schema=OFF");
            run("PRAGMA cell_size_check=ON");
            prepare_file();
            find_ = prepare("SELECT status, name, at, expires FROM ptr WHERE addr = ?1");
            put_ = prepare("INSERT OR REPLACE INTO ptr(addr, status, name, at, expires) VALUES(?1, ?2, ?3, ?4, ?5)");
        } catch (...) {
            close();
            throw;
        }
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() { close(); }

    struct Row {
        QuerierName known;
        std::int64_t at = 0;
        std::int64_t expires = 0;
    };

    std::optional<Row> find(const IpAddress& address) {
        const Reset reset{find_};
        bind_address(find_, address);
        const int status = sqlite3_step(find_);
        if (status == SQLITE_DONE) {
            return std::nullopt;
        }
        check(status);
        Row row;
        const int state = sqlite3_column_int(find_, 0);
        if (state < status_of(NameState::name) || state > status_of(NameState::unreach)) {
            return std::nullopt;
        }
        row.known.state = static_cast<NameState>(state);
        if (row.known.state == NameState::name) {
            const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(find_, 1));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(find_, 1));
            const std::string_view name(text != nullptr ? text : "", size);
            if (!is_one_word(name)) {
                return std::nullopt;
            }
            row.known.name = name;
        }
        row.at = sqlite3_column_int64(find_, 2);
        row.expires = sqlite3_column_int64(find_, 3);
        return row;
    }

    void put(const IpAddress& address, const Row& row) {
        const Reset reset{put_};
        bind_address(put_, address);
        sqlite3_bind_int(put_, 2, status_of(row.known.state));
        sqlite3_bind_text(put_, 3, row.known.name.data(), static_cast<int>(row.known.name.size()), SQLITE_STATIC);
        sqlite3_bind_int64(put_, 4, row.at);
        sqlite3_bind_int64(put_, 5, row.expires);
        check(sqlite3_step(put_));
    }

    /// Takes those away that expire first.
    void evict(std::uint64_t rows) {
        run(fmt::format("DELETE FROM ptr WHERE addr IN (SELECT addr FROM ptr ORDER BY expires, addr LIMIT {})", rows)
                .c_str());
    }

    std::uint64_t count() { return static_cast<std::uint64_t>(number("SELECT count(*) FROM ptr")); }

    void run(const char* sql) { check(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr)); }

    /// Back to how it was before BEGIN; never throws, since it runs where something has failed already.
    void roll_back() { sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr); }

private:
    /// A statement that is reset however its use ends, so that it holds no lock.
    struct Reset {
        sqlite3_stmt* statement;
        ~Reset() { sqlite3_reset(statement); }
    };

    [[noreturn]] void refuse(std::string_view what) const {
        throw std::runtime_error(fmt::format("the cache of names {} {}", path_.empty() ? "in memory" : path_, what));
    }

    void check(int status) const {
        constexpr int primary = 0xff;
        switch (status & primary) {
            case SQLITE_OK:
            case SQLITE_ROW:
            case SQLITE_DONE:
                return;
            case SQLITE_NOTADB:
            case SQLITE_CORRUPT:
                refuse(
                    fmt::format("is damaged or is none ({}); nothing was changed: move it away, and a new one is made",
                                sqlite3_errmsg(connection_)));
            case SQLITE_BUSY:
            case SQLITE_LOCKED:
                refuse("is locked by another process for over ten seconds; give each its own, or try again");
            case SQLITE_FULL:
                refuse("cannot grow: the disk is full");
            default:
                refuse(fmt::format("fails: {}", sqlite3_errmsg(connection_)));
        }
    }

    /// The library would make it with whatever rights the umask leaves; its log takes over those of the file.
    void make_file() const {
        const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) {
            refuse(fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
        }
        ::close(file);
    }

    /// Looks through a file before anything is written to it, and makes the table in a new one.
    void prepare_file() {
        if (number("PRAGMA page_count") > 0) {
            const std::int64_t id = number("PRAGMA application_id");
            const std::int64_t its_version = number("PRAGMA user_version");
            if (id != application_id) {
                refuse("is a database of another program; give a file of its own");
            }
            if (its_version != version) {
                refuse(fmt::format("is of version {}, and this program reads version {}; give another file",
                                   its_version, version));
            }
            const std::string found = text("PRAGMA quick_check(1)");
            if (found != "ok") {
                refuse(fmt::format("is damaged ({}); nothing was changed: move it away, and a new one is made", found));
            }
        }
        if (!path_.empty()) {
            text("PRAGMA journal_mode=WAL");
            run("PRAGMA synchronous=NORMAL");
        }
        run("BEGIN IMMEDIATE");  // two processes may start at once
        if (number("SELECT count(*) FROM sqlite_schema WHERE name = 'ptr'") == 0) {
            run(schema);
            run(fmt::format("PRAGMA application_id={}", application_id).c_str());
            run(fmt::format("PRAGMA user_version={}", version).c_str());
        }
        run("COMMIT");
    }

    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        check(sqlite3_prepare_v2(connection_, sql, -1, &statement, nullptr));
        return statement;
    }

    std::string text(const char* sql) {
        sqlite3_stmt* const statement = prepare(sql);
        const int status = sqlite3_step(statement);
        const auto* const octets = status == SQLITE_ROW ? sqlite3_column_text(statement, 0) : nullptr;
        std::string found = octets != nullptr ? reinterpret_cast<const char*>(octets) : "";
        sqlite3_finalize(statement);
        check(status);
        return found;
    }

    std::int64_t number(const char* sql) {
        sqlite3_stmt* const statement = prepare(sql);
        const int status = sqlite3_step(statement);
        const std::int64_t found = status == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
        sqlite3_finalize(statement);
        check(status);
        return found;
    }

    static void bind_address(sqlite3_stmt* statement, const IpAddress& address) {
        sqlite3_bind_blob(statement, 1, address.octets().data(), static_cast<int>(address.octets().size()),
                          SQLITE_TRANSIENT);
    }

    void close() {
        sqlite3_finalize(find_);
        sqlite3_finalize(put_);
        sqlite3_close(connection_);
    }

    const std::string path_;
    sqlite3* connection_ = nullptr;
    sqlite3_stmt* find_ = nullptr;
    sqlite3_stmt* put_ = nullptr;
};

NameCache::NameCache(const NameCacheConfig& config)
    : config_(config), database_(std::make_unique<Database>(config.path)), rows_(database_->count()) {
}

NameCache::~NameCache() = default;

std::size_t NameCache::find(std::span<const IpAddress> addresses, Time now, std::span<QuerierName> names) const {
    const std::lock_guard lock(mutex_);
    std::size_t found = 0;
    database_->run("BEGIN");  // one look at the log instead of one for each
    try {
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            if (names[i].state != NameState::unknown) {
                continue;
            }
            if (auto row = database_->find(addresses[i]); row && row->expires > now.time_since_epoch().count()) {
                names[i] = std::move(row->known);
                ++found;
            }
        }
        database_->run("COMMIT");
    } catch (...) {
        database_->roll_back();
        throw;
    }
    return found;
}

void NameCache::put(std::span<const NamedQuerier> answers, Time now) {
    const std::lock_guard lock(mutex_);
    std::uint64_t rows = rows_;
    database_->run("BEGIN IMMEDIATE");
    try {
        for (const auto& [address, known] : answers) {
            const auto before = database_->find(address);
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
            database_->put(address, {known, at, at + life.count()});
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
        database_->run("COMMIT");
    } catch (...) {
        database_->roll_back();
        throw;
    }
    rows_ = rows;
}

std::uint64_t NameCache::size() const {
    const std::lock_guard lock(mutex_);
    return database_->count();
}

}  // namespace echotap
