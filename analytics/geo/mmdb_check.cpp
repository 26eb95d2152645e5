// SPDX-License-Identifier: Apache-2.0
#include "analytics/geo/mmdb_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

namespace echotap {

namespace {

/// The section "Data Field Format"; numbers that are not here are refused.
enum class Kind : unsigned {
    pointer = 1,
    text = 2,
    real = 3,
    octets = 4,
    uint16 = 5,
    uint32 = 6,
    map = 7,
    int32 = 8,
    uint64 = 9,
    uint128 = 10,
    array = 11,
    boolean = 14,
    short_real = 15,
};

/// Control octets read: what a value is, and where its payload begins.
struct Head {
    Kind kind;
    std::size_t size = 0;  // octets of payload; of maps and arrays the entries, of pointers the offset they lead to
    std::size_t payload = 0;
};

/// A data section, or the metadata, which has the same form.
class Section {
public:
    /// In the data section a value that many others point to is looked through once. The library unfolds metadata, in
    /// which the same value may then stand a million times, so there it is looked through, and counted, every time.
    static Section of_data(Octets octets) { return Section(octets, "data section", depth_max * octets.size(), true); }
    static Section of_metadata(Octets octets) { return Section(octets, "metadata", 65'536, false); }

    /// Looks through the value at `offset` and all that it holds or points to; returns where it ends.
    std::size_t check(std::size_t offset, unsigned depth = 0);

    Head head(std::size_t offset) const;

    /// The text at `offset`, directly or behind a pointer.
    std::string_view text(std::size_t offset) const;

    /// The unsigned number at `offset`, at most 64 bits of it. REQUIRES: it was checked.
    std::uint64_t number(std::size_t offset) const;

    /// Refuses what is no array (or map) of nothing but texts. REQUIRES: it was checked.
    void check_texts(std::size_t offset, Kind wanted);

    /// Goes through the map at 0: key, and where its value begins. REQUIRES: it was checked.
    void each_entry(const std::function<void(std::string_view, std::size_t)>& take);

    std::size_t size() const { return octets_.size(); }

    [[noreturn]] void refuse(std::size_t offset, std::string_view what) const {
        throw MmdbFault(fmt::format("is damaged: {} at octet {} of its {}", what, offset, name_));
    }

private:
    /// Real files nest five deep. The library recurses without a limit.
    static constexpr unsigned depth_max = 32;

    Section(Octets octets, std::string_view name, std::size_t steps_max, bool remembers)
        : octets_(octets), name_(name), steps_max_(steps_max), is_whole_(remembers ? octets.size() : 0, false) {}

    void check_size(const Head& head, std::size_t offset) const;

    Octets octets_;
    std::string_view name_;
    std::size_t steps_max_;
    std::size_t steps_ = 0;
    std::vector<bool> is_whole_;  // a value that was looked through begins here; empty: not remembered
};

Head Section::head(std::size_t offset) const {
    const std::size_t begin = offset;
    const auto take = [&] {
        if (offset >= octets_.size()) {
            refuse(begin, "a value runs over the end");
        }
        return std::size_t{octets_[offset++]};
    };
    const std::size_t control = take();
    std::size_t kind = control >> 5U;
    if (kind == 1) {
        const std::size_t octets = (control >> 3U & 3U) + 1;
        std::size_t target = octets == 4 ? 0 : control & 7U;
        for (std::size_t i = 0; i < octets; ++i) {
            target = target << 8U | take();
        }
        // The specification adds these so that no pointer has two forms.
        static constexpr std::array<std::size_t, 4> shift{0, 2048, 526336, 0};
        return {Kind::pointer, target + shift[octets - 1], offset};
    }
    if (kind == 0) {
        kind = take() + 7;
        if (kind <= 7) {
            refuse(begin, "there is an unknown type");
        }
    }
    std::size_t size = control & 31U;
    if (size >= 29) {
        static constexpr std::array<std::size_t, 3> shift{29, 285, 65821};
        const std::size_t octets = size - 28;
        size = 0;
        for (std::size_t i = 0; i < octets; ++i) {
            size = size << 8U | take();
        }
        size += shift[octets - 1];
    }
    return {static_cast<Kind>(kind), size, offset};
}

void Section::check_size(const Head& head, std::size_t offset) const {
    std::size_t size_max = octets_.size();
    switch (head.kind) {
        case Kind::text:
        case Kind::octets:
            break;
        case Kind::real:
            size_max = 8;
            break;
        case Kind::short_real:
            size_max = 4;
            break;
        case Kind::uint16:
            size_max = 2;
            break;
        case Kind::uint32:
        case Kind::int32:
            size_max = 4;
            break;
        case Kind::uint64:
            size_max = 8;
            break;
        case Kind::uint128:
            size_max = 16;
            break;
        default:
            refuse(offset, "there is an unknown type");
    }
    const bool is_real = head.kind == Kind::real || head.kind == Kind::short_real;
    if (head.size > size_max || (is_real && head.size != size_max)) {
        refuse(offset, "a number has a wrong size");
    }
    if (head.size > octets_.size() - head.payload) {
        refuse(offset, "a value runs over the end");
    }
}

std::size_t Section::check(std::size_t offset, unsigned depth) {
    if (depth > depth_max) {
        refuse(offset, "values are nested too deep or without end");
    }
    // A value within a value that is pointed to is seen once per value around it, so no sound file takes more steps.
    if (++steps_ > steps_max_) {
        refuse(offset, "values lie within each other or are too many");
    }
    const Head value = head(offset);
    std::size_t end = value.payload;
    switch (value.kind) {
        case Kind::pointer:
            if (value.size >= octets_.size()) {
                refuse(offset, "a pointer leads out");
            }
            if (head(value.size).kind == Kind::pointer) {
                refuse(offset, "a pointer leads to a pointer");
            }
            if (is_whole_.empty() || !is_whole_[value.size]) {
                check(value.size, depth + 1);
            }
            break;
        case Kind::map:
        case Kind::array:
            // Every entry takes an octet, so a size that cannot be is found here, before a step is taken.
            if (value.size > octets_.size() - end) {
                refuse(offset, "a map or array has more entries than there are octets");
            }
            for (std::size_t i = 0; i < value.size; ++i) {
                if (value.kind == Kind::map) {
                    static_cast<void>(text(end));
                    end = check(end, depth + 1);
                }
                end = check(end, depth + 1);
            }
            break;
        case Kind::boolean:
            if (value.size > 1) {
                refuse(offset, "a boolean is neither");
            }
            break;
        default:
            check_size(value, offset);
            end += value.size;
    }
    if (!is_whole_.empty()) {
        is_whole_[offset] = true;
    }
    return end;
}

std::string_view Section::text(std::size_t offset) const {
    Head value = head(offset);
    if (value.kind == Kind::pointer) {
        value = head(value.size);
    }
    if (value.kind != Kind::text) {
        refuse(offset, "there is something else where a text is wanted");
    }
    check_size(value, offset);
    // Octets as characters: the one cast that is always allowed.
    return {reinterpret_cast<const char*>(octets_.data()) + value.payload, value.size};
}

std::uint64_t Section::number(std::size_t offset) const {
    Head value = head(offset);
    if (value.kind == Kind::pointer) {
        value = head(value.size);
    }
    if (value.kind != Kind::uint16 && value.kind != Kind::uint32 && value.kind != Kind::uint64) {
        refuse(offset, "there is something else where a number is wanted");
    }
    std::uint64_t number = 0;
    for (const std::uint8_t octet : octets_.subspan(value.payload, value.size)) {
        number = number << 8U | octet;
    }
    return number;
}

void Section::check_texts(std::size_t offset, Kind wanted) {
    Head value = head(offset);
    if (value.kind == Kind::pointer) {
        value = head(value.size);
    }
    if (value.kind != wanted) {
        refuse(offset, "there is something else where texts are wanted");
    }
    std::size_t each = value.payload;
    for (std::size_t i = 0; i < value.size * (wanted == Kind::map ? 2 : 1); ++i) {
        static_cast<void>(text(each));
        each = check(each);
    }
}

void Section::each_entry(const std::function<void(std::string_view, std::size_t)>& take) {
    const Head map = head(0);
    std::size_t offset = map.payload;
    for (std::size_t i = 0; i < map.size; ++i) {
        const std::string_view key = text(offset);
        const std::size_t value = check(offset);
        take(key, value);
        offset = check(value);
    }
}

/// Octets of the metadata, which begin behind the last marker in the last 128 KiB.
Octets find_metadata(Octets file) {
    static constexpr std::array<std::uint8_t, 14> marker{0xab, 0xcd, 0xef, 'M', 'a', 'x', 'M',
                                                         'i',  'n',  'd',  '.', 'c', 'o', 'm'};
    const Octets end = file.last(std::min(file.size(), std::size_t{128} << 10U));
    const auto found = std::find_end(end.begin(), end.end(), marker.begin(), marker.end());
    if (found == end.end()) {
        throw MmdbFault("is no MaxMind DB file: there is no metadata at its end, or it is cut");
    }
    return end.subspan(static_cast<std::size_t>(found - end.begin()) + marker.size());
}

MmdbOutline read_metadata(Octets octets) {
    Section metadata = Section::of_metadata(octets);
    if (metadata.size() == 0 || metadata.head(0).kind != Kind::map) {
        throw MmdbFault("is damaged: its metadata is no map");
    }
    metadata.check(0);
    MmdbOutline outline;
    std::uint64_t node_count = 0;
    std::uint64_t record_size = 0;
    std::uint64_t ip_version = 0;
    std::uint64_t format = 0;
    metadata.each_entry([&](std::string_view key, std::size_t value) {
        if (key == "node_count") {
            node_count = metadata.number(value);
        } else if (key == "record_size") {
            record_size = metadata.number(value);
        } else if (key == "ip_version") {
            ip_version = metadata.number(value);
        } else if (key == "binary_format_major_version") {
            format = metadata.number(value);
        } else if (key == "build_epoch") {
            outline.build_epoch = metadata.number(value);
        } else if (key == "database_type") {
            outline.database_type = metadata.text(value).substr(0, 256);
        } else if (key == "languages") {
            // These two are the ones that the library loses memory over where they are something else.
            metadata.check_texts(value, Kind::array);
        } else if (key == "description") {
            metadata.check_texts(value, Kind::map);
        }
    });
    if (format != 2) {
        throw MmdbFault(fmt::format("has version {} of the format, and 2 is read", format));
    }
    if (ip_version != 4 && ip_version != 6) {
        throw MmdbFault(fmt::format("has addresses of IP version {}", ip_version));
    }
    if (record_size != 24 && record_size != 28 && record_size != 32) {
        throw MmdbFault(fmt::format("has records of {} bits, and 24, 28 and 32 are read", record_size));
    }
    if (node_count == 0 || node_count >= std::uint64_t{1} << 32U) {
        throw MmdbFault(fmt::format("has a search tree of {} nodes", node_count));
    }
    outline.node_count = static_cast<std::uint32_t>(node_count);
    outline.record_size = static_cast<unsigned>(record_size);
    outline.ip_version = static_cast<unsigned>(ip_version);
    return outline;
}

/// The search tree: two records to a node.
class Tree {
public:
    Tree(Octets octets, const MmdbOutline& outline)
        : octets_(octets), node_size_(outline.record_size / 4), record_size_(outline.record_size) {}

    std::array<std::uint32_t, 2> node(std::uint32_t number) const {
        const std::uint8_t* const at = octets_.data() + std::size_t{number} * node_size_;
        const auto be24 = [](const std::uint8_t* from) {
            return static_cast<std::uint32_t>(from[0] << 16U | from[1] << 8U | from[2]);
        };
        if (record_size_ == 24) {
            return {be24(at), be24(at + 3)};
        }
        if (record_size_ == 28) {
            const std::uint32_t middle = at[3];
            return {(middle >> 4U) << 24U | be24(at), (middle & 15U) << 24U | be24(at + 4)};
        }
        return {load_be32(at), load_be32(at + 4)};
    }

private:
    Octets octets_;
    std::size_t node_size_;
    unsigned record_size_;
};

/// No path from the root may be longer than an address has bits; a cycle is such a path. Several records may lead to
/// one node (the IPv4 tree stands at several places), so a node is entered again only where it lies deeper than before.
void check_depth(const Tree& tree, const MmdbOutline& outline) {
    const unsigned bits = outline.ip_version == 4 ? 32 : 128;
    std::vector<std::uint8_t> depths(outline.node_count, 0);
    std::vector<std::pair<std::uint32_t, unsigned>> open{{0, 1}};
    std::uint64_t steps = 0;
    while (!open.empty()) {
        const auto [number, depth] = open.back();
        open.pop_back();
        if (depth > bits || ++steps > 16 * std::uint64_t{outline.node_count} + bits) {
            throw MmdbFault(fmt::format("is damaged: its search tree runs in circles at node {}", number));
        }
        if (depths[number] >= depth) {
            continue;
        }
        depths[number] = static_cast<std::uint8_t>(depth);
        for (const std::uint32_t record : tree.node(number)) {
            if (record < outline.node_count) {
                open.emplace_back(record, depth + 1);
            }
        }
    }
}

}  // namespace

MmdbOutline check_mmdb(Octets file) {
    static constexpr std::size_t separator_size = 16;
    static constexpr std::size_t marker_size = 14;
    const Octets metadata = find_metadata(file);
    MmdbOutline outline = read_metadata(metadata);
    const std::uint64_t tree_size = std::uint64_t{outline.node_count} * (outline.record_size / 4);
    const std::size_t before_metadata = file.size() - metadata.size() - marker_size;
    if (tree_size + separator_size > before_metadata) {
        throw MmdbFault(fmt::format("is cut or damaged: its search tree of {} nodes needs {} octets, and there are {}",
                                    outline.node_count, tree_size + separator_size, before_metadata));
    }
    const Tree tree(file.first(tree_size), outline);
    Section section =
        Section::of_data(file.subspan(tree_size + separator_size, before_metadata - tree_size - separator_size));
    std::vector<bool> is_record(section.size(), false);
    for (std::uint32_t number = 0; number < outline.node_count; ++number) {
        for (const std::uint32_t record : tree.node(number)) {
            if (record <= outline.node_count) {
                continue;
            }
            const std::size_t behind = record - outline.node_count;
            if (behind < separator_size || behind - separator_size >= section.size()) {
                throw MmdbFault(fmt::format("is damaged: node {} of its search tree leads out of the file", number));
            }
            is_record[behind - separator_size] = true;
        }
    }
    check_depth(tree, outline);
    for (std::size_t offset = 0; offset < is_record.size(); ++offset) {
        if (is_record[offset]) {
            section.check(offset);
            outline.records.push_back(static_cast<std::uint32_t>(offset));
        }
    }
    return outline;
}

}  // namespace echotap
