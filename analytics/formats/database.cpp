// SPDX-License-Identifier: Apache-2.0
#include "analytics/formats/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <system_error>
#include <utility>

namespace echotap {

namespace {

constexpr const char* cure_of_damage = "nothing was changed: move it away, and a new one is made";

}  // namespace

Statement::Statement(Database& database, const char* sql) : database_(database) {
    database_.check(
        sqlite3_prepare_v3(database_.connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

bool Statement::step() {
    const int status = sqlite3_step(statement_);
    if (status == SQLITE_ROW) {
        return true;
    }
    // Resetting clears the error's text, so it is read before.
    try {
        database_.check(status);
    } catch (...) {
        reset();
        throw;
    }
    reset();
    return false;
}

void Statement::run() {
    while (step()) {
    }
}

void Statement::reset() {
    sqlite3_reset(statement_);
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
    const auto* const letters = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return letters == nullptr ? std::string() : std::string(letters, size);
}

std::vector<std::uint8_t> Statement::octets(int column) const {
    const auto* const octets = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return octets == nullptr ? std::vector<std::uint8_t>() : std::vector<std::uint8_t>(octets, octets + size);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Statement::bind(int place, std::int64_t value) {
    database_.check(sqlite3_bind_int64(statement_, place, value));
}

void Statement::bind(int place, double value) {
    database_.check(std::isnan(value) ? sqlite3_bind_null(statement_, place)
                                      : sqlite3_bind_double(statement_, place, value));
}

void Statement::bind(int place, std::string_view value) {
    // A null pointer would bind null, which no column of text of ours takes.
    database_.check(sqlite3_bind_text64(statement_, place, value.empty() ? "" : value.data(), value.size(),
                                        SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int place, std::span<const std::uint8_t> value) {
    database_.check(value.empty() ? sqlite3_bind_zeroblob(statement_, place, 0)
                                  : sqlite3_bind_blob64(statement_, place, value.data(), value.size(), SQLITE_STATIC));
}

Database::Database(std::string path, const DatabaseKind& kind, DatabaseAccess access,
                   std::chrono::milliseconds patience)
    : path_(std::move(path)), kind_(kind), patience_(patience) {
    try {
        open(access);
    } catch (...) {
        sqlite3_close_v2(connection_);
        throw;
    }
}

Database::~Database() {
    sqlite3_close_v2(connection_);
}

void Database::open(DatabaseAccess access) {
    if (!path_.empty()) {
        if (access == DatabaseAccess::make) {
            make_file();
        } else if (::access(path_.c_str(), F_OK) != 0) {
            refuse(fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
        }
    }
    const char* const name = path_.empty() ? ":memory:" : path_.c_str();
    check(sqlite3_open_v2(name, &connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr));
    sqlite3_extended_result_codes(connection_, 1);
    sqlite3_busy_timeout(connection_, static_cast<int>(patience_.count()));
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    run("PRAGMA trusted_schema=OFF");
    run("PRAGMA cell_size_check=ON");
    prepare_file(access);
}

/// The library would make it with whatever rights the umask leaves; its log takes over those of the file.
void Database::make_file() const {
    const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        refuse(fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
    }
    ::close(file);
}

/// Looks at a file before anything is written to it, and makes the tables in a new one.
void Database::prepare_file(DatabaseAccess access) {
    // Who was stopped, or is still at work, between the next two steps has left a file without a table.
    const bool is_new = number("PRAGMA page_count") == 0 || number("SELECT count(*) FROM sqlite_schema") == 0;
    if (!is_new) {
        const std::int64_t id = number("PRAGMA application_id");
        const std::int64_t version = number("PRAGMA user_version");
        if (id != kind_.application_id) {
            refuse("is a database of another program; give a file of its own");
        }
        if (version != kind_.version) {
            refuse(fmt::format("is of version {}, and this program reads version {}; give another file{}", version,
                               kind_.version, version > kind_.version ? ", or a newer program" : ""));
        }
        if (kind_.is_checked_whole) {
            if (const std::string found = text("PRAGMA quick_check(1)"); found != "ok") {
                refuse(fmt::format("is damaged ({}); {}", found, cure_of_damage));
            }
        }
    } else if (access == DatabaseAccess::existing) {
        refuse("is empty; nothing has been written to it");
    }
    if (!path_.empty()) {
        text("PRAGMA journal_mode=WAL");
        run(kind_.is_durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    }
    if (!is_new) {
        return;
    }
    Transaction transaction(*this, Transaction::Kind::writing);  // two processes may start at once
    if (number("PRAGMA application_id") != kind_.application_id) {
        run(kind_.schema);
        run(fmt::format("PRAGMA application_id={}", kind_.application_id).c_str());
        run(fmt::format("PRAGMA user_version={}", kind_.version).c_str());
    }
    transaction.commit();
}

void Database::run(const char* sql) {
    check(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr));
}

std::string Database::text(const char* sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.text(0) : "";
}

std::int64_t Database::number(const char* sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

void Database::refuse(std::string_view what, bool may_pass) const {
    throw DatabaseError(fmt::format("{} {} {}", kind_.what, path_.empty() ? "in memory" : path_, what), may_pass);
}

void Database::check(int status) const {
    constexpr int primary = 0xff;
    switch (status & primary) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
            return;
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            refuse(fmt::format("is damaged or is none ({}); {}", sqlite3_errmsg(connection_), cure_of_damage));
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            refuse(fmt::format("is locked by another process for over {} seconds; give each its own, or try again",
                               std::chrono::duration<double>(patience_).count()),
                   true);
        case SQLITE_FULL:
            refuse("cannot grow: the disk is full; nothing of what it held is lost", true);
        default:
            refuse(fmt::format("fails: {}", sqlite3_errmsg(connection_)), (status & primary) == SQLITE_IOERR);
    }
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.run(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    if (is_open_) {
        // Never throws, since it runs where something has failed already; the library may have rolled back itself.
        sqlite3_exec(database_.connection_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    database_.run("COMMIT");
    is_open_ = false;
}

}  // namespace echotap
