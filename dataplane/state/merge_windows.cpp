// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/merge_windows.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "dataplane/state/originator_union.hpp"
#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/source_stretches.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

namespace {

template <class T>
std::vector<T> unite(const std::vector<T>& one, const std::vector<T>& other) {
    std::vector<T> all;
    std::set_union(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(all));
    return all;
}

template <class T>
void expect_equal(std::string_view what, const T& one, const T& other) {
    if (one != other) {
        throw WindowMismatch(fmt::format(
            "windows of different {} ({} and {}) cannot be merged; make both with the same setting", what, one, other));
    }
}

void check(const WindowHeader& one, const WindowHeader& other, const HashKey& sample_key) {
    expect_equal("views", one.view, other.view);
    expect_equal("lengths in seconds", one.length.count(), other.length.count());
    expect_equal("families of originators", family_names[static_cast<std::size_t>(one.families)],
                 family_names[static_cast<std::size_t>(other.families)]);
    expect_equal("anchors in nanoseconds", one.anchor.time_since_epoch().count(),
                 other.anchor.time_since_epoch().count());
    expect_equal("sampling rates", one.sampling, other.sampling);
    expect_equal("repeat intervals in microseconds", one.repeat_interval.count(), other.repeat_interval.count());
    expect_equal("sample keys", fmt::format("fingerprint {:016x}", one.sample_key_fingerprint),
                 fmt::format("fingerprint {:016x}", other.sample_key_fingerprint));
    if (one.sample_key_fingerprint != fingerprint(sample_key)) {
        throw WindowMismatch(fmt::format(
            "the windows were made with another sample key (fingerprint {:016x}, the key given has {:016x});"
            " give the sample_key of the sites that made them",
            one.sample_key_fingerprint, fingerprint(sample_key)));
    }
    const std::vector<SourceDigest> common = common_sources(one, other);
    if (!common.empty()) {
        throw WindowMismatch(
            fmt::format("{} of the windows' sources {} in both, and would be counted twice (the first "
                        "is {}); leave one of the windows out, or make it again without them",
                        common.size(), common.size() == 1 ? "is" : "are", common[0].to_string()));
    }
}

WindowHeader merge_headers(const WindowHeader& one, const WindowHeader& other) {
    WindowHeader header = one;
    header.sites = unite(one.sites, other.sites);
    header.sources = unite(one.sources, other.sources);
    // A whole window without a frame has no time of its own.
    const auto has_time = [](const WindowHeader& of) { return of.start != Timestamp{} || of.end != Timestamp{}; };
    if (!has_time(one)) {
        header.start = other.start;
        header.end = other.end;
    } else if (has_time(other)) {
        header.start = std::min(one.start, other.start);
        header.end = std::max(one.end, other.end);
    }
    header.absences = united_absences(one, other, header);
    header.revision = std::max(one.revision, other.revision);
    header.ledger += other.ledger;
    header.counts += other.counts;
    header.gaps |= other.gaps;
    header.completeness = std::max(one.completeness, other.completeness);
    header.sample_size = std::min(one.sample_size, other.sample_size);
    header.is_sample_reduced |= other.is_sample_reduced;
    header.querier_bound = std::min(one.querier_bound, other.querier_bound);
    // What a thinned table has in common with another cannot be seen.
    header.is_estimated |= other.is_estimated || header.querier_bound != WindowHeader::no_bound;
    return header;
}

/// Puts two sorted tables of queriers together. Takes a querier's counts where `is_kept`, and where neither is, leaves
/// it out unless it must stay as an address. Returns whether some querier is counted on both sides.
template <class Key, class Keep>
struct QuerierMerge {
    const std::vector<Key>& one;
    const std::vector<AskedCounts>& one_counts;
    const std::vector<Key>& other;
    const std::vector<AskedCounts>& other_counts;
    Keep is_kept;

    bool run(std::vector<Key>& queriers, std::vector<AskedCounts>& counts, std::vector<std::uint32_t>& one_indices,
             std::vector<std::uint32_t>& other_indices, bool keep_addresses) const {
        bool has_common = false;
        std::size_t i = 0;
        std::size_t j = 0;
        while (i < one.size() || j < other.size()) {
            const bool takes_one = i < one.size() && (j == other.size() || one[i] <= other[j]);
            const bool takes_other = j < other.size() && (i == one.size() || other[j] <= one[i]);
            const Key querier = takes_one ? one[i] : other[j];
            AskedCounts sum = takes_one ? one_counts[i] : AskedCounts{};
            if (takes_other) {
                has_common |= !sum.none() && !other_counts[j].none();
                sum += other_counts[j];
            }
            if (!is_kept(querier)) {
                sum = {};
            }
            const auto index = static_cast<std::uint32_t>(queriers.size());
            if (takes_one) {
                one_indices.push_back(index);
                ++i;
            }
            if (takes_other) {
                other_indices.push_back(index);
                ++j;
            }
            if (keep_addresses || !sum.none()) {
                queriers.push_back(querier);
                counts.push_back(sum);
            }
        }
        return has_common;
    }
};

struct Indices {
    std::vector<std::uint32_t> one;
    std::vector<std::uint32_t> other;
};

/// Returns the indices of both windows' IPv6 queriers in the new table, and notes in the header what is in both.
Indices merge_queriers(ClosedWindow& window, const QuerierColumns& one, const QuerierColumns& other,
                       const HashKey& sample_key) {
    const std::uint64_t bound = window.header.querier_bound;
    const auto is_kept = [&](const IpAddress& querier) {
        return bound == WindowHeader::no_bound || sample_hash(sample_key, querier) <= bound;
    };
    const auto is_kept_v4 = [&](std::uint32_t querier) { return is_kept(v4_address(querier)); };
    QuerierColumns& queriers = window.queriers;
    Indices v4;
    Indices v6;
    const QuerierMerge<std::uint32_t, decltype(is_kept_v4)> merge_v4{one.v4, one.v4_counts, other.v4, other.v4_counts,
                                                                     is_kept_v4};
    const QuerierMerge<IpAddress, decltype(is_kept)> merge_v6{one.v6, one.v6_counts, other.v6, other.v6_counts,
                                                              is_kept};
    const bool has_common_v4 = merge_v4.run(queriers.v4, queriers.v4_counts, v4.one, v4.other, false);
    const bool has_common_v6 = merge_v6.run(queriers.v6, queriers.v6_counts, v6.one, v6.other, true);
    window.header.is_estimated |= has_common_v4 || has_common_v6;
    return v6;
}

OriginatorColumns merge_originators(const OriginatorColumns& one, const OriginatorColumns& other,
                                    const Indices& indices, const ClosedWindow& window, const HashKey& sample_key) {
    // Cut where the larger has even shares; an address is in the same piece of both.
    const OriginatorColumns& larger = one.size() < other.size() ? other : one;
    constexpr std::size_t piece_rows = 16'384;
    std::vector<OriginatorColumns> pieces(larger.size() / piece_rows + 1);
    const auto first_of_piece = [&](const OriginatorColumns& of, std::size_t piece) {
        const std::vector<IpAddress>& addresses = of.addresses();
        if (piece == 0) {
            return std::size_t{0};
        }
        if (piece * piece_rows >= larger.size()) {
            return of.size();
        }
        const IpAddress& from = larger.addresses()[piece * piece_rows];
        return static_cast<std::size_t>(std::lower_bound(addresses.begin(), addresses.end(), from) - addresses.begin());
    };
    oneapi::tbb::parallel_for(std::size_t{0}, pieces.size(), [&](std::size_t piece) {
        OriginatorUnion originator(sample_key, window.header.sample_size, window.queriers.v6);
        std::size_t i = first_of_piece(one, piece);
        std::size_t j = first_of_piece(other, piece);
        const std::size_t one_end = first_of_piece(one, piece + 1);
        const std::size_t other_end = first_of_piece(other, piece + 1);
        while (i < one_end || j < other_end) {
            const bool takes_one = i < one_end && (j == other_end || one.addresses()[i] <= other.addresses()[j]);
            const bool takes_other = j < other_end && (i == one_end || other.addresses()[j] <= one.addresses()[i]);
            if (takes_one) {
                originator.add(one[i++], indices.one);
            }
            if (takes_other) {
                originator.add(other[j++], indices.other);
            }
            originator.finish(pieces[piece]);
        }
    });
    return OriginatorColumns::join(std::move(pieces));
}

}  // namespace

SourceOverlap overlap(const WindowHeader& kept, const WindowHeader& other) {
    // Of windows of different kinds neither holds what the other has, whatever both were made of.
    const bool are_of_one_kind =
        kept.view == other.view && kept.length == other.length && kept.families == other.families;
    if (!are_of_one_kind || common_sources(kept, other).empty()) {
        return SourceOverlap::none;
    }
    return holds_sources(kept, other) ? SourceOverlap::all : SourceOverlap::some;
}

ClosedWindow merge(const ClosedWindow& one, const ClosedWindow& other, const HashKey& sample_key) {
    check(one.header, other.header, sample_key);
    ClosedWindow window;
    window.header = merge_headers(one.header, other.header);
    const Indices indices = merge_queriers(window, one.queriers, other.queriers, sample_key);
    window.originators = merge_originators(one.originators, other.originators, indices, window, sample_key);
    window.prefixes = merge_originators(one.prefixes, other.prefixes, indices, window, sample_key);
    window.forget_unused_queriers();
    return window;
}

}  // namespace echotap
