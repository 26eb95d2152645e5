// SPDX-License-Identifier: Apache-2.0
// No signal comes to threads that are made while this lives: signals of a tap are for its main thread. But for one, by
// which every thread is told to give up its capabilities (privileges.hpp).
#pragma once

#include <csignal>

namespace echotap {

/// Nobody else uses it: the C library has the first two, and libraries that want one take the next or the last.
inline int give_up_signal() {
    return SIGRTMIN + 3;
}

class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all{};
        sigfillset(&all);
        sigdelset(&all, give_up_signal());
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace echotap
