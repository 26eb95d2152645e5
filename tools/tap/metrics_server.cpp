// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/metrics_server.hpp"

#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "tools/tap/signals_blocked.hpp"

namespace echotap {

namespace {

/// In a time that says nothing about where they differ.
bool is_equal(std::string_view one, std::string_view other) {
    unsigned difference = one.size() == other.size() ? 0 : 1;
    for (std::size_t i = 0; i < one.size(); ++i) {
        difference |= static_cast<unsigned char>(one[i]) ^
                      static_cast<unsigned char>(other.empty() ? 0 : other[i % other.size()]);
    }
    return difference == 0;
}

MHD_Result answer(MHD_Connection* connection, unsigned status, const std::string& text) {
    MHD_Response* const response =
        MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) {
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            status == MHD_HTTP_OK ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_UNAUTHORIZED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    }
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET");
    }
    const MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

}  // namespace

/// What libmicrohttpd calls for a request, which is a body away from its answer only where it has one; ours have none.
struct MetricsRequest {
    static MHD_Result take(void* server, MHD_Connection* connection, const char* url, const char* method, const char*,
                           const char*, std::size_t*, void**) {
        const auto& self = *static_cast<const MetricsServer*>(server);
        if (std::string_view(method) != MHD_HTTP_METHOD_GET) {
            return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
        }
        if (!self.token_.empty()) {
            const char* const given =
                MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
            if (given == nullptr || !is_equal(given, std::string("Bearer ").append(self.token_))) {
                return answer(connection, MHD_HTTP_UNAUTHORIZED, "a token is wanted: Authorization: Bearer TOKEN\n");
            }
        }
        if (std::string_view(url) != "/metrics") {
            return answer(connection, MHD_HTTP_NOT_FOUND, "only /metrics is here\n");
        }
        try {
            return answer(connection, MHD_HTTP_OK, self.write_());
        } catch (const std::exception&) {
            return answer(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
        }
    }
};

void MetricsServer::Stop::operator()(MHD_Daemon* daemon) const {
    MHD_stop_daemon(daemon);
}

MetricsServer::MetricsServer(const IpAddress& address, std::uint16_t port, std::string token,
                             std::function<std::string()> write)
    : token_(std::move(token)), write_(std::move(write)) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    const sockaddr* socket_address = nullptr;
    if (address.is_v4()) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, address.octets().data() + 12, 4);
        socket_address = reinterpret_cast<const sockaddr*>(&v4);
    } else {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&v6.sin6_addr, address.octets().data(), 16);
        socket_address = reinterpret_cast<const sockaddr*>(&v6);
    }
    const unsigned flags = static_cast<unsigned>(MHD_USE_EPOLL_INTERNAL_THREAD) |
                           (address.is_v4() ? 0U : static_cast<unsigned>(MHD_USE_IPv6));
    const SignalsBlocked blocked;
    daemon_.reset(MHD_start_daemon(flags, port, nullptr, nullptr, &MetricsRequest::take, this, MHD_OPTION_SOCK_ADDR,
                                   socket_address, MHD_OPTION_CONNECTION_LIMIT, connections_max,
                                   MHD_OPTION_PER_IP_CONNECTION_LIMIT, connections_per_address_max,
                                   MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                   request_octets_max, MHD_OPTION_END));
    if (daemon_ == nullptr) {
        throw std::runtime_error(
            fmt::format("metrics cannot listen on {} port {}: {}; choose another with metrics.address and metrics.port "
                        "(0: nobody listens)",
                        address.to_string(), port, std::strerror(errno)));
    }
}

MetricsServer::~MetricsServer() = default;

std::uint16_t MetricsServer::port() const {
    const MHD_DaemonInfo* const known = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_BIND_PORT);
    return known == nullptr ? std::uint16_t{0} : known->port;
}

std::string read_token(const std::string& path) {
    struct stat file {};
    std::ifstream stream(path);
    std::string token;
    if (::stat(path.c_str(), &file) != 0 || !stream || !std::getline(stream, token) || token.empty()) {
        throw std::runtime_error(fmt::format("{}: no token can be read from it; write one line of text", path));
    }
    if ((file.st_mode & S_IROTH) != 0) {
        throw std::runtime_error(fmt::format("{}: everybody can read this token; chmod o-r it", path));
    }
    return token;
}

}  // namespace echotap
