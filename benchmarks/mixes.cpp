// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/mixes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <queue>
#include <stdexcept>
#include <utility>

#include "dataplane/message.hpp"
#include "tools/simulator/frame_packer.hpp"
#include "tools/simulator/query_names.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {

namespace {

struct ShapeRow {
    MixShape shape;
    std::string_view name;
    std::uint32_t reverse_share;  // of queries, in 1/10,000
    std::uint32_t originator_count;
    std::uint32_t querier_count;
};

constexpr std::array shape_table{
    ShapeRow{MixShape::root, "root", 100, 200'000, 300'000},
    ShapeRow{MixShape::reverse, "reverse", 9000, 200'000, 300'000},
    ShapeRow{MixShape::wide, "wide", 9000, 5'000'000, 3'000'000},
};

const ShapeRow& row_of(MixShape shape) {
    return shape_table[static_cast<std::size_t>(shape)];
}

// Shares of all frames, in 1/10,000.
constexpr std::uint32_t tcp_share = 200;
constexpr std::uint32_t response_share = 1000;
constexpr std::uint32_t tagged_share = 100;
constexpr std::uint32_t arp_share = 5;
constexpr std::uint32_t echo_share = 10;
constexpr std::uint32_t other_port_share = 10;

// Shares of queries, in 1/10,000.
constexpr std::uint32_t ipv6_share = 500;  // of queriers, and of originators, independently
constexpr std::uint32_t edns_share = 9000;
constexpr std::uint32_t cookie_share = 1000;
constexpr std::uint32_t mixed_case_share = 300;
constexpr std::uint32_t repeat_share = 1000;

// A flow is SYN, SYN with ACK, ACK, query, response, FIN with ACK of either side.
constexpr std::uint32_t flow_segments = 7;
// Slots that are not those of a flow already begun, in 1/10,000, and the share of them that begins one, in 1/10^8.
constexpr std::uint32_t free_slots = 10'000 - tcp_share * (flow_segments - 1) / flow_segments;
constexpr std::uint32_t flow_share = 100'000'000ULL * tcp_share / flow_segments / free_slots;

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t authority_count = 4;
constexpr std::size_t pcap_header_size = 24;
constexpr std::size_t record_header_size = 16;
constexpr std::size_t frame_size_max = 352;

enum QueryType : std::uint16_t { a = 1, ns = 2, ptr = 12, aaaa = 28, any = 255 };

// About what root servers are asked for.
constexpr std::array<std::uint16_t, 20> other_types{1,  1,  1,  1,  1, 1, 1,  1,  1,  28,
                                                    28, 28, 28, 28, 2, 2, 43, 65, 15, 33};

struct Query {
    Ends ends;  // from the querier to the authority
    IpAddress originator;
    QueryName name;
    std::uint16_t type = 0;
    std::uint16_t qclass = 1;
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    bool edns = false;
    bool cookie = false;
    bool mixed_case = false;
    bool minimised = false;
    Drop verdict = Drop::none;
    Timestamp time;
};

// A DNS message under construction (RFC 1035 section 4.1).
class MessagePacker {
public:
    MessagePacker(const Query& query, bool response) {
        put(query.id);
        put(static_cast<std::uint16_t>(response ? query.flags | 0x8403U : query.flags));  // QR, AA, NXDOMAIN
        put(1);
        put(0);
        put(response ? 1 : 0);
        put(query.edns ? 1 : 0);
        put(query.name.span());
        put(query.type);
        put(query.qclass);
        if (response) {
            put(Octets(start_of_authority));
        }
        if (query.edns) {
            put(query.cookie ? Octets(options_cookie) : Octets(options));
        }
    }

    Octets span() const { return {octets_.data(), size_}; }

    // RFC 1035 section 4.2.2: with the two octets of length in front.
    Octets framed() {
        std::memmove(octets_.data() + 2, octets_.data(), size_);
        octets_[0] = static_cast<std::uint8_t>(size_ >> 8U);
        octets_[1] = static_cast<std::uint8_t>(size_);
        return {octets_.data(), size_ + 2};
    }

private:
    // `. SOA a.root-servers.net nstld.verisign-grs.com ...`, as the root denies a name.
    static constexpr std::uint8_t start_of_authority[]{
        0,    0,    6,   0,   1,   0,   1,   0x51, 0x80, 0,    64,  1,   'a',  12,   'r', 'o', 'o',  't',  '-',
        's',  'e',  'r', 'v', 'e', 'r', 's', 3,    'n',  'e',  't', 0,   5,    'n',  's', 't', 'l',  'd',  12,
        'v',  'e',  'r', 'i', 's', 'i', 'g', 'n',  '-',  'g',  'r', 's', 3,    'c',  'o', 'm', 0,    0x78, 0xc3,
        0x3d, 0x41, 0,   0,   7,   8,   0,   0,    3,    0x84, 0,   9,   0x3a, 0x80, 0,   1,   0x51, 0x80};
    static constexpr std::uint8_t options[]{0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0};
    static constexpr std::uint8_t options_cookie[]{0,  0, 41, 0x04, 0xd0, 0,    0,    0x80, 0,    0,    12,  0,
                                                   10, 0, 8,  0x2a, 0x9c, 0x11, 0x73, 0x5e, 0xd0, 0x64, 0x08};

    void put(std::uint16_t value) {
        octets_[size_++] = static_cast<std::uint8_t>(value >> 8U);
        octets_[size_++] = static_cast<std::uint8_t>(value);
    }

    void put(Octets octets) {
        std::memcpy(octets_.data() + size_, octets.data(), octets.size());
        size_ += octets.size();
    }

    std::array<std::uint8_t, frame_size_max - frame_headers_size_max> octets_;
    std::size_t size_ = 0;
};

// Draws queries. Ranks become addresses by a bijection that is part of the seed: neighbours in rank are none on the
// net.
class QuerySource {
public:
    QuerySource(const ShapeRow& shape, Random& random)
        : shape_(shape),
          random_(random),
          salt_(random.next()),
          originators_(shape.originator_count),
          queriers_(shape.querier_count),
          names_(random) {}

    Query draw() {
        Query query;
        const bool v6 = random_.chance(ipv6_share);
        query.ends.source = address(queriers_.draw(random_), v6, 0);
        query.ends.source_port = source_port();
        query.ends.destination = authority(random_.below(authority_count), v6);
        query.ends.destination_port = dns_port;
        query.id = id();
        query.edns = random_.chance(edns_share);
        query.cookie = random_.chance(cookie_share);
        ask(query);
        query.mixed_case = random_.chance(mixed_case_share);
        if (query.mixed_case) {
            mix_case(query.name, random_);
        }
        return query;
    }

    std::uint16_t source_port() { return static_cast<std::uint16_t>(1024 + random_.below(65536 - 1024)); }
    std::uint16_t id() { return static_cast<std::uint16_t>(random_.below(65536)); }

private:
    void ask(Query& query) {
        query.originator = address(originators_.draw(random_), random_.chance(ipv6_share), 1);
        if (random_.chance(shape_.reverse_share)) {
            query.name = reverse_name(query.originator);
            query.type = ptr;
            return;
        }
        query.type = other_types[random_.below(other_types.size())];
        const std::uint32_t kind = random_.below(1000);
        if (kind < 10) {
            const bool v4 = query.originator.is_v4();
            query.name = minimised_name(query.originator, 1 + random_.below(v4 ? 3 : 31), random_.chance(2500));
            query.type = random_.chance(5000) ? a : ns;
            query.minimised = true;
        } else if (kind < 11) {
            query.name = minimised_name(query.originator, 0, false);
            query.verdict = Drop::reverse_apex;
        } else if (kind < 12) {
            query.name = reverse_name(query.originator);
            query.type = any;
            query.verdict = Drop::reverse_type_other;
        } else if (kind < 13) {
            query.originator = address(originators_.draw(random_), false, 1);
            query.name = service_name(query.originator);
            query.type = ptr;
            query.verdict = Drop::reverse_service;
        } else {
            query.name = names_.draw(random_);
            query.verdict = Drop::name_not_reverse;
            if (kind < 14) {
                query.qclass = 3;  // CHAOS
                query.verdict = Drop::class_other;
            } else if (kind < 15) {
                query.flags = 0x2000;  // opcode NOTIFY
                query.verdict = Drop::opcode_other;
            }
        }
    }

    IpAddress address(std::uint32_t rank, bool v6, std::uint64_t kind) const {
        const std::uint64_t low = scramble(salt_ + 2U * rank + kind);
        if (!v6) {
            const std::array octets{static_cast<std::uint8_t>(1 + (low >> 24U) % 223),
                                    static_cast<std::uint8_t>(low >> 16U), static_cast<std::uint8_t>(low >> 8U),
                                    static_cast<std::uint8_t>(low)};
            return IpAddress::from_v4(octets.data());
        }
        // 64 ranks share a /32, as the hosts of a provider do.
        const std::uint64_t high = (0x2a00'0000'0000'0000U | scramble(salt_ ^ rank / 64U) >> 40U << 32U) + (low >> 48U);
        std::array<std::uint8_t, 16> octets{};
        for (unsigned i = 0; i < 8; ++i) {
            octets[i] = static_cast<std::uint8_t>(high >> (56U - 8U * i));
            octets[8 + i] = static_cast<std::uint8_t>(low >> (56U - 8U * i));
        }
        return IpAddress::from_v6(octets.data());
    }

    static IpAddress authority(std::uint32_t number, bool v6) {
        const auto last = static_cast<std::uint8_t>(53 + number);
        const std::array<std::uint8_t, 4> octets_v4{192, 0, 2, last};
        const std::array<std::uint8_t, 16> octets_v6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
        return v6 ? IpAddress::from_v6(octets_v6.data()) : IpAddress::from_v4(octets_v4.data());
    }

    const ShapeRow& shape_;
    Random& random_;
    std::uint64_t salt_;
    ZipfRanks originators_;
    ZipfRanks queriers_;
    NamePool names_;
};

// A TCP flow that has begun and the slot in which its next segment is due.
struct TcpFlow {
    std::size_t due = 0;
    std::uint32_t gap = 0;  // slots between its segments
    std::uint32_t step = 0;
    std::uint32_t querier_sequence = 0;
    std::uint32_t authority_sequence = 0;
    Query query;
};

struct DueLater {
    bool operator()(const TcpFlow& left, const TcpFlow& right) const { return left.due > right.due; }
};

// Fills the slots of a mix one by one: the segment of a flow that is due, or something new.
class MixWriter {
public:
    MixWriter(const ShapeRow& shape, std::size_t frame_count, std::uint64_t seed, Arena& arena,
              std::vector<Frame>& frames, Truth& truth, MixShares& shares)
        : random_(scramble(seed) ^ static_cast<std::uint64_t>(shape.shape)),
          queries_(shape, random_),
          frame_count_(frame_count),
          gap_max_(std::clamp<std::uint32_t>(static_cast<std::uint32_t>(frame_count / 64), 1, 400)),
          recent_(std::max<std::size_t>(1, frame_count / 27)),
          arena_(arena),
          frames_(frames),
          truth_(truth),
          shares_(shares) {}

    void write() {
        frames_.reserve(frame_count_);
        for (std::size_t slot = 0; slot < frame_count_; ++slot) {
            time_ = slot_time(slot);
            if (!flows_.empty() && flows_.top().due <= slot) {
                put_segment();
            } else if (random_.below(100'000'000) < flow_share && flow_fits(slot)) {
                begin_flow(slot);
            } else {
                put_other();
            }
        }
    }

private:
    // The ring holds the last frame_count / 27 first queries. As 79 % of the frames are such, that is 1/21 of the mix
    // or 28.1 s.
    static_assert(mix_span / mix_repeat_within == 20);

    Timestamp slot_time(std::size_t slot) {
        constexpr auto span = std::chrono::microseconds(mix_span).count();
        const auto step = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(span) / frame_count_);
        const auto at = static_cast<std::int64_t>(slot * step + random_.below(static_cast<std::uint32_t>(step)));
        return mix_start + std::chrono::microseconds(at);
    }

    // Every flow ends before the mix does: none is left over that a line would have to hold.
    bool flow_fits(std::size_t slot) const {
        return slot + flow_segments * (gap_max_ + flow_segments * (flows_.size() + 1)) < frame_count_;
    }

    void put_other() {
        const std::uint32_t kind = random_.below(free_slots);
        if (kind < response_share && recent_size_ > 0) {
            const std::size_t back =
                1 + random_.below(static_cast<std::uint32_t>(std::min<std::size_t>(recent_size_, 1000)));
            put_response(recent_[(recent_next_ + recent_.size() - back) % recent_.size()]);
        } else if (kind < response_share + arp_share) {
            put_arp();
        } else if (kind < response_share + arp_share + echo_share) {
            const Query query = queries_.draw();
            finish_frame(pack_echo(frame_start(), query.ends, draw_tag()), query.ends);
            truth_.ledger.drop(Drop::icmp);
        } else if (kind < response_share + arp_share + echo_share + other_port_share) {
            put_other_port();
        } else {
            put_query();
        }
    }

    void put_arp() {
        constexpr std::array<std::uint8_t, 4> router{192, 0, 2, 1};
        constexpr std::array<std::uint8_t, 4> server{192, 0, 2, 53};
        const Ends ends{IpAddress::from_v4(router.data()), IpAddress::from_v4(server.data())};
        finish_frame(pack_arp(frame_start(), ends), ends);
        truth_.ledger.drop(Drop::ethertype_other);
    }

    void put_other_port() {
        constexpr std::array<std::uint8_t, 48> time_request{0x23};  // NTP version 4, mode 3
        Query query = queries_.draw();
        query.ends.destination_port = 123;
        finish_frame(pack_udp(frame_start(), query.ends, draw_tag(), time_request), query.ends);
        truth_.ledger.pass(Stage::frame);
        truth_.ledger.enter(Stage::datagram);
        truth_.ledger.drop(Drop::datagram_port);
    }

    void put_query() {
        if (recent_size_ > 0 && random_.chance(repeat_share)) {
            Query query = recent_[random_.below(static_cast<std::uint32_t>(recent_size_))];
            query.id = queries_.id();
            query.ends.source_port = queries_.source_port();
            query.time = time_;
            ++shares_.repeats;
            put_query(query);
            return;
        }
        // Only first queries are remembered, so that a repeat of a repeat is within 30 s of the first one too.
        Query& query = recent_[recent_next_];
        query = queries_.draw();
        query.time = time_;
        recent_next_ = (recent_next_ + 1) % recent_.size();
        recent_size_ = std::min(recent_size_ + 1, recent_.size());
        put_query(query);
    }

    void put_query(const Query& query) {
        const MessagePacker message(query, false);
        finish_frame(pack_udp(frame_start(), query.ends, draw_tag(), message.span()), query.ends);
        count_datagram();
        count_query(query, Transport::udp);
        ++shares_.udp_queries;
        shares_.edns += query.edns ? 1 : 0;
        shares_.mixed_case += query.mixed_case ? 1 : 0;
        shares_.ptr += query.type == ptr ? 1 : 0;
    }

    void put_response(const Query& query) {
        const MessagePacker message(query, true);
        const Ends ends = query.ends.reversed();
        finish_frame(pack_udp(frame_start(), ends, draw_tag(), message.span()), ends);
        count_datagram();
        truth_.ledger.drop(Drop::response);
        ++shares_.udp_responses;
    }

    void begin_flow(std::size_t slot) {
        TcpFlow flow;
        flow.due = slot;
        flow.gap = 1 + random_.below(gap_max_);
        flow.querier_sequence = static_cast<std::uint32_t>(random_.next());
        flow.authority_sequence = static_cast<std::uint32_t>(random_.next());
        flow.query = queries_.draw();
        flows_.push(flow);
        put_segment();
    }

    void put_segment() {
        TcpFlow flow = flows_.top();
        flows_.pop();
        constexpr std::uint8_t fin = 1;
        constexpr std::uint8_t syn = 2;
        constexpr std::uint8_t push = 8;
        constexpr std::uint8_t ack = 16;
        constexpr std::array<std::uint8_t, flow_segments> flags{syn,        syn | ack, ack,      push | ack,
                                                                push | ack, fin | ack, fin | ack};
        const bool from_querier = flow.step % 2 == (flow.step < 3 ? 0 : 1);
        MessagePacker message(flow.query, flow.step == 4);
        const Octets payload = flow.step == 3 || flow.step == 4 ? message.framed() : Octets{};

        std::uint32_t& own = from_querier ? flow.querier_sequence : flow.authority_sequence;
        const std::uint32_t other = from_querier ? flow.authority_sequence : flow.querier_sequence;
        const Ends ends = from_querier ? flow.query.ends : flow.query.ends.reversed();
        const TcpNumbers numbers{own, flow.step == 0 ? 0 : other, flags[flow.step]};
        finish_frame(pack_tcp(frame_start(), ends, draw_tag(), numbers, payload), ends);
        own += static_cast<std::uint32_t>(payload.size()) + ((flags[flow.step] & (fin | syn)) != 0 ? 1 : 0);

        truth_.ledger.pass(Stage::frame);
        truth_.ledger.enter(Stage::segment);
        ++shares_.tcp;
        if (payload.empty()) {
            truth_.ledger.drop(Drop::segment_empty);
        } else {
            truth_.ledger.pass(Stage::segment);
            truth_.ledger.enter(Stage::message);
            if (flow.step == 4) {
                truth_.ledger.drop(Drop::response);
            } else {
                flow.query.time = time_;
                count_query(flow.query, Transport::tcp);
            }
        }
        if (++flow.step < flow_segments) {
            flow.due += flow.gap;
            flows_.push(flow);
        }
    }

    void count_datagram() {
        truth_.ledger.pass(Stage::frame);
        truth_.ledger.enter(Stage::datagram);
        truth_.ledger.pass(Stage::datagram);
        truth_.ledger.enter(Stage::message);
    }

    void count_query(const Query& query, Transport transport) {
        if (query.verdict == Drop::class_other || query.verdict == Drop::opcode_other) {
            truth_.ledger.drop(query.verdict);
            return;
        }
        truth_.ledger.pass(Stage::message);
        truth_.ledger.enter(Stage::query);
        if (query.verdict != Drop::none) {
            truth_.ledger.drop(query.verdict);
            return;
        }
        truth_.ledger.pass(Stage::query);
        if (query.minimised) {
            ++truth_.ledger.minimised;
            return;
        }
        ++(transport == Transport::udp ? truth_.reverse_udp : truth_.reverse_tcp);
        truth_.checksum += reverse_query_mark(query.originator, query.ends.source, query.time);
    }

    bool draw_tag() {
        const bool tagged = random_.chance(tagged_share);
        shares_.tagged += tagged ? 1 : 0;
        return tagged;
    }

    std::uint8_t* frame_start() { return arena_.end() + record_header_size; }

    void finish_frame(std::size_t size, const Ends& ends) {
        const auto microseconds = static_cast<std::uint64_t>(time_.time_since_epoch().count() / 1000);
        const std::array<std::uint32_t, 4> record{static_cast<std::uint32_t>(microseconds / 1'000'000),
                                                  static_cast<std::uint32_t>(microseconds % 1'000'000),
                                                  static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(size)};
        std::memcpy(arena_.end(), record.data(), record_header_size);
        Frame frame;
        frame.octets = frame_start();
        frame.captured = frame.length = static_cast<std::uint32_t>(size);
        frame.time = frame.clock = time_;
        frame.sequence = static_cast<std::uint32_t>(frames_.size());
        frames_.push_back(frame);
        arena_.grow(record_header_size + size);
        truth_.ledger.enter(Stage::frame);
        shares_.octets += size;
        shares_.ipv6 += ends.source.is_v4() ? 0 : 1;
    }

    Random random_;
    QuerySource queries_;
    std::size_t frame_count_;
    std::uint32_t gap_max_;
    std::priority_queue<TcpFlow, std::vector<TcpFlow>, DueLater> flows_;
    std::vector<Query> recent_;  // a ring
    std::size_t recent_next_ = 0;
    std::size_t recent_size_ = 0;
    Timestamp time_;
    Arena& arena_;
    std::vector<Frame>& frames_;
    Truth& truth_;
    MixShares& shares_;
};

void put_pcap_header(Arena& arena) {
    constexpr std::uint32_t snap_length = 262'144;
    constexpr std::array<std::uint32_t, 6> header{0xa1b2c3d4, 0x0004'0002, 0, 0, snap_length, 1};
    static_assert(sizeof header == pcap_header_size && std::endian::native == std::endian::little);
    std::memcpy(arena.end(), header.data(), sizeof header);
    arena.grow(sizeof header);
}

}  // namespace

std::string_view name_of(MixShape shape) {
    return row_of(shape).name;
}

std::optional<MixShape> mix_shape(std::string_view name) {
    for (const ShapeRow& row : shape_table) {
        if (row.name == name) {
            return row.shape;
        }
    }
    return std::nullopt;
}

Mix::Mix(MixShape shape, std::size_t frame_count, std::uint64_t seed, Pages pages)
    : shape_(shape), arena_(pcap_header_size + frame_count * (record_header_size + frame_size_max), pages) {
    put_pcap_header(arena_);
    MixWriter(row_of(shape), frame_count, seed, arena_, frames_, truth_, shares_).write();
}

void Mix::write_pcap(const std::string& path) const {
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "wb"), close);
    if (file == nullptr || std::fwrite(pcap().data(), 1, pcap().size(), file.get()) != pcap().size() ||
        std::fflush(file.get()) != 0) {
        throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
    }
}

}  // namespace echotap
