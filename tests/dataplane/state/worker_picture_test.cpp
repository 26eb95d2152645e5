// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/worker_picture.hpp"

#include <gtest/gtest.h>

#include "tests/dataplane/state/fake_tap.hpp"
#include "tests/dataplane/state/stream_maker.hpp"

namespace echotap {
namespace {

using test::FakeTap;
using test::lengths;
using test::quiet_stream;
using test::Stream;

std::uint64_t frames_of(const WorkerPicture& picture) {
    return picture.ledger.in[static_cast<std::size_t>(Stage::frame)];
}

TEST(PictureDesk, answers_once_for_each_time_it_is_asked) {
    PictureDesk desk;
    EXPECT_EQ(desk.picture(), nullptr);
    EXPECT_FALSE(desk.is_asked());
    desk.ask();
    desk.ask();
    EXPECT_TRUE(desk.is_asked());
    EXPECT_EQ(desk.picture(), nullptr);
    WorkerPicture picture;
    picture.originators = 7;
    desk.answer(picture);
    EXPECT_FALSE(desk.is_asked());
    ASSERT_NE(desk.picture(), nullptr);
    EXPECT_EQ(desk.picture()->originators, 7U);
    desk.ask();
    EXPECT_EQ(desk.picture(), nullptr);
}

TEST(LivePictures, show_books_that_add_up_and_only_grow_while_the_workers_run) {
    const Stream stream = quiet_stream(3, 20'000);
    WindowConfig config;
    config.lengths = lengths({"whole"});
    constexpr unsigned workers = 3;
    LiveWindows live("test", LineConfig{}, config, workers, {.queries_waiting = 1 << 14U}, [](ClosingWindow&&) {});
    FakeTap tap(live, workers, stream.frames);
    std::vector<std::uint64_t> before(workers);
    WorkerPicture last;
    tap.hold();
    tap.run(5, [&] {
        const std::vector<WorkerPicture> now = live.pictures();
        if (!now.empty()) {
            last = WorkerPicture{};
            for (unsigned i = 0; i < workers; ++i) {
                EXPECT_GE(frames_of(now[i]), before[i]);
                before[i] = frames_of(now[i]);
                last.originators += now[i].originators;
                last.ledger += now[i].ledger;
                const WindowCounts& counts = now[i].counts;
                EXPECT_EQ(counts.reverse + counts.minimised, counts.repeats + counts.late + counts.queue_drops +
                                                                 counts.parts.queries + counts.parts.minimised +
                                                                 counts.parts.refused);
            }
            if (frames_of(last) == stream.frames.size()) {
                tap.release();
            }
        }
        live.ask_pictures();
    });
    EXPECT_EQ(frames_of(last), stream.frames.size());
    EXPECT_GT(last.originators, 0U);
}

}  // namespace
}  // namespace echotap
