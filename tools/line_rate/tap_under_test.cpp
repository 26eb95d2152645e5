// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/tap_under_test.hpp"

#include <fmt/format.h>

#include <string>

#include "dataplane/state/closing_window.hpp"

namespace echotap {

namespace {

std::uint64_t at(const std::array<std::uint64_t, stage_count>& counts, Stage stage) {
    return counts[static_cast<std::size_t>(stage)];
}

}  // namespace

/// A worker that only counts. The sum of first octets is what keeps it honest: it has to look at every frame.
class TapUnderTest::Counter final : public BurstTaker {
public:
    void feed(Burst burst) override {
        for (const Frame& frame : burst) {
            sum_ += frame.octets[0];
        }
        frames_.store(frames_.load(std::memory_order_relaxed) + burst.size(), std::memory_order_release);
    }
    void finish() override { first_octets_.store(sum_, std::memory_order_relaxed); }

    std::uint64_t frames() const { return frames_.load(std::memory_order_acquire); }

private:
    std::uint64_t sum_ = 0;
    std::atomic<std::uint64_t> frames_ = 0;
    std::atomic<std::uint64_t> first_octets_ = 0;
};

TapUnderTest::TapUnderTest(TapWork work, const PortConfig& ports, const WindowConfig& windows) {
    if (work == TapWork::floor) {
        for (unsigned worker = 0; worker < ports.workers; ++worker) {
            counters_.push_back(std::make_unique<Counter>());
        }
        floor_.emplace(ports);
        return;
    }
    const HashKey sample_key{windows.sample_key[0], windows.sample_key[1]};
    tap_.emplace("bench", ports, LineConfig{}, windows, [this, sample_key](ClosingWindow&& closing) {
        static_cast<void>(put_together(std::move(closing), sample_key));
        ++windows_closed_;
    });
}

TapUnderTest::~TapUnderTest() = default;

void TapUnderTest::run(const std::function<bool()>& stop) {
    const auto serve_and_ask = [&] {
        serve();
        return stop();
    };
    const auto end = [this](TapUnderTest*) {
        const std::lock_guard guard(lock_);
        asked_ = Asked::never;
        changed_.notify_all();
    };
    const std::unique_ptr<TapUnderTest, decltype(end)> running(this, end);
    if (tap_) {
        tap_->run(serve_and_ask);
        return;
    }
    std::vector<BurstTaker*> takers;
    for (const auto& counter : counters_) {
        takers.push_back(counter.get());
    }
    floor_->run(takers, serve_and_ask, [] { return std::size_t{0}; });
}

std::string TapUnderTest::fault(std::uint64_t accepted) const {
    const Ledger& ledger = tap_ ? tap_->ledger() : floor_->ledger();
    if (const std::uint64_t in = at(ledger.in, Stage::source); in != accepted) {
        return fmt::format("{} frames were sent and {} are in the books", accepted, in);
    }
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        if (const std::int64_t held = ledger.held(static_cast<Stage>(stage)); held != 0) {
            return fmt::format("{} {} are left at the end of {}", held, stage_table[stage].unit,
                               stage_table[stage].name);
        }
    }
    return "";
}

TapBooks TapUnderTest::glance() const {
    TapBooks books;
    for (const WorkerLoad& load : tap_ ? tap_->loads() : floor_->loads()) {
        books.frames += load.frames.load(std::memory_order_relaxed);
        books.busy_cycles += load.busy_cycles.load(std::memory_order_relaxed);
        books.cycles += load.cycles.load(std::memory_order_relaxed);
    }
    return books;
}

std::optional<TapBooks> TapUnderTest::ask() {
    std::unique_lock guard(lock_);
    if (asked_ == Asked::never) {
        return std::nullopt;
    }
    asked_ = Asked::wanted;
    changed_.wait(guard, [this] { return asked_ == Asked::answered || asked_ == Asked::never; });
    if (asked_ == Asked::never) {
        return std::nullopt;
    }
    asked_ = Asked::nobody;
    return answer_;
}

/// The workers are asked anew for every question: an answer to an older one would not know what came since.
void TapUnderTest::serve() {
    const std::lock_guard guard(lock_);
    if (asked_ == Asked::wanted) {
        if (tap_) {
            tap_->windows().ask_pictures();
        }
        asked_ = Asked::of_workers;
    }
    if (asked_ == Asked::of_workers) {
        if (const auto books = draw()) {
            answer_ = *books;
            asked_ = Asked::answered;
            changed_.notify_all();
        }
    }
}

std::optional<TapBooks> TapUnderTest::draw() {
    TapBooks books = glance();
    books.windows_closed = windows_closed_;
    if (tap_) {
        const std::vector<WorkerPicture> pictures = tap_->windows().pictures();
        if (pictures.empty()) {
            return std::nullopt;
        }
        for (const WorkerPicture& picture : pictures) {
            const Ledger& ledger = picture.ledger;
            const std::uint64_t lost = ledger.drops[static_cast<std::size_t>(Drop::query_ring_full)];
            books.taken += at(ledger.in, Stage::frame);
            books.queries += at(ledger.out, Stage::query) + lost;
            books.queries_lost += lost;
        }
    } else {
        for (const auto& counter : counters_) {
            books.taken += counter->frames();
        }
    }
    const TapPicture picture = tap_ ? tap_->picture() : floor_->picture();
    for (const PortPicture& port : picture.ports) {
        books.lost += port.missed + port.errors + port.no_mbuf;
    }
    for (const LcorePicture& lcore : picture.lcores) {
        books.lost += lcore.ring_full;
    }
    return books;
}

}  // namespace echotap
