// SPDX-License-Identifier: Apache-2.0
// Names of any octets against the reference. The first octet says how many octets of an address follow: bit 0 an IPv4
// one, bit 1 an IPv6 one. The rest are names between line feeds, all with that address: scanned together and one by
// one, they must get the reference's category, and where a keyword decides, its component and its keyword.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "analytics/names/name_matcher.hpp"
#include "tests/reference/name_category_reference.hpp"

namespace {

using namespace echotap;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// The longest name that the reference, which tries everything, is asked about.
constexpr std::size_t name_size_max = 300;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    static const NameRuleFile file = read_name_rule_file("");
    static const auto matcher = std::make_shared<const NameMatcher>(name_rules_of(file));
    static const reference::NameReference reference(file);
    static NameScanner scanner(matcher);
    if (size == 0) {
        return 0;
    }
    const std::size_t address_size = (octets[0] & 1U) != 0 ? 4 : (octets[0] & 2U) != 0 ? 16 : 0;
    if (size < 1 + address_size) {
        return 0;
    }
    std::optional<IpAddress> address;
    if (address_size > 0) {
        address = address_size == 4 ? IpAddress::from_v4(octets + 1) : IpAddress::from_v6(octets + 1);
    }
    std::vector<std::vector<char>> texts(1);
    std::for_each(octets + 1 + address_size, octets + size, [&](std::uint8_t octet) {
        if (octet == '\n') {
            texts.emplace_back();
        } else if (texts.back().size() < name_size_max) {
            texts.back().push_back(static_cast<char>(octet));
        }
    });
    std::vector<NameToMatch> names;
    for (std::vector<char>& text : texts) {
        text.shrink_to_fit();
        names.push_back({{text.data(), text.size()}, address});
    }
    std::vector<NameVerdict> verdicts(names.size());
    scanner.scan(names, verdicts);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const reference::NameAnswer answer = reference.category(names[i].name, address);
        require(verdicts[i].category == answer.category);
        require(verdicts[i] == scanner.scan(names[i]));
        require((verdicts[i].reason == NameReason::keyword) == answer.component.has_value());
        if (answer.component) {
            require(verdicts[i].component == *answer.component);
            require(matcher->rule_text(verdicts[i]) == "keyword " + answer.rule);
        }
    }
    return 0;
}
