// SPDX-License-Identifier: Apache-2.0
#include "config/nearest_word.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace echotap {

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string nearest_word(std::string_view word, std::span<const std::string> known) {
    std::size_t nearest = std::max<std::size_t>(word.size() > 3 ? 2 : 1, word.size() / 3) + 1;
    std::string found;
    for (const std::string& one : known) {
        if (const std::size_t distance = edit_distance(word, one); distance < nearest) {
            nearest = distance;
            found = one;
        }
    }
    return found;
}

}  // namespace echotap
