// SPDX-License-Identifier: Apache-2.0
// A ledger in files: a ledger goes in, varints come out, and back.
//
// Drops are written by name, since reasons get new numbers when one is added between them; those of 0 are left out, so
// that each ledger has one form.
#pragma once

#include "dataplane/drop.hpp"
#include "dataplane/state/varint.hpp"

namespace echotap {

void write_ledger(VarintWriter& to, const Ledger& ledger);

/// Throws VarintError where the octets are no ledger in its one form, or have a reason that this version lacks.
Ledger read_ledger(VarintReader& from);

}  // namespace echotap
