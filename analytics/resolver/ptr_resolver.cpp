// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/ptr_resolver.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "analytics/resolver/own_addresses.hpp"
#include "analytics/resolver/ptr_exchange.hpp"
#include "analytics/resolver/server_trust.hpp"

namespace echotap {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Timeouts are looked at so often; they are none the less right by a hundredth of their length.
constexpr milliseconds tick{20};
/// What fits into a frame on every path (DNS Flag Day 2020); longer answers come over TCP.
constexpr int edns_size = 1232;
constexpr int events_max = 64;

[[noreturn]] void refuse(const std::string& what, int error) {
    throw std::runtime_error(
        fmt::format("the resolver cannot start: {}: {}", what, std::generic_category().message(error)));
}

/// The library's own start and end, which it counts.
struct Library {
    Library() {
        if (const int status = ares_library_init(ARES_LIB_INIT_ALL); status != ARES_SUCCESS) {
            throw std::runtime_error(fmt::format("c-ares cannot start: {}", ares_strerror(status)));
        }
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() { ares_library_cleanup(); }
};

struct OwnDescriptor {
    OwnDescriptor(int descriptor, const char* what) : number(descriptor) {
        if (number < 0) {
            refuse(what, errno);
        }
    }
    OwnDescriptor(const OwnDescriptor&) = delete;
    OwnDescriptor& operator=(const OwnDescriptor&) = delete;
    ~OwnDescriptor() { ::close(number); }

    const int number;
};

/// A library's channel with one server and one try, so that every datagram is ours to count.
class Channel {
public:
    enum class Over { udp, tcp };

    Channel(Over over, const NameServer& server, const ResolverConfig& config, ares_sock_state_cb watch,
            void* watcher) {
        ares_options options{};
        char lookups[] = "b";
        // NOCHECKRESP: SERVFAIL and REFUSED are answers to us, not reasons to go on to another server.
        // IGNTC: a channel fails all its questions where one of its sockets breaks, and servers close streams as they
        // like, so what did not fit into a datagram is asked again over a channel for streams alone.
        options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS |
                        (over == Over::udp ? ARES_FLAG_IGNTC : ARES_FLAG_USEVC);
        options.timeout = static_cast<int>(config.timeout.count());
        options.tries = 1;
        options.ednspsz = edns_size;
        options.lookups = lookups;
        options.sock_state_cb = watch;
        options.sock_state_cb_data = watcher;
        int status = ares_init_options(&channel_, &options,
                                       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                                           ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_NDOTS | ARES_OPT_NOROTATE |
                                           ARES_OPT_SOCK_STATE_CB);
        if (status == ARES_SUCCESS) {
            status = ares_set_servers_ports_csv(channel_, server.to_string().c_str());
        }
        if (status != ARES_SUCCESS) {
            ares_destroy(channel_);
            throw std::runtime_error(
                fmt::format("the resolver cannot ask {}: {}", server.to_string(), ares_strerror(status)));
        }
        for (const IpAddress& source : config.source_addresses) {
            if (source.is_v4()) {
                ares_set_local_ip4(channel_, load_be32(source.octets().data() + 12));
            } else {
                ares_set_local_ip6(channel_, source.octets().data());
            }
        }
    }
    Channel(Channel&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    Channel& operator=(Channel&&) = delete;
    ~Channel() {
        if (channel_ != nullptr) {
            ares_destroy(channel_);
        }
    }

    ares_channel get() const { return channel_; }

private:
    ares_channel channel_ = nullptr;
};

}  // namespace

class PtrResolver::Loop {
public:
    explicit Loop(const ResolverConfig& config)
        : config_(config),
          exchange_(config.waiting_max),
          epoll_(::epoll_create1(EPOLL_CLOEXEC), "no epoll descriptor"),
          bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "no event descriptor"),
          pace_(config.queries_per_second, config.network_queries_per_second),
          flights_(std::max<std::size_t>(config.in_flight_max, 1)) {
        watch(bell_.number, EPOLLIN);
        for (const NameServer& server : config_.servers) {
            servers_.emplace_back(Channel(Channel::Over::udp, server, config_, on_socket, this),
                                  Channel(Channel::Over::tcp, server, config_, on_socket, this));
        }
        for (Flight& flight : flights_) {
            flight.loop = this;
            free_.push_back(&flight);
        }
        for (unsigned i = 0; i < servers_.size(); ++i) {
            servers_[i].probe.loop = this;
            servers_[i].probe.is_probe = true;
            servers_[i].probe.request.server = i;
        }
        thread_ = std::thread([this] { run(); });
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop() {
        exchange_.end();
        ring();
        thread_.join();
    }

    std::size_t ask(std::span<const IpAddress> addresses) {
        const std::size_t taken = exchange_.ask(addresses);
        if (taken > 0) {
            ring();
        }
        return taken;
    }

    std::size_t take(std::vector<PtrAnswer>& answers, SteadyTime deadline) { return exchange_.take(answers, deadline); }

    Counts counts() const {
        const std::lock_guard lock(counts_mutex_);
        return counts_;
    }

private:
    /// A question on its way. Its place does not change, since the library holds its address.
    struct Flight {
        Loop* loop = nullptr;
        PtrRequest request;
        SteadyTime sent{};
        bool is_probe = false;
        bool is_over_tcp = false;
        PtrReading reading;
        bool is_truncated = false;
    };
    struct Server {
        Server(Channel datagrams, Channel streams) : channels{std::move(datagrams), std::move(streams)} {}

        ServerTrust trust;
        Flight probe;
        std::array<Channel, 2> channels;  // UDP, TCP; last, since their end tells the probe

        void query(const char* name, int type, Flight& flight, Channel::Over over) const {
            const Channel& channel = channels[over == Channel::Over::udp ? 0 : 1];
            ares_query(channel.get(), name, ns_c_in, type, on_answer, &flight);
        }
        void process(int readable, int writable) const {
            for (const Channel& channel : channels) {
                ares_process_fd(channel.get(), readable, writable);
            }
        }
    };

    void ring() const {
        const std::uint64_t one = 1;
        // It can only fail where the counter is full, and then the bell has rung.
        [[maybe_unused]] const auto written = ::write(bell_.number, &one, sizeof one);
    }

    void watch(int descriptor, std::uint32_t events) const {
        epoll_event event{};
        event.events = events;
        event.data.fd = descriptor;
        if (events == 0) {
            ::epoll_ctl(epoll_.number, EPOLL_CTL_DEL, descriptor, nullptr);
        } else if (::epoll_ctl(epoll_.number, EPOLL_CTL_ADD, descriptor, &event) != 0) {
            ::epoll_ctl(epoll_.number, EPOLL_CTL_MOD, descriptor, &event);
        }
    }

    /// The library opens a socket, wants to hear other things of it, or closes it.
    static void on_socket(void* loop, ares_socket_t socket, int readable, int writable) {
        const std::uint32_t events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
        static_cast<const Loop*>(loop)->watch(socket, events);
    }

    /// The library calls this from within its own calls, so nothing is done here but to note what came.
    static void on_answer(void* flight_of_it, int status, int, unsigned char* octets, int size) {
        auto* const flight = static_cast<Flight*>(flight_of_it);
        constexpr unsigned truncated_bit = 2;
        flight->is_truncated = octets != nullptr && size > 2 && (octets[2] & truncated_bit) != 0;
        if (octets != nullptr && size > 0) {
            flight->reading = read_ptr_response({octets, static_cast<std::size_t>(size)});
        } else {
            flight->reading = {status == ARES_EBADRESP ? PtrOutcome::malformed : PtrOutcome::silent, {}};
        }
        flight->loop->landed_.push_back(flight);
    }

    void run() {
        auto last_tick = std::chrono::steady_clock::now();
        while (take_asked()) {
            send(std::chrono::steady_clock::now());
            settle(std::chrono::steady_clock::now());
            deliver();
            wait(std::chrono::steady_clock::now());
            const auto now = std::chrono::steady_clock::now();
            if (now - last_tick >= tick) {
                last_tick = now;
                for (Server& server : servers_) {
                    server.process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
                }
            }
            settle(now);
        }
    }

    /// False at the end.
    bool take_asked() {
        {
            const std::lock_guard lock(counts_mutex_);
            counts_ = counted_;
        }
        if (!exchange_.take_asked(asked_)) {
            return false;
        }
        const auto now = std::chrono::steady_clock::now();
        for (const IpAddress& address : asked_) {
            pace_.add({.address = address}, now);
        }
        return true;
    }

    void wait(SteadyTime now) {
        int timeout = -1;
        if (!landed_.empty()) {
            timeout = 0;
        } else if (const auto ready = pace_.ready_at(); ready && !free_.empty() && !has_to_wait(now)) {
            // Rounded up, so that it does not wake in vain just before.
            const auto left = std::chrono::ceil<milliseconds>(*ready - now);
            timeout = static_cast<int>(std::clamp<milliseconds>(left, milliseconds(0), tick).count());
        } else if (free_.size() < flights_.size() || is_probing_any()) {
            timeout = static_cast<int>(tick.count());
        }
        std::array<epoll_event, events_max> events;
        const int count = ::epoll_wait(epoll_.number, events.data(), events_max, timeout);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            const int descriptor = event.data.fd;
            if (descriptor == bell_.number) {
                std::uint64_t rung = 0;
                [[maybe_unused]] const auto read = ::read(descriptor, &rung, sizeof rung);
                continue;
            }
            const bool is_broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
            const int readable = (event.events & EPOLLIN) != 0 || is_broken ? descriptor : ARES_SOCKET_BAD;
            const int writable = (event.events & EPOLLOUT) != 0 ? descriptor : ARES_SOCKET_BAD;
            // A channel looks whether the socket is one of its own; servers are few.
            for (Server& server : servers_) {
                server.process(readable, writable);
            }
        }
    }

    bool is_probing_any() const {
        return std::any_of(servers_.begin(), servers_.end(), [](const Server& each) { return each.trust.is_probed(); });
    }

    /// Whether nobody can be asked now, but somebody perhaps in a moment.
    bool has_to_wait(SteadyTime now) const {
        return is_probing_any() && std::none_of(servers_.begin(), servers_.end(),
                                                [&](const Server& each) { return each.trust.may_be_asked(now); });
    }

    /// The server whose turn it is, another one than `last` where there is one; nothing where all rest.
    std::optional<unsigned> choose(std::optional<unsigned> last, SteadyTime now) {
        for (unsigned i = 0; i < servers_.size(); ++i) {
            const unsigned candidate = (turn_ + i) % static_cast<unsigned>(servers_.size());
            if (servers_[candidate].trust.may_be_asked(now) && (candidate != last || servers_.size() == 1)) {
                turn_ = candidate + 1;
                return candidate;
            }
        }
        return last && servers_[*last].trust.may_be_asked(now) ? last : std::nullopt;
    }

    void send(SteadyTime now) {
        while (!free_.empty() && !has_to_wait(now)) {
            auto request = pace_.next(now);
            if (!request) {
                return;
            }
            const auto server =
                choose(request->attempts > 0 ? std::optional<unsigned>(request->server) : std::nullopt, now);
            if (!server) {
                answer({request->address, {PtrOutcome::no_server, {}}});
                while (const auto other = pace_.remove()) {
                    answer({other->address, {PtrOutcome::no_server, {}}});
                }
                return;
            }
            if (request->attempts == 0) {
                request->first_sent = now;
            } else {
                ++counted_.retries;
            }
            ++counted_.questions;
            ++request->attempts;
            request->server = *server;
            Flight* const flight = free_.back();
            free_.pop_back();
            flight->request = *request;
            flight->sent = now;
            flight->is_over_tcp = false;
            servers_[*server].query(reverse_name_of(request->address).c_str(), ns_t_ptr, *flight, Channel::Over::udp);
        }
    }

    void probe(Server& server, SteadyTime now) {
        server.trust.begin_probe(now);
        ++server.probe.request.attempts;
        ++counted_.probes;
        server.query("arpa", ns_t_ns, server.probe, Channel::Over::udp);
    }

    void begin_to_probe(Server& server, SteadyTime now) {
        if (!server.trust.is_probed()) {
            server.probe.request.attempts = 0;
            probe(server, now);
        }
    }

    /// Works off what came. Questions that this asks anew may fail at once and land again.
    void settle(SteadyTime now) {
        while (!landed_.empty()) {
            working_.swap(landed_);
            for (Flight* const flight : working_) {
                Server& server = servers_[flight->request.server];
                server.trust.note(flight->reading.outcome, now);
                if (flight->is_truncated && !flight->is_probe && !flight->is_over_tcp) {
                    flight->is_over_tcp = true;
                    server.query(reverse_name_of(flight->request.address).c_str(), ns_t_ptr, *flight,
                                 Channel::Over::tcp);
                    continue;
                }
                if (flight->is_probe) {
                    settle_probe(server, now);
                } else {
                    settle(*flight, server, now);
                    free_.push_back(flight);
                }
                answer(server.trust.take_believed());
            }
            working_.clear();
        }
    }

    void settle(Flight& flight, Server& server, SteadyTime now) {
        const PtrRequest& request = flight.request;
        const PtrOutcome outcome = flight.reading.outcome;
        if (is_conclusive(outcome)) {
            return answer({request.address, std::move(flight.reading)});
        }
        const bool is_silent = outcome == PtrOutcome::silent;
        if (is_silent && !server.trust.is_heard_since(flight.sent)) {
            begin_to_probe(server, now);
        }
        // Another server may know better; the same one is asked again only where it was silent.
        const bool is_worth_it = servers_.size() > 1 || is_silent;
        if (is_worth_it && request.attempts < config_.tries) {
            return pace_.add(request, now);
        }
        server.trust.add({{request.address, std::move(flight.reading)}, request.first_sent, flight.sent});
        answer(server.trust.take_believed());
        if (server.trust.is_in_doubt()) {
            begin_to_probe(server, now);
        }
    }

    void settle_probe(Server& server, SteadyTime now) {
        const Flight& probe_flight = server.probe;
        const PtrOutcome outcome = probe_flight.reading.outcome;
        if (server.trust.is_unheard(outcome) && probe_flight.request.attempts < config_.tries) {
            return probe(server, now);
        }
        if (!server.trust.end_probe(outcome, now)) {
            ++counted_.rests;
            answer(server.trust.take_believed());
            answer(server.trust.take_unknown());
        }
    }

    void answer(PtrAnswer answer) {
        ++counted_.answers[static_cast<std::size_t>(answer.reading.outcome)];
        ready_.push_back(std::move(answer));
    }

    void answer(std::vector<PtrAnswer> answers) {
        for (PtrAnswer& each : answers) {
            answer(std::move(each));
        }
    }

    void deliver() {
        if (!ready_.empty()) {
            {
                const std::lock_guard lock(counts_mutex_);
                counts_ = counted_;
            }
            exchange_.deliver(ready_);
        }
    }

    const ResolverConfig config_;

    PtrExchange exchange_;
    mutable std::mutex counts_mutex_;
    Counts counts_;

    // The thread's alone, in this order: channels must end before the flights that they hold.
    const Library library_;
    const OwnDescriptor epoll_;
    const OwnDescriptor bell_;
    QueryPace pace_;
    std::vector<Flight> flights_;
    std::vector<Flight*> free_;
    std::vector<Flight*> landed_;
    std::vector<Flight*> working_;
    std::vector<IpAddress> asked_;
    std::vector<PtrAnswer> ready_;
    Counts counted_;
    unsigned turn_ = 0;
    std::deque<Server> servers_;
    std::thread thread_;
};

PtrResolver::PtrResolver(const ResolverConfig& config) {
    if (config.servers.empty()) {
        throw std::runtime_error("the resolver has nobody to ask; name a recursive server");
    }
    own_addresses(config);  // throws where a source address is not ours
    loop_ = std::make_unique<Loop>(config);
}

PtrResolver::~PtrResolver() = default;

std::size_t PtrResolver::ask(std::span<const IpAddress> addresses) {
    return loop_->ask(addresses);
}

std::size_t PtrResolver::take(std::vector<PtrAnswer>& answers, SteadyTime deadline) {
    return loop_->take(answers, deadline);
}

PtrResolver::Counts PtrResolver::counts() const {
    return loop_->counts();
}

}  // namespace echotap
