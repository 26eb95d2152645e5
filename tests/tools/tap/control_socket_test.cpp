// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/control_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <future>
#include <list>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <thread>

namespace echotap {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::AnyOf;
using testing::HasSubstr;

std::string a_path() {
    return testing::TempDir() + "control_socket_test." + std::to_string(::getpid());
}

ControlAnswer echo(const std::string& line) {
    if (line == "fail") {
        throw std::runtime_error("it failed");
    }
    return {.is_good = line != "no", .text = line + "\n"};
}

TEST(ControlSocket, hands_a_line_over_and_the_answer_back) {
    const ControlSocket socket(a_path(), echo);
    EXPECT_TRUE(ask_tap(a_path(), "log-level debug").is_good);
    EXPECT_EQ(ask_tap(a_path(), "log-level debug").text, "log-level debug\n");
    EXPECT_FALSE(ask_tap(a_path(), "no").is_good);
    EXPECT_EQ(ask_tap(a_path(), "fail").text, "it failed\n");
    EXPECT_EQ(ask_tap(a_path(), "").text, "\n");
}

TEST(ControlSocket, hands_long_answers_back_whole) {
    const std::string text(700'000, 'x');
    const ControlSocket socket(a_path(),
                               [&](const std::string&) { return ControlAnswer{.is_good = true, .text = text}; });
    EXPECT_EQ(ask_tap(a_path(), "stats").text, text);
}

TEST(ControlSocket, is_for_its_owner_only_and_goes_at_the_end) {
    {
        const ControlSocket socket(a_path(), echo);
        struct stat file {};
        ASSERT_EQ(::stat(a_path().c_str(), &file), 0);
        EXPECT_EQ(file.st_mode & 0777U, 0600U);
    }
    struct stat file {};
    EXPECT_NE(::stat(a_path().c_str(), &file), 0);
    EXPECT_THROW((void)ask_tap(a_path(), "status"), std::runtime_error);
}

TEST(ControlSocket, takes_the_place_of_one_that_is_left_over_and_of_nothing_else) {
    const ControlSocket socket(a_path(), echo);
    try {
        const ControlSocket second(a_path(), echo);
        ADD_FAILURE() << "two taps listen";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("another tap"));
    }
    EXPECT_TRUE(ask_tap(a_path(), "status").is_good);

    const std::string left_over = a_path() + ".old";
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    left_over.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(descriptor);
    { const ControlSocket third(left_over, echo); }

    std::ofstream(left_over) << "precious";
    EXPECT_THROW(ControlSocket(left_over, echo), std::runtime_error);
    ::unlink(left_over.c_str());
    EXPECT_THROW(ControlSocket("/nowhere/at/all", echo), std::runtime_error);
}

TEST(ControlSocket, refuses_a_line_that_does_not_end) {
    const ControlSocket socket(a_path(), echo);
    EXPECT_FALSE(ask_tap(a_path(), std::string(10'000, 'x')).is_good);
    EXPECT_TRUE(ask_tap(a_path(), "status").is_good);
}

/// Somebody who is connected.
class Speaker {
public:
    Speaker() : descriptor_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        a_path().copy(address.sun_path, sizeof address.sun_path - 1);
        const timeval limit{.tv_sec = 20, .tv_usec = 0};
        EXPECT_EQ(::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
        EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    ~Speaker() { ::close(descriptor_); }
    Speaker(const Speaker&) = delete;
    Speaker& operator=(const Speaker&) = delete;

    /// Whether the other side took it.
    bool say(const std::string& text) const {
        return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    }
    /// What comes until the connection is closed.
    std::string hear() const {
        std::string text;
        std::array<char, 4096> octets{};
        for (ssize_t size = 0; (size = ::recv(descriptor_, octets.data(), octets.size(), 0)) > 0;) {
            text.append(octets.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

private:
    int descriptor_;
};

TEST(ControlSocket, closes_a_connection_that_takes_too_long_however_little_it_rests) {
    const ControlSocket socket(a_path(), echo, milliseconds(300));
    const Speaker slow;
    const auto begin = steady_clock::now();
    while (slow.say("x") && steady_clock::now() < begin + seconds(10)) {
        std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_LT(steady_clock::now() - begin, seconds(5)) << "each octet had bought it more time";
}

TEST(ControlSocket, answers_others_while_one_waits_for_its_answer) {
    std::binary_semaphore is_over{0};
    const ControlSocket socket(a_path(), [&](const std::string& line) {
        if (line == "reload") {
            is_over.acquire();
        }
        return echo(line);
    });
    auto reload = std::async(std::launch::async, [] { return ask_tap(a_path(), "reload"); });
    const Speaker silent;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(ask_tap(a_path(), "status").text, "status\n");
    }
    is_over.release();
    EXPECT_EQ(reload.get().text, "reload\n");
}

TEST(ControlSocket, refuses_more_connections_than_it_serves_at_once) {
    const ControlSocket socket(a_path(), echo);
    {
        std::list<Speaker> silent(ControlSocket::connections_max);
        const Speaker another;
        EXPECT_THAT(another.hear(), HasSubstr("too many"));
    }
    // The others have hung up, which is noticed at once.
    ControlAnswer answer{.is_good = false, .text = {}};
    for (int i = 0; i < 100 && !answer.is_good; ++i) {
        std::this_thread::sleep_for(milliseconds(20));
        answer = ask_tap(a_path(), "status");
    }
    EXPECT_TRUE(answer.is_good);
}

TEST(ControlSocket, takes_its_places_again_from_whoever_is_done) {
    const ControlSocket socket(a_path(), echo);
    std::list<std::thread> speakers;
    for (int i = 0; i < 4; ++i) {
        speakers.emplace_back([] {
            for (int question = 0; question < 500; ++question) {
                // On a busy machine it may be slow to notice.
                EXPECT_THAT(ask_tap(a_path(), "status").text, AnyOf("status\n", HasSubstr("too many")));
            }
        });
    }
    for (std::thread& speaker : speakers) {
        speaker.join();
    }
}

TEST(ControlSocket, refuses_whom_it_has_no_thread_for) {
    const ControlSocket socket(a_path(), echo);
    pthread_attr_t before{};
    ASSERT_EQ(::pthread_getattr_default_np(&before), 0);
    pthread_attr_t too_large = before;
    ASSERT_EQ(::pthread_attr_setstacksize(&too_large, std::size_t{1} << 47U), 0);  // there is no such room
    ASSERT_EQ(::pthread_setattr_default_np(&too_large), 0);
    {
        const Speaker speaker;
        EXPECT_THAT(speaker.hear(), HasSubstr("no thread"));
    }
    ASSERT_EQ(::pthread_setattr_default_np(&before), 0);
    ::pthread_attr_destroy(&before);
    EXPECT_TRUE(ask_tap(a_path(), "status").is_good);
}

TEST(ControlSocket, rests_while_no_descriptor_is_free) {
    const ControlSocket socket(a_path(), echo);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const Speaker waits;
    const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);  // 0 to 2 are taken
    EXPECT_TRUE(waits.say("status\n"));
    const std::clock_t begin = std::clock();
    std::this_thread::sleep_for(milliseconds(500));
    const double busy = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_LT(busy, 0.2) << "seconds of CPU in half a second";
    EXPECT_EQ(waits.hear(), "good\nstatus\n") << "once one is free";
}

TEST(ControlSocket, ends_at_once_whoever_is_connected) {
    std::optional<ControlSocket> socket(std::in_place, a_path(), echo, seconds(60));
    const Speaker silent;
    EXPECT_TRUE(ask_tap(a_path(), "status").is_good);
    const auto begin = steady_clock::now();
    socket.reset();
    EXPECT_LT(steady_clock::now() - begin, seconds(5));
}

}  // namespace
}  // namespace echotap
