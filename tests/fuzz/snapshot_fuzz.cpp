// SPDX-License-Identifier: Apache-2.0
// Snapshots of names, differential to the reference: both must take the same files and say the same of every address,
// also of the same rows sorted, when they stay on the disk.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "analytics/resolver/name_snapshot.hpp"
#include "tests/reference/snapshot_reference.hpp"

namespace {

using echotap::IpAddress;
using echotap::NameSnapshot;
using echotap::NameState;
using echotap::QuerierName;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// A file that is gone with its descriptor.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view text) : number_(memfd_create("fuzz", MFD_CLOEXEC)) {
        require(number_ >= 0 && write(number_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { close(number_); }
    std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }

private:
    int number_;
};

void check(const NameSnapshot& snapshot, const std::map<IpAddress, QuerierName>& rows) {
    for (const auto& [address, name] : rows) {
        require(snapshot.find(address) == name);
        std::array<std::uint8_t, 16> octets = address.octets();
        octets[15] ^= 1;
        const IpAddress neighbour = IpAddress::from_v6(octets.data());
        const auto other = rows.find(neighbour);
        require(snapshot.find(neighbour) == (other == rows.end() ? QuerierName{} : other->second));
    }
    require(snapshot.stale() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    // Compressed input is the business of other fuzzers; a file that begins as one of these does is left alone.
    if (size > 0 && (octets[0] == 0x1f || octets[0] == 0x28 || octets[0] == 0xfd || octets[0] == 0x04 ||
                     (octets[0] >= 0x50 && octets[0] <= 0x5f))) {
        return 0;
    }
    const std::string text(reinterpret_cast<const char*>(octets), size);
    const auto expected = echotap::test::read_snapshot(text);
    const MemoryFile file(text);
    std::unique_ptr<NameSnapshot> snapshot;
    try {
        snapshot = std::make_unique<NameSnapshot>(file.path(), std::size_t{1} << 30U);
    } catch (const std::runtime_error& error) {
        require(!expected && std::string(error.what()).starts_with(file.path() + ":"));
        return 0;
    }
    require(expected.has_value());
    check(*snapshot, *expected);

    // The last dot goes, so one is added. Behind a backslash it would be another dot: such names are left out here.
    std::map<IpAddress, QuerierName> rows = *expected;
    std::erase_if(rows, [](const auto& row) { return row.second.name.find('\\') != std::string::npos; });
    std::string sorted;
    for (const auto& [address, name] : rows) {
        sorted += address.to_string() + "\t";
        sorted += name.state == NameState::name       ? name.name + "."
                  : name.state == NameState::nxdomain ? "NXDOMAIN"
                                                      : "UNREACH";
        sorted += "\n";
    }
    const MemoryFile sorted_file(sorted);
    const NameSnapshot on_disk(sorted_file.path(), 0);
    require(!on_disk.is_loaded());
    check(on_disk, rows);
    return 0;
}
