// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/public_suffixes.hpp"

#include <algorithm>

namespace echotap {

namespace {

/// The first octet of the component that ends in front of `end`.
std::size_t component_begin(std::string_view name, std::size_t end) {
    while (end > 0 && name[end - 1] != '.') {
        --end;
    }
    return end;
}

bool is_letter(char octet) {
    return octet >= 'a' && octet <= 'z';
}

}  // namespace

PublicSuffixes::PublicSuffixes(const std::vector<std::string>& second, const std::vector<std::string>& others)
    : second_(second.begin(), second.end()), others_(others.begin(), others.end()) {
    for (const std::string& suffix : others) {
        const auto dots = static_cast<std::size_t>(std::count(suffix.begin(), suffix.end(), '.'));
        components_max_ = std::max(components_max_, dots + 1);
        ends_.set(last_two(suffix));
    }
}

std::size_t PublicSuffixes::last_two(std::string_view name) {
    return name.size() < 2 ? 0
                           : static_cast<std::size_t>(static_cast<unsigned char>(name[name.size() - 2])) << 8U |
                                 static_cast<unsigned char>(name[name.size() - 1]);
}

std::size_t PublicSuffixes::begin_in(std::string_view name) const {
    std::size_t begin = component_begin(name, name.size());
    if (begin == 0) {
        return 0;
    }
    const std::size_t last = begin;
    if (name.size() - last == 2 && is_letter(name[last]) && is_letter(name[last + 1])) {
        const std::size_t before = component_begin(name, last - 1);
        if (second_.contains(name.substr(before, last - 1 - before))) {
            begin = before;
        }
    }
    if (ends_[last_two(name)]) {
        std::size_t at = last;
        for (std::size_t components = 2; components <= components_max_ && at > 0; ++components) {
            at = component_begin(name, at - 1);
            if (others_.contains(name.substr(at))) {
                begin = std::min(begin, at);
            }
        }
    }
    return begin;
}

bool PublicSuffixes::has_below(std::string_view suffix) const {
    return std::any_of(others_.begin(), others_.end(), [&](std::string_view other) {
        return other.ends_with(suffix) &&
               (other.size() == suffix.size() || other[other.size() - suffix.size() - 1] == '.');
    });
}

}  // namespace echotap
