// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture_set.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

namespace echotap {

namespace {

/// Enough for the first hundred frames of most captures; a peek at thousands of files should not read much of each.
constexpr std::size_t peek_window_size = 16U << 10U;

}  // namespace

CaptureSet::CaptureSet(CapturePaths paths, Ledger& ledger, std::size_t burst_size)
    : ledger_(ledger), burst_size_(burst_size) {
    merged_.reserve(burst_size);
    messages_ = std::move(paths.warnings);
    is_incomplete_ = paths.is_incomplete;
    line_up(std::move(paths.files));
    if (waiting_.empty()) {
        throw std::runtime_error(
            fmt::format("no capture file in {}: name a folder that holds pcap or pcapng files", paths.named));
    }
}

std::unique_ptr<CaptureFile> CaptureSet::open(const CapturePath& path, std::size_t window_size) {
    if (path.path == standard_input_path) {
        return std::make_unique<CaptureFile>(OctetStream(DescriptorOctets::standard_input(), window_size),
                                             "standard input", ledger_, burst_size_, window_size);
    }
    return std::make_unique<CaptureFile>(path.path, ledger_, burst_size_, window_size);
}

/// Finds out where each capture begins. One capture alone is not made to wait for its first hundred frames here.
void CaptureSet::line_up(std::vector<CapturePath> files) {
    const bool is_alone = files.size() == 1;
    for (CapturePath& file : files) {
        const bool stays_open = is_alone || !file.is_regular;
        try {
            auto capture = open(file, stays_open ? OctetStream::window_size_default : peek_window_size);
            Timestamp start = Timestamp::min();  // one without frames is opened first, and closed again
            if (!is_alone) {
                start = capture->first_clock().value_or(start);
            }
            if (!stays_open) {
                capture.reset();
            }
            if (octets_total_ && file.is_regular) {
                *octets_total_ += file.size;
            } else {
                octets_total_.reset();
            }
            waiting_.push_back({{start, waiting_.size()}, std::move(file), std::move(capture)});
        } catch (const NotACapture& error) {
            if (file.is_named) {
                throw;
            }
            messages_.push_back(fmt::format("{}; it was passed over", error.what()));
        } catch (const std::runtime_error& error) {
            if (file.is_named) {
                throw;
            }
            messages_.push_back(fmt::format("{}; it was passed over", error.what()));
            is_incomplete_ = true;
        }
    }
    std::ranges::sort(waiting_, std::ranges::greater(), &Waiting::start);
}

/// Opens every capture that begins no later than the first frame at hand.
void CaptureSet::open_due() {
    while (!waiting_.empty() && (open_.empty() || waiting_.back().start < open_.front().next)) {
        Waiting due = std::move(waiting_.back());
        waiting_.pop_back();
        if (open_.size() + (drained_ ? 1 : 0) == open_max) {
            throw std::runtime_error(fmt::format(
                "{} and {} other captures overlap in time, but only {} can be merged at once: give fewer, or merge "
                "some of them into one first (mergecap)",
                due.path.path, open_max, open_max));
        }
        if (!due.capture) {
            try {
                due.capture = open(due.path, OctetStream::window_size_default);
            } catch (const std::runtime_error& error) {
                // It was readable when the set was made up; that it is not now must not lose the others.
                messages_.emplace_back(error.what());
                is_incomplete_ = true;
                continue;
            }
        }
        continue_with({.next = due.start, .capture = std::move(due.capture), .rest = {}});
    }
}

/// Puts a capture into the merge with its next burst, or closes it at its end.
void CaptureSet::continue_with(Open capture) {
    capture.rest = capture.capture->next_burst();
    capture.is_whole = true;
    if (!capture.rest.empty()) {
        capture.next.first = capture.rest.front().clock;
        open_.push_back(std::move(capture));
        std::ranges::push_heap(open_, is_later);
        return;
    }
    octets_finished_ += capture.capture->progress().octets_read;
    if (std::string why = capture.capture->incomplete(); !why.empty()) {
        messages_.push_back(std::move(why));
        is_incomplete_ = true;
    }
}

CaptureSet::Open CaptureSet::take_first() {
    std::ranges::pop_heap(open_, is_later);
    Open first = std::move(open_.back());
    open_.pop_back();
    return first;
}

/// `order` is the position of the frame's path; its capture is not in the heap.
bool CaptureSet::precedes_all_others(const Frame& frame, std::size_t order) const {
    const Place place{frame.clock, order};
    return (open_.empty() || place < open_.front().next) && (waiting_.empty() || place < waiting_.back().start);
}

/// Copies frames of `first` to the merged burst while they come first, there is room, and there are any.
void CaptureSet::give(Open& first) {
    while (!first.rest.empty() && merged_.size() < burst_size_ &&
           precedes_all_others(first.rest.front(), first.next.second)) {
        Frame& frame = merged_.emplace_back(first.rest.front());
        frame.sequence = static_cast<std::uint32_t>(merged_.size() - 1);
        first.rest = first.rest.subspan(1);
        first.is_whole = false;
    }
}

Burst CaptureSet::next_burst() {
    merged_.clear();
    if (drained_) {
        Open next = std::move(*drained_);
        drained_.reset();
        continue_with(std::move(next));
    }
    // The octets of a burst go with the next one of the same capture, so the merged burst ends where any of them does.
    while (!drained_ && merged_.size() < burst_size_) {
        open_due();
        if (open_.empty()) {
            break;
        }
        Open first = take_first();
        const auto order = first.next.second;
        if (merged_.empty() && first.is_whole &&
            std::ranges::all_of(first.rest, [&](const Frame& f) { return precedes_all_others(f, order); })) {
            const Burst burst = first.rest;
            first.rest = {};
            drained_ = std::move(first);
            return burst;
        }
        give(first);
        if (first.rest.empty()) {
            drained_ = std::move(first);
        } else {
            first.next.first = first.rest.front().clock;
            open_.push_back(std::move(first));
            std::ranges::push_heap(open_, is_later);
        }
    }
    return merged_;
}

ReadProgress CaptureSet::progress() const {
    std::uint64_t octets = octets_finished_;
    for (const Open& open : open_) {
        octets += open.capture->progress().octets_read;
    }
    if (drained_) {
        octets += drained_->capture->progress().octets_read;
    }
    return {octets, octets_total_};
}

}  // namespace echotap
