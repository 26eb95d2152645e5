// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/reloads.hpp"

#include <utility>

#include "tools/tap/signals_blocked.hpp"

namespace echotap {

Reloads::Reloads(std::function<ControlAnswer()> reload) : reload_(std::move(reload)) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
}

Reloads::~Reloads() {
    finish(std::chrono::milliseconds(0));
    thread_.join();
}

void Reloads::ask() {
    {
        const std::lock_guard guard(lock_);
        ++asked_;
    }
    wake_.notify_all();
}

ControlAnswer Reloads::outcome() {
    std::unique_lock guard(lock_);
    if (waiting_ == waiting_max) {
        return {.is_good = false,
                .text = "a reload is being done, and others wait for it; its outcome is in the log\n"};
    }
    const std::uint64_t mine = ++asked_;
    ++waiting_;
    wake_.notify_all();
    changed_.wait(guard, [&] { return served_ >= mine || is_ending_; });
    --waiting_;
    return served_ >= mine ? last_ : ControlAnswer{.is_good = false, .text = "the tap ends, and reloads nothing\n"};
}

bool Reloads::finish(std::chrono::milliseconds patience) {
    std::unique_lock guard(lock_);
    is_ending_ = true;
    wake_.notify_all();
    changed_.notify_all();
    return changed_.wait_for(guard, patience, [&] { return begun_ == served_; });
}

void Reloads::run() {
    std::unique_lock guard(lock_);
    for (;;) {
        wake_.wait(guard, [&] { return asked_ != begun_ || is_ending_; });
        if (is_ending_) {
            return;
        }
        // One reload serves all who asked before it began.
        begun_ = asked_;
        guard.unlock();
        ControlAnswer answer = reload_();
        guard.lock();
        last_ = std::move(answer);
        served_ = begun_;
        changed_.notify_all();
    }
}

}  // namespace echotap
