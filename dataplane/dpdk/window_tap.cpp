// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/window_tap.hpp"

#include <chrono>
#include <utility>

namespace echotap {

namespace {

class Taker final : public BurstTaker {
public:
    explicit Taker(LiveWorker& worker) : worker_(worker) {}

    void feed(Burst burst) override { worker_.feed(burst); }
    void idle(Timestamp clock) override { worker_.idle(clock); }
    void finish() override { worker_.finish(); }
    void end() override { worker_.end(); }

private:
    LiveWorker& worker_;
};

}  // namespace

WindowTap::WindowTap(const std::string& name, const PortConfig& ports, const LineConfig& line,
                     const WindowConfig& windows, LiveWindows::OnClosing on_closing, LiveCheckpoints* checkpoints)
    : windows_(name, line, windows, ports.workers, {.queries_waiting = ports.queries_waiting}, std::move(on_closing),
               checkpoints == nullptr ? HashKey::random() : checkpoints->table_key()) {
    // The ports receive as soon as they are started, so all that takes time comes before.
    for (unsigned i = 0; i < windows_.workers(); ++i) {
        windows_.worker(i).warm_up();
    }
    if (checkpoints != nullptr) {
        checkpoints->resume(windows_);
    }
    tap_.emplace(ports);
}

void WindowTap::run(const std::function<bool()>& stop) {
    std::vector<std::unique_ptr<Taker>> owners;
    std::vector<BurstTaker*> takers;
    for (unsigned i = 0; i < windows_.workers(); ++i) {
        takers.push_back(owners.emplace_back(std::make_unique<Taker>(windows_.worker(i))).get());
    }
    constexpr std::chrono::milliseconds loss_interval{100};
    auto asked = std::chrono::steady_clock::now();
    TapLoss loss{.ledger = tap_->losses(), .is_known = tap_->is_loss_known()};
    tap_->run(takers, stop, [&] {
        if (const auto now = std::chrono::steady_clock::now(); now - asked >= loss_interval) {
            asked = now;
            loss.ledger = tap_->losses();
        }
        return windows_.poll(loss);
    });
    loss.ledger = tap_->ledger();
    windows_.finish(loss);
    ledger_ = tap_->ledger();
    ledger_ += windows_.ledger();
}

}  // namespace echotap
