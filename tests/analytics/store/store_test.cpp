// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>

#include "analytics/store/store_schema.hpp"
#include "benchmarks/learning_world.hpp"
#include "dataplane/state/window_file.hpp"
#include "tests/analytics/window_by_hand.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::WindowByHand;
using testing::HasSubstr;

SourceDigest source(std::uint8_t number) {
    SourceDigest digest;
    digest.octets[0] = number;
    return digest;
}

const Model& model() {
    static const Model made = [] {
        const WorldShape small{.class_count = 4, .operators = 4, .addresses = 4};
        Model cart = train_model(LearningWorld(small).set(), {.method = Method::cart});
        cart.provenance.notice = "learnt from nothing";
        return cart;
    }();
    return made;
}

/// A day, with the queriers `first` to `last` of 192.0.2.1 and of some more.
ClosedWindow day(int number, std::uint8_t of_source, int first = 1, int last = 9) {
    WindowByHand window(hours(24 * number));
    window.header.sources = {source(of_source)};
    for (int i = first; i <= last; ++i) {
        window.ask("192.0.2.1", "10.0.0." + std::to_string(i), number * 144);
        window.ask("2001:db8::1", "10.0.0." + std::to_string(i), number * 144 + 1);
    }
    return window.close();
}

AnalysedWindow analysed(ClosedWindow window) {
    AnalysisConfig config;
    config.ranking.min_queriers_v4 = 1;
    config.ranking.sample_key = test::hand_key;
    return Analysis(config).analyse(std::move(window));
}

/// Every originator is of this class.
ClassifiedWindow of_class(const AnalysedWindow& window, std::uint16_t activity) {
    ClassifiedWindow classified;
    classified.verdicts.rows.assign(window.features.rows.size(), {.activity = activity, .next = 0, .probability = .5F});
    classified.mixes.resize(window.features.rows.size());
    return classified;
}

struct Setting {
    test::TemporaryFolder folder;
    StoreConfig config{.path = (folder.path() / "echotap.db").string()};

    /// What some SQL gives, a line for each row.
    std::string ask(const char* sql, int columns = 1) const {
        Database database(config.path, store_kind, DatabaseAccess::existing);
        Statement statement(database, sql);
        std::string lines;
        while (statement.step()) {
            for (int column = 0; column < columns; ++column) {
                lines += statement.text(column) + (column + 1 < columns ? " " : "\n");
            }
        }
        return lines;
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(config.path + ".windows")) {
            names.push_back(entry.path().filename());
        }
        std::ranges::sort(names);
        return names;
    }
};

std::uint32_t put(Store& store, ClosedWindow window, std::uint16_t activity = 1) {
    Reception received = store.receive(std::move(window), test::hand_key);
    const AnalysedWindow rows = analysed(std::move(received.window));
    store.put(rows, of_class(rows, activity), model());
    return rows.header().revision;
}

TEST(Store, keeps_a_window_with_what_was_counted_and_a_row_per_originator) {
    const Setting setting;
    Store store(setting.config);
    ClosedWindow window = day(3, 1);
    window.header.counts.repeats = 7;
    window.header.completeness = Completeness::no;
    window.header.add_gap(Gap::frames_lost);
    window.header.add_gap(Gap::ended_early);
    EXPECT_EQ(put(store, window), 1U);
    EXPECT_EQ(
        setting.ask("SELECT length, families, start / 1000000000, repeats, complete, gaps, originators, eligible, "
                    "revision, notice FROM window JOIN model ON model.digest = window.model",
                    10),
        "86400 all 259200 7 no frames_lost ended_early 2 2 1 learnt from nothing\n");
    EXPECT_EQ(setting.ask("SELECT text, rank, class, probability, footprint, queries, countries IS NULL, "
                          "is_provisional, length(features) FROM originator ORDER BY rank",
                          9),
              "192.0.2.1 1 " + model().class_names[1] + " 0.5 9.0 9 1 1 116\n" +  //
                  "2001:db8::1 2 " + model().class_names[1] + " 0.5 9.0 9 1 1 116\n");
    EXPECT_EQ(setting.ask("SELECT n, queries, added IS NULL FROM class_mix", 3), "2 18 1\n");
    window.header.revision = 1;
    EXPECT_EQ(read_window(setting.config.path + ".windows/1.1.window"), window);
}

TEST(Store, is_for_its_owner_only) {
    const Setting setting;
    Store store(setting.config);
    put(store, day(1, 1));
    const std::pair<std::string, unsigned> rights[] = {
        {"", 0600}, {"-wal", 0600}, {".windows", 0700}, {".windows/1.1.window", 0600}};
    for (const auto& [suffix, right] : rights) {
        struct stat status {};
        ASSERT_EQ(::stat((setting.config.path + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777U, right) << suffix;
    }
}

TEST(Store, skips_a_source_that_it_knows_and_merges_a_new_one) {
    const Setting setting;
    Store store(setting.config);
    put(store, day(1, 1, 1, 9));
    Reception again = store.receive(day(1, 1, 1, 9), test::hand_key);
    EXPECT_EQ(again.overlap, SourceOverlap::all);
    ClosedWindow expected = day(1, 1, 1, 9);
    expected.header.revision = 2;
    EXPECT_EQ(again.window, expected);

    EXPECT_EQ(put(store, day(1, 2, 5, 20)), 2U);
    ClosedWindow merged = merge(day(1, 1, 1, 9), day(1, 2, 5, 20), test::hand_key);
    merged.header.revision = 2;
    EXPECT_EQ(setting.ask("SELECT revision, is_estimated FROM window", 2), "2 1\n");
    EXPECT_EQ(setting.ask("SELECT text, footprint FROM originator ORDER BY rank", 2),
              "192.0.2.1 20.0\n2001:db8::1 20.0\n");
    EXPECT_EQ(setting.files(), std::vector<std::string>{"1.2.window"});
    EXPECT_EQ(read_window(setting.config.path + ".windows/1.2.window"), merged);
    EXPECT_EQ(store.receive(day(1, 2, 5, 20), test::hand_key).overlap, SourceOverlap::all);
}

TEST(Store, knows_sources_by_their_series) {
    const Setting setting;
    Store store(setting.config);
    put(store, day(1, 1));
    StoredSeries series = series_of(day(1, 1).header);
    // It may have other windows, which were not put.
    EXPECT_FALSE(store.knows(series, source(1)));
    store.finish(std::span(&series, 1), std::vector{source(1)});
    store.finish(std::span(&series, 1), std::vector{source(1)});
    EXPECT_TRUE(store.knows(series, source(1)));
    EXPECT_FALSE(store.knows(series, source(2)));
    series.length = hours(1);
    EXPECT_FALSE(store.knows(series, source(1)));
    ClosedWindow other_family = day(1, 1);
    other_family.header.families = OriginatorFamilies::v6;
    EXPECT_EQ(store.receive(other_family, test::hand_key).overlap, SourceOverlap::none);
}

TEST(Store, merges_families_by_themselves_and_also_with_windows_that_did_not_say_theirs) {
    const Setting setting;
    Store store(setting.config);
    const auto of_family = [](ClosedWindow window, OriginatorFamilies families) {
        window.header.families = families;
        return window;
    };
    for (const OriginatorFamilies families : {OriginatorFamilies::v4, OriginatorFamilies::v6}) {
        const AnalysedWindow rows = analysed(of_family(day(1, 1), families));
        store.put(rows, of_class(rows, 0), model());
    }
    const Reception both = store.receive(of_family(day(1, 2), OriginatorFamilies::v6), test::hand_key);
    EXPECT_EQ(both.overlap, SourceOverlap::none);
    EXPECT_EQ(both.window.header.sources.size(), 2U);
    EXPECT_EQ(both.window.header.families, OriginatorFamilies::v6);
    // As window files of version 1 are read: the store alone knows whose originators they hold.
    write_window(day(1, 1), setting.config.path + ".windows/1.1.window");
    const Reception old = store.receive(of_family(day(1, 2), OriginatorFamilies::v4), test::hand_key);
    EXPECT_EQ(old.window.header.sources.size(), 2U);
    EXPECT_EQ(old.window.header.families, OriginatorFamilies::v4);
}

TEST(Store, takes_a_window_without_a_source_once) {
    const Setting setting;
    Store store(setting.config);
    ClosedWindow nameless = day(1, 1);
    nameless.header.sources.clear();
    put(store, nameless);
    EXPECT_EQ(store.receive(nameless, test::hand_key).overlap, SourceOverlap::all);
    ClosedWindow other = day(1, 1, 20, 30);
    other.header.sources.clear();
    EXPECT_EQ(store.receive(other, test::hand_key).overlap, SourceOverlap::none);
}

TEST(Store, refuses_what_it_knows_in_part_and_what_it_no_longer_has_whole) {
    const Setting setting;
    Store store(setting.config);
    put(store, day(1, 1));
    ClosedWindow both = day(1, 2);
    both.header.sources = {source(1), source(2)};
    EXPECT_THAT([&] { store.receive(both, test::hand_key); },
                testing::ThrowsMessage<WindowRefused>(HasSubstr("knows some of the window's sources and not others")));
    put(store, day(2, 1));
    EXPECT_EQ(store.forget({.whole_windows_max = 1}, Timestamp{}), 0U);
    EXPECT_EQ(setting.files(), std::vector<std::string>{"2.1.window"});
    EXPECT_THAT([&] { store.receive(day(1, 2), test::hand_key); },
                testing::ThrowsMessage<WindowRefused>(HasSubstr("the window itself is no longer kept")));
    EXPECT_EQ(store.receive(day(1, 1), test::hand_key).overlap, SourceOverlap::all);
    EXPECT_THAT(
        [&] {
            store.receive(day(2, 2), HashKey{1, 2});
        },
        testing::ThrowsMessage<WindowMismatch>(HasSubstr("sample_key")));
}

TEST(Store, lets_a_window_that_has_ended_take_the_place_of_one_that_ran) {
    const Setting setting;
    Store store(setting.config);
    AnalysedWindow running = analysed(day(1, 1, 1, 3));
    store.put(running, of_class(running, 0), model(), {.is_running = true});
    running = analysed(store.receive(day(1, 1, 1, 4), test::hand_key).window);
    EXPECT_EQ(running.header().revision, 2U);
    store.put(running, of_class(running, 0), model(), {.is_running = true});
    EXPECT_FALSE(std::filesystem::exists(setting.config.path + ".windows"));
    EXPECT_EQ(put(store, day(1, 1, 1, 9)), 3U);
    EXPECT_EQ(setting.ask("SELECT is_running, footprint FROM window JOIN originator ON window = id", 2),
              "0 9.0\n0 9.0\n");
}

TEST(Store, refuses_rows_that_are_based_on_what_is_gone) {
    const Setting setting;
    Store one(setting.config);
    Store other(setting.config);
    put(one, day(1, 1));
    const AnalysedWindow late = analysed(other.receive(day(1, 2), test::hand_key).window);
    put(one, day(1, 3));
    EXPECT_THROW(other.put(late, of_class(late, 0), model()), StoreConflict);
    EXPECT_EQ(put(other, day(1, 2)), 3U);
    EXPECT_EQ(setting.ask("SELECT count(*) FROM source"), "3\n");
}

TEST(Store, refuses_a_window_whose_only_kept_part_has_gone_but_not_while_a_disk_may_be_missing) {
    const Setting setting;
    Store store(setting.config);
    const auto receive = [&](int number) { store.receive(day(number, 9), test::hand_key); };
    const std::string folder = setting.config.path + ".windows";
    put(store, day(1, 1));
    std::filesystem::rename(folder, folder + ".away");
    EXPECT_THROW(receive(1), std::system_error) << "its folder has gone";
    std::filesystem::create_directory(folder);
    EXPECT_THROW(receive(1), WindowRefused);
    std::filesystem::remove(folder);
    std::filesystem::rename(folder + ".away", folder);
    put(store, day(2, 1));
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::filesystem::remove(entry.path());
    }
    EXPECT_THROW(receive(1), std::system_error) << "as where nothing is mounted";
}

TEST(Store, sums_up_classes_and_their_changes_whatever_the_order_in_which_windows_come) {
    const Setting setting;
    StoreConfig config = setting.config;
    config.are_windows_kept = false;
    Store store(config);
    std::mt19937 engine(3);
    const auto random = [&](unsigned bound) { return static_cast<unsigned>(engine() % bound); };
    std::map<int, std::map<int, std::uint16_t>> expected;  // day, originator
    for (int step = 0; step < 60; ++step) {
        const int number = static_cast<int>(random(12));
        std::map<int, std::uint16_t>& classes = expected[number];
        classes.clear();
        WindowByHand window(hours(24 * number));
        window.header.sources = {source(1)};
        window.header.revision = static_cast<std::uint32_t>(step + 1);
        for (int originator = 0; originator < 8; ++originator) {
            if (random(3) != 0) {
                classes[originator] = static_cast<std::uint16_t>(random(4));
                window.ask("192.0.2." + std::to_string(originator), "10.0.0.1", number * 144);
            }
        }
        AnalysedWindow rows = analysed(window.close());
        ClassifiedWindow classified = of_class(rows, 0);
        for (std::size_t i = 0; i < rows.features.rows.size(); ++i) {
            classified.verdicts.rows[i].activity =
                classes.at(rows.features.rows[i].originator.address().octets().back());
        }
        store.put(rows, classified, model());

        std::string lines;
        const std::map<int, std::uint16_t>* before = nullptr;
        for (const auto& [at, now] : expected) {
            std::map<std::string, std::array<int, 3>> mix;  // n, added, gone
            for (const auto& [originator, activity] : now) {
                ++mix[model().class_names[activity]][0];
                if (before != nullptr && (!before->contains(originator) || before->at(originator) != activity)) {
                    ++mix[model().class_names[activity]][1];
                }
            }
            for (const auto& [originator, activity] : before == nullptr ? std::map<int, std::uint16_t>{} : *before) {
                auto& gone = mix[model().class_names[activity]][2];
                gone += !now.contains(originator) || now.at(originator) != activity ? 1 : 0;
            }
            for (const auto& [name, counts] : mix) {
                const std::string changes =
                    before == nullptr ? " -" : " " + std::to_string(counts[1]) + "/" + std::to_string(counts[2]);
                lines += std::to_string(at) + " " + name + " " + std::to_string(counts[0]) + changes + "\n";
            }
            before = &now;
        }
        ASSERT_EQ(setting.ask("SELECT start / 86400000000000, class, n, coalesce(added || '/' || gone, '-') "
                              "FROM window JOIN class_mix ON window = id ORDER BY start, class",
                              4),
                  lines)
            << step;
    }
}

TEST(Store, forgets_what_is_old_or_too_much) {
    const Setting setting;
    Store store(setting.config);
    for (int number = 1; number <= 6; ++number) {
        put(store, day(number, 1));
    }
    const Timestamp now{seconds(hours(24 * 7))};
    EXPECT_EQ(store.forget({}, now), 0U);
    EXPECT_EQ(store.forget({.age_max = hours(24 * 4)}, now), 1U) << "the second day ended four days ago";
    EXPECT_EQ(store.forget({.windows_max = 3}, now), 2U);
    for (const char* const table :
         {"id) FROM window", "window) FROM originator", "window) FROM source", "window) FROM class_mix"}) {
        EXPECT_EQ(setting.ask(("SELECT count(DISTINCT " + std::string(table)).c_str()), "3\n") << table;
    }
    EXPECT_EQ(setting.files(), (std::vector<std::string>{"4.1.window", "5.1.window", "6.1.window"}));
    EXPECT_EQ(store.forget({.windows_max = 1, .whole_windows_max = 1}, now), 2U);
    EXPECT_EQ(setting.ask("SELECT count(*) FROM model"), "1\n");
}

TEST(Store, drops_files_that_no_row_names_and_leaves_those_of_others) {
    const Setting setting;
    put(*std::make_unique<Store>(setting.config), day(1, 1));
    for (const char* const name : {"1.7.window", "9.1.window.new", "notes.txt"}) {
        setting.folder.write("echotap.db.windows/" + std::string(name), {1, 2, 3});
    }
    const Store store(setting.config);
    EXPECT_EQ(setting.files(), (std::vector<std::string>{"1.1.window", "notes.txt"}));
}

TEST(Store, waits_only_so_long_for_one_that_is_locked_and_loses_nothing) {
    const Setting setting;
    StoreConfig hasty = setting.config;
    hasty.patience = std::chrono::milliseconds(50);
    Store store(hasty);
    put(store, day(1, 1));
    {
        Database other(setting.config.path, store_kind);
        const Transaction lock(other, Transaction::Kind::writing);
        AnalysedWindow rows = analysed(day(2, 1));
        try {
            store.put(rows, of_class(rows, 0), model());
            ADD_FAILURE() << "two wrote at once";
        } catch (const DatabaseError& error) {
            EXPECT_TRUE(error.may_pass());
            EXPECT_THAT(error.what(), HasSubstr("is locked by another process for over 0.05 seconds"));
        }
    }
    put(store, day(2, 1));
    EXPECT_EQ(setting.ask("SELECT count(*) FROM window"), "2\n");
}

TEST(Store, loses_nothing_where_there_is_no_room) {
    const Setting setting;
    Store store(setting.config);
    put(store, day(1, 1));
    WindowByHand large(hours(48));
    large.header.sources = {source(1)};
    for (int i = 0; i < 60'000; ++i) {
        large.ask("192.0." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250), "10.0.0.1", 288);
    }
    AnalysedWindow rows = analysed(large.close());
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 1U << 20U, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    EXPECT_THROW(store.put(rows, of_class(rows, 0), model()), DatabaseError);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(setting.ask("SELECT count(*) FROM originator"), "2\n");
    EXPECT_EQ(setting.files(), std::vector<std::string>{"1.1.window"});
    store.put(rows, of_class(rows, 0), model());
    EXPECT_EQ(setting.ask("SELECT count(*) FROM originator"), std::to_string(2 + rows.features.rows.size()) + "\n");
}

TEST(Store, is_whole_after_its_writer_was_killed_at_any_moment) {
    const Setting setting;
    { const Store made(setting.config); }
    const ClosedWindow window = day(1, 1, 1, 200);
    AnalysedWindow rows = analysed(window);
    const ClassifiedWindow classified = of_class(rows, 2);
    (void)model();  // before the fork
    std::mt19937 random(11);
    for (int round = 0; round < 20; ++round) {
        const pid_t writer = ::fork();
        ASSERT_GE(writer, 0);
        if (writer == 0) {
            Store store(setting.config);
            for (;;) {
                rows.window.header.revision = store.receive(window, test::hand_key).window.header.revision;
                store.put(rows, classified, model());
            }
        }
        ::usleep(static_cast<useconds_t>(1000 + random() % 60'000));
        ::kill(writer, SIGKILL);
        ::waitpid(writer, nullptr, 0);
        { const Store recovered(setting.config); }
        ASSERT_EQ(setting.ask("PRAGMA integrity_check"), "ok\n");
        const std::string revisions = setting.ask("SELECT revision FROM window");
        ASSERT_EQ(
            setting.ask("SELECT (SELECT count(*) FROM originator) = 2 * count(*) AND (SELECT coalesce(sum(n), 0) "
                        "FROM class_mix) = 2 * count(*) AND (SELECT count(*) FROM source) = count(*) FROM window"),
            "1\n");
        if (!revisions.empty()) {
            const std::string file = setting.ask("SELECT whole FROM window");
            ASSERT_EQ(setting.files(), std::vector<std::string>{file.substr(0, file.size() - 1)});
            const ClosedWindow whole = read_window(setting.config.path + ".windows/" + setting.files()[0]);
            ASSERT_EQ(std::to_string(whole.header.revision) + "\n", revisions);
        }
    }
    EXPECT_NE(setting.ask("SELECT revision FROM window"), "") << "no writer lived long enough";
}

TEST(Store, refuses_what_a_newer_program_made_and_what_is_none) {
    const Setting setting;
    DatabaseKind newer = store_kind;
    newer.version = 2;
    { const Database made(setting.config.path, newer); }
    EXPECT_THAT([&] { Store store(setting.config); },
                testing::ThrowsMessage<DatabaseError>(HasSubstr(
                    "is of version 2, and this program reads version 1; give another file, or a newer program")));
    const std::string text = setting.folder.write("text", std::vector<std::uint8_t>(5000, 'x'));
    EXPECT_THAT([&] { Store store({.path = text}); },
                testing::ThrowsMessage<DatabaseError>(HasSubstr("is damaged or is none")));
}

}  // namespace
}  // namespace echotap
