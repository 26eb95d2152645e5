// SPDX-License-Identifier: Apache-2.0
#include "tools/store_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "tools/grouped.hpp"
#include "tools/text_wrap.hpp"
#include "tools/verdict_report.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

/// What a store calls an originator; where somebody else wrote into it, that may be no address.
std::string shown_text(const std::string& stored, const Pseudonyms& pseudonyms) {
    const auto originator = Prefix::parse(stored);
    return originator ? pseudonyms.of(*originator).short_text() : pseudonyms.has_key() ? "?" : stored;
}

/// As length_text() has it of windows.
std::string stored_length(const StoredWindow& window) {
    return length_text(window.length) + (window.families == "all" ? "" : ":" + window.families);
}

/// The originators of the rows stand above them where there are pseudonyms for them.
std::string rows_text(const std::vector<StoredVerdict>& rows, const Pseudonyms* pseudonyms) {
    std::string text = fmt::format("{:<19} {:<6} {:<12} {:>5} {:>10} {:>9} {:>4} {:>5}\n", "window", "length", "class",
                                   "prob", "footprint", "queries", "ctry", "ASes");
    for (const StoredVerdict& row : rows) {
        if (pseudonyms != nullptr) {
            text += fmt::format("{}\n", shown_text(row.text, *pseudonyms));
        }
        // Of what is unknown it is still said what it is least unlike, in brackets.
        const std::string answer = row.answer == "unknown" ? fmt::format("({:.10})", row.likeliest) : row.answer;
        text +=
            fmt::format("{:<19} {:<6} {:<12.12} {:>4}{} {:>9}{} {:>9} {:>4} {:>5}{}\n", time_text(row.window.start),
                        stored_length(row.window), answer, hundredths(row.probability), row.is_provisional ? "?" : " ",
                        count_text(row.footprint), row.is_sampled ? "~" : " ", grouped(row.queries),
                        count_text(row.countries), count_text(row.networks), row.window.complete == "no" ? " !" : "");
    }
    return text;
}

}  // namespace

std::string notices_text(const std::vector<std::string>& notices) {
    std::string text;
    for (const std::string& notice : notices) {
        text += wrapped(notice, 0, 0) + "\n";
    }
    return notices.empty() ? "" : text + "\n";
}

std::string show_text(const Prefix& originator, const std::vector<StoredVerdict>& history,
                      const std::vector<StoredVerdict>& neighbours, const Pseudonyms& pseudonyms) {
    const Prefix shown = pseudonyms.of(originator);
    std::string text;
    if (history.empty()) {
        text = fmt::format("{}: in no window\n", shown.short_text());
    } else {
        const std::string usual = usual_class(history);
        const auto as_usual = std::ranges::count(history, usual, &StoredVerdict::answer);
        text = fmt::format("{}: {}, in {} of {} windows\n\n{}", shown.short_text(), usual, as_usual, history.size(),
                           rows_text(history, nullptr));
    }
    if (!neighbours.empty()) {
        const IpAddress& address = originator.address();
        const Prefix around(address, std::min(originator.length(), address.is_v4() ? 120U : 48U));
        text += fmt::format("\nothers in {}, the last row of each\n\n{}", pseudonyms.of(around).to_string(),
                            rows_text(neighbours, &pseudonyms));
    }
    return text +
           "\n(class) unknown, and the class that it is least unlike\n? provisional  ~ sampled  "
           "! the window is not complete\n";
}

std::string mixes_text(const std::vector<StoredMix>& mixes) {
    std::string text =
        fmt::format("{:<19} {:<6} {:>11}  {}\n", "window", "length", "originators", "classes (+ came, - went)");
    for (const StoredMix& mix : mixes) {
        std::uint64_t all = 0;
        std::string classes;
        for (const StoredClass& one : mix.classes) {
            all += one.n;
            fmt::format_to(std::back_inserter(classes), "{}{} {}{}", classes.empty() ? "" : ", ", one.name,
                           grouped(one.n),
                           mix.has_changes ? fmt::format(" (+{}/-{})", grouped(one.added), grouped(one.gone)) : "");
        }
        const std::string head =
            fmt::format("{:<19} {:<6} {:>11}  ", time_text(mix.window.start), stored_length(mix.window), grouped(all));
        text += fmt::format("{}{}\n", head, wrapped(classes, head.size(), head.size()));
        std::string remarks;
        for (const auto& [applies, remark] :
             {std::pair(!mix.window.view.empty(), "authority " + mix.window.view),
              std::pair(!mix.window.site.empty(), "site " + mix.window.site),
              std::pair(mix.window.is_running, std::string("not ended")),
              std::pair(mix.window.complete == "no", std::string("not complete")),
              std::pair(mix.window.revision > 1, fmt::format("revision {}", mix.window.revision))}) {
            if (applies) {
                remarks.append(remarks.empty() ? "" : ", ").append(remark);
            }
        }
        text += remarks.empty() ? "" : fmt::format("  {}\n", wrapped(remarks, 2, 2));
    }
    return mixes.empty() ? "no window is stored\n" : text;
}

}  // namespace echotap
