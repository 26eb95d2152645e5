// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/server_trust.hpp"

#include <utility>

namespace echotap {

namespace {

constexpr std::chrono::seconds proof_life{60};
constexpr std::chrono::seconds rest_length{10};

}  // namespace

void ServerTrust::note(PtrOutcome outcome, SteadyTime now) {
    if (outcome != PtrOutcome::silent) {
        heard_ = now;
    }
    if (is_conclusive(outcome)) {
        proved_ = now;
    }
}

bool ServerTrust::is_believed(const Doubt& doubt) const {
    const bool is_there = doubt.answer.reading.outcome != PtrOutcome::silent || heard_ > doubt.last_sent;
    return is_there && proved_ > doubt.first_sent - proof_life;
}

std::vector<PtrAnswer> ServerTrust::take_believed() {
    std::vector<PtrAnswer> believed;
    std::erase_if(doubts_, [&](Doubt& doubt) {
        if (!is_believed(doubt)) {
            return false;
        }
        believed.push_back(std::move(doubt.answer));
        return true;
    });
    return believed;
}

std::vector<PtrAnswer> ServerTrust::take_unknown() {
    std::vector<PtrAnswer> unknown;
    for (const Doubt& doubt : doubts_) {
        unknown.push_back({doubt.answer.address, {PtrOutcome::no_server, {}}});
    }
    doubts_.clear();
    return unknown;
}

void ServerTrust::begin_probe(SteadyTime now) {
    is_probed_ = true;
    probe_sent_ = now;
}

bool ServerTrust::end_probe(PtrOutcome outcome, SteadyTime now) {
    is_probed_ = false;
    const bool does_its_work = !is_unheard(outcome) && proved_ > now - proof_life;
    if (!does_its_work) {
        rests_until_ = now + rest_length;
    }
    return does_its_work;
}

}  // namespace echotap
