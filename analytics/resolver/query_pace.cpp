// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/query_pace.hpp"

#include <algorithm>

namespace echotap {

namespace {

constexpr std::chrono::milliseconds burst{100};

}  // namespace

PaceLimit::PaceLimit(double rate) {
    if (rate > 0) {
        interval_ = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / rate));
        tolerance_ = std::max<std::chrono::nanoseconds>(burst - interval_, std::chrono::nanoseconds(0));
    }
}

void PaceLimit::count(SteadyTime now) {
    // What was not used earlier than the tolerance is lost.
    allowed_at_ = std::max(allowed_at_, now - tolerance_) + interval_;
}

QueryPace::Network QueryPace::network_of(const IpAddress& address) {
    const auto& octets = address.octets();
    const std::size_t begin = address.is_v4() ? 12 : 0;
    const std::size_t size = address.is_v4() ? 2 : 4;
    Network network = size;
    for (std::size_t i = begin; i < begin + size; ++i) {
        network = network << 8U | octets[i];
    }
    return network;
}

void QueryPace::add(const PtrRequest& request, SteadyTime now) {
    if (networks_.size() >= forget_at_) {
        forget_rested(now);
    }
    std::uint32_t place = free_;
    if (place == none) {
        place = static_cast<std::uint32_t>(pool_.size());
        pool_.emplace_back();
    } else {
        free_ = pool_[place].next;
    }
    pool_[place] = {request, number_++, none};
    ++waiting_;
    const Network network = network_of(request.address);
    Line& line = networks_.try_emplace(network, rate_).first->second;
    if (line.first == none) {
        line.first = place;
        turns_.push({std::max(line.limit.allowed_at(), now), pool_[place].number, network});
    } else {
        pool_[line.last].next = place;
    }
    line.last = place;
}

std::optional<PtrRequest> QueryPace::next(SteadyTime now) {
    if (turns_.empty() || all_.allowed_at() > now || turns_.top().at > now) {
        return std::nullopt;
    }
    const Network network = turns_.top().network;
    turns_.pop();
    Line& line = networks_.at(network);
    const PtrRequest request = take_first(line);
    all_.count(now);
    line.limit.count(now);
    if (line.first != none) {
        turns_.push({std::max(line.limit.allowed_at(), now), pool_[line.first].number, network});
    }
    return request;
}

std::optional<SteadyTime> QueryPace::ready_at() const {
    if (turns_.empty()) {
        return std::nullopt;
    }
    return std::max(turns_.top().at, all_.allowed_at());
}

std::optional<PtrRequest> QueryPace::remove() {
    if (turns_.empty()) {
        return std::nullopt;
    }
    Turn turn = turns_.top();
    turns_.pop();
    Line& line = networks_.at(turn.network);
    const PtrRequest request = take_first(line);
    if (line.first != none) {
        turn.number = pool_[line.first].number;
        turns_.push(turn);
    }
    return request;
}

PtrRequest QueryPace::take_first(Line& line) {
    const std::uint32_t place = line.first;
    line.first = pool_[place].next;
    pool_[place].next = free_;
    free_ = place;
    --waiting_;
    return pool_[place].request;
}

/// As often as the networks have doubled, so that it costs each of them a step or two.
void QueryPace::forget_rested(SteadyTime now) {
    std::erase_if(networks_,
                  [&](const auto& each) { return each.second.first == none && each.second.limit.is_rested(now); });
    forget_at_ = std::max<std::size_t>(1024, 2 * networks_.size());
}

}  // namespace echotap
