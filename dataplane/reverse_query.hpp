// SPDX-License-Identifier: Apache-2.0
// Selecting: a DNS message goes in, a reverse query or a minimised one comes out, or the message is dropped by reason.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "config/line_config.hpp"
#include "dataplane/datagram.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/message.hpp"
#include "dataplane/reverse_name.hpp"

namespace echotap {

/// One reverse query as it arrived at an authority, before the repeat filter (Fukuda & Heidemann 2015, section 3.1:
/// the originator from the QNAME, the querier from the source and the authority from the destination address).
struct ReverseQuery {
    Timestamp time;
    Timestamp clock{};  // Envelope::clock
    IpAddress originator;
    IpAddress querier;
    IpAddress authority;
    std::uint32_t sequence = 0;  // Envelope::sequence
    std::uint16_t view = 0;      // index into LineConfig::authorities; 0 where none are configured
    Transport transport = Transport::udp;
    std::uint8_t time_digits = 6;
};

/// A query of any type for a shorter name under a reverse tree: what a minimising resolver lets an authority see.
struct MinimisedQuery {
    Timestamp time;
    Timestamp clock{};  // Envelope::clock
    Prefix prefix;
    IpAddress querier;
    IpAddress authority;
    std::uint32_t sequence = 0;  // Envelope::sequence
    std::uint16_t view = 0;
    std::uint8_t depth = 0;  // labels of the address that the name gives
};

/// Takes what Selector finds. Called once per query, in the order in which messages are complete.
template <class T>
concept QuerySink = requires(T& sink, const ReverseQuery& reverse, const MinimisedQuery& minimised) {
    sink(reverse);
    sink(minimised);
};

class ReverseSelector {
public:
    explicit ReverseSelector(const LineConfig& config)
        : dns_ports_(config.dns_ports),
          authorities_(config.authorities),
          own_resolver_addresses_(config.own_resolver_addresses) {}

    /// Hands a reverse or minimised query on to `sink`, or drops the message; counts at Stage::message and
    /// Stage::query of `ledger`. The message must have passed Stage::message's entry.
    template <QuerySink Sink>
    void select(const Message& message, Ledger& ledger, Sink& sink) const {
        std::uint16_t view = 0;
        Drop drop = check_message(message, view);
        if (drop != Drop::none) {
            return ledger.drop(drop);
        }
        ledger.pass(Stage::message);
        ledger.enter(Stage::query);
        ReverseName name;
        drop = parse_reverse_name(message.question.name, name);
        if (drop == Drop::none && name.is_full && message.question.type != type_ptr) {
            drop = Drop::reverse_type_other;
        }
        // Last, since it is the rarest, and so that skim() need not know of it: other names end before.
        if (drop == Drop::none && is_own(message.envelope.source)) {
            drop = Drop::own_resolver;
        }
        if (drop != Drop::none) {
            return ledger.drop(drop);
        }
        ledger.pass(Stage::query);
        const Envelope& envelope = message.envelope;
        if (name.is_full) {
            sink(ReverseQuery{.time = envelope.time,
                              .clock = envelope.clock,
                              .originator = name.address,
                              .querier = envelope.source,
                              .authority = envelope.destination,
                              .sequence = envelope.sequence,
                              .view = view,
                              .transport = envelope.transport,
                              .time_digits = envelope.time_digits});
        } else {
            ++ledger.minimised;
            sink(MinimisedQuery{.time = envelope.time,
                                .clock = envelope.clock,
                                .prefix = name.prefix(),
                                .querier = envelope.source,
                                .authority = envelope.destination,
                                .sequence = envelope.sequence,
                                .view = view,
                                .depth = name.depth});
        }
    }

private:
    static constexpr std::uint16_t type_ptr = 12;
    static constexpr std::uint16_t class_in = 1;

    /// A standard query in class IN to a DNS port of a configured authority, whose view it sets?
    Drop check_message(const Message& message, std::uint16_t& view) const {
        if (message.is_response()) {
            return Drop::response;
        }
        if (message.opcode() != 0) {
            return Drop::opcode_other;
        }
        if (message.question_count == 0) {
            return Drop::question_none;
        }
        if (message.question.qclass != class_in) {
            return Drop::class_other;
        }
        if (!contains(dns_ports_, message.envelope.destination_port)) {
            return Drop::port_other;
        }
        return authorities_.empty() ? Drop::none : find_view(message.envelope.destination, view);
    }

    /// Whether the names of queriers are asked for from there.
    bool is_own(const IpAddress& querier) const {
        return std::find(own_resolver_addresses_.begin(), own_resolver_addresses_.end(), querier) !=
               own_resolver_addresses_.end();
    }

    /// The view of the longest configured prefix that holds `authority`.
    Drop find_view(const IpAddress& authority, std::uint16_t& view) const;

    std::vector<std::uint16_t> dns_ports_;
    std::vector<Prefix> authorities_;
    std::vector<IpAddress> own_resolver_addresses_;
};

}  // namespace echotap
