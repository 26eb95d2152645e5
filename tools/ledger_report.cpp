// SPDX-License-Identifier: Apache-2.0
#include "tools/ledger_report.hpp"

#include <fmt/format.h>

#include <vector>

#include "tools/grouped.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

constexpr std::size_t meaning_column = 15;

std::vector<Drop> drops_of(const Ledger& ledger, Stage stage) {
    std::vector<Drop> drops;
    for (std::size_t i = 1; i < drop_count; ++i) {
        if (drop_table[i].stage == stage && ledger.drops[i] > 0) {
            drops.push_back(static_cast<Drop>(i));
        }
    }
    return drops;
}

}  // namespace

std::string ledger_text(const Ledger& ledger) {
    std::string text =
        fmt::format("{:<9}{:<10}{:>16}{:>16}{:>15}{:>13}\n", "stage", "unit", "in", "out", "dropped", "held");
    for (std::size_t i = 0; i < stage_count; ++i) {
        const auto stage = static_cast<Stage>(i);
        if (ledger.in[i] == 0 && ledger.dropped(stage) == 0) {
            continue;
        }
        text += fmt::format("{:<9}{:<10}{:>16}{:>16}{:>15}{:>13}\n", stage_table[i].name, stage_table[i].unit,
                            grouped(ledger.in[i]), grouped(ledger.out[i]), grouped(ledger.dropped(stage)),
                            grouped(ledger.held(stage)));
        for (const Drop drop : drops_of(ledger, stage)) {
            const std::uint64_t count = ledger.drops[static_cast<std::size_t>(drop)];
            text += fmt::format(
                "{:>13}  {}\n", grouped(count),
                wrapped(fmt::format("{}: {}", info(drop).name, info(drop).meaning), meaning_column, meaning_column));
        }
    }
    const std::uint64_t queries = ledger.out[static_cast<std::size_t>(Stage::query)];
    text += fmt::format("{} reverse queries, {} minimised queries\n", grouped(queries - ledger.minimised),
                        grouped(ledger.minimised));
    return text;
}

std::string ledger_json(const Ledger& ledger) {
    std::string text = "{\"stages\":[";
    for (std::size_t i = 0; i < stage_count; ++i) {
        const auto stage = static_cast<Stage>(i);
        text += fmt::format(R"({}{{"stage":"{}","unit":"{}","in":{},"out":{},"held":{},"drops":{{)", i > 0 ? "," : "",
                            stage_table[i].name, stage_table[i].unit, ledger.in[i], ledger.out[i], ledger.held(stage));
        const char* separator = "";
        for (const Drop drop : drops_of(ledger, stage)) {
            text +=
                fmt::format(R"({}"{}":{})", separator, info(drop).name, ledger.drops[static_cast<std::size_t>(drop)]);
            separator = ",";
        }
        text += "}}";
    }
    const std::uint64_t queries = ledger.out[static_cast<std::size_t>(Stage::query)];
    text += fmt::format("],\"reverse\":{},\"minimised\":{}}}\n", queries - ledger.minimised, ledger.minimised);
    return text;
}

}  // namespace echotap
