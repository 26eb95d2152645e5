// SPDX-License-Identifier: Apache-2.0
#include "tools/analysed_input.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "analytics/resolver/own_addresses.hpp"
#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/closing_window.hpp"
#include "dataplane/state/window_file.hpp"
#include "tools/capture_sources.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

/// By its first octets, so that nobody has to say which is which. What cannot be read is left to those who read it.
bool is_window_file(const std::string& path) {
    constexpr std::string_view magic = "ECHOTAPW";
    std::error_code none;
    if (!std::filesystem::is_regular_file(path, none)) {
        return false;
    }
    std::array<char, magic.size()> begin{};
    std::ifstream file(path, std::ios::binary);
    return file.read(begin.data(), begin.size()) && std::string_view(begin.data(), begin.size()) == magic;
}

AnalysisConfig config_of(const InputOptions& options) {
    const auto& key = options.windows.sample_key;
    return {.names = options.names,
            .rules_path = options.rules_path,
            .geo = options.geo,
            .ranking = {.min_queriers_v4 = options.min_queriers,
                        .min_queriers_v6 = options.min_queriers_v6,
                        .top = options.top,
                        .sample_key = {key[0], key[1]}}};
}

/// Windows that wait for names while later ones are read; beyond, the oldest have no second revision.
constexpr std::size_t kept_octets_max = std::size_t{256} << 20U;

/// What the line is told, and that it is to leave out what we ask ourselves.
LineConfig line_of(const InputOptions& options) {
    LineConfig line = options.line;
    const std::vector<IpAddress> own = leave_out_own_questions(line, options.names.resolver);
    if (!own.empty() && !options.quiet) {
        std::string text;
        for (const IpAddress& address : own) {
            text.append(text.empty() ? "" : ", ").append(address.to_string());
        }
        say(fmt::format("echotap: not counted, since names are asked for from there: {}\n", text));
    }
    return line;
}

}  // namespace

InputPaths sort_paths(const std::vector<std::string>& paths) {
    InputPaths sorted;
    std::vector<std::string> captures;
    for (const std::string& path : paths) {
        (is_window_file(path) ? sorted.windows : captures).push_back(path);
    }
    if (!captures.empty()) {
        sorted.captures = list_captures(captures);
    }
    return sorted;
}

AnalysedInput::AnalysedInput(const InputOptions& options, OnRows on_rows, Admit admit)
    : options_(options),
      on_rows_(std::move(on_rows)),
      admit_(std::move(admit)),
      progress_(!options.quiet),
      analysis_(config_of(options)),
      kept_(kept_octets_max) {
    if (!options.names.resolver.servers.empty()) {
        early_.emplace(*analysis_.sources().names(), config_of(options).ranking);
    }
    say_what_is_missing();
}

int AnalysedInput::run(InputPaths paths, const std::vector<SourceDigest>& sources) {
    for (const std::string& path : paths.windows) {
        take(read_window(path));
    }
    const int code = paths.captures.named.empty() ? exit_good : read_captures(std::move(paths.captures), sources);
    finish();
    return code;
}

int AnalysedInput::read_captures(CapturePaths paths, const std::vector<SourceDigest>& sources) {
    Ledger ledger;
    CaptureSet captures(std::move(paths), ledger, LineTeam::burst_size_for(options_.workers));
    const auto& key = options_.windows.sample_key;
    WindowTeam team(line_of(options_), options_.windows, options_.workers, [&](ClosingWindow&& closing) {
        note_captures(closing.header, sources, captures.is_incomplete());
        take(put_together(std::move(closing), {key[0], key[1]}));
    });
    std::uint64_t frames = 0;
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        team.feed(burst);
        look_ahead(team);
        frames += burst.size();
        progress_.update(captures.progress(), frames);
    }
    progress_.clear();
    team.finish(ledger);
    for (const std::string& message : captures.messages()) {
        say(fmt::format("echotap: {}\n", message));
    }
    return captures.is_incomplete() ? exit_incomplete : exit_good;
}

void AnalysedInput::take(ClosedWindow window) {
    if (admit_) {
        auto admitted = admit_(std::move(window));
        if (!admitted) {
            return;
        }
        window = std::move(*admitted);
    }
    for (const std::string& fault : analysis_.reload_if_changed()) {
        progress_.clear();
        say(fmt::format("echotap: {}; what was read before stays in use\n", fault));
    }
    AnalysedWindow analysed = analysis_.analyse(std::move(window), wait());
    progress_.clear();
    on_rows_(analysed);
    revise();
    no_server_ = analysed.names_to_come.no_server;
    if (early_) {
        early_->forget();
    }
    kept_.keep(std::move(analysed));
}

void AnalysedInput::look_ahead(WindowTeam& team) {
    const Clock::time_point begin = Clock::now();
    if (!early_ || begin < next_look_) {
        return;
    }
    team.for_each_snapshot([this](const WindowKey&, const ClosedWindow& window) { early_->look(window); });
    const Clock::time_point end = Clock::now();
    next_look_ = end + std::max<Clock::duration>(std::chrono::seconds(1), 19 * (end - begin));
}

void AnalysedInput::finish() {
    revise();
    progress_.clear();
    if (options_.quiet) {
        return;
    }
    if (no_server_ > 0) {
        say(
            fmt::format("echotap: no server does its work ({}): none answers, or may be asked from\n"
                        "here, or reaches the name servers of arpa\n",
                        servers_text(options_.names.resolver)));
    } else if (kept_.size() + kept_.let_go() > 0 && !options_.names.resolver.servers.empty()) {
        say(fmt::format("echotap: windows without some of their names: {}; wait longer (--wait){}\n",
                        grouped(kept_.size() + kept_.let_go()),
                        options_.names.cache.path.empty() ? "" : " or run again later"));
    }
    if (const NameSources* const names = analysis_.sources().names(); names && !names->cache_fault().empty()) {
        say(fmt::format("echotap: {}; later answers are kept in memory only\n", names->cache_fault()));
    }
    if (const NameSources* const names = analysis_.sources().names(); names && names->snapshots().stale() > 0) {
        say(fmt::format(
            "echotap: a snapshot of names changed while it was read: {} look-ups found nothing in it; run again\n",
            grouped(names->snapshots().stale())));
    }
}

NameWait AnalysedInput::wait() {
    const Clock::time_point deadline = Clock::now() + options_.wait;
    return {deadline, [this, deadline](std::size_t unanswered) {
                const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - Clock::now());
                progress_.show(fmt::format("names to come: {}; at most {} s", grouped(unanswered), left.count()));
                return true;
            }};
}

void AnalysedInput::revise() {
    kept_.revise(analysis_, {}, [this](const AnalysedWindow& revised) {
        progress_.clear();
        on_rows_(revised);
        return true;
    });
}

void AnalysedInput::say_what_is_missing() const {
    const auto say_missing = [&](bool is_there, const char* option, const char* what) {
        if (!is_there && !options_.quiet) {
            say(fmt::format("echotap: no {}: {} are not known\n", option, what));
        }
    };
    say_missing(analysis_.sources().has_names(), "--names", "the shares of name categories");
    say_missing(analysis_.sources().has_countries(), "--country", "unique_countries and queriers_per_country");
    say_missing(analysis_.sources().has_as_numbers(), "--as", "unique_ases and queriers_per_as");
}

}  // namespace echotap
