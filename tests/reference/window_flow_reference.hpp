// SPDX-License-Identifier: Apache-2.0
// Windows of a stream of queries straight from the definitions (requirements 1.3, 1.4, 1.6): frames with one query
// each go in, the numbers of every window come out. Maps and sets, nothing bounded, no batches, no workers.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "config/window_config.hpp"
#include "dataplane/state/open_window.hpp"
#include "tests/reference/repeat_filter_reference.hpp"
#include "tests/reference/window_part_reference.hpp"

namespace echotap {

/// A frame, and the query in it where there is one.
struct AskedReference {
    Timestamp time;
    Timestamp clock;
    bool is_query = true;
    OriginatorKind kind = OriginatorKind::v4;
    IpAddress asked;  // the originator, or the marked prefix
    IpAddress querier;
    std::uint16_t view = 0;
};

struct WindowReference {
    WindowPartReference part;
    std::uint64_t reverse = 0;
    std::uint64_t minimised = 0;
    std::uint64_t repeats = 0;
    std::uint64_t late = 0;
};

class WindowFlowReference {
public:
    explicit WindowFlowReference(const WindowConfig& config) : config_(config), filter_(config.repeat_interval) {}

    std::map<WindowKey, WindowReference> windows;
    std::map<std::pair<std::uint16_t, std::int64_t>, std::uint64_t> frames;  // by length and number

    void run(const std::vector<AskedReference>& stream) {
        std::vector<std::vector<AskedReference>> decided(stream.size() + 1);  // by the frame that decides
        for (std::size_t i = 0; i < stream.size(); ++i) {
            for (std::uint16_t length = 0; length < config_.lengths.size(); ++length) {
                ++frames[{length, number(length, stream[i].clock)}];
            }
            if (stream[i].is_query && !is_near(stream[i].time, stream[i].clock)) {
                decided[std::min(i + 100, stream.size())].push_back(stream[i]);
            }
        }
        for (std::size_t i = 0; i <= stream.size(); ++i) {
            const Timestamp clock = stream[std::min(i, stream.size() - 1)].clock;
            for (AskedReference query : decided[i]) {
                query.time = is_near(query.time, clock) ? query.time : clock;
                query.clock = clock;
                add(query);
            }
            if (i < stream.size() && stream[i].is_query && is_near(stream[i].time, stream[i].clock)) {
                add(stream[i]);
            }
        }
    }

private:
    static std::int64_t seconds(Timestamp time) {
        return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    }
    static bool is_near(Timestamp one, Timestamp other) {
        const auto apart = std::chrono::duration<long double>(one.time_since_epoch()) -
                           std::chrono::duration<long double>(other.time_since_epoch());
        return apart <= std::chrono::hours(1) && apart >= -std::chrono::hours(1);
    }
    std::int64_t number(std::size_t length, Timestamp time) const {
        const auto size = static_cast<double>(config_.lengths[length].length.count());
        const auto offset = static_cast<double>(seconds(time) - config_.anchor.time_since_epoch().count());
        return size == 0 ? 0 : static_cast<std::int64_t>(std::floor(offset / size));
    }

    void add(const AskedReference& query) {
        const bool counts = filter_.counts({query.querier, query.kind, query.asked, query.view}, query.time);
        for (std::uint16_t i = 0; i < config_.lengths.size(); ++i) {
            const WindowLength& length = config_.lengths[i];
            if ((length.families == OriginatorFamilies::v4 && !query.asked.is_v4()) ||
                (length.families == OriginatorFamilies::v6 && query.asked.is_v4())) {
                continue;
            }
            const std::int64_t own = number(i, query.time);
            const Timestamp end{config_.anchor.time_since_epoch() + length.length * (own + 1)};
            const bool late = !length.is_whole() && query.clock >= end + config_.grace;
            WindowReference& window = windows[{i, query.view, late ? number(i, query.clock) : own}];
            ++(query.kind == OriginatorKind::prefix ? window.minimised : window.reverse);
            if (late) {
                ++window.late;
            } else if (!counts) {
                ++window.repeats;
            } else {
                StateQuery counted{.time = query.time, .originator = query.asked, .querier = query.querier};
                counted.kind = query.kind;
                window.part.add(counted);
            }
        }
    }

    WindowConfig config_;
    RepeatFilterReference<std::tuple<IpAddress, OriginatorKind, IpAddress, std::uint16_t>> filter_;
};

}  // namespace echotap
