// SPDX-License-Identifier: Apache-2.0
// The end of a name under which anyone may register: a name goes in, where the end begins in which no keyword counts
// comes out. Why there is such an end: docs/name_categories.md, reading A6; its words are those of publicsuffix.org.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace echotap {

class PublicSuffixes {
public:
    /// No words: only the last component of a name is public.
    PublicSuffixes() = default;

    /// `second`: single components that are public below a last component of two letters. `others`: whole ends of two
    /// or more components. All in lower case.
    PublicSuffixes(const std::vector<std::string>& second, const std::vector<std::string>& others);

    /// Where the public end of `name` begins: the first octet of its first component. `name` has lower-case letters and
    /// no dot after its last component. The longest end wins; the last component is always part of it.
    std::size_t begin_in(std::string_view name) const;

    /// Whether one of `others` is `suffix` or a name below it.
    bool has_below(std::string_view suffix) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using Words = std::unordered_set<std::string, Hash, std::equal_to<>>;

    /// The last two octets of a name: most names end as none of `others` does and need no look-up.
    static std::size_t last_two(std::string_view name);

    Words second_;
    Words others_;
    std::size_t components_max_ = 0;  // of others_
    std::bitset<1U << 16U> ends_;     // last_two() of others_
};

}  // namespace echotap
