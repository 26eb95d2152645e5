// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/live_worker.hpp"

#include <algorithm>
#include <map>

namespace echotap {

namespace {

/// Of the rings of other workers, at each turn: as much as a burst of frames brings, so that neither waits for long.
constexpr std::size_t queries_per_ring = 256;

}  // namespace

LiveWorker::LiveWorker(unsigned number, const LineConfig& line, const StateConfig& config, BlockPool& pool,
                       QueryExchange& exchange, const PartitionOwners& owners, unsigned first_partition,
                       unsigned end_partition, std::size_t shares_waiting)
    : number_(number),
      exchange_(exchange),
      owners_(owners),
      line_(line),
      timing_(config.table_key),
      worker_(config, pool, first_partition, end_partition),
      books_(config.windows),
      staged_(exchange.workers()),
      shares_(shares_waiting) {
}

void LiveWorker::feed(Burst burst) {
    std::size_t checked = 0;
    while (!burst.empty()) {
        const auto crossing = std::find_if(burst.begin() + static_cast<std::ptrdiff_t>(checked), burst.end(),
                                           [&](const Frame& frame) { return !books_.is_steady(frame.clock); });
        const auto steady = static_cast<std::size_t>(crossing - burst.begin());
        take_steady(burst.first(steady));
        burst = burst.subspan(steady);
        if (!burst.empty()) {
            books_.turn(burst.front().clock, ledger());
            checked = 1;
        }
    }
    serve();
}

/// A stretch in which no window begins or ends.
void LiveWorker::take_steady(Burst burst) {
    if (burst.empty()) {
        return;
    }
    const auto to_owner = [&](const StateQuery& query, Timestamp clock) { give(query, clock); };
    line_.feed(burst, [&](const auto& query) { timing_.take(query, burst, to_owner); });
    timing_.pass(burst, to_owner);
    exchange_.saw_frames(number_, burst.front().clock, burst.back().clock);
    exchange_.saw_moment(number_, burst.front().clock);
    reach(burst.back().clock);
}

void LiveWorker::give(const StateQuery& query, Timestamp clock) {
    const unsigned owner = owners_[partition_of(query)];
    if (owner == number_) {
        return worker_.add(query, clock);
    }
    Staged& staged = staged_[owner];
    staged.queries[staged.count++] = {query, clock};
    if (staged.count == staged.queries.size()) {
        send(owner);
    }
}

void LiveWorker::send(unsigned owner) {
    Staged& staged = staged_[owner];
    const std::span<const TravellingQuery> queries(staged.queries.data(), staged.count);
    for (const TravellingQuery& refused : queries.subspan(exchange_.push(number_, owner, queries))) {
        worker_.count_dropped(refused.query, refused.clock);
        ++dropped_;
        dropped_minimised_ += static_cast<std::uint64_t>(refused.query.kind == OriginatorKind::prefix);
    }
    staged.count = 0;
}

void LiveWorker::send_all() {
    for (unsigned owner = 0; owner < staged_.size(); ++owner) {
        if (staged_[owner].count != 0) {
            send(owner);
        }
    }
}

/// Everything up to `clock` is on its way.
void LiveWorker::reach(Timestamp clock) {
    send_all();
    clock_ = clock;
    exchange_.saw_moment(number_, clock);
    exchange_.publish(number_, clock);
}

void LiveWorker::idle(Timestamp clock) {
    if (clock > clock_ && !is_finished_) {
        if (!books_.is_steady(clock)) {
            books_.turn(clock, ledger());
        }
        Frame moment;  // without octets: only its clock is looked at
        moment.time = moment.clock = clock;
        line_.pass_time(moment, [&](const auto& query) {
            timing_.take(query, {}, [&](const StateQuery& state, Timestamp at) { give(state, at); });
        });
        reach(clock);
    }
    serve();
}

void LiveWorker::finish() {
    const auto to_owner = [&](const StateQuery& query, Timestamp clock) { give(query, clock); };
    timing_.finish(clock_, to_owner);
    line_.finish([&](const auto& query) { timing_.take_last(query, clock_, to_owner); });
    send_all();
    books_.finish(ledger());
    is_finished_ = true;
    exchange_.publish(number_, Timestamp::max());
    serve();
}

void LiveWorker::end() {
    while (!exchange_.pop(number_, queries_per_ring,
                          [&](const TravellingQuery& query) { worker_.add(query.query, query.clock); })) {
    }
    hand_over(Timestamp::max());
}

/// Between two bursts: the queries of other workers, and the windows that have closed.
void LiveWorker::serve() {
    const Timestamp earliest = exchange_.earliest_clock();  // before the rings, see QueryExchange
    const bool is_empty = exchange_.pop(number_, queries_per_ring,
                                        [&](const TravellingQuery& query) { worker_.add(query.query, query.clock); });
    if (is_empty && earliest != Timestamp::max()) {
        close(earliest);
    }
    if (shares_.has_waiting() && shares_.retry()) {
        closed_to_.store(closed_, std::memory_order_release);
    }
    if (snapshot_.is_due()) {
        snapshot_.take_some(worker_, books_, timing_, ledger());
    }
    if (pictures_.is_asked()) {
        pictures_.answer(draw());
    }
}

WorkerPicture LiveWorker::draw() {
    WorkerPicture picture;
    picture.ledger = ledger();
    picture.clock = clock_;
    picture.shares_waiting = shares_.times_full();
    worker_.for_each_open([&](const OpenWindow& window) {
        ++picture.windows;
        picture.originators += window.originator_count();
        picture.queriers += window.part().querier_count();
        picture.counts += window.counts();
        picture.counts.parts += window.part().counts();
    });
    return picture;
}

/// All queries of clocks before `earliest` have come.
void LiveWorker::close(Timestamp earliest) {
    if (earliest < earliest_) {
        // A clock was set back: windows may open again that had closed.
        next_close_ = books_.next_close(earliest);
        set_closed(earliest);
    }
    earliest_ = earliest;
    if (earliest >= next_close_ && earliest != Timestamp::min()) {
        next_close_ = books_.next_close(earliest);
        hand_over(earliest);
    }
}

void LiveWorker::hand_over(Timestamp clock) {
    std::map<WindowPlace, std::unique_ptr<LiveShare>> due;
    const auto share_of = [&](const WindowPlace& place) -> LiveShare& {
        std::unique_ptr<LiveShare>& share = due[place];
        if (share == nullptr) {
            share = std::make_unique<LiveShare>();
            share->place = place;
        }
        return *share;
    };
    for (auto& [place, ledger] : books_.take_due(clock)) {
        share_of(place).ledger = ledger;
    }
    for (auto& window : worker_.close_due(clock)) {
        share_of({window->key().length, window->key().number}).windows.push_back(std::move(window));
    }
    for (auto& [place, share] : due) {
        snapshot_.forget(place);
        shares_.give(std::move(share));
    }
    set_closed(clock);
}

void LiveWorker::set_closed(Timestamp clock) {
    closed_ = clock;
    if (!shares_.has_waiting()) {
        closed_to_.store(closed_, std::memory_order_release);
    }
}

Ledger LiveWorker::ledger() const {
    Ledger all = line_.ledger();
    all.out[static_cast<std::size_t>(Stage::query)] -= dropped_;
    all.drop(Drop::query_ring_full, dropped_);
    all.minimised -= dropped_minimised_;
    return all;
}

}  // namespace echotap
