// SPDX-License-Identifier: Apache-2.0
// One line on a terminal that says how far a long read has come: octets, rate, time left.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "dataplane/capture/octet_source.hpp"

namespace echotap {

class ProgressBar {
public:
    /// Shows nothing unless `enabled` and standard error is a terminal. `unit` is what update() counts; one in so many
    /// calls looks at the clock.
    explicit ProgressBar(bool enabled, const char* unit = " frames", unsigned calls_per_look = 64);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Cheap enough for every burst: looks at the clock only now and then and draws at most five times a second.
    /// Shows no share where the total is not known (standard input).
    void update(const ReadProgress& read, std::uint64_t count);

    /// Shows other text of up to 79 octets in the place of the bar, as often.
    void show(const std::string& text);

    /// Takes the line off the terminal, so that what is printed next stands alone.
    void clear();

private:
    bool is_due();
    void draw(const std::string& line);

    using Clock = std::chrono::steady_clock;
    bool shown_ = false;
    bool enabled_;
    const char* unit_;
    unsigned calls_per_look_;
    unsigned calls_ = 0;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

}  // namespace echotap
