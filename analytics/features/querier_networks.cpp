// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/querier_networks.hpp"

#include <tsl/robin_map.h>

#include <algorithm>
#include <array>

namespace echotap {

QuerierNetworks::QuerierNetworks(const QuerierDirectory& directory, const QuerierReach& reach)
    : queriers(directory.size() + 1), queriers_of_as(1), queriers_of_country(1) {
    tsl::robin_map<std::uint32_t, std::uint32_t> as_numbers;
    std::array<std::uint16_t, 65'536> countries{};
    for (QuerierDirectory::Place place = 0; place < directory.size(); ++place) {
        NumberedQuerier& querier = queriers[place];
        querier.name = std::min<std::uint8_t>(directory.names[place], name_category_count);
        querier.asked = static_cast<std::uint8_t>((directory.is_counted(place) ? NumberedQuerier::counted : 0) |
                                                  (directory.has_minimised(place) ? NumberedQuerier::minimised : 0) |
                                                  (reach.is_shared(place) ? NumberedQuerier::shared : 0));
        if (!directory.has_asked_full(place) && !reach.is_anywhere(place)) {
            continue;
        }
        ++total;
        if (const std::uint32_t as_number = directory.as_numbers[place]; as_number != 0) {
            const auto next = static_cast<std::uint32_t>(queriers_of_as.size());
            const auto [found, is_new] = as_numbers.try_emplace(as_number, next);
            if (is_new) {
                queriers_of_as.push_back(0);
            }
            querier.as = found->second;
        }
        if (const std::uint16_t country = directory.countries[place]; country != 0) {
            if (countries[country] == 0) {
                countries[country] = static_cast<std::uint16_t>(queriers_of_country.size());
                queriers_of_country.push_back(0);
            }
            querier.country = countries[country];
        }
        ++queriers_of_as[querier.as];
        ++queriers_of_country[querier.country];
    }
}

}  // namespace echotap
