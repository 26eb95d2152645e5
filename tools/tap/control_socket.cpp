// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/control_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "tools/tap/signals_blocked.hpp"

namespace echotap {

namespace {

constexpr std::size_t request_octets_max = 256;
constexpr std::size_t answer_octets_max = 1U << 20U;
/// Without a free descriptor a connection cannot even be refused; it waits, and we look again after this.
constexpr std::chrono::milliseconds descriptor_pause{200};

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", path, what));
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        fail(path, "a socket's path has at most 107 octets; give a shorter one");
    }
    path.copy(address.sun_path, path.size());
    return address;
}

/// Whether `descriptor` is ready before the time is over, and nothing has come of `stop` (-1: of none).
bool wait_for(int descriptor, short events, Clock::time_point deadline, int stop = -1) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    std::array<pollfd, 2> both{
        {{.fd = descriptor, .events = events, .revents = 0}, {.fd = stop, .events = POLLIN, .revents = 0}}};
    return left.count() > 0 && ::poll(both.data(), both.size(), static_cast<int>(left.count())) > 0 &&
           both[0].revents != 0 && both[1].revents == 0;
}

/// Sends all of it, to somebody who takes it in time.
void send_all(int connection, const std::string& text, Clock::time_point deadline, int stop = -1) {
    for (std::size_t sent = 0; sent < text.size() && wait_for(connection, POLLOUT, deadline, stop);) {
        const ssize_t some = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (some <= 0) {
            return;
        }
        sent += static_cast<std::size_t>(some);
    }
}

}  // namespace

ControlSocket::ControlSocket(std::string path, std::function<ControlAnswer(const std::string&)> answer,
                             std::chrono::milliseconds patience)
    : path_(std::move(path)), answer_(std::move(answer)), patience_(patience) {
    const sockaddr_un address = address_of(path_);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    const auto refuse = [&](const std::string& what) {
        ::close(socket_);
        ::close(stop_);
        fail(path_, what);
    };
    struct stat there {};
    if (::lstat(path_.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode)) {
            refuse("is there and no socket; remove it, or choose another with control.path");
        }
        if (::connect(socket_, generic, sizeof address) == 0) {
            refuse("another tap listens here; stop it, or choose another with control.path");
        }
        ::unlink(path_.c_str());
        ::close(socket_);
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }
    // What bind() makes must never be open to others, not even for a moment.
    const mode_t before = ::umask(0177);
    const bool is_bound = ::bind(socket_, generic, sizeof address) == 0;
    const int error = errno;
    ::umask(before);
    if (!is_bound || ::listen(socket_, 8) != 0) {
        refuse(
            fmt::format("no socket can be made here: {}; is its folder there, and may this user write to it "
                        "(control.path)?",
                        std::strerror(is_bound ? errno : error)));
    }
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { listen(); });
}

ControlSocket::~ControlSocket() {
    const std::uint64_t wake = 1;
    static_cast<void>(::write(stop_, &wake, sizeof wake));
    thread_.join();
    for (Served& one : served_) {
        one.thread.join();
    }
    ::close(socket_);
    ::close(stop_);
    ::unlink(path_.c_str());
}

void ControlSocket::listen() {
    for (;;) {
        std::array<pollfd, 2> both{
            {{.fd = socket_, .events = POLLIN, .revents = 0}, {.fd = stop_, .events = POLLIN, .revents = 0}}};
        if (::poll(both.data(), both.size(), -1) < 0 && errno != EINTR) {
            return;
        }
        if (both[1].revents != 0) {
            return;
        }
        const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) {
            take(connection);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            wait_for(stop_, POLLIN, Clock::now() + descriptor_pause);
        }
    }
}

void ControlSocket::take(int connection) {
    std::erase_if(served_, [](Served& one) {
        // Looked at once: set between two looks, it would let a thread go that was not joined.
        const bool is_done = one.is_done;
        if (is_done) {
            one.thread.join();
        }
        return is_done;
    });
    if (served_.size() == connections_max) {
        send_all(connection, "wrong\ntoo many speak to the tap at once; try again\n", Clock::now() + patience_, stop_);
        ::close(connection);
        return;
    }
    Served& one = served_.emplace_back();
    try {
        one.thread = std::thread([this, &one, connection] {
            serve(connection);
            ::close(connection);
            one.is_done = true;
        });
    } catch (const std::system_error&) {
        // No room for a thread is no reason for a tap to end.
        served_.pop_back();
        send_all(connection, "wrong\nno thread can be started to answer; try again\n", Clock::now() + patience_, stop_);
        ::close(connection);
    }
}

void ControlSocket::serve(int connection) const {
    std::string line;
    const auto deadline = Clock::now() + patience_;
    while (line.find('\n') == std::string::npos && line.size() <= request_octets_max) {
        std::array<char, request_octets_max> octets{};
        const ssize_t size = wait_for(connection, POLLIN, deadline, stop_)
                                 ? ::recv(connection, octets.data(), octets.size(), 0)
                                 : ssize_t{0};
        if (size <= 0) {
            return;
        }
        line.append(octets.data(), static_cast<std::size_t>(size));
    }
    const std::size_t end = line.find('\n');
    if (end == std::string::npos || end > request_octets_max) {
        return send_all(connection, "wrong\na request is one line of at most 256 octets\n", deadline, stop_);
    }
    ControlAnswer answer;
    try {
        answer = answer_(line.substr(0, end));
    } catch (const std::exception& error) {
        answer = {.is_good = false, .text = std::string(error.what()).append("\n")};
    }
    send_all(connection, std::string(answer.is_good ? "good\n" : "wrong\n").append(answer.text),
             Clock::now() + patience_, stop_);
}

ControlAnswer ask_tap(const std::string& path, const std::string& line) {
    const sockaddr_un address = address_of(path);
    struct Descriptor {
        int number;
        ~Descriptor() { ::close(number); }
    };
    const Descriptor connection{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(connection.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail(path, errno == EACCES
                       ? std::string("is not yours to speak to; run this as the user of the tap, or as root")
                       : fmt::format("no tap listens here ({}); is it running, and is this its control.path?",
                                     std::strerror(errno)));
    }
    // A reload reads names of millions of addresses.
    const auto deadline = Clock::now() + (line == "reload" ? std::chrono::minutes(60) : std::chrono::minutes(1));
    send_all(connection.number, std::string(line).append("\n"), deadline);
    std::string text;
    for (;;) {
        if (!wait_for(connection.number, POLLIN, deadline) || text.size() > answer_octets_max) {
            fail(path, "the tap does not answer");
        }
        std::array<char, 4096> octets{};
        const ssize_t size = ::recv(connection.number, octets.data(), octets.size(), 0);
        if (size <= 0) {
            break;
        }
        text.append(octets.data(), static_cast<std::size_t>(size));
    }
    const std::size_t end = text.find('\n');
    if (end == std::string::npos) {
        fail(path, "the tap ended the connection without an answer");
    }
    return {.is_good = text.compare(0, end, "good") == 0, .text = text.substr(end + 1)};
}

}  // namespace echotap
