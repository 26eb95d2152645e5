// SPDX-License-Identifier: Apache-2.0
// A misspelt word and the words that would do go in; the one that was probably meant comes out.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace echotap {

/// The number of single-letter changes (one more, one fewer, another) between two words: what a typing error is
/// measured by.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The known word that is nearest, or nothing where none is within two changes (one, in a word of up to three letters,
/// which two would make another word), or a third of the word's letters where that is more. The first of equals.
std::string nearest_word(std::string_view word, std::span<const std::string> known);

}  // namespace echotap
