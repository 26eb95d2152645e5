// SPDX-License-Identifier: Apache-2.0
// Whether a recursive server does its work: what became of questions to it goes in; out come the failures that may be
// believed, whether to probe the server, and whether to leave it alone.
//
// A failure is believed only of a server that has given a conclusive answer since a minute before the question was
// first sent and, where it was silent, any answer since it was last sent. Otherwise it is in doubt until the server has
// answered a probe: a question that every recursive server can answer. If that does not help, the failure is the
// server's own, the answer is "unknown", and the server rests for ten seconds. A broken link of ours makes nobody
// "unreach" (docs/decisions/0011_doubtful_failures.md).
#pragma once

#include <vector>

#include "analytics/resolver/ptr_response.hpp"
#include "analytics/resolver/query_pace.hpp"

namespace echotap {

/// Not thread-safe. Time is what callers say; it never goes back.
class ServerTrust {
public:
    /// A failure whose cause is not known yet.
    struct Doubt {
        PtrAnswer answer;
        SteadyTime first_sent;
        SteadyTime last_sent;
    };

    /// One that is being probed is left alone until it is clear whether it does its work.
    bool may_be_asked(SteadyTime now) const { return rests_until_ <= now && !is_probed_; }
    bool is_probed() const { return is_probed_; }
    bool is_heard_since(SteadyTime sent) const { return heard_ > sent; }

    /// A question, or a probe, has ended like this.
    void note(PtrOutcome outcome, SteadyTime now);

    void add(Doubt doubt) { doubts_.push_back(std::move(doubt)); }
    bool is_in_doubt() const { return !doubts_.empty(); }
    /// Takes the doubtful failures that are the authorities' own.
    std::vector<PtrAnswer> take_believed();
    /// Takes all others, as unknown.
    std::vector<PtrAnswer> take_unknown();

    /// A probe is sent.
    void begin_probe(SteadyTime now);
    /// It has ended and was noted. True: the server does its work; what is in doubt may be taken as believed. False: it
    /// rests from now on.
    bool end_probe(PtrOutcome outcome, SteadyTime now);
    /// Whether to send the probe once more instead: nothing at all was heard since it was sent.
    bool is_unheard(PtrOutcome outcome) const { return outcome == PtrOutcome::silent && heard_ <= probe_sent_; }

private:
    bool is_believed(const Doubt& doubt) const;

    SteadyTime heard_ = SteadyTime::min();   // when its last response came, of whatever kind
    SteadyTime proved_ = SteadyTime::min();  // when its last conclusive one came
    SteadyTime rests_until_ = SteadyTime::min();
    SteadyTime probe_sent_ = SteadyTime::min();
    bool is_probed_ = false;
    std::vector<Doubt> doubts_;
};

}  // namespace echotap
