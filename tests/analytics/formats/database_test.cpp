// SPDX-License-Identifier: Apache-2.0
#include "analytics/formats/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr DatabaseKind kind{.what = "the book",
                            .application_id = 0x626f'6f6b,
                            .version = 3,
                            .schema = "CREATE TABLE page(number INTEGER PRIMARY KEY, text TEXT) STRICT;",
                            .is_durable = true,
                            .is_checked_whole = false};

DatabaseKind of_version(std::int64_t version) {
    DatabaseKind other = kind;
    other.version = version;
    return other;
}

std::string refusal(const std::string& path, const DatabaseKind& as, DatabaseAccess access = DatabaseAccess::make) {
    try {
        const Database database(path, as, access);
    } catch (const DatabaseError& error) {
        return error.what();
    }
    return "";
}

TEST(Database, gives_back_every_kind_of_value) {
    Database database("", kind);
    database.run("CREATE TABLE every(i INTEGER, r REAL, t TEXT, o BLOB) STRICT");
    const std::vector<std::uint8_t> octets{0, 1, 255};
    const std::string text("with\0zero", 9);
    Statement put(database, "INSERT INTO every VALUES(?1, ?2, ?3, ?4)");
    put.with(std::numeric_limits<std::int64_t>::min(), 0.1, text, std::span(octets)).run();
    put.with(std::int64_t{0}, std::nan(""), "", std::span<const std::uint8_t>()).run();
    Statement get(database, "SELECT i, r, t, o FROM every ORDER BY rowid");
    ASSERT_TRUE(get.with().step());
    EXPECT_EQ(get.integer(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(get.real(1), 0.1);
    EXPECT_EQ(get.text(2), text);
    EXPECT_EQ(get.octets(3), octets);
    ASSERT_TRUE(get.step());
    EXPECT_TRUE(get.is_null(1)) << "what is not known is null";
    EXPECT_FALSE(get.is_null(2));
    EXPECT_EQ(get.text(2), "");
    EXPECT_FALSE(get.is_null(3));
    EXPECT_TRUE(get.octets(3).empty());
    EXPECT_FALSE(get.step());
}

TEST(Database, keeps_nothing_of_what_was_not_committed) {
    Database database("", kind);
    {
        const Transaction transaction(database, Transaction::Kind::writing);
        database.run("INSERT INTO page VALUES(1, 'one')");
    }
    EXPECT_EQ(database.number("SELECT count(*) FROM page"), 0);
    Transaction transaction(database, Transaction::Kind::writing);
    database.run("INSERT INTO page VALUES(1, 'one')");
    transaction.commit();
    EXPECT_EQ(database.number("SELECT count(*) FROM page"), 1);
}

TEST(Database, refuses_a_newer_version_an_older_one_and_another_program) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "book";
    EXPECT_EQ(refusal(path, kind), "");
    EXPECT_EQ(refusal(path, of_version(2)),
              "the book " + path +
                  " is of version 3, and this program reads version 2; give another file, or a newer program");
    EXPECT_THAT(refusal(path, of_version(4)), HasSubstr("is of version 3, and this program reads version 4; give"));
    DatabaseKind other = kind;
    other.application_id = 1;
    EXPECT_THAT(refusal(path, other), HasSubstr("is a database of another program; give a file of its own"));
    EXPECT_EQ(refusal(path, kind), "");
}

TEST(Database, makes_no_file_where_one_is_expected) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "book";
    EXPECT_THAT(refusal(path, kind, DatabaseAccess::existing), HasSubstr("No such file or directory"));
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_THAT(refusal(folder.write("empty", {}), kind, DatabaseAccess::existing), HasSubstr("is empty"));
    EXPECT_EQ(refusal(path, kind), "");
    EXPECT_EQ(refusal(path, kind, DatabaseAccess::existing), "");
}

TEST(Database, waits_for_another_writer_only_so_long) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "book";
    Database one(path, kind);
    Database other(path, kind, DatabaseAccess::make, milliseconds(50));
    const Transaction transaction(one, Transaction::Kind::writing);
    one.run("INSERT INTO page VALUES(1, 'one')");
    EXPECT_EQ(other.number("SELECT count(*) FROM page"), 0) << "who reads does not wait";
    const auto begin = std::chrono::steady_clock::now();
    try {
        other.run("INSERT INTO page VALUES(2, 'two')");
        ADD_FAILURE() << "two wrote at once";
    } catch (const DatabaseError& error) {
        EXPECT_TRUE(error.may_pass());
        EXPECT_THAT(error.what(), HasSubstr("is locked by another process for over 0.05 seconds"));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Database, opens_what_was_left_before_its_tables_were_made) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "book";
    DatabaseKind nothing = kind;
    nothing.schema = "";
    nothing.application_id = 0;
    nothing.version = 0;
    EXPECT_EQ(refusal(path, nothing), "");
    EXPECT_GT(std::filesystem::file_size(path), 0U);
    EXPECT_EQ(refusal(path, kind), "");
    Database database(path, kind);
    EXPECT_EQ(database.number("SELECT count(*) FROM page"), 0);
}

}  // namespace
}  // namespace echotap
