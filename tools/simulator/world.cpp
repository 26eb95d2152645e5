// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/world.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <numeric>

namespace echotap {

namespace {

// Packed at once: few enough to stay in a cache, enough for all cores.
constexpr std::size_t batch_echoes = 8 * EchoFrames::burst_frames;
constexpr std::size_t originators_per_task = 64;
constexpr std::size_t echoes_per_heap = 16;

}  // namespace

World::World(WorldConfig config, const Networks& networks, std::uint64_t seed, std::size_t slice_echoes)
    : config_(std::move(config)),
      seed_(seed),
      slice_echoes_(std::max<std::size_t>(1, slice_echoes)),
      population_(config_, networks, seed),
      urn_(population_, config_.caches[static_cast<std::size_t>(config_.authority)]),
      cast_(config_, networks, population_, urn_, seed),
      weeks_(weeks_of(config_)),
      end_(static_cast<std::uint64_t>(std::chrono::nanoseconds(config_.duration).count())),
      packer_(config_, population_, cast_),
      has_asked_(population_.size()) {
    begin_week();
}

double World::progress() const {
    return static_cast<double>(slice_.begin) / static_cast<double>(end_);
}

double World::expected_echoes(const Originator& one) const {
    if (one.standing == Standing::spoofed) {
        return static_cast<double>(config_.floods[one.flood].queries) / weeks_.count;
    }
    const double asks = one.standing == Standing::small ? config_.classes[one.class_number].asks
                                                        : cast_.operators()[one.operator_number].asks;
    const double copies =
        1 + config_.traffic.repeat_share * config_.traffic.repeat_copies + 2 * config_.traffic.tcp_share;
    // Of a planted one we know the targets: with one querier per thousand, few are wrong by much.
    return std::max(one.queriers, one.targets / 1000) * asks * copies;
}

/// Lists who is there and cuts the week into slices.
void World::begin_week() {
    truth_places_.clear();
    double expected = 0;
    const std::vector<Originator>& originators = cast_.originators();
    for (std::uint32_t i = 0; i < originators.size(); ++i) {
        if (week_ >= originators[i].first_week && week_ <= originators[i].last_week) {
            truth_places_.push_back(truth_.size());
            truth_.push_back({i, week_, {}});
            expected += expected_echoes(originators[i]);
        }
    }
    const auto slices = static_cast<std::uint64_t>(expected / static_cast<double>(slice_echoes_)) + 1;
    slice_length_ = weeks_.nanoseconds / slices + 1;
}

/// Makes the echoes of the next slice. False at the end of the world.
bool World::make_slice() {
    const std::uint64_t week_end = std::min(end_, (week_ + 1) * weeks_.nanoseconds);
    slice_.begin = slice_.end;
    if (slice_.begin >= end_) {
        return false;
    }
    if (slice_.begin >= week_end) {
        ++week_;
        begin_week();
        slice_.end = slice_.begin;
        return make_slice();
    }
    slice_.end = std::min(week_end, slice_.begin + slice_length_);

    struct Share {
        EchoMaker maker;
        std::vector<Echo> echoes;
    };
    tbb::enumerable_thread_specific<Share> shares([&] {
        return Share{EchoMaker(config_, population_, urn_, cast_, seed_), {}};
    });
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, truth_places_.size(), originators_per_task),
                      [&](const tbb::blocked_range<std::size_t>& range) {
                          Share& share = shares.local();
                          for (std::size_t i = range.begin(); i < range.end(); ++i) {
                              TruthRow& row = truth_[truth_places_[i]];
                              row.counts.add(share.maker.make(row.originator, row.week, slice_, share.echoes));
                          }
                      });
    std::size_t count = 0;
    for (const Share& share : shares) {
        count += share.echoes.size();
    }
    // Scattered by time and then sorted in little heaps: half the time of sorting all. The order is total, so it does
    // not matter which thread made what.
    const std::size_t heaps = count / echoes_per_heap + 1;
    const double heaps_per_nanosecond = static_cast<double>(heaps) / static_cast<double>(slice_.end - slice_.begin);
    const auto heap_of = [&](const Echo& echo) {
        return std::min(heaps - 1, static_cast<std::size_t>(static_cast<double>(echo.time() - slice_.begin) *
                                                            heaps_per_nanosecond));
    };
    heap_begins_.assign(heaps + 1, 0);
    for (const Share& share : shares) {
        for (const Echo& echo : share.echoes) {
            ++heap_begins_[heap_of(echo) + 1];
        }
    }
    std::partial_sum(heap_begins_.begin(), heap_begins_.end(), heap_begins_.begin());
    echoes_.resize(count);
    std::vector<std::uint32_t> next(heap_begins_.begin(), heap_begins_.end() - 1);
    for (const Share& share : shares) {
        for (const Echo& echo : share.echoes) {
            echoes_[next[heap_of(echo)]++] = echo;
        }
    }
    tbb::parallel_for(std::size_t{0}, heaps, [&](std::size_t heap) {
        std::sort(echoes_.begin() + heap_begins_[heap], echoes_.begin() + heap_begins_[heap + 1]);
    });
    next_ = 0;
    for (const Echo& echo : echoes_) {
        if (echo.kind() == EchoKind::spoofed) {
            spoofed_.push_back(echo.querier());
        } else {
            has_asked_[echo.querier()] = true;
        }
    }
    return true;
}

std::span<const Echo> World::next_echoes() {
    while (next_ == echoes_.size()) {
        if (!make_slice()) {
            return {};
        }
    }
    const std::size_t count = std::min(batch_echoes, echoes_.size() - next_);
    const std::span<const Echo> echoes(echoes_.data() + next_, count);
    next_ += count;
    return echoes;
}

Burst World::next_burst() {
    if (packed_.empty()) {
        packed_ = packer_.pack(next_echoes());
    }
    const Burst burst = packed_.first(std::min(EchoFrames::burst_frames, packed_.size()));
    packed_ = packed_.subspan(burst.size());
    frame_count_ += burst.size();
    return burst;
}

}  // namespace echotap
