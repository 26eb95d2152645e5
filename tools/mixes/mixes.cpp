// SPDX-License-Identifier: Apache-2.0
#include "tools/mixes/mixes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <queue>
#include <stdexcept>
#include <utility>

#include "dataplane/message.hpp"
#include "tools/mixes/mix_queries.hpp"
#include "tools/simulator/frame_packer.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {

namespace {

struct ShapeRow {
    MixShape shape;
    std::string_view name;
    MixPopulation population;
};

constexpr std::array shape_table{
    ShapeRow{MixShape::root, "root", {100, 200'000, 300'000}},
    ShapeRow{MixShape::reverse, "reverse", {9000, 200'000, 300'000}},
    ShapeRow{MixShape::wide, "wide", {9000, 5'000'000, 3'000'000}},
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

constexpr std::uint32_t repeat_share = 1000;  // of queries

// A flow is SYN, SYN with ACK, ACK, query, response, FIN with ACK of either side.
constexpr std::uint32_t flow_segments = 7;
// Slots that are not those of a flow already begun, in 1/10,000, and the share of them that begins one, in 1/10^8.
constexpr std::uint32_t free_slots = 10'000 - tcp_share * (flow_segments - 1) / flow_segments;
constexpr std::uint32_t flow_share = 100'000'000ULL * tcp_share / flow_segments / free_slots;

constexpr std::size_t pcap_header_size = 24;
constexpr std::size_t record_header_size = 16;
constexpr std::size_t frame_size_max = frame_headers_size_max + mix_message_size_max;

// A TCP flow that has begun and the slot in which its next segment is due.
struct TcpFlow {
    std::size_t due = 0;
    std::uint32_t gap = 0;  // slots between its segments
    std::uint32_t step = 0;
    std::uint32_t querier_sequence = 0;
    std::uint32_t authority_sequence = 0;
    MixQuery query;
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
          queries_(shape.population, random_),
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
            const MixQuery query = queries_.draw();
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
        MixQuery query = queries_.draw();
        query.ends.destination_port = 123;
        finish_frame(pack_udp(frame_start(), query.ends, draw_tag(), time_request), query.ends);
        truth_.ledger.pass(Stage::frame);
        truth_.ledger.enter(Stage::datagram);
        truth_.ledger.drop(Drop::datagram_port);
    }

    void put_query() {
        if (recent_size_ > 0 && random_.chance(repeat_share)) {
            MixQuery query = recent_[random_.below(static_cast<std::uint32_t>(recent_size_))];
            query.id = queries_.id();
            query.ends.source_port = queries_.source_port();
            query.time = time_;
            ++shares_.repeats;
            put_query(query);
            return;
        }
        // Only first queries are remembered, so that a repeat of a repeat is within 30 s of the first one too.
        MixQuery& query = recent_[recent_next_];
        query = queries_.draw();
        query.time = time_;
        recent_next_ = (recent_next_ + 1) % recent_.size();
        recent_size_ = std::min(recent_size_ + 1, recent_.size());
        put_query(query);
    }

    void put_query(const MixQuery& query) {
        const MixMessage message(query, false);
        finish_frame(pack_udp(frame_start(), query.ends, draw_tag(), message.span()), query.ends);
        count_datagram();
        count_query(query, Transport::udp);
        ++shares_.udp_queries;
        shares_.edns += query.edns ? 1 : 0;
        shares_.mixed_case += query.mixed_case ? 1 : 0;
        shares_.ptr += query.type == mix_ptr_type ? 1 : 0;
    }

    void put_response(const MixQuery& query) {
        const MixMessage message(query, true);
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
        MixMessage message(flow.query, flow.step == 4);
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

    void count_query(const MixQuery& query, Transport transport) {
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
    MixQueries queries_;
    std::size_t frame_count_;
    std::uint32_t gap_max_;
    std::priority_queue<TcpFlow, std::vector<TcpFlow>, DueLater> flows_;
    std::vector<MixQuery> recent_;  // a ring
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
