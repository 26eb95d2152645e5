// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/top.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "config/config_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/tap/control_socket.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

/// The sum over all samples whose name begins with `prefix`: a family, or a part of it by its first labels.
double sum_of(const MetricSamples& samples, std::string_view prefix) {
    double sum = 0;
    for (auto one = samples.lower_bound(prefix); one != samples.end() && one->first.starts_with(prefix); ++one) {
        sum += one->second;
    }
    return sum;
}

std::string rate_text(const TopPicture& picture, std::string_view prefix) {
    const double rate =
        picture.seconds > 0 ? (sum_of(picture.now, prefix) - sum_of(picture.before, prefix)) / picture.seconds : 0;
    return grouped(static_cast<std::int64_t>(rate + 0.5));
}

std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find('\t', begin), line.size());
        fields.emplace_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return fields;
}

struct Load {
    double seconds = 0;
    double busy = 0;

    double percent() const { return 100 * busy / seconds; }
};

/// In the order of their numbers.
std::vector<Load> loads_of(const TopPicture& picture) {
    std::vector<Load> loads;
    for (unsigned worker = 0;; ++worker) {
        const std::string seconds = fmt::format("echotap_worker_seconds_total{{worker=\"{}\"}}", worker);
        if (!picture.now.contains(seconds)) {
            return loads;
        }
        const auto passed = [&](const std::string& sample) {
            return sum_of(picture.now, sample) - sum_of(picture.before, sample);
        };
        const Load load{.seconds = passed(seconds),
                        .busy = passed(fmt::format("echotap_worker_busy_seconds_total{{worker=\"{}\"}}", worker))};
        if (load.seconds > 0) {
            loads.push_back(load);
        }
    }
}

/// Of as many workers as `columns` have room for; of the rest, how many and their share together.
std::string load_text(const TopPicture& picture, std::size_t columns) {
    const std::vector<Load> loads = loads_of(picture);
    for (std::size_t shown = loads.size(); shown > 0; --shown) {
        std::string text;
        for (std::size_t i = 0; i < shown; ++i) {
            text.append(fmt::format("{:.0f} ", loads[i].percent()));
        }
        text.append("%");
        if (shown < loads.size()) {
            Load rest;
            for (std::size_t i = shown; i < loads.size(); ++i) {
                rest.seconds += loads[i].seconds;
                rest.busy += loads[i].busy;
            }
            text.append(fmt::format(", and {} more: {:.0f} %", loads.size() - shown, rest.percent()));
        }
        if (text.size() <= columns) {
            return text;
        }
    }
    return "-";
}

std::size_t terminal_lines() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 8 ? size.ws_row : std::size_t{24};
}

}  // namespace

MetricSamples parse_samples(std::string_view metrics) {
    MetricSamples samples;
    while (!metrics.empty()) {
        const std::string_view line = metrics.substr(0, metrics.find('\n'));
        metrics.remove_prefix(std::min(line.size() + 1, metrics.size()));
        const std::size_t space = line.rfind(' ');
        double value = 0;
        if (!line.starts_with('#') && space != std::string_view::npos &&
            std::from_chars(line.data() + space + 1, line.data() + line.size(), value).ec == std::errc{}) {
            samples.insert_or_assign(std::string(line.substr(0, space)), value);
        }
    }
    return samples;
}

std::string picture_text(const TopPicture& picture, std::size_t lines) {
    std::string text;
    const auto add = [&](const std::string& line) {
        text.append(line.substr(0, terminal_columns)).append("\n");
        lines -= lines == 0 ? 0 : 1;
    };
    add(fmt::format("echotap {:<40}", picture.name));
    add(fmt::format("frames/s   {:>14}   lost/s {:>10}   lost in all {:>12}",
                    rate_text(picture, "echotap_port_frames_total{"),
                    rate_text(picture, "echotap_dropped_total{stage=\"source\""),
                    grouped(static_cast<std::int64_t>(sum_of(picture.now, "echotap_dropped_total{stage=\"source\"")))));
    std::string queries =
        fmt::format("queries/s  {:>14}   workers busy ", rate_text(picture, "echotap_queries_total{"));
    const std::size_t room = terminal_columns - std::min(terminal_columns, queries.size());
    add(queries.append(load_text(picture, room)));
    add(fmt::format("open       {:>14} originators, {} queriers",
                    grouped(static_cast<std::int64_t>(sum_of(picture.now, "echotap_open_originators"))),
                    grouped(static_cast<std::int64_t>(sum_of(picture.now, "echotap_open_queriers")))));
    const double limit = sum_of(picture.now, "echotap_memory_limit_bytes{part=\"windows\"}");
    add(fmt::format("memory     {:>13.0f}% of what windows may take; windows that wait: {}",
                    limit > 0 ? 100 * sum_of(picture.now, "echotap_memory_bytes{part=\"windows\"}") / limit : 0.0,
                    sum_of(picture.now, "echotap_windows_waiting")));
    add("");
    const std::string_view all = picture.top;
    const std::string_view title = all.substr(0, all.find('\n'));
    std::string_view rows = all.substr(std::min(title.size() + 1, all.size()));
    add(title.empty() ? "No window has become rows yet: `echotap ctl snapshot` looks at the running one."
                      : std::string(title));
    if (rows.empty()) {
        return text;
    }
    add(fmt::format("{:<40} {:>9} {:>10}  {}", "originator", "queriers", "queries", "class"));
    while (!rows.empty() && lines > 1) {
        const std::string_view row = rows.substr(0, rows.find('\n'));
        rows.remove_prefix(std::min(row.size() + 1, rows.size()));
        if (const std::vector<std::string> fields = fields_of(row); fields.size() >= 6) {
            add(fmt::format("{:<40} {:>9} {:>10}  {} {}{}", fields[0], fields[1], fields[2], fields[3], fields[4],
                            fields[5].empty() ? "" : " ?"));
        }
    }
    return text;
}

int run_top(const TopOptions& options) {
    std::string socket = options.socket_path;
    if (socket.empty()) {
        const ConfigOverrides overrides{.environment = ConfigOverrides::variables(), .words = {}};
        socket = load_tap_config(options.path, overrides).config.control.path;
    }
    const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
    TopPicture picture{.name = socket, .before = {}, .now = {}, .seconds = 0, .top = {}};
    picture.before = parse_samples(ask_tap(socket, "stats").text);
    auto asked = std::chrono::steady_clock::now();
    for (std::uint64_t drawn = 0; options.pictures == 0 || drawn < options.pictures; ++drawn) {
        std::this_thread::sleep_for(std::chrono::duration<double>(options.interval));
        picture.now = parse_samples(ask_tap(socket, "stats").text);
        const auto now = std::chrono::steady_clock::now();
        picture.seconds = std::chrono::duration<double>(now - asked).count();
        asked = now;
        picture.top = ask_tap(socket, "top").text;
        // Home, draw over, clear what is left of an older picture: nothing flickers.
        const std::string text = picture_text(picture, terminal_lines());
        fmt::print("{}{}{}", is_terminal ? "\x1b[H\x1b[2J" : "", text, is_terminal ? "" : "\n");
        std::fflush(stdout);
        picture.before = std::move(picture.now);
    }
    return exit_good;
}

}  // namespace echotap
