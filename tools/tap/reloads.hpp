// SPDX-License-Identifier: Apache-2.0
// Who reads settings anew: wishes for a reload go in, from a signal or a command; one after the other is done, by a
// thread of its own, and its outcome comes out.
//
// To read names of millions of addresses takes minutes. Neither whoever looks after the threads and tells the service
// manager that all is well can wait for that, nor a tap that ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "tools/tap/control_socket.hpp"

namespace echotap {

/// Any thread may call ask() and outcome(); the rest is for one.
class Reloads {
public:
    /// Half of the connections that the control socket serves: those who wait, or have hung up meanwhile, must leave
    /// some for others.
    static constexpr unsigned waiting_max = ControlSocket::connections_max / 2;

    /// `reload` reads all, and takes all of it or nothing; it must not throw.
    explicit Reloads(std::function<ControlAnswer()> reload);
    /// Waits for the one that is being done.
    ~Reloads();
    Reloads(const Reloads&) = delete;
    Reloads& operator=(const Reloads&) = delete;

    /// Soon.
    void ask();
    /// Asks, and waits for the outcome of a reload that began after that; a refusal where the tap ends first, or where
    /// `waiting_max` wait already.
    ControlAnswer outcome();
    /// None begins any more. False where one is still being done after `patience`: to read a file cannot be broken off.
    bool finish(std::chrono::milliseconds patience);

private:
    void run();

    const std::function<ControlAnswer()> reload_;
    std::mutex lock_;  // of all below it
    std::condition_variable wake_;
    std::condition_variable changed_;
    std::uint64_t asked_ = 0;   // wishes
    std::uint64_t begun_ = 0;   // of these, by reloads that have begun
    std::uint64_t served_ = 0;  // and by those that are done
    unsigned waiting_ = 0;      // for an outcome
    ControlAnswer last_;
    bool is_ending_ = false;

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace echotap
