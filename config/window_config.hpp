// SPDX-License-Identifier: Apache-2.0
// What windows of originator state may be told: their lengths, where they begin, what counts as a repeat, how much
// memory they may take. Every default is what `echotap window` needs for captures.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace echotap {

enum class OriginatorFamilies : std::uint8_t { all, v4, v6 };

/// As reports and stores call them.
inline constexpr std::array<std::string_view, 3> family_names{"all", "v4", "v6"};

/// One series of windows that follow each other without a gap. Several run side by side.
struct WindowLength {
    static constexpr std::chrono::minutes length_min{1};
    static constexpr std::chrono::weeks length_max{5};

    /// 0: `whole`, one window from the first frame to the last.
    std::chrono::seconds length{0};
    /// Whose originators (and prefixes) the windows hold. IPv6 ones are rarer and may need longer windows.
    OriginatorFamilies families = OriginatorFamilies::all;

    bool is_whole() const { return length == std::chrono::seconds(0); }
    bool operator==(const WindowLength&) const = default;

    /// From `whole` or a duration in whole seconds, each followed by `:v4` or `:v6` where it is for one family only:
    /// `1d`, `7d:v6`. Nothing where the text is neither, or outside of length_min to length_max.
    static std::optional<WindowLength> parse(std::string_view text);
};

struct WindowConfig {
    std::vector<WindowLength> lengths{WindowLength{}};
    /// A time at which windows begin; others begin whole lengths before and after it.
    std::chrono::sys_seconds anchor{};
    /// How long after its end, by the source's clock, a window still takes queries. Later ones are counted as late.
    std::chrono::nanoseconds grace = std::chrono::seconds(30);
    /// A question counts again only so long after it last counted (RepeatFilter); 0: every one counts; at most 10
    /// minutes.
    std::chrono::nanoseconds repeat_interval = std::chrono::seconds(30);
    /// k: the distinct queriers of an originator that are kept; more of them are sampled. At most 2^24.
    std::uint32_t sample_size = 65'536;
    /// Which queriers a sample keeps. Sites whose windows are merged have it in common and keep it to themselves.
    std::array<std::uint64_t, 2> sample_key{};
    /// One in so many frames reached us (an sFlow-like tap); recorded with the window, nothing is multiplied by it.
    std::uint32_t sampling_rate = 1;
    /// Octets for filter, reassembly, open and closing windows together.
    std::size_t memory_budget = std::size_t{1} << 30U;
};

/// A duration such as `90s`, `10m`, `36h`, `7d` or `2w`, a whole number and one unit; nothing for other text and for
/// more than 100 years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Octets such as `4096`, `64K`, `512M` or `2G` (powers of 1024); nothing for other text and for 2^50 or more.
std::optional<std::size_t> parse_octets(std::string_view text);

/// A time as seconds since 1970 or as `2014-04-29`, `2014-04-29T12:00` or `2014-04-29T12:00:00`, in UTC.
std::optional<std::chrono::sys_seconds> parse_time(std::string_view text);

/// 32 hexadecimal digits.
std::optional<std::array<std::uint64_t, 2>> parse_sample_key(std::string_view text);

}  // namespace echotap
