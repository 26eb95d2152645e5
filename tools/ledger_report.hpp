// SPDX-License-Identifier: Apache-2.0
// The ledger for people (stderr, at most 80 columns) and for programs (JSON).
#pragma once

#include <string>

#include "dataplane/drop.hpp"

namespace echotap {

/// A row per stage that saw anything, and below it a row per reason with its meaning. Ends with a line feed.
std::string ledger_text(const Ledger& ledger);

/// {"stages":[{"stage","unit","in","out","held","drops":{name: count}}...],"reverse":n,"minimised":n} and a line feed.
/// Every stage is listed; reasons whose count is 0 are not.
std::string ledger_json(const Ledger& ledger);

}  // namespace echotap
