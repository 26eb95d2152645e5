// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/metrics_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

namespace echotap {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const IpAddress loopback = *IpAddress::parse("127.0.0.1");

class Connection {
public:
    explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 5, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        is_open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~Connection() { ::close(socket_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool is_open() const { return is_open_; }
    void send(const std::string& text) const { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
    std::string all() const {
        std::string text;
        std::array<char, 4096> octets{};
        for (ssize_t size = 0; (size = ::recv(socket_, octets.data(), octets.size(), 0)) > 0;) {
            text.append(octets.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

private:
    int socket_;
    bool is_open_ = false;
};

std::string ask(const MetricsServer& server, const std::string& request) {
    const Connection connection(server.port());
    connection.send(request);
    return connection.all();
}

constexpr const char* end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

TEST(MetricsServer, answers_a_get_of_metrics_and_nothing_else) {
    const MetricsServer server(loopback, 0, "", [] { return std::string("metric 1\n"); });
    const std::string good = ask(server, std::string("GET /metrics").append(end).append("\r\n"));
    EXPECT_THAT(good, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(good, HasSubstr("text/plain; version=0.0.4"));
    EXPECT_THAT(good, testing::EndsWith("\r\n\r\nmetric 1\n"));
    EXPECT_THAT(ask(server, std::string("GET /").append(end).append("\r\n")), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(ask(server, std::string("DELETE /metrics").append(end).append("\r\n")), StartsWith("HTTP/1.1 405"));
    EXPECT_THAT(ask(server, std::string("POST /metrics").append(end).append("Content-Length: 3\r\n\r\nabc")),
                StartsWith("HTTP/1.1 405"));
}

TEST(MetricsServer, wants_the_token_where_there_is_one) {
    const MetricsServer server(loopback, 0, "secret", [] { return std::string("metric 1\n"); });
    const auto with = [&](const std::string& header) {
        return ask(server, std::string("GET /metrics").append(end).append(header).append("\r\n"));
    };
    EXPECT_THAT(with(""), StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(with("Authorization: Bearer secre\r\n"), StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(with("Authorization: Bearer secretx\r\n"), StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(with("Authorization: Basic secret\r\n"), StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(with("Authorization: Bearer secret\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST(MetricsServer, goes_on_beside_those_who_never_finish_and_those_who_send_too_much) {
    const MetricsServer server(loopback, 0, "", [] { return std::string("metric 1\n"); });
    std::vector<std::unique_ptr<Connection>> slow;
    for (unsigned i = 0; i + 4 < MetricsServer::connections_per_address_max; ++i) {
        slow.push_back(std::make_unique<Connection>(server.port()));
        slow.back()->send("GET /met");
    }
    EXPECT_THAT(ask(server, std::string("GET /metrics").append(end).append("\r\n")), StartsWith("HTTP/1.1 200"));
    const std::string huge =
        std::string("GET /metrics").append(end).append("X: ").append(100'000, 'x').append("\r\n\r\n");
    EXPECT_THAT(ask(server, huge), testing::Not(StartsWith("HTTP/1.1 200")));
    EXPECT_THAT(ask(server, std::string("\0\xff\r\n\r\n", 6)), testing::Not(StartsWith("HTTP/1.1 200")));
    EXPECT_THAT(ask(server, std::string("GET /metrics").append(end).append("\r\n")), StartsWith("HTTP/1.1 200"));
}

TEST(MetricsServer, says_why_it_cannot_listen) {
    const MetricsServer server(loopback, 0, "", [] { return std::string(); });
    try {
        const MetricsServer second(loopback, server.port(), "", [] { return std::string(); });
        ADD_FAILURE() << "two listen on one port";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("metrics.port"));
    }
}

TEST(MetricsToken, is_read_from_a_file_that_not_everybody_can_read) {
    const std::string path = testing::TempDir() + "metrics_token";
    std::ofstream(path) << "secret\n";
    ::chmod(path.c_str(), 0600);
    EXPECT_EQ(read_token(path), "secret");
    ::chmod(path.c_str(), 0644);
    EXPECT_THROW((void)read_token(path), std::runtime_error);
    std::ofstream(path, std::ios::trunc) << "";
    ::chmod(path.c_str(), 0600);
    EXPECT_THROW((void)read_token(path), std::runtime_error);
    ::unlink(path.c_str());
    EXPECT_THROW((void)read_token(path), std::runtime_error);
}

}  // namespace
}  // namespace echotap
