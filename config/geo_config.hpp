// SPDX-License-Identifier: Apache-2.0
// Which files say in which country and network (AS) an address is, and where in their records they say it.
#pragma once

#include <string>
#include <vector>

namespace echotap {

struct GeoConfig {
    /// MaxMind DB files (.mmdb) with countries and with AS numbers; both may be the same file. Empty: not known.
    std::string country_path;
    std::string as_path;

    /// Where a record has them: keys from its outermost map inwards, with dots between; the first one that holds a
    /// value of the right form decides. These are the fields of, in this order: GeoIP2, GeoLite2 and DB-IP (where the
    /// address is, else where it is registered), IPLocate and IPinfo, older IPinfo.
    std::vector<std::string> country_fields{"country.iso_code", "registered_country.iso_code", "country_code",
                                            "country"};
    /// GeoLite2-ASN, GeoIP2-ISP and DB-IP; GeoIP2-Enterprise; IPinfo and IPLocate.
    std::vector<std::string> as_fields{"autonomous_system_number", "traits.autonomous_system_number", "asn"};
};

}  // namespace echotap
