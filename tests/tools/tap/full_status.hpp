// SPDX-License-Identifier: Apache-2.0
// A status with something in every part of it.
#pragma once

#include "tools/tap/tap_status.hpp"

namespace echotap::test {

inline TapStatus full_status() {
    TapStatus status;
    status.version = "0.1.0";
    status.name = "here";
    status.started = Timestamp(std::chrono::seconds(1'000'000));
    status.now = Timestamp(std::chrono::seconds(1'100'000));
    status.tap.ports = {{.name = "net_af_packet0", .delivered = 12345678901234567U, .missed = 3, .is_loss_known = true},
                        {.name = "net_ring0", .delivered = 5}};
    status.tap.lcores = {{.rounds = 9, .frames = 8, .cycles = 20'000, .busy_cycles = 5'000},
                         {.rounds = 9, .frames = 8, .cycles = 10'000, .busy_cycles = 2'500}};
    status.tap.cycles_per_second = 1000;
    status.tap.buffers = 100;
    status.ledger.enter(Stage::source, 103);
    status.ledger.pass(Stage::source, 100);
    status.ledger.drop(Drop::nic_missed, 3);
    status.ledger.enter(Stage::query, 100);
    status.ledger.pass(Stage::query, 100);
    status.ledger.minimised = 10;
    WorkerPicture worker;
    worker.clock = Timestamp(std::chrono::seconds(1'099'990));
    worker.windows = 1;
    worker.originators = 1234;
    status.workers = {worker};
    status.queries_waiting = {4, 0};
    status.memory.budget = std::size_t{1} << 30U;
    status.checkpoint = {.is_wanted = true, .written = Timestamp(std::chrono::seconds(1'099'999)), .octets = 7};
    AnalystStatus& analyst = status.analyst;
    analyst.closed = 7;
    analyst.by_completeness = {4, 1, 2};
    analyst.taken_up = 3;
    analyst.analysed = 9;
    analyst.lost = 1;
    analyst.last_end = Timestamp(std::chrono::seconds(1'099'900));
    analyst.last_classes = {{"scan", 2}, {"spam", 9}};
    analyst.has_resolver = true;
    analyst.resolver.answers[1] = 8;
    analyst.has_store = true;
    analyst.store_fault = "no room";
    analyst.store_failures = 6;
    analyst.reloads_refused = 2;
    analyst.model = "a model";
    return status;
}

}  // namespace echotap::test
