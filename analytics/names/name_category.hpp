// SPDX-License-Identifier: Apache-2.0
// The categories of querier names, in the order and the words of Fukuda and Heidemann, "Detecting Malicious Activity
// with DNS Backscatter" (IMC 2015), section 3.3; and what takes the place of a name that is not there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace echotap {

/// The order is a rule: within one component of a name the first category wins.
enum class NameCategory : std::uint8_t {
    home,
    mail,
    ns,
    fw,
    antispam,
    www,
    ntp,
    cdn,
    aws,
    ms,
    google,
    other_unclassified,
    unreach,
    nxdomain,
};

inline constexpr std::size_t name_category_count = 14;

/// As the paper prints them, by NameCategory.
inline constexpr std::array<std::string_view, name_category_count> name_category_texts{
    "home", "mail", "ns", "fw",     "antispam",           "www",     "ntp",
    "cdn",  "aws",  "ms", "google", "other-unclassified", "unreach", "nxdomain"};

constexpr std::string_view text_of(NameCategory category) {
    return name_category_texts[static_cast<std::size_t>(category)];
}

/// home to ntp: decided by a keyword in a component.
constexpr bool has_keywords(NameCategory category) {
    return category <= NameCategory::ntp;
}

/// cdn to google: decided by the end of the name or the querier's address, after all keywords.
constexpr bool is_provider(NameCategory category) {
    return category >= NameCategory::cdn && category <= NameCategory::google;
}

/// What stands in a snapshot of names where there is no name, and what it means (reading A11): NXDOMAIN that no name
/// exists, UNREACH that its authority cannot be reached. Upper case only, since a name that a host gave itself is no
/// such word; nothing for any other text.
constexpr std::optional<NameCategory> nameless_category(std::string_view text) {
    if (text == "NXDOMAIN") {
        return NameCategory::nxdomain;
    }
    return text == "UNREACH" ? std::optional(NameCategory::unreach) : std::nullopt;
}

}  // namespace echotap
