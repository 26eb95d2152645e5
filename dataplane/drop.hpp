// SPDX-License-Identifier: Apache-2.0
// Every way out of the line that is not the next stage has a name here, and a counter in the Ledger.
//
// Goes in: one count per unit at its stage. Comes out: the ledger, in which for every stage, in that stage's own unit,
//     in == out + drops by reason + held
// and held is 0 once the line is finished. A new way to fail is a new enumerator, a row of drop_table, a row in a
// test, and a line in docs/operations.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace echotap {

enum class Stage : std::uint8_t { source, frame, datagram, segment, message, query, output };
inline constexpr std::size_t stage_count = 7;

struct StageInfo {
    std::string_view name;
    std::string_view unit;
};

inline constexpr std::array<StageInfo, stage_count> stage_table{{
    {"source", "frames"},
    {"layers", "frames"},
    {"udp", "datagrams"},
    {"tcp", "segments"},
    {"dns", "messages"},
    {"reverse", "queries"},
    {"output", "rows"},
}};

enum class Drop : std::uint8_t {
    none,
    // source
    record_truncated,
    record_corrupt,
    nic_missed,
    nic_error,
    nic_no_mbuf,
    nic_uncollected,
    worker_ring_full,
    // frame
    link_unknown,
    link_truncated,
    ethertype_other,
    header_too_deep,
    mpls_malformed,
    ppp_other,
    gre_malformed,
    tunnel_malformed,
    ip_version,
    ipv4_malformed,
    ipv6_malformed,
    icmp,
    protocol_other,
    fragment_malformed,
    fragment_duplicate,
    fragment_overlap,
    fragment_too_many,
    fragment_expired,
    fragment_evicted,
    fragment_incomplete,
    // datagram
    datagram_truncated,
    datagram_length,
    datagram_port,
    // segment
    segment_truncated,
    segment_malformed,
    segment_port,
    segment_empty,
    segment_duplicate,
    segment_unsynchronised,
    segment_gap,
    segment_stream_full,
    segment_expired,
    segment_evicted,
    segment_incomplete,
    // message
    message_short,
    question_truncated,
    question_label,
    question_pointer,
    question_name_long,
    question_none,
    response,
    opcode_other,
    class_other,
    port_other,
    authority_other,
    // query
    name_not_reverse,
    reverse_apex,
    reverse_type_other,
    reverse_service,
    reverse_classless,
    reverse_longer,
    reverse_octet,
    reverse_nibble,
    reverse_label,
    query_ring_full,
    own_resolver,
    // output
    output_ring_full,
};

struct DropInfo {
    Drop drop;
    Stage stage;
    std::string_view name;
    std::string_view meaning;
};

inline constexpr auto drop_table = std::to_array<DropInfo>({
    {Drop::none, Stage::source, "none", "not a drop"},
    {Drop::record_truncated, Stage::source, "record_truncated", "the capture ends in the middle of this record"},
    {Drop::record_corrupt, Stage::source, "record_corrupt", "a record with impossible lengths or without interface"},
    {Drop::nic_missed, Stage::source, "nic_missed", "the NIC had no free descriptor (imissed)"},
    {Drop::nic_error, Stage::source, "nic_error", "the NIC received the frame damaged (ierrors)"},
    {Drop::nic_no_mbuf, Stage::source, "nic_no_mbuf", "no buffer was free for the frame (rx_nombuf)"},
    {Drop::nic_uncollected, Stage::source, "nic_uncollected", "the tap was stopped before it collected the frame"},
    {Drop::worker_ring_full, Stage::source, "worker_ring_full", "the worker that owns the frame was behind"},
    {Drop::link_unknown, Stage::frame, "link_unknown", "a link type that is not read"},
    {Drop::link_truncated, Stage::frame, "link_truncated", "the frame ends inside a link, tunnel or IP header"},
    {Drop::ethertype_other, Stage::frame, "ethertype_other", "neither IP nor anything that carries it (ARP, LLDP)"},
    {Drop::header_too_deep, Stage::frame, "header_too_deep", "more stacked headers than the configured depth"},
    {Drop::mpls_malformed, Stage::frame, "mpls_malformed", "an MPLS stack over something that is not IP or Ethernet"},
    {Drop::ppp_other, Stage::frame, "ppp_other", "PPP or PPPoE that carries no IP"},
    {Drop::gre_malformed, Stage::frame, "gre_malformed", "a GRE or ERSPAN header of a version that is not read"},
    {Drop::tunnel_malformed, Stage::frame, "tunnel_malformed", "a VXLAN, GENEVE or TZSP header that is not one"},
    {Drop::ip_version, Stage::frame, "ip_version", "an IP header whose version is neither 4 nor 6"},
    {Drop::ipv4_malformed, Stage::frame, "ipv4_malformed", "an IPv4 header whose lengths contradict each other"},
    {Drop::ipv6_malformed, Stage::frame, "ipv6_malformed", "an IPv6 header chain that contradicts itself"},
    {Drop::icmp, Stage::frame, "icmp", "ICMP; a DNS message that it quotes is not a query"},
    {Drop::protocol_other, Stage::frame, "protocol_other", "an IP protocol that is neither UDP nor TCP nor a tunnel"},
    {Drop::fragment_malformed, Stage::frame, "fragment_malformed",
     "a fragment cut short, of odd size or beyond 65,535 octets"},
    {Drop::fragment_duplicate, Stage::frame, "fragment_duplicate", "the same fragment once more"},
    {Drop::fragment_overlap, Stage::frame, "fragment_overlap",
     "fragments that overlap or disagree about the end: the packet is refused"},
    {Drop::fragment_too_many, Stage::frame, "fragment_too_many",
     "more fragments than a packet may have: it is refused"},
    {Drop::fragment_expired, Stage::frame, "fragment_expired", "the other fragments did not come in time"},
    {Drop::fragment_evicted, Stage::frame, "fragment_evicted", "reassembly was full and this packet the oldest"},
    {Drop::fragment_incomplete, Stage::frame, "fragment_incomplete", "the input ended before the other fragments"},
    {Drop::datagram_truncated, Stage::datagram, "datagram_truncated", "ends inside the UDP header"},
    {Drop::datagram_length, Stage::datagram, "datagram_length", "a UDP length under 8 or over the packet's"},
    {Drop::datagram_port, Stage::datagram, "datagram_port", "neither port is a DNS port"},
    {Drop::segment_truncated, Stage::segment, "segment_truncated", "ends inside the TCP header"},
    {Drop::segment_malformed, Stage::segment, "segment_malformed", "a TCP header whose length is wrong"},
    {Drop::segment_port, Stage::segment, "segment_port", "neither port is a DNS port"},
    {Drop::segment_empty, Stage::segment, "segment_empty", "carries no octets (SYN, ACK, FIN, RST)"},
    {Drop::segment_duplicate, Stage::segment, "segment_duplicate", "all of its octets were there before"},
    {Drop::segment_unsynchronised, Stage::segment, "segment_unsynchronised",
     "no message boundary known: the stream was joined late or has a gap"},
    {Drop::segment_gap, Stage::segment, "segment_gap", "its message has octets that the capture lost or cut off"},
    {Drop::segment_stream_full, Stage::segment, "segment_stream_full", "its stream held as much as one stream may"},
    {Drop::segment_expired, Stage::segment, "segment_expired", "its message was never completed: the stream fell idle"},
    {Drop::segment_evicted, Stage::segment, "segment_evicted", "the streams held as much as they may in all"},
    {Drop::segment_incomplete, Stage::segment, "segment_incomplete", "stream or input ended before its message"},
    {Drop::message_short, Stage::message, "message_short", "under the 12 octets of a header"},
    {Drop::question_truncated, Stage::message, "question_truncated", "ends inside the question"},
    {Drop::question_label, Stage::message, "question_label", "a label type that is not in use (0x40, 0x80)"},
    {Drop::question_pointer, Stage::message, "question_pointer", "a compression pointer that does not lead back"},
    {Drop::question_name_long, Stage::message, "question_name_long", "a name over 255 octets"},
    {Drop::question_none, Stage::message, "question_none", "QDCOUNT is 0"},
    {Drop::response, Stage::message, "response", "QR is 1"},
    {Drop::opcode_other, Stage::message, "opcode_other", "an opcode other than QUERY"},
    {Drop::class_other, Stage::message, "class_other", "a QCLASS other than IN"},
    {Drop::port_other, Stage::message, "port_other", "a query that was not sent to a DNS port"},
    {Drop::authority_other, Stage::message, "authority_other", "sent to none of the configured authorities"},
    {Drop::name_not_reverse, Stage::query, "name_not_reverse", "a name outside in-addr.arpa and ip6.arpa"},
    {Drop::reverse_apex, Stage::query, "reverse_apex", "in-addr.arpa or ip6.arpa itself"},
    {Drop::reverse_type_other, Stage::query, "reverse_type_other", "a full reverse name, but not QTYPE PTR"},
    {Drop::reverse_service, Stage::query, "reverse_service", "a service name such as lb._dns-sd._udp"},
    {Drop::reverse_classless, Stage::query, "reverse_classless", "a classless delegation such as 0/25 (RFC 2317)"},
    {Drop::reverse_longer, Stage::query, "reverse_longer", "labels in front of a full reverse name"},
    {Drop::reverse_octet, Stage::query, "reverse_octet", "a number over 255 or with a leading zero"},
    {Drop::reverse_nibble, Stage::query, "reverse_nibble", "under ip6.arpa, a label that is not one hex digit"},
    {Drop::reverse_label, Stage::query, "reverse_label", "under in-addr.arpa, a label that is not a number"},
    {Drop::query_ring_full, Stage::query, "query_ring_full", "the worker that owns its querier was behind"},
    {Drop::own_resolver, Stage::query, "own_resolver", "asked by Echotap itself, to learn the names of queriers"},
    {Drop::output_ring_full, Stage::output, "output_ring_full", "rows were found faster than they were taken"},
});

inline constexpr std::size_t drop_count = drop_table.size();

/// The row of a drop. drop_table stands in the order of the enumerators (asserted in drop.cpp).
constexpr const DropInfo& info(Drop drop) {
    return drop_table[static_cast<std::size_t>(drop)];
}

/// The counters of one worker. One writer; read it only from that thread or after the worker is done.
struct Ledger {
    std::array<std::uint64_t, stage_count> in{};
    std::array<std::uint64_t, stage_count> out{};
    std::array<std::uint64_t, drop_count> drops{};
    /// Of out[query]: the short names of minimising resolvers. The rest are reverse queries.
    std::uint64_t minimised = 0;

    void enter(Stage stage, std::uint64_t units = 1) { in[static_cast<std::size_t>(stage)] += units; }
    void pass(Stage stage, std::uint64_t units = 1) { out[static_cast<std::size_t>(stage)] += units; }
    void drop(Drop reason, std::uint64_t units = 1) { drops[static_cast<std::size_t>(reason)] += units; }

    /// Units of a stage that were dropped, over all reasons.
    std::uint64_t dropped(Stage stage) const;

    /// Units inside a stage: in - out - dropped. Negative means that the books are wrong.
    std::int64_t held(Stage stage) const;

    Ledger& operator+=(const Ledger& other);
    bool operator==(const Ledger&) const = default;
};

}  // namespace echotap
