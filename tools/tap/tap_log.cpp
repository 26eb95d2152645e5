// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/tap_log.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include "tools/say.hpp"

namespace echotap {

namespace {

struct Level {
    LogLevel level;
    std::string_view word;
    std::string_view journal;  // RFC 5424 section 6.2.1
};

constexpr std::array<Level, 4> levels{{{LogLevel::error, "error", "<3>"},
                                       {LogLevel::warning, "warning", "<4>"},
                                       {LogLevel::notice, "notice", "<5>"},
                                       {LogLevel::debug, "debug", "<7>"}}};

}  // namespace

void TapLog::say(LogLevel level, std::string_view text) const {
    if (level > this->level()) {
        return;
    }
    const std::string_view mark = levels[static_cast<std::size_t>(level)].journal;
    std::string lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        lines.append(is_journal_ ? mark : std::string_view("echotap: ")).append(line).append("\n");
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    echotap::say(lines);
}

bool TapLog::goes_to_journal() {
    return std::getenv("JOURNAL_STREAM") != nullptr;
}

std::string_view word_of(LogLevel level) {
    return levels[static_cast<std::size_t>(level)].word;
}

std::optional<LogLevel> log_level_of(std::string_view word) {
    for (const Level& one : levels) {
        if (one.word == word) {
            return one.level;
        }
    }
    return std::nullopt;
}

}  // namespace echotap
