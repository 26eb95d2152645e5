// SPDX-License-Identifier: Apache-2.0
// The Unix socket by which an operator speaks to a running tap: a line goes in, a text comes out, and the connection
// ends.
//
//     request   WORD [ARGUMENT]\n           at most 256 octets
//     answer    good\n TEXT, or wrong\n TEXT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace echotap {

struct ControlAnswer {
    bool is_good = true;
    std::string text;
};

/// Listens with a thread of its own, a connection at a time; one that says nothing for two seconds is closed.
class ControlSocket {
public:
    /// Makes the socket, for its owner only (0600); one that is left over is replaced. `answer` is called by the
    /// thread. Throws std::runtime_error with the cure where the folder is not there or another process listens.
    ControlSocket(std::string path, std::function<ControlAnswer(const std::string& line)> answer);
    /// Ends the thread and removes the socket.
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    const std::string& path() const { return path_; }

private:
    void listen();
    void serve(int connection) const;

    std::string path_;
    std::function<ControlAnswer(const std::string&)> answer_;
    int socket_ = -1;
    int stop_ = -1;  // an eventfd
    std::thread thread_;
};

/// Sends `line` to the tap that listens at `path`, and waits for its answer, for a minute at most. Throws
/// std::runtime_error with the cure where nobody listens or may be spoken to.
ControlAnswer ask_tap(const std::string& path, const std::string& line);

}  // namespace echotap
