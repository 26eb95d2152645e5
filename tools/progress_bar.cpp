// SPDX-License-Identifier: Apache-2.0
#include "tools/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "tools/say.hpp"

namespace echotap {

namespace {

constexpr std::chrono::milliseconds interval{200};
constexpr std::size_t bar_width = 24;

std::string scaled(double value, const char* unit) {
    constexpr const char* prefixes[] = {"", "k", "M", "G", "T"};
    std::size_t i = 0;
    while (value >= 999.5 && i + 1 < std::size(prefixes)) {
        value /= 1000;
        ++i;
    }
    return fmt::format("{:.{}f} {}{}", value, value < 9.95 && i > 0 ? 1 : 0, prefixes[i], unit);
}

}  // namespace

ProgressBar::ProgressBar(bool enabled, const char* unit, unsigned calls_per_look)
    : enabled_(enabled && isatty(STDERR_FILENO) == 1), unit_(unit), calls_per_look_(calls_per_look) {
}

ProgressBar::~ProgressBar() {
    clear();
}

void ProgressBar::update(const ReadProgress& read, std::uint64_t count) {
    if (!enabled_ || ++calls_ % calls_per_look_ != 0 || !is_due()) {
        return;
    }
    const double seconds = std::chrono::duration<double>(last_ - start_).count();
    std::string line;
    if (read.octets_total.value_or(0) > 0) {
        const double share =
            std::min(1.0, static_cast<double>(read.octets_read) / static_cast<double>(*read.octets_total));
        const auto filled = static_cast<std::size_t>(share * bar_width);
        const auto left = static_cast<unsigned>(share > 0 ? seconds / share * (1 - share) + 0.5 : 0);
        line = fmt::format("[{}{}] {:3.0f} %  {}:{:02} left  ", std::string(filled, '#'),
                           std::string(bar_width - filled, ' '), share * 100, left / 60, left % 60);
    }
    line += fmt::format("{}  {}/s", scaled(static_cast<double>(read.octets_read), "B"),
                        scaled(static_cast<double>(count) / seconds, unit_));
    draw(line);
}

void ProgressBar::show(const std::string& text) {
    if (enabled_ && is_due()) {
        draw(text);
    }
}

bool ProgressBar::is_due() {
    const Clock::time_point now = Clock::now();
    if (now - last_ < interval) {
        return false;
    }
    last_ = now;
    return true;
}

void ProgressBar::draw(const std::string& line) {
    shown_ = true;
    say(fmt::format("\r{:<79}", line));
}

void ProgressBar::clear() {
    if (shown_) {
        say(fmt::format("\r{:<79}\r", ""));
        shown_ = false;
    }
}

}  // namespace echotap
