// SPDX-License-Identifier: Apache-2.0
// What a tap says while it runs: a line on standard error for each, with its importance, as far as it is wanted. Under
// systemd the importance goes to the journal (sd-daemon(3)). No address of an originator or querier goes in.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "config/tap_config.hpp"

namespace echotap {

/// Any thread.
class TapLog {
public:
    /// `is_journal`: standard error is read by systemd's journal.
    explicit TapLog(LogLevel level, bool is_journal = goes_to_journal()) : level_(level), is_journal_(is_journal) {}

    void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
    LogLevel level() const { return level_.load(std::memory_order_relaxed); }

    void error(std::string_view text) const { say(LogLevel::error, text); }
    void warning(std::string_view text) const { say(LogLevel::warning, text); }
    void notice(std::string_view text) const { say(LogLevel::notice, text); }
    void debug(std::string_view text) const { say(LogLevel::debug, text); }
    void say(LogLevel level, std::string_view text) const;

    static bool goes_to_journal();

private:
    std::atomic<LogLevel> level_;
    bool is_journal_;
};

/// `error`, `warning`, `notice` or `debug`, and back.
std::string_view word_of(LogLevel level);
std::optional<LogLevel> log_level_of(std::string_view word);

}  // namespace echotap
