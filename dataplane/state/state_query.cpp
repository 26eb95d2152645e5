// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/state_query.hpp"

#include <bit>

namespace echotap {

IpAddress mark_prefix(const Prefix& prefix) {
    std::array<std::uint8_t, 16> octets = prefix.address().octets();
    octets[prefix.length() / 8] |= static_cast<std::uint8_t>(0x80U >> (prefix.length() % 8));
    return IpAddress::from_v6(octets.data());
}

Prefix unmark_prefix(const IpAddress& marked) {
    unsigned last = 15;
    while (last != 0 && marked.octets()[last] == 0) {
        --last;
    }
    const auto trailing = static_cast<unsigned>(std::countr_zero(unsigned{marked.octets()[last]} | 0x100U));
    return {marked, last * 8 + 7 - std::min(trailing, 7U)};
}

void StateQuery::assign(const HashKey& table_key, const MinimisedQuery& query, Timestamp time_to_count) {
    time = time_to_count;
    originator = mark_prefix(query.prefix);
    querier = query.querier;
    place = 0;
    view = query.view;
    kind = OriginatorKind::prefix;
    originator_hash = table_hash(table_key, originator);
    querier_is_v4 = query.querier.is_v4();
    querier_hash =
        querier_is_v4 ? table_hash(table_key, v4_number(query.querier)) : table_hash(table_key, query.querier);
}

}  // namespace echotap
