// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/control_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace echotap {
namespace {

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

}  // namespace
}  // namespace echotap
