// SPDX-License-Identifier: Apache-2.0
// One worker's share of an open window: queries that fall into it go in, counted or not; its part comes out.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/state/window_header.hpp"

namespace echotap {

/// Which window: its series, its view, its number in the grid of the series.
struct WindowKey {
    std::uint16_t length = 0;  // index into WindowConfig::lengths
    std::uint16_t view = 0;    // index into LineConfig::authorities; 0 where none are configured
    std::int64_t number = 0;   // WindowGrid::number_of()

    friend auto operator<=>(const WindowKey&, const WindowKey&) = default;
};

/// Not thread-safe.
class OpenWindow {
public:
    OpenWindow(const WindowKey& key, const PartConfig& config, BlockPool& pool) : key_(key), part_(config, pool) {}

    const WindowKey& key() const { return key_; }
    const WindowPart& part() const { return part_; }
    WindowPart& part() { return part_; }
    /// All but `parts`, which the part counts itself, and `queue_drops`.
    const WindowCounts& counts() const { return counts_; }
    WindowCounts& counts() { return counts_; }
    std::size_t originator_count() const {
        return part_.originator_count(OriginatorKind::v4) + part_.originator_count(OriginatorKind::v6) +
               part_.originator_count(OriginatorKind::prefix);
    }
    /// Where memory is short: as many originators as the window should not pass. It does until some are evicted.
    std::size_t originators_max() const { return originators_max_; }
    void limit_originators(std::size_t count) { originators_max_ = count; }

    /// Lines a query up for the next apply(), at most WindowPart::batch_max of them.
    void push(const StateQuery& query) {
        part_.prefetch(query);
        batch_[batch_size_++] = query;
    }
    bool has_batch() const { return batch_size_ != 0; }
    void apply() {
        part_.add(std::span(batch_).first(batch_size_));
        batch_size_ = 0;
    }

private:
    WindowKey key_;
    WindowPart part_;
    WindowCounts counts_;
    std::size_t originators_max_ = SIZE_MAX;
    std::size_t batch_size_ = 0;
    std::array<StateQuery, WindowPart::batch_max> batch_;
};

}  // namespace echotap
