// SPDX-License-Identifier: Apache-2.0
#include "analytics/geo/geo_lookup.hpp"

#include <fmt/format.h>
#include <maxminddb.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_reduce.h>
#include <tsl/robin_map.h>

#include <charconv>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "analytics/geo/mmdb_check.hpp"
#include "analytics/geo/sealed_copy.hpp"

namespace echotap {

namespace {

/// Its offsets have 32 bits, so no file can use more.
constexpr std::uint64_t file_size_max = std::uint64_t{1} << 32U;

/// A file that the library has opened.
class OpenedFile {
public:
    /// Throws std::runtime_error where the library refuses; `name` is the file's for people.
    OpenedFile(const std::string& path, const std::string& name) {
        const int error = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database_);
        if (error != MMDB_SUCCESS) {
            throw std::runtime_error(
                fmt::format("{} is refused by libmaxminddb: {}; fetch or make it again", name, MMDB_strerror(error)));
        }
    }
    OpenedFile(const OpenedFile&) = delete;
    OpenedFile& operator=(const OpenedFile&) = delete;
    ~OpenedFile() { MMDB_close(&database_); }

    const MMDB_s* get() const { return &database_; }

private:
    MMDB_s database_{};
};

/// Addresses that one task looks up: some 10 to 100 microseconds, and one network in so many is looked up twice.
constexpr std::size_t grain = 4096;

struct FieldPath {
    explicit FieldPath(std::string_view dotted) {
        for (std::size_t begin = 0; begin <= dotted.size();) {
            const std::size_t end = std::min(dotted.find('.', begin), dotted.size());
            keys.emplace_back(dotted.substr(begin, end - begin));
            begin = end + 1;
        }
    }

    /// As MMDB_aget_value() wants it. Valid while this lives unmoved.
    std::vector<const char*> pointers() const {
        std::vector<const char*> pointers;
        for (const std::string& key : keys) {
            pointers.push_back(key.c_str());
        }
        pointers.push_back(nullptr);
        return pointers;
    }

    std::vector<std::string> keys;
};

/// `AS64500` or `64500`; 0 for other text.
std::uint32_t as_of_text(std::string_view text) {
    if (text.starts_with("AS") || text.starts_with("as")) {
        text.remove_prefix(2);
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::uint32_t value_of(const MMDB_entry_data_s& field, GeoFile::Content content) {
    if (field.type == MMDB_DATA_TYPE_UTF8_STRING) {
        const std::string_view text(field.utf8_string, field.data_size);
        return content == GeoFile::Content::country ? country_of_text(text) : as_of_text(text);
    }
    if (content == GeoFile::Content::country) {
        return 0;
    }
    switch (field.type) {
        case MMDB_DATA_TYPE_UINT16:
            return field.uint16;
        case MMDB_DATA_TYPE_UINT32:
            return field.uint32;
        case MMDB_DATA_TYPE_INT32:
            return static_cast<std::uint32_t>(std::max(field.int32, 0));
        case MMDB_DATA_TYPE_UINT64:
            return field.uint64 <= ~std::uint32_t{0} ? static_cast<std::uint32_t>(field.uint64) : 0;
        default:
            return 0;
    }
}

}  // namespace

std::uint16_t country_of_text(std::string_view text) {
    // Some files write lower case, and some have codes of their own such as A1 or T1.
    const auto upper = [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    };
    if (text.size() != 2) {
        return 0;
    }
    const char first = upper(text[0]);
    const char second = upper(text[1]);
    const bool is_code =
        first >= 'A' && first <= 'Z' && ((second >= 'A' && second <= 'Z') || (second >= '0' && second <= '9'));
    return is_code ? static_cast<std::uint16_t>(static_cast<unsigned>(first) << 8U | static_cast<unsigned>(second)) : 0;
}

std::string text_of_country(std::uint16_t country) {
    return country == 0 ? std::string{}
                        : std::string{static_cast<char>(country >> 8U), static_cast<char>(country & 255U)};
}

/// The library's view of the sealed copy, and the value of every record in it.
class GeoFile::Library {
public:
    Library(const std::string& path, Content content, std::span<const std::string> fields)
        : path_(path), copy_(path, file_size_max), outline_(checked()), opened_(copy_.path(), path) {
        if (!read_values(content, fields)) {
            std::string looked_for;
            for (const std::string& field : fields) {
                looked_for.append(looked_for.empty() ? "" : ", ").append(field);
            }
            throw std::runtime_error(fmt::format(
                "{} (of type {:?}) has no {} in any of its {} records (looked for: {}); give a file that has them, or "
                "name the field where they are",
                path_, outline_.database_type, content == Content::country ? "country" : "AS number",
                outline_.records.size(), looked_for));
        }
    }

    /// What an address leads to, and how many of its bits decided so (of 32 or 128).
    struct Found {
        std::uint32_t value = 0;
        unsigned bits = 0;
    };

    Found find_v4(std::uint32_t number) const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = __builtin_bswap32(number);
        const auto found = find(reinterpret_cast<const sockaddr*>(&address));
        // In a tree of IPv6 addresses the library counts the 96 bits before an IPv4 one.
        const unsigned before = outline_.ip_version == 6 ? 96 : 0;
        return {found.value, found.bits > before ? found.bits - before : 0};
    }

    Found find_v6(const IpAddress& address) const {
        if (outline_.ip_version == 4) {
            return {};
        }
        sockaddr_in6 socket_address{};
        socket_address.sin6_family = AF_INET6;
        std::memcpy(&socket_address.sin6_addr, address.octets().data(), 16);
        return find(reinterpret_cast<const sockaddr*>(&socket_address));
    }

    const std::string path_;
    const SealedCopy copy_;
    const MmdbOutline outline_;

private:
    MmdbOutline checked() const {
        try {
            return check_mmdb(copy_.octets());
        } catch (const MmdbFault& fault) {
            throw std::runtime_error(fmt::format("{} {}; fetch or make it again", path_, fault.what()));
        }
    }

    /// Fills values_; returns whether any is known.
    bool read_values(Content content, std::span<const std::string> fields) {
        bool is_any_known = false;
        std::vector<FieldPath> paths;
        for (const std::string& field : fields) {
            paths.emplace_back(field);
        }
        values_.reserve(outline_.records.size());
        for (const std::uint32_t offset : outline_.records) {
            std::uint32_t value = 0;
            for (std::size_t i = 0; i < paths.size() && value == 0; ++i) {
                MMDB_entry_s entry{opened_.get(), offset};
                MMDB_entry_data_s field{};
                const auto keys = paths[i].pointers();
                if (MMDB_aget_value(&entry, &field, keys.data()) == MMDB_SUCCESS && field.has_data) {
                    value = value_of(field, content);
                }
            }
            values_.emplace(offset, value);
            is_any_known |= value != 0;
        }
        return is_any_known;
    }

    Found find(const sockaddr* address) const {
        int error = MMDB_SUCCESS;
        const MMDB_lookup_result_s result = MMDB_lookup_sockaddr(opened_.get(), address, &error);
        if (error != MMDB_SUCCESS || !result.found_entry) {
            return {0, result.netmask};
        }
        const auto value = values_.find(result.entry.offset);
        return {value == values_.end() ? 0 : value->second, result.netmask};
    }

    const OpenedFile opened_;
    tsl::robin_map<std::uint32_t, std::uint32_t> values_;  // by offset in the data section
};

namespace {

/// The network that the last IPv4 address lay in, as first and last number.
struct LastV4 {
    std::uint32_t first = 1;
    std::uint32_t last = 0;
    std::uint32_t value = 0;

    template <typename Library>
    std::uint32_t find(const Library& library, std::uint32_t number) {
        if (number < first || number > last) {
            const auto found = library.find_v4(number);
            const std::uint32_t host_bits = found.bits == 0 ? ~std::uint32_t{0} : (1U << (32 - found.bits)) - 1;
            first = number & ~host_bits;
            last = number | host_bits;
            value = found.value;
        }
        return value;
    }
};

/// The same of either family; the prefix is counted over 128 bits.
struct LastNetwork {
    std::optional<Prefix> network;
    LastV4 v4;
    std::uint32_t value = 0;

    template <typename Library>
    std::uint32_t find(const Library& library, const IpAddress& address) {
        if (address.is_v4()) {
            return v4.find(library, load_be32(address.octets().data() + 12));
        }
        if (!network || !network->contains(address)) {
            const auto found = library.find_v6(address);
            network.emplace(address, found.bits);
            value = found.value;
        }
        return value;
    }
};

template <typename Last, typename Key, typename Value, typename Library>
std::size_t find_column(const Library& library, std::span<const Key> keys, std::span<Value> values) {
    if (keys.size() != values.size()) {
        throw std::invalid_argument("as many values as addresses are wanted");
    }
    return tbb::parallel_reduce(
        tbb::blocked_range<std::size_t>(0, keys.size(), grain), std::size_t{0},
        [&](const tbb::blocked_range<std::size_t>& rows, std::size_t unknown) {
            Last last;
            for (std::size_t row = rows.begin(); row != rows.end(); ++row) {
                const std::uint32_t value = last.find(library, keys[row]);
                values[row] = static_cast<Value>(value);
                unknown += value == 0 ? 1U : 0U;
            }
            return unknown;
        },
        std::plus<>());
}

}  // namespace

GeoFile::GeoFile(const std::string& path, Content content, std::span<const std::string> fields)
    : library_(std::make_unique<const Library>(path, content, fields)) {
}
GeoFile::GeoFile(GeoFile&&) noexcept = default;
GeoFile& GeoFile::operator=(GeoFile&&) noexcept = default;
GeoFile::~GeoFile() = default;

std::uint32_t GeoFile::find(const IpAddress& address) const {
    return LastNetwork{}.find(*library_, address);
}

std::size_t GeoFile::find(std::span<const std::uint32_t> v4, std::span<std::uint32_t> values) const {
    return find_column<LastV4>(*library_, v4, values);
}

std::size_t GeoFile::find(std::span<const IpAddress> addresses, std::span<std::uint32_t> values) const {
    return find_column<LastNetwork>(*library_, addresses, values);
}

std::size_t GeoFile::find(std::span<const std::uint32_t> v4, std::span<std::uint16_t> values) const {
    return find_column<LastV4>(*library_, v4, values);
}

std::size_t GeoFile::find(std::span<const IpAddress> addresses, std::span<std::uint16_t> values) const {
    return find_column<LastNetwork>(*library_, addresses, values);
}

const std::string& GeoFile::database_type() const {
    return library_->outline_.database_type;
}

std::uint64_t GeoFile::build_epoch() const {
    return library_->outline_.build_epoch;
}

const std::string& GeoFile::path() const {
    return library_->path_;
}

bool GeoFile::is_current() const {
    return FileIdentity::of(library_->path_) == library_->copy_.identity();
}

GeoLookup::GeoLookup(const GeoConfig& config) {
    if (!config.country_path.empty()) {
        country_.emplace_back(config.country_path, GeoFile::Content::country, config.country_fields);
    }
    if (!config.as_path.empty()) {
        as_.emplace_back(config.as_path, GeoFile::Content::as_number, config.as_fields);
    }
}

bool GeoLookup::is_current() const {
    return (country_.empty() || country_.front().is_current()) && (as_.empty() || as_.front().is_current());
}

GeoSource::GeoSource(GeoConfig config)
    : config_(std::move(config)), current_(std::make_shared<const GeoLookup>(config_)) {
}

std::shared_ptr<const GeoLookup> GeoSource::current() const {
    const std::lock_guard lock(swapping_);
    return current_;
}

bool GeoSource::reload_if_changed() {
    const std::lock_guard only_one(reloading_);
    if (current()->is_current()) {
        return false;
    }
    auto fresh = std::make_shared<const GeoLookup>(config_);
    const std::lock_guard lock(swapping_);
    current_.swap(fresh);
    return true;
}

}  // namespace echotap
