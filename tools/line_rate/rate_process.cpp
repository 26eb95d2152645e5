// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/rate_process.hpp"

#include <fmt/format.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace echotap {

namespace {

enum class Kind : std::uint8_t { trial, found, failure };

/// What the child has to say, as one piece: the kernel keeps a write of up to PIPE_BUF together.
struct News {
    Kind kind = Kind::trial;
    Trial trial;
    RateFound found;
    std::array<char, 1024> failure{};
};
static_assert(std::is_trivially_copyable_v<News> && sizeof(News) <= PIPE_BUF);

/// Keeps SIGINT and SIGTERM from this process while a child, which they reach as well, comes to its end.
class SignalsLeft {
public:
    SignalsLeft() : interrupt_(std::signal(SIGINT, SIG_IGN)), terminate_(std::signal(SIGTERM, SIG_IGN)) {}
    ~SignalsLeft() {
        std::signal(SIGINT, interrupt_);
        std::signal(SIGTERM, terminate_);
    }
    SignalsLeft(const SignalsLeft&) = delete;
    SignalsLeft& operator=(const SignalsLeft&) = delete;

private:
    void (*interrupt_)(int);
    void (*terminate_)(int);
};

[[noreturn]] void run_child(const Traffic& traffic, const RatePlan& plan, int pipe) {
    const auto tell = [pipe](const News& news) {
        if (::write(pipe, &news, sizeof news) != ssize_t{sizeof news}) {
            ::_exit(1);  // nobody listens any more
        }
    };
    News last;
    try {
        last.kind = Kind::found;
        last.found = find_rate(traffic, plan, [&tell](const Trial& trial) {
            News news;
            news.kind = Kind::trial;
            news.trial = trial;
            tell(news);
        });
    } catch (const std::exception& error) {
        last.kind = Kind::failure;
        const std::string_view what = error.what();
        std::copy_n(what.data(), std::min(what.size(), last.failure.size() - 1), last.failure.data());
    }
    tell(last);
    ::_exit(0);
}

bool read_whole(int pipe, News& news) {
    auto* const to = reinterpret_cast<char*>(&news);
    for (std::size_t got = 0; got < sizeof news;) {
        const ssize_t more = ::read(pipe, to + got, sizeof news - got);
        if (more == 0 || (more < 0 && errno != EINTR)) {
            return false;
        }
        got += more > 0 ? static_cast<std::size_t>(more) : 0;
    }
    return true;
}

}  // namespace

RateFound find_rate_apart(const Traffic& traffic, const RatePlan& plan,
                          const std::function<void(const Trial&)>& on_trial) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        throw std::runtime_error(fmt::format("no pipe for a process of its own: {}", std::strerror(errno)));
    }
    const pid_t child = ::fork();
    if (child < 0) {
        throw std::runtime_error(fmt::format("no process of its own: {}", std::strerror(errno)));
    }
    if (child == 0) {
        ::close(ends[0]);
        run_child(traffic, plan, ends[1]);
    }
    const SignalsLeft signals;
    ::close(ends[1]);
    News news;
    bool has_ended = false;
    while (!has_ended && read_whole(ends[0], news)) {
        has_ended = news.kind != Kind::trial;
        if (!has_ended) {
            on_trial(news.trial);
        }
    }
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!has_ended) {
        throw std::runtime_error(WIFSIGNALED(status)
                                     ? fmt::format("the process of the tap was ended by signal {}", WTERMSIG(status))
                                     : std::string("the process of the tap ended without a result"));
    }
    if (news.kind == Kind::failure) {
        throw std::runtime_error(news.failure.data());
    }
    return news.found;
}

}  // namespace echotap
