// SPDX-License-Identifier: Apache-2.0
// A file of SQLite that is ours: statements go in, rows come out, and what goes wrong is said in words. The only home
// of SQLite.
//
// Whoever keeps something in one says what it is called, its number, its version and its tables. A file of another
// program, of another version or of none is refused and left as it was. Changes stand in a write-ahead log (WAL), so
// readers in other processes go on while one writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace echotap {

/// Begins with what the file is and its path, and ends with what to do.
class DatabaseError : public std::runtime_error {
public:
    DatabaseError(const std::string& what, bool may_pass) : std::runtime_error(what), may_pass_(may_pass) {}
    /// Locked, or no room on the disk: the same call may succeed later. What the file held is there.
    bool may_pass() const { return may_pass_; }

private:
    bool may_pass_;
};

/// What is kept in a file, the same for all files of a kind.
struct DatabaseKind {
    std::string_view what;  // in messages: "the cache of names"
    std::int64_t application_id;
    std::int64_t version;
    const char* schema;  // makes the tables of a new file
    /// Whether a commit outlives a loss of power; else it outlives the end of the process, and of what was committed
    /// last something may be missing, with nothing half there.
    bool is_durable;
    /// Whether a file is looked through when it is opened, which takes as long as reading it; else what is damaged is
    /// refused where it is met.
    bool is_checked_whole;
};

enum class DatabaseAccess : std::uint8_t {
    make,      // a file that is not there is made
    existing,  // or refused
};

class Database;

/// Used by one thread at a time, and within the life of its database.
class Statement {
public:
    Statement(Database& database, const char* sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Begins anew with these values for ?1, ?2 and so on. Text and octets must live until the next step has been
    /// taken for the last time.
    template <class... Values>
    Statement& with(const Values&... values) {
        reset();
        [[maybe_unused]] int place = 0;
        (bind(++place, values), ...);
        return *this;
    }
    /// Whether there is another row. Throws DatabaseError. A statement that is left before its last row holds a lock
    /// until it begins anew or goes.
    bool step();
    /// Takes all steps.
    void run();
    void reset();

    // Of the row at hand, columns from 0. What is null is 0 or empty.

    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    std::vector<std::uint8_t> octets(int column) const;
    bool is_null(int column) const;

private:
    void bind(int place, std::int64_t value);
    void bind(int place, int value) { bind(place, std::int64_t{value}); }
    void bind(int place, std::uint32_t value) { bind(place, std::int64_t{value}); }
    void bind(int place, std::uint64_t value) { bind(place, static_cast<std::int64_t>(value)); }
    void bind(int place, bool value) { bind(place, std::int64_t{value}); }
    /// NaN becomes null.
    void bind(int place, double value);
    void bind(int place, std::string_view value);
    void bind(int place, const std::string& value) { bind(place, std::string_view(value)); }
    void bind(int place, const char* value) { bind(place, std::string_view(value)); }
    void bind(int place, std::span<const std::uint8_t> value);

    Database& database_;
    sqlite3_stmt* statement_ = nullptr;
};

/// A connection, used by one thread at a time.
class Database {
public:
    static constexpr std::chrono::milliseconds patience_default{10'000};

    /// Opens or makes the file, mode 0600; without a path everything is in memory. Waits at most `patience` for others
    /// who write to the same file. Throws DatabaseError.
    Database(std::string path, const DatabaseKind& kind, DatabaseAccess access = DatabaseAccess::make,
             std::chrono::milliseconds patience = patience_default);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Throws DatabaseError.
    void run(const char* sql);
    std::int64_t number(const char* sql);

    /// Throws DatabaseError: what this is, its path, and `what` about it.
    [[noreturn]] void refuse(std::string_view what, bool may_pass = false) const;

private:
    friend class Statement;
    friend class Transaction;

    void open(DatabaseAccess access);
    void make_file() const;
    void prepare_file(DatabaseAccess access);
    void check(int status) const;
    std::string text(const char* sql);

    const std::string path_;
    const DatabaseKind kind_;
    const std::chrono::milliseconds patience_;
    sqlite3* connection_ = nullptr;
};

/// All or nothing: what is not committed when this goes did not happen.
class Transaction {
public:
    enum class Kind : std::uint8_t {
        reading,  // one view of the file, whatever others write meanwhile
        writing,  // nobody else writes until the end
    };

    Transaction(Database& database, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Database& database_;
    bool is_open_ = true;
};

}  // namespace echotap
