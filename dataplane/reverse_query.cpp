// SPDX-License-Identifier: Apache-2.0
#include "dataplane/reverse_query.hpp"

namespace echotap {

Drop ReverseSelector::find_view(const IpAddress& authority, std::uint16_t& view) const {
    const Prefix* longest = nullptr;
    for (const Prefix& prefix : authorities_) {
        if (prefix.contains(authority) && (longest == nullptr || prefix.length() > longest->length())) {
            longest = &prefix;
        }
    }
    if (longest == nullptr) {
        return Drop::authority_other;
    }
    view = static_cast<std::uint16_t>(longest - authorities_.data());
    return Drop::none;
}

}  // namespace echotap
