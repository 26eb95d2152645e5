// SPDX-License-Identifier: Apache-2.0
// A name server on loopback that answers over UDP as a test wants it to, and remembers what it was asked.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "config/resolver_config.hpp"
#include "tests/dns_writer.hpp"

namespace echotap::test {

class FakeNameServer {
public:
    struct Asked {
        std::string name;
        unsigned type = 0;
        std::chrono::steady_clock::time_point at;
    };
    /// What goes back to `name` of `type` with this id; nothing: silence. Runs on the server's thread.
    using Handler =
        std::function<std::optional<std::vector<std::uint8_t>>(const std::string& name, unsigned type, unsigned id)>;

    explicit FakeNameServer(Handler handler) : handler_(std::move(handler)), socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (socket_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("no socket for a name server");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    FakeNameServer(const FakeNameServer&) = delete;
    FakeNameServer& operator=(const FakeNameServer&) = delete;
    ~FakeNameServer() {
        is_ending_ = true;
        thread_.join();
        ::close(socket_);
    }

    NameServer address() const { return {*IpAddress::parse("127.0.0.1"), port_}; }

    /// Questions so far, those for the name servers of arpa apart.
    std::vector<Asked> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    std::size_t probes() const { return probes_; }

    /// Handlers: the same name for every address, no such name, nothing at all.
    static Handler names_all(std::string answer) {
        return [answer](const std::string& name, unsigned, unsigned id) {
            return DnsWriter::response(name, {{name, 12, answer}}, 0, id);
        };
    }
    static std::optional<std::vector<std::uint8_t>> silent(const std::string&, unsigned, unsigned) {
        return std::nullopt;
    }
    static std::optional<std::vector<std::uint8_t>> nxdomain(const std::string& name, unsigned, unsigned id) {
        return DnsWriter::response(name, {}, 3, id);
    }

private:
    void run() {
        while (!is_ending_) {
            pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, 20) <= 0) {
                continue;
            }
            std::array<std::uint8_t, 2048> question;
            sockaddr_in asker{};
            socklen_t size = sizeof asker;
            const auto count =
                ::recvfrom(socket_, question.data(), question.size(), 0, reinterpret_cast<sockaddr*>(&asker), &size);
            if (count < 17) {
                continue;
            }
            std::string name;
            std::size_t at = 12;
            for (; question[at] != 0; at += 1U + question[at]) {
                name.append(name.empty() ? "" : ".");
                name.append(reinterpret_cast<const char*>(question.data() + at + 1), question[at]);
            }
            const unsigned type = question[at + 1] * 256U + question[at + 2];
            if (name == "arpa") {
                ++probes_;
            } else {
                const std::lock_guard lock(mutex_);
                asked_.push_back({name, type, std::chrono::steady_clock::now()});
            }
            auto answer = handler_(name, type, question[0] * 256U + question[1]);
            if (answer) {
                if (type != 12) {
                    (*answer)[12 + name.size() + 2 + 1] = static_cast<std::uint8_t>(type);
                }
                ::sendto(socket_, answer->data(), answer->size(), 0, reinterpret_cast<const sockaddr*>(&asker), size);
            }
        }
    }

    Handler handler_;
    int socket_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<Asked> asked_;
    std::atomic<std::size_t> probes_ = 0;
    std::atomic<bool> is_ending_ = false;
    std::thread thread_;
};

/// A name server that holds its answers back until it is told otherwise; it goes without waiting for that.
class HeldNameServer {
public:
    explicit HeldNameServer(const std::string& answer)
        : server_(
              [this, handler = FakeNameServer::names_all(answer)](const std::string& name, unsigned type, unsigned id) {
                  while (is_held_) {
                      std::this_thread::sleep_for(std::chrono::milliseconds(1));
                  }
                  return handler(name, type, id);
              }) {}
    ~HeldNameServer() { release(); }

    void hold() { is_held_ = true; }
    void release() { is_held_ = false; }
    std::vector<FakeNameServer::Asked> asked() const { return server_.asked(); }
    const FakeNameServer& server() const { return server_; }

private:
    std::atomic<bool> is_held_ = true;
    FakeNameServer server_;
};

/// Asks these and nobody else, as fast as they answer.
inline void ask_only(ResolverConfig& config, std::initializer_list<const FakeNameServer*> servers,
                     std::chrono::milliseconds timeout) {
    config.servers.clear();
    for (const FakeNameServer* server : servers) {
        config.servers.push_back(server->address());
    }
    config.queries_per_second = config.network_queries_per_second = 0;
    config.timeout = timeout;
}

}  // namespace echotap::test
