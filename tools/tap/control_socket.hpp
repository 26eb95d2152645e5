// SPDX-License-Identifier: Apache-2.0
// The Unix socket by which an operator speaks to a running tap: a line goes in, a text comes out, and the connection
// ends.
//
//     request   WORD [ARGUMENT]\n           at most 256 octets
//     answer    good\n TEXT, or wrong\n TEXT
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <thread>

namespace echotap {

struct ControlAnswer {
    bool is_good = true;
    std::string text;
};

/// Listens with a thread of its own, and one for each of at most `connections_max` connections, so that a reload, which
/// takes as long as it takes, keeps nobody else waiting. To say a request and to take its answer each have `patience`
/// in all, however slowly octets go; then the connection is closed.
class ControlSocket {
public:
    static constexpr std::size_t connections_max = 8;

    /// Makes the socket, for its owner only (0600); one that is left over is replaced. `answer` is called by those
    /// threads, at the same time. Throws std::runtime_error with the cure where the folder is not there or another
    /// process listens.
    ControlSocket(std::string path, std::function<ControlAnswer(const std::string& line)> answer,
                  std::chrono::milliseconds patience = std::chrono::seconds(5));
    /// Removes the socket and ends the threads, once they have their answers.
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    const std::string& path() const { return path_; }

private:
    /// A connection and who serves it.
    struct Served {
        std::atomic<bool> is_done = false;
        std::thread thread;
    };

    void listen();
    void take(int connection);
    void serve(int connection) const;

    std::string path_;
    std::function<ControlAnswer(const std::string&)> answer_;
    int socket_ = -1;
    int stop_ = -1;  // an eventfd
    std::chrono::milliseconds patience_;
    std::list<Served> served_;  // the listening thread's
    std::thread thread_;
};

/// Sends `line` to the tap that listens at `path`, and waits for its answer, for a minute at most; for that of a
/// reload, an hour. Throws std::runtime_error with the cure where nobody listens or may be spoken to.
ControlAnswer ask_tap(const std::string& path, const std::string& line);

}  // namespace echotap
