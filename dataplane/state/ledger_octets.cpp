// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/ledger_octets.hpp"

#include <algorithm>

namespace echotap {

void write_ledger(VarintWriter& to, const Ledger& ledger) {
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        to.number(ledger.in[stage]);
        to.number(ledger.out[stage]);
    }
    to.number(ledger.minimised);
    for (const DropInfo& row : drop_table) {
        if (const std::uint64_t units = ledger.drops[static_cast<std::size_t>(row.drop)]; units != 0) {
            to.text(row.name);
            to.number(units);
        }
    }
    to.text("");
}

Ledger read_ledger(VarintReader& from) {
    Ledger ledger;
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        ledger.in[stage] = from.number();
        ledger.out[stage] = from.number();
    }
    ledger.minimised = from.number();
    std::size_t next = 0;
    for (std::string name = from.text(); !name.empty(); name = from.text()) {
        const auto row =
            std::find_if(drop_table.begin(), drop_table.end(), [&](const DropInfo& info) { return info.name == name; });
        if (row == drop_table.end()) {
            from.refuse("a reason for drops that this version does not know; a newer one reads it");
        }
        const auto index = static_cast<std::size_t>(row->drop);
        ledger.drops[index] = from.number();
        if (index < next || ledger.drops[index] == 0) {
            from.refuse("reasons for drops that are out of order");
        }
        next = index + 1;
    }
    return ledger;
}

}  // namespace echotap
