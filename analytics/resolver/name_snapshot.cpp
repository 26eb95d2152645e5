// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/name_snapshot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "dataplane/capture/compression.hpp"

namespace echotap {

namespace {

/// The order of `LC_ALL=C sort`: a tab behind the address is less than any octet of a longer one.
struct AddressText {
    explicit AddressText(const IpAddress& address)
        : size(static_cast<std::size_t>(address.write_text(octets.data()) - octets.data())) {}
    std::string_view view() const { return {octets.data(), size}; }

    std::array<char, IpAddress::text_size_max> octets;
    std::size_t size;
};

[[noreturn]] void refuse_line(const std::string& path, std::uint64_t number, std::string_view fault) {
    throw std::runtime_error(fmt::format(
        "{}:{}: the line {}; a line is ADDRESS<TAB>NAME, or NXDOMAIN or UNREACH for the name", path, number, fault));
}

/// The next line that is a row, and its octets; nothing at the end of the lines.
std::optional<std::pair<SnapshotLine, std::size_t>> next_row(const std::string& path, LineReader& lines) {
    while (const auto text = lines.next()) {
        const SnapshotLine row = parse_snapshot_line(*text);
        if (!row.fault.empty()) {
            refuse_line(path, lines.number(), row.fault);
        }
        if (row.is_row) {
            return std::pair(row, text->size());
        }
    }
    return std::nullopt;
}

/// The line of `block` that begins at `at`, and where the next one begins.
std::pair<std::string_view, std::size_t> line_at(std::string_view block, std::size_t at) {
    const std::size_t end = std::min(block.find('\n', at), block.size());
    return {block.substr(at, end - at), std::min(end + 1, block.size())};
}

}  // namespace

NameSnapshot::NameSnapshot(const std::string& path, std::size_t load_octets_max) : path_(path) {
    auto octets = DescriptorOctets::open(path_);
    // A pipe can be read only once.
    const bool is_regular = octets->is_regular();
    OctetStream stream = unpack(OctetStream(std::move(octets)));
    if (!is_regular || !stream.compression().empty()) {
        load(LineReader(std::move(stream)), load_octets_max);
    } else if (!index(LineReader(std::move(stream)))) {
        load(LineReader(OctetStream(DescriptorOctets::open(path_))), load_octets_max);
    }
}

/// One walk through a plain file that takes its index and looks at every line; false where the file has to be loaded.
bool NameSnapshot::index(LineReader lines) {
    auto file = std::make_unique<const Descriptor>(::open(path_.c_str(), O_RDONLY | O_CLOEXEC), true);
    if (file->number() < 0) {
        throw std::runtime_error(fmt::format("{} cannot be opened: {}", path_, std::generic_category().message(errno)));
    }
    IpAddress last;
    std::string last_text;
    bool ascends = true;
    bool text_ascends = true;
    while (const auto next = next_row(path_, lines)) {
        const auto& [row, size] = *next;
        ascends = ascends && (indexed_rows_ == 0 || last <= row.address);
        text_ascends =
            text_ascends && last_text <= row.address_text && AddressText(row.address).view() == row.address_text;
        if (!ascends && !text_ascends) {
            blocks_.clear();
            return false;
        }
        last = row.address;
        last_text.assign(row.address_text);
        ++indexed_rows_;
        const std::uint64_t end = lines.position() + size;
        if (blocks_.empty() || end - blocks_.back().position > block_size) {
            blocks_.push_back({row.address, 0, lines.position()});
        }
        blocks_.back().size = static_cast<std::uint32_t>(end - blocks_.back().position);
    }
    if (!lines.stream().problem().empty()) {
        throw std::runtime_error(fmt::format("{} {}", path_, lines.stream().problem()));
    }
    blocks_.shrink_to_fit();
    order_ = ascends ? Order::address : Order::text;
    file_ = std::move(file);
    return true;
}

void NameSnapshot::load(LineReader lines, std::size_t octets_max) {
    while (const auto next = next_row(path_, lines)) {
        if (rows_.octets_next() > octets_max) {
            throw std::runtime_error(
                fmt::format("{}:{}: the names take over {} MiB of memory; unpack the file and sort it (LC_ALL=C sort), "
                            "and it need not "
                            "be loaded, or allow more",
                            path_, lines.number(), octets_max >> 20U));
        }
        rows_.add(next->first);
    }
    if (!lines.stream().problem().empty()) {
        throw std::runtime_error(fmt::format("{} {} (after line {}); fetch or make it again", path_,
                                             lines.stream().problem(), lines.number()));
    }
    rows_.finish();
}

bool NameSnapshot::is_before(const IpAddress& one, const IpAddress& other) const {
    return order_ == Order::address ? one < other : AddressText(one).view() < AddressText(other).view();
}

QuerierName NameSnapshot::find(const IpAddress& address) const {
    if (is_loaded()) {
        return rows_.find(address);
    }
    const auto behind =
        std::upper_bound(blocks_.begin(), blocks_.end(), address,
                         [&](const IpAddress& wanted, const Block& block) { return is_before(wanted, block.first); });
    if (behind == blocks_.begin()) {
        return {};
    }
    // Lines of an address that go over the end of a block begin the next one as well, whose last line is wanted.
    const Block& index = *std::prev(behind);
    std::array<char, block_size + snapshot_line_size_max> octets;
    std::size_t got = 0;
    while (got < index.size) {
        const ssize_t read =
            ::pread(file_->number(), octets.data() + got, index.size - got, static_cast<off_t>(index.position + got));
        if (read < 0 && errno == EINTR) {
            continue;
        }
        if (read <= 0) {
            return give_up();
        }
        got += static_cast<std::size_t>(read);
    }
    return find_in({octets.data(), got}, index, address);
}

QuerierName NameSnapshot::give_up() const {
    stale_.fetch_add(1, std::memory_order_relaxed);
    return {};
}

QuerierName NameSnapshot::find_in(std::string_view block, const Block& index, const IpAddress& address) const {
    if (parse_snapshot_line(line_at(block, 0).first).address != index.first) {
        return give_up();
    }
    // Halves the block for as long as that pays; rows that begin before `begin` are not behind the wanted one.
    std::size_t begin = 0;
    std::size_t end = block.size();
    while (end - begin > 512) {
        const std::size_t middle = begin + (end - begin) / 2;
        std::size_t at = line_at(block, middle).second;
        SnapshotLine row;
        while (at < end && !row.is_row) {
            const auto [line, next] = line_at(block, at);
            row = parse_snapshot_line(line);
            if (!row.fault.empty()) {
                return give_up();
            }
            at = row.is_row ? at : next;
        }
        if (!row.is_row || is_before(address, row.address)) {
            end = middle;
        } else {
            begin = at;
        }
    }
    QuerierName found;
    for (std::size_t at = begin; at < block.size();) {
        const auto [line, next] = line_at(block, at);
        const SnapshotLine row = parse_snapshot_line(line);
        if (!row.fault.empty()) {
            return give_up();
        }
        if (row.is_row && row.address == address) {
            found = {row.state, std::string(row.name)};
        } else if (row.is_row && is_before(address, row.address)) {
            break;
        }
        at = next;
    }
    return found;
}

std::size_t NameSnapshot::octets() const {
    return is_loaded() ? rows_.octets() : blocks_.capacity() * sizeof(Block);
}

}  // namespace echotap
