// SPDX-License-Identifier: Apache-2.0
// MaxMind DB files: what mmdb_check passes, libmaxminddb must be able to read without a fault, and a column of look-ups
// must say what single look-ups say. What it refuses must be refused with a message.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "analytics/geo/geo_lookup.hpp"
#include "analytics/geo/mmdb_check.hpp"

namespace {

using echotap::GeoFile;
using echotap::IpAddress;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Addresses that go left, right and to and fro in any tree.
const std::vector<IpAddress>& addresses() {
    static const std::vector<IpAddress> all = [] {
        std::vector<IpAddress> made;
        for (const char* text : {"0.0.0.0", "0.0.0.1", "10.0.0.1", "11.1.2.3", "11.1.2.4", "127.255.255.255",
                                 "128.0.0.0", "170.170.170.170", "255.255.255.255", "::", "::1", "2001:db8::1",
                                 "2a00:1450::1", "5555:5555::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
            made.push_back(IpAddress::parse(text).value());
        }
        std::sort(made.begin(), made.end());
        return made;
    }();
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    // Exact size on the heap: a read past the file is seen by ASan.
    const std::vector<std::uint8_t> exact(octets, octets + size);
    bool is_sound = true;
    try {
        const echotap::MmdbOutline outline = echotap::check_mmdb(exact);
        require(std::is_sorted(outline.records.begin(), outline.records.end()));
    } catch (const echotap::MmdbFault& fault) {
        require(fault.what()[0] != '\0');
        is_sound = false;
    }

    const int memory = memfd_create("fuzz", MFD_CLOEXEC);
    require(memory >= 0 && write(memory, octets, size) == static_cast<ssize_t>(size));
    const std::string path = "/proc/self/fd/" + std::to_string(memory);
    const echotap::GeoConfig config;
    for (const auto content : {GeoFile::Content::country, GeoFile::Content::as_number}) {
        const auto& fields = content == GeoFile::Content::country ? config.country_fields : config.as_fields;
        std::unique_ptr<GeoFile> file;
        try {
            file = std::make_unique<GeoFile>(path, content, fields);
        } catch (const std::runtime_error& error) {
            require(std::string(error.what()).starts_with(path));
            continue;
        }
        require(is_sound);
        std::vector<std::uint32_t> values(addresses().size());
        const std::size_t unknown = file->find(addresses(), values);
        require(unknown == static_cast<std::size_t>(std::count(values.begin(), values.end(), 0U)));
        for (std::size_t row = 0; row < values.size(); ++row) {
            require(file->find(addresses()[row]) == values[row]);
        }
    }
    close(memory);
    return 0;
}
