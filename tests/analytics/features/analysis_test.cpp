// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/analysis.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "config/name_rule_file.hpp"
#include "tests/analytics/window_by_hand.hpp"
#include "tests/fake_name_server.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using namespace std::chrono;
using namespace test;

/// Ten queriers of one originator, 10.0.0.1 to .10, and some strangers of another one with too few.
WindowByHand ten_queriers() {
    WindowByHand window;
    for (int i = 1; i <= 10; ++i) {
        window.ask("192.0.2.1", "10.0.0." + std::to_string(i), i);
    }
    return window.ask("192.0.2.2", "10.9.9.9").ask("192.0.2.2", "10.9.9.8");
}

/// Names of the first six queriers in a snapshot; nobody knows the others.
struct Setting {
    test::TemporaryFolder folder;
    AnalysisConfig config;

    Setting() {
        std::string rows;
        for (int i = 1; i <= 6; ++i) {
            rows += "10.0.0." + std::to_string(i) + "\t" + (i <= 3 ? "mail.example.com" : "NXDOMAIN") + "\n";
        }
        config.names.snapshot_paths = {folder.write("names.tsv", {rows.begin(), rows.end()})};
        config.ranking.min_queriers_v4 = 5;
        config.ranking.sample_key = test::hand_key;
    }
    void ask(const HeldNameServer& slow) { ask_only(config.names.resolver, {&slow.server()}, seconds(10)); }
};

/// Octet by octet, so that values that are not numbers are equal as well.
bool are_equal(const FeatureMatrix& one, const FeatureMatrix& other) {
    return one.values.size() == other.values.size() &&
           std::memcmp(one.values.data(), other.values.data(), one.values.size() * sizeof(double)) == 0;
}

TEST(Analysis, makes_the_rows_of_a_window) {
    const Setting setting;
    const Analysis analysis(setting.config);
    const ClosedWindow window = ten_queriers().close();
    const AnalysedWindow analysed = analysis.analyse(window);
    EXPECT_EQ(analysed.window, window);
    EXPECT_EQ(analysed.header().revision, 1U);
    ASSERT_EQ(analysed.features.rows.size(), 1U);
    EXPECT_EQ(analysed.features.rows[0].originator, Prefix(test::address("192.0.2.1"), 128));
    EXPECT_DOUBLE_EQ(analysed.features.rows[0].names_known, 0.6);
    EXPECT_TRUE(analysed.features.rows[0].is_provisional());
    EXPECT_DOUBLE_EQ(analysed.features.at(0, Feature::mail), 0.5);
    EXPECT_DOUBLE_EQ(analysed.features.at(0, Feature::nxdomain), 0.5);
    EXPECT_EQ(analysed.names_to_come.wanted, 10U) << "nobody wants the names of an originator without a row";
    EXPECT_DOUBLE_EQ(analysed.names_to_come.known(), 0.6);
    EXPECT_GT(analysed.octets(), window.octets());
}

TEST(Analysis, has_no_second_revision_where_no_name_came) {
    const Setting setting;
    const Analysis analysis(setting.config);
    AnalysedWindow analysed = analysis.analyse(ten_queriers().close());
    EXPECT_TRUE(analysed.awaits_names());
    EXPECT_FALSE(analysis.revise(analysed)) << "a snapshot does not change";
    EXPECT_EQ(analysed.header().revision, 1U);
}

TEST(Analysis, without_sources_knows_nothing_and_awaits_nothing) {
    AnalysisConfig config;
    config.ranking.min_queriers_v4 = 5;
    const Analysis analysis(config);
    AnalysedWindow analysed = analysis.analyse(ten_queriers().close());
    EXPECT_EQ(analysed.features.rows.at(0).names_known, 0);
    EXPECT_EQ(analysed.names_to_come.known(), 0);
    EXPECT_FALSE(analysed.awaits_names());
    EXPECT_FALSE(analysis.revise(analysed));
}

TEST(Analysis, names_that_come_late_make_the_next_revision) {
    Setting setting;
    HeldNameServer slow("ns1.example.com");
    setting.ask(slow);
    const Analysis analysis(setting.config);
    const auto begin = steady_clock::now();
    AnalysedWindow analysed = analysis.analyse(ten_queriers().close(), {begin + milliseconds(30), {}});
    EXPECT_LT(steady_clock::now() - begin, seconds(1)) << "servers that are slow delay nothing";
    EXPECT_EQ(analysed.header().revision, 1U);
    EXPECT_EQ(analysed.names_to_come.places.size(), 4U);
    const FeatureMatrix first = analysed.features;

    slow.release();
    ASSERT_TRUE(analysis.revise(analysed, {steady_clock::now() + seconds(10), {}}));
    EXPECT_EQ(analysed.header().revision, 2U);
    EXPECT_FALSE(analysed.awaits_names());
    EXPECT_EQ(slow.asked().size(), 4U) << "each is asked for once";
    EXPECT_FALSE(analysed.features.rows[0].is_provisional());
    EXPECT_DOUBLE_EQ(analysed.features.at(0, Feature::mail), 0.3);
    EXPECT_DOUBLE_EQ(analysed.features.at(0, Feature::ns), 0.4);
    EXPECT_FALSE(are_equal(analysed.features, first));
    EXPECT_FALSE(analysis.revise(analysed)) << "all is known";

    const AnalysedWindow again = analysis.analyse(ten_queriers().close());
    EXPECT_TRUE(are_equal(again.features, analysed.features)) << "as if all names had been there at once";
    EXPECT_EQ(again.header().revision, 1U);
}

/// Puts a file into the place of another as it should be done, by renaming.
void replace(const std::filesystem::path& path, std::string_view octets) {
    const std::filesystem::path fresh = path.string() + ".new";
    std::ofstream(fresh, std::ios::binary) << octets;
    std::filesystem::rename(fresh, path);
}

std::string octets_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Analysis, takes_new_files_of_countries_between_two_windows_and_keeps_the_old_where_they_are_broken) {
    const std::filesystem::path geo = ECHOTAP_TEST_GEO;
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "country.mmdb";
    replace(path, octets_of(geo / "everything.mmdb"));
    AnalysisConfig config;
    config.geo.country_path = path;
    config.ranking.min_queriers_v4 = 5;
    Analysis analysis(config);
    const auto country = [&] {
        return text_of_country(analysis.analyse(ten_queriers().close()).directory.countries.at(0));
    };
    EXPECT_EQ(country(), "DE");
    EXPECT_TRUE(analysis.reload_if_changed().empty());

    replace(path, "no countries");
    const std::vector<std::string> faults = analysis.reload_if_changed();
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_NE(faults[0].find(path), std::string::npos) << faults[0];
    EXPECT_TRUE(analysis.reload_if_changed().empty()) << "it is told once";
    EXPECT_EQ(country(), "DE");
    std::filesystem::remove(path);
    EXPECT_EQ(analysis.reload_if_changed().size(), 1U) << "missing is another fault";
    EXPECT_EQ(country(), "DE");

    replace(path, octets_of(geo / "registered_v6_28.mmdb"));
    EXPECT_TRUE(analysis.reload_if_changed().empty());
    EXPECT_EQ(country(), "IN");
}

TEST(Analysis, takes_new_rules_between_two_windows_and_revises_by_the_old_ones) {
    Setting setting;
    const std::filesystem::path rules = setting.folder.path() / "rules.toml";
    const std::string text(default_name_rules());
    const std::string word = "\"mail\", ";
    ASSERT_NE(text.find(word), std::string::npos);
    const std::string without_mail = std::string(text).erase(text.find(word), word.size());
    replace(rules, text);
    setting.config.rules_path = rules;
    HeldNameServer slow("mail.example.com");
    setting.ask(slow);
    Analysis analysis(setting.config);
    AnalysedWindow before = analysis.analyse(ten_queriers().close());
    EXPECT_DOUBLE_EQ(before.features.at(0, Feature::mail), 0.5);

    replace(rules, "[mail]\nkeywords = 7\n");
    EXPECT_EQ(analysis.reload_if_changed().size(), 1U);
    EXPECT_TRUE(analysis.reload_if_changed().empty()) << "it is told once";
    EXPECT_DOUBLE_EQ(analysis.analyse(ten_queriers().close()).features.at(0, Feature::mail), 0.5);
    replace(rules, without_mail);
    EXPECT_TRUE(analysis.reload_if_changed().empty());
    EXPECT_DOUBLE_EQ(analysis.analyse(ten_queriers().close()).features.at(0, Feature::mail), 0);

    slow.release();
    ASSERT_TRUE(analysis.revise(before, {steady_clock::now() + seconds(10), {}}));
    EXPECT_DOUBLE_EQ(before.features.at(0, Feature::mail), 0.7) << "all names of a window go by the same rules";
}

TEST(Analysis, what_is_analysed_outlives_its_sources_and_may_be_moved) {
    std::vector<AnalysedWindow> kept;
    {
        const Setting setting;
        const Analysis analysis(setting.config);
        kept.push_back(analysis.analyse(ten_queriers().close()));
        kept.push_back(analysis.analyse(ten_queriers().close()));
    }
    const AnalysedWindow& analysed = kept.front();
    const FeatureMatrix again = compute_features(analysed.window, analysed.directory, analysed.ranking);
    EXPECT_TRUE(are_equal(again, analysed.features));
}

}  // namespace
}  // namespace echotap
