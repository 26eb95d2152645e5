// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/top.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/tools/tap/full_status.hpp"
#include "tools/tap/metrics_text.hpp"
#include "tools/tap/status_text.hpp"

namespace echotap {
namespace {

using testing::HasSubstr;

TopPicture picture() {
    TapStatus status = test::full_status();
    status.tap.ports[0].delivered = 1000;
    TopPicture picture;
    picture.name = std::string("/run/echotap/control");
    picture.before = parse_samples(metrics_text(status));
    status.tap.ports[0].delivered = 5000;
    status.ledger.drop(Drop::worker_ring_full, 6);
    status.tap.lcores[0].cycles += 1000;
    status.tap.lcores[0].busy_cycles += 250;
    status.analyst.top_window = std::string("the window of 1d from 2026-11-22T00:00:00Z, so far");
    for (int i = 0; i < 50; ++i) {
        status.analyst.top.push_back({.originator = fmt::format("198.51.100.{}", i),
                                      .footprint = 100.0 - i,
                                      .queries = 200,
                                      .answer = "scan",
                                      .probability = 0.75,
                                      .is_provisional = i == 0});
    }
    picture.now = parse_samples(metrics_text(status));
    picture.seconds = 2;
    picture.top = top_text(status);
    return picture;
}

TEST(Top, shows_rates_since_the_picture_before_and_the_top_originators) {
    const std::string text = picture_text(picture(), 24);
    EXPECT_THAT(text, HasSubstr("frames/s            2,000   lost/s          3   lost in all            9"));
    EXPECT_THAT(text, HasSubstr("workers busy 25 %"));
    EXPECT_THAT(text, HasSubstr("the window of 1d"));
    EXPECT_THAT(text, HasSubstr("198.51.100.0                                   100        200  scan 0.75 ?\n"));
    EXPECT_THAT(text, HasSubstr("198.51.100.1                                    99        200  scan 0.75\n"));
}

TEST(Top, fits_the_terminal) {
    for (const std::size_t lines : {8U, 24U, 50U}) {
        std::istringstream text(picture_text(picture(), lines));
        std::size_t count = 0;
        for (std::string line; std::getline(text, line); ++count) {
            EXPECT_LE(line.size(), 79U) << line;
        }
        EXPECT_LE(count, lines);
    }
}

TEST(Top, shows_as_many_workers_as_fit_and_the_sum_of_the_others) {
    for (const unsigned workers : {1U, 8U, 9U, 12U, 64U, 200U}) {
        TopPicture many = picture();
        for (unsigned worker = 0; worker < workers; ++worker) {
            const std::string labels = fmt::format("{{worker=\"{}\"}}", worker);
            many.before["echotap_worker_seconds_total" + labels] = 0;
            many.now["echotap_worker_seconds_total" + labels] = 100;
            many.before["echotap_worker_busy_seconds_total" + labels] = 0;
            many.now["echotap_worker_busy_seconds_total" + labels] = worker < 4 ? 10 : 30;
        }
        const std::string text = picture_text(many, 24);
        const std::size_t begin = text.find("workers busy ");
        const std::string line = text.substr(begin, text.find('\n', begin) - begin);
        std::istringstream words(line.substr(std::string("workers busy ").size()));
        unsigned shown = 0;
        for (double percent = 0; words >> percent; ++shown) {
            EXPECT_EQ(percent, shown < 4 ? 10 : 30) << line;
        }
        if (workers <= 12) {
            EXPECT_EQ(shown, workers) << line;
        } else {
            EXPECT_GE(shown, 5U) << line;
            EXPECT_THAT(line, HasSubstr(fmt::format("%, and {} more: 30 %", workers - shown)));
        }
    }
}

TEST(Top, says_what_to_do_before_any_window_became_rows) {
    TopPicture first = picture();
    first.top = std::string("\n");
    EXPECT_THAT(picture_text(first, 24), HasSubstr("echotap ctl snapshot"));
    EXPECT_THAT(picture_text(TopPicture{}, 24), HasSubstr("frames/s"));
}

TEST(Top, reads_samples_and_nothing_else) {
    const MetricSamples samples = parse_samples("# HELP a b\na 1\nb{c=\"d e\"} 2.5\nbroken\nx y\n");
    EXPECT_EQ(samples, (MetricSamples{{"a", 1}, {"b{c=\"d e\"}", 2.5}}));
}

}  // namespace
}  // namespace echotap
