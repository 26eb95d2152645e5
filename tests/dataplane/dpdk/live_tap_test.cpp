// SPDX-License-Identifier: Apache-2.0
// From a port to rows, with a small line of the test's own. DPDK starts once per process, so every story runs in a
// process of its own (a death test that ends well).
#include "dataplane/dpdk/live_tap.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/dataplane/dpdk/numbered_frames.hpp"

namespace echotap {
namespace {

constexpr std::uint32_t count = 5000;

struct NumberRow {
    std::uint32_t number = 0;
};

struct OtherRow {};

/// Finds a number in every frame and something else in every tenth; says goodbye with number `count`.
class NumberLine {
public:
    explicit NumberLine(const LineConfig&) {}

    template <class Sink>
    void feed(Burst burst, Sink&& sink) {
        for (const Frame& frame : burst) {
            ledger_.enter(Stage::frame);
            ledger_.pass(Stage::frame);
            const std::uint32_t number = number_of(frame.span());
            sink(NumberRow{number});
            if (number % 10 == 0) {
                sink(OtherRow{});
            }
            if (number == throws_at) {
                throw std::runtime_error("the line broke");
            }
        }
    }

    template <class Sink>
    void finish(Sink&& sink) {
        sink(NumberRow{count});
    }

    const Ledger& ledger() const { return ledger_; }

    static inline std::uint32_t throws_at = UINT32_MAX;

private:
    Ledger ledger_;
};

std::uint64_t of(const std::array<std::uint64_t, stage_count>& by_stage, Stage stage) {
    return by_stage[static_cast<std::size_t>(stage)];
}

/// Runs a story in a process of its own; it must return true. `says`: what it must have said on stderr.
template <class Story>
void expect_good_end(Story&& story, const char* says = "") {
    EXPECT_EXIT(std::_Exit(story() ? 0 : 1), testing::ExitedWithCode(0), says);
}

class LiveTapDeathTest : public testing::Test {
protected:
    void SetUp() override { write_pcap(path, count); }
    void TearDown() override { std::remove(path.c_str()); }

    PortConfig ports() const {
        PortConfig config;
        config.ports = {"net_pcap0,rx_pcap=" + path};
        config.huge_pages = HugePages::no;
        return config;
    }

    std::string path = testing::TempDir() + "echotap_live_tap.pcap";
};

TEST_F(LiveTapDeathTest, hands_on_every_row_in_order_and_the_books_balance) {
    expect_good_end([&] {
        LiveTap<NumberLine, NumberRow> tap(ports(), {});
        std::uint32_t next = 0;
        bool in_order = true;
        int rounds = 0;
        tap.run([&] { return next >= count || ++rounds > 20000; },
                [&](const NumberRow& row) { in_order = row.number == next++ && in_order; });
        const Ledger& ledger = tap.ledger();
        return in_order && next == count + 1 && of(ledger.in, Stage::source) == count &&
               of(ledger.out, Stage::source) == count && of(ledger.out, Stage::frame) == count &&
               of(ledger.in, Stage::output) == count + 1 && of(ledger.out, Stage::output) == count + 1;
    });
}

TEST_F(LiveTapDeathTest, drops_and_counts_rows_that_nobody_takes_in_time) {
    expect_good_end([&] {
        PortConfig config = ports();
        config.rows_waiting = 64;
        LiveTap<NumberLine, NumberRow> tap(config, {});
        std::uint64_t taken = 0;
        int rounds = 0;
        tap.run(
            [&] { return ++rounds > 200; },
            [&](const NumberRow&) { std::this_thread::sleep_for(std::chrono::milliseconds(taken++ == 0 ? 500 : 0)); });
        const Ledger& ledger = tap.ledger();
        const std::uint64_t dropped = ledger.drops[static_cast<std::size_t>(Drop::output_ring_full)];
        return dropped > 0 && taken + dropped == count + 1 && of(ledger.out, Stage::output) == taken &&
               ledger.held(Stage::output) == 0 && of(ledger.out, Stage::source) == count;
    });
}

TEST_F(LiveTapDeathTest, ends_all_workers_and_throws_what_a_line_has_thrown) {
    expect_good_end([&] {
        NumberLine::throws_at = 100;
        PortConfig config = ports();
        config.workers = 2;
        LiveTap<NumberLine, NumberRow> tap(config, {});
        try {
            tap.run([] { return false; }, [](const NumberRow&) {});
        } catch (const std::runtime_error& error) {
            return std::string(error.what()) == "the line broke";
        }
        return false;
    });
}

TEST_F(LiveTapDeathTest, ends_all_workers_and_throws_what_the_printer_has_thrown) {
    expect_good_end([&] {
        LiveTap<NumberLine, NumberRow> tap(ports(), {});
        try {
            tap.run([] { return false; }, [](const NumberRow&) { throw std::runtime_error("the pipe broke"); });
        } catch (const std::runtime_error& error) {
            return std::string(error.what()) == "the pipe broke";
        }
        return false;
    });
}

TEST_F(LiveTapDeathTest, says_what_is_wrong_with_a_port_that_cannot_be_made) {
    const struct {
        const char* port;
        const char* says;
    } rows[] = {
        {"net_nothing0", "DPDK knows no driver of that name"},
        {"net_pcap0,rx_pcap=/no/such/file", "does the file of rx_pcap exist"},
        {"net_af_packet0,iface=nosuchif", "is the interface there"},
        {"ffff:ff:1f.7", "there is no such PCI device"},
    };
    for (const auto& row : rows) {
        expect_good_end(
            [&] {
                PortConfig config = ports();
                config.ports = {row.port};
                try {
                    LiveTap<NumberLine, NumberRow> tap(config, {});
                } catch (const std::runtime_error& error) {
                    std::fputs(error.what(), stderr);
                    return true;
                }
                return false;
            },
            row.says);
    }
}

}  // namespace
}  // namespace echotap
