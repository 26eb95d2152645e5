// SPDX-License-Identifier: Apache-2.0
// Live ports to rows: a line per worker between the ports and the thread that takes the rows.
//
//     LiveTap<Line, ReverseQuery> tap(port_config, line_config);
//     tap.run(Stop(std::chrono::seconds(5)), [](const ReverseQuery& query) { print(query); });
//     print(tap.ledger());
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "config/line_config.hpp"
#include "config/port_config.hpp"
#include "dataplane/dpdk/tap.hpp"
#include "dataplane/spsc_ring.hpp"

namespace echotap {

/// `Line` is made from a LineConfig and has feed(Burst, sink), finish(sink) and ledger(). What it finds and `Row` can
/// be made from goes to the main thread through a bounded ring per worker; everything else that it finds is left to its
/// ledger. Rows of one worker keep their order; rows of several come as they come.
template <class Line, class Row>
class LiveTap {
public:
    /// Starts DPDK and the ports. Throws std::runtime_error with what is wrong and what to do. One per process, ever.
    LiveTap(const PortConfig& ports, const LineConfig& line) : tap_(ports) {
        for (unsigned worker = 0; worker < ports.workers; ++worker) {
            takers_.push_back(std::make_unique<Taker>(line, ports.rows_waiting));
        }
    }

    /// Runs until `stop()` is true, which the calling thread asks about every half millisecond, and hands it every row
    /// by `on_row(const Row&)`. Everything received until then is worked off. Once.
    template <std::predicate<> StopNow, std::invocable<const Row&> OnRow>
    void run(StopNow&& stop, OnRow&& on_row) {
        std::vector<BurstTaker*> takers;
        for (const auto& taker : takers_) {
            takers.push_back(taker.get());
        }
        tap_.run(takers, std::ref(stop), [this, &on_row] { return take_rows(on_row); });
        ledger_ = tap_.ledger();
        for (const auto& taker : takers_) {
            ledger_ += taker->ledger();
        }
    }

    /// Ports, workers and rows together, after run(): held is 0 at every stage.
    const Ledger& ledger() const { return ledger_; }

    /// How the tap is set up, a line each; see Tap::report().
    std::vector<std::string> report() const { return tap_.report(); }

private:
    class Taker final : public BurstTaker {
    public:
        Taker(const LineConfig& config, std::size_t rows) : line_(config), rows_(rows) {}

        void feed(Burst burst) override { line_.feed(burst, sink()); }
        void finish() override { line_.finish(sink()); }

        SpscRing<Row>& rows() { return rows_; }

        Ledger ledger() const {
            Ledger all = output_;
            all += line_.ledger();
            return all;
        }

    private:
        auto sink() {
            return [this](const auto& found) {
                if constexpr (std::is_constructible_v<Row, decltype(found)>) {
                    output_.enter(Stage::output);
                    if (rows_.push(Row(found))) {
                        output_.pass(Stage::output);
                    } else {
                        output_.drop(Drop::output_ring_full);
                    }
                }
            };
        }

        Line line_;
        SpscRing<Row> rows_;
        Ledger output_;
    };

    template <class OnRow>
    std::size_t take_rows(OnRow& on_row) {
        std::size_t taken = 0;
        for (const auto& taker : takers_) {
            std::array<Row, 64> rows;
            const std::size_t count = taker->rows().pop(rows);
            for (std::size_t i = 0; i < count; ++i) {
                on_row(rows[i]);
            }
            taken += count;
        }
        return taken;
    }

    Tap tap_;
    std::vector<std::unique_ptr<Taker>> takers_;
    Ledger ledger_;
};

}  // namespace echotap
