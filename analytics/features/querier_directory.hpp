// SPDX-License-Identifier: Apache-2.0
// Who the queriers of a window are: their addresses come from the window, what they are called and where they stand is
// filled in by others (names, countries, networks), a column each.
//
// Every querier has a *place*: the IPv4 ones come first, then the IPv6 ones, each ascending. The places are those of
// the window's own columns of queriers, so whoever fills a column walks sorted addresses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analytics/names/name_category.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/huge_buffer.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

/// In a column of names: not known, or not yet.
inline constexpr std::uint8_t name_unknown = 255;

/// Filled by one thread, or by several at different places; read by any number afterwards.
class QuerierDirectory {
public:
    using Place = std::uint32_t;

    /// All queriers of the window, nothing known of any. The window may go afterwards.
    ///
    /// A window whose table of queriers was thinned, or had no memory for some, still has others in the lists of its
    /// originators; these get a place as well.
    explicit QuerierDirectory(const ClosedWindow& window);

    std::size_t size() const { return v4_.size() + v6_.size(); }
    /// Addresses by place, ascending; the places of IPv6 ones begin at v4().size().
    std::span<const std::uint32_t> v4() const { return v4_; }
    std::span<const IpAddress> v6() const { return v6_; }
    IpAddress address(Place place) const;

    /// The place of an IPv4 querier (v4_number()); size() where the window has no such one.
    Place place_of_v4(std::uint32_t number) const {
        for (std::uint64_t slot = slot_of(number);; slot = (slot + 1) & slot_mask_) {
            const Slot& found = slots_.at<Slot>(slot);
            if (found.place_after == 0) {
                return static_cast<Place>(size());
            }
            if (found.number == number) {
                return found.place_after - 1;
            }
        }
    }
    /// The same for many, of any order: places[i] is that of numbers[i]. Each touches a line at random in a table that
    /// is larger than the cache, so lines are fetched some ahead.
    void places_of_v4(std::span<const std::uint32_t> numbers, std::span<Place> places) const;
    /// The place of an IPv6 querier by its index in ClosedWindow::queriers.v6.
    Place place_of_v6(std::uint32_t index) const { return static_cast<Place>(v4_.size() + index); }

    /// Whether the window's table counts the querier, and whether it has sent minimised queries.
    bool is_counted(Place place) const { return (asked_[place] & counted) != 0; }
    bool has_asked_full(Place place) const { return (asked_[place] & asked_full) != 0; }
    bool has_minimised(Place place) const { return (asked_[place] & asked_minimised) != 0; }

    /// Octets of memory in all columns.
    std::size_t octets() const;

    // What is known, by place. Columns of nothing but unknowns mean that there was no source.

    std::vector<std::uint8_t> names;        // NameCategory, or name_unknown
    std::vector<std::uint16_t> countries;   // two letters of ISO 3166-1, the first one in the higher octet; or 0
    std::vector<std::uint32_t> as_numbers;  // or 0: AS 0 is nobody's (RFC 7607)

private:
    static constexpr std::uint8_t counted = 1;
    static constexpr std::uint8_t asked_full = 2;
    static constexpr std::uint8_t asked_minimised = 4;

    /// A hash table: searched in the sorted column, dense networks would take eight steps or more.
    struct Slot {
        std::uint32_t number;
        Place place_after;  // the place, and one; 0: the slot is free
    };
    std::uint64_t slot_of(std::uint32_t number) const { return table_hash(key_, number) & slot_mask_; }

    void index_v4();
    void add_uncounted(const ClosedWindow& window);

    std::vector<std::uint32_t> v4_;
    std::vector<IpAddress> v6_;
    std::vector<std::uint8_t> asked_;
    HashKey key_ = HashKey::random();
    HugeBuffer slots_;
    std::uint64_t slot_mask_ = 0;
};

}  // namespace echotap
