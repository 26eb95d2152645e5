// SPDX-License-Identifier: Apache-2.0
// What a store holds as text for people, in 80 columns. Programs ask the store itself (docs/store.md).
#pragma once

#include <string>
#include <vector>

#include "analytics/formats/pseudonyms.hpp"
#include "analytics/store/store_view.hpp"

namespace echotap {

/// What models have to say wherever their classes are shown, and an empty line; or nothing.
std::string notices_text(const std::vector<std::string>& notices);

/// The windows of an originator, what it mostly does, and the last row of each of its neighbours.
std::string show_text(const Prefix& originator, const std::vector<StoredVerdict>& history,
                      const std::vector<StoredVerdict>& neighbours, const Pseudonyms& pseudonyms);

/// A line for each window: how many originators, how many changed their class, and the largest classes with who came
/// and who went.
std::string mixes_text(const std::vector<StoredMix>& mixes);

}  // namespace echotap
