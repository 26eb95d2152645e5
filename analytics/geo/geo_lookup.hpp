// SPDX-License-Identifier: Apache-2.0
// In which country and which network (AS) an address is, by MaxMind DB files. The only home of libmaxminddb.
//
// Addresses go in, one by one or as a sorted column; numbers come out. A country is its two letters as a number, an AS
// is its number, and 0 is "not known" for both (AS 0 is nobody's: RFC 7607). A file is copied, checked whole and opened
// once, and every value that its tree leads to is read then: a look-up afterwards is a walk down the tree and cannot
// fail.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "config/geo_config.hpp"
#include "config/ip_address.hpp"

namespace echotap {

/// The two letters of ISO 3166-1 alpha-2, the first one in the higher octet; text of another form is 0.
std::uint16_t country_of_text(std::string_view text);
/// The letters back; empty for 0.
std::string text_of_country(std::uint16_t country);

/// What one file says by one of its fields. Immutable: any number of threads may ask at once.
class GeoFile {
public:
    enum class Content { country, as_number };

    /// Throws std::runtime_error that names the file, what is wrong and what to do, where the file is missing, too
    /// large (4 GiB), no .mmdb, damaged anywhere, or has none of `fields` in any record.
    GeoFile(const std::string& path, Content content, std::span<const std::string> fields);
    GeoFile(GeoFile&&) noexcept;
    GeoFile& operator=(GeoFile&&) noexcept;
    ~GeoFile();

    /// 0 where the file does not know; an IPv6 address in a file of IPv4 addresses is not known.
    std::uint32_t find(const IpAddress& address) const;

    /// Fills `values` (as many as addresses; the same order) and returns how many are not known. Parallel by oneTBB on
    /// long columns. Any order is right; ascending ones are fast, since neighbours in a network are looked up once.
    /// IPv4 addresses may be numbers (their octets as a big-endian integer).
    std::size_t find(std::span<const std::uint32_t> v4, std::span<std::uint32_t> values) const;
    std::size_t find(std::span<const IpAddress> addresses, std::span<std::uint32_t> values) const;
    std::size_t find(std::span<const std::uint32_t> v4, std::span<std::uint16_t> values) const;
    std::size_t find(std::span<const IpAddress> addresses, std::span<std::uint16_t> values) const;

    /// What the file says of itself, for reports: its type, and when it was built (seconds since 1970).
    const std::string& database_type() const;
    std::uint64_t build_epoch() const;
    const std::string& path() const;

    /// Whether the file at path() is still the one that was read: device, inode, size and time of change.
    bool is_current() const;

private:
    class Library;
    std::unique_ptr<const Library> library_;
};

/// The files that a configuration names. Immutable, as GeoFile is.
class GeoLookup {
public:
    /// Throws what GeoFile throws.
    explicit GeoLookup(const GeoConfig& config);

    /// Nothing where no file was configured.
    const GeoFile* countries() const { return country_.empty() ? nullptr : &country_.front(); }
    const GeoFile* as_numbers() const { return as_.empty() ? nullptr : &as_.front(); }

    bool is_current() const;

private:
    std::vector<GeoFile> country_;  // none or one
    std::vector<GeoFile> as_;
};

/// The look-up of a program that goes on while the files are replaced. All calls from any thread.
class GeoSource {
public:
    /// Throws what GeoFile throws.
    explicit GeoSource(GeoConfig config);

    /// The files as last read, to be held for as long as one answer must come from the same files: for a window.
    std::shared_ptr<const GeoLookup> current() const;

    /// Looks whether files have changed (two system calls) and reads them anew. Returns whether it did. Throws what
    /// GeoFile throws where a new file is missing or broken; the old ones then stay in use, and the next call tries
    /// again.
    bool reload_if_changed();

private:
    const GeoConfig config_;
    std::mutex reloading_;
    mutable std::mutex swapping_;
    std::shared_ptr<const GeoLookup> current_;
};

}  // namespace echotap
