// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/snapshot.hpp"

#include <algorithm>
#include <utility>

namespace echotap {

void SnapshotTaker::request(bool with_filter) {
    for (std::size_t i = 0; i < pieces_max && !has_pieces_; ++i) {
        auto piece = std::make_unique<SnapshotPiece>();
        piece->part.reserve();
        piece->filter.reserve(SnapshotPiece::filter_octets_max);
        empty_.give(std::move(piece));
    }
    has_pieces_ = true;
    wants_filter_ = with_filter;
    wanted_.fetch_add(1, std::memory_order_release);
}

void SnapshotTaker::give_back(std::unique_ptr<SnapshotPiece> piece) {
    piece->part.clear();
    piece->filter.clear();
    piece->ledgers.clear();
    piece->waiting.clear();
    piece->closed.clear();
    empty_.give(std::move(piece));
}

void SnapshotTaker::begin(WindowWorker& worker) {
    begun_ = wanted_.load(std::memory_order_acquire);
    is_taking_ = true;
    copier_.restart();
    keys_.clear();
    closed_.clear();
    filter_left_ = wants_filter_ ? worker.filter().octets() : 0;
    worker.for_each_open([&](const OpenWindow& window) { keys_.push_back(window.key()); });
}

void SnapshotTaker::copy_filter(const RepeatFilter& filter, SnapshotPiece& piece) {
    const std::span<const std::byte> image = filter.image().last(filter_left_);
    const auto some = image.first(std::min(image.size(), SnapshotPiece::filter_octets_max));
    piece.kind = SnapshotPiece::Kind::some_of_filter;
    piece.filter_offset = filter.octets() - filter_left_;
    piece.filter.assign(some.begin(), some.end());
    filter_left_ -= some.size();
}

void SnapshotTaker::take_some(WindowWorker& worker, const WindowBooks& books, const QueryTiming& timing,
                              const Ledger& ledger) {
    std::unique_ptr<SnapshotPiece> piece = empty_.take();
    if (piece == nullptr) {
        return;
    }
    if (!is_taking_) {
        begin(worker);
    }
    while (!keys_.empty() && closed_.contains({keys_.back().length, keys_.back().number})) {
        keys_.pop_back();
        copier_.restart();
    }
    piece->kind = SnapshotPiece::Kind::some_of_window;
    if (keys_.empty() && filter_left_ != 0) {
        copy_filter(worker.filter(), *piece);
    } else if (keys_.empty()) {
        piece->kind = SnapshotPiece::Kind::last_of_worker;
        piece->ledgers = books.open(ledger);
        piece->running = ledger;
        timing.for_each_waiting([&](const WaitingQuery& waiting) { piece->waiting.push_back(waiting); });
        piece->closed = closed_;
        is_taking_ = false;
    } else {
        piece->key = keys_.back();
        OpenWindow& window = *worker.find(piece->key);
        if (copier_.copy_some(window.part(), piece->part)) {
            piece->kind = SnapshotPiece::Kind::last_of_window;
            piece->counts = window.counts();
            piece->part_counts = window.part().counts();
            piece->sample_size = window.part().sample_size();
            piece->querier_bound = window.part().querier_bound();
            keys_.pop_back();
            copier_.restart();
        }
    }
    filled_.give(std::move(piece));
}

void SnapshotGatherer::add(unsigned worker, const SnapshotPiece& piece) {
    if (piece.kind == SnapshotPiece::Kind::last_of_worker) {
        --workers_left_;
        for (const auto& [place, ledger] : piece.ledgers) {
            ledgers_[place] += ledger;
        }
        closed_.insert(piece.closed.begin(), piece.closed.end());
        running_ += piece.running;
        waiting_.insert(waiting_.end(), piece.waiting.begin(), piece.waiting.end());
        return;
    }
    if (piece.kind == SnapshotPiece::Kind::some_of_filter) {
        if (std::ranges::any_of(piece.filter, [](std::byte octet) { return octet != std::byte{0}; })) {
            filters_[worker].push_back({.offset = piece.filter_offset, .octets = piece.filter});
            filter_octets_ += piece.filter.size();
        }
        return;
    }
    PartCopy& copy = copies_[worker][piece.key];
    copy.add(piece.part);
    if (piece.kind == SnapshotPiece::Kind::last_of_window) {
        copy.finish(piece.part_counts, piece.sample_size, piece.querier_bound);
        counts_[piece.key] += piece.counts;
    }
}

std::size_t SnapshotGatherer::octets() const {
    std::size_t octets = filter_octets_;
    for (const auto& of_worker : copies_) {
        for (const auto& [key, copy] : of_worker) {
            octets += copy.octets();
        }
    }
    return octets;
}

std::set<WindowPlace> SnapshotGatherer::places() const {
    std::set<WindowPlace> places;
    for (const auto& [key, counts] : counts_) {
        places.insert({key.length, key.number});
    }
    for (const auto& [place, ledger] : ledgers_) {
        places.insert(place);
    }
    for (const WindowPlace& place : closed_) {
        places.erase(place);
    }
    return places;
}

std::vector<WindowKey> SnapshotGatherer::keys() const {
    std::vector<WindowKey> keys;
    for (const auto& [key, counts] : counts_) {
        keys.push_back(key);
    }
    return keys;
}

std::vector<PartCopy*> SnapshotGatherer::copies(const WindowKey& key) {
    std::vector<PartCopy*> found;
    for (auto& of_worker : copies_) {
        if (const auto copy = of_worker.find(key); copy != of_worker.end()) {
            found.push_back(&copy->second);
        }
    }
    return found;
}

}  // namespace echotap
