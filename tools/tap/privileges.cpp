// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/privileges.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tools/tap/signals_blocked.hpp"

namespace echotap {

namespace {

/// Of the calling thread: nothing permitted, nothing effective, nothing inheritable, nothing ambient. Two system calls
/// and nothing else, so that a signal handler may do it.
void drop_own_capabilities() {
    const int error = errno;
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL);
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    ::syscall(SYS_capset, &header, none.data());
    errno = error;
}

void on_signal(int) {
    drop_own_capabilities();
}

std::vector<pid_t> threads() {
    std::vector<pid_t> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        all.push_back(static_cast<pid_t>(std::stol(entry.path().filename().string())));
    }
    return all;
}

/// Whether a thread has any capability left. One that has ended has none.
bool has_capabilities(pid_t thread) {
    std::ifstream status(fmt::format("/proc/self/task/{}/status", thread));
    for (std::string line; std::getline(status, line);) {
        if ((line.starts_with("CapPrm:") || line.starts_with("CapEff:") || line.starts_with("CapAmb:")) &&
            line.find_first_of("123456789abcdef", 7) != std::string::npos) {
            return true;
        }
    }
    return false;
}

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

void refuse_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) {
        fail("no_new_privs cannot be set");
    }
    ::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
}

RunUser RunUser::of(const std::string& name) {
    std::array<char, 16384> text{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found);
    if (found == nullptr) {
        throw std::runtime_error(
            fmt::format("there is no user '{}' (tap.user); `adduser --system --group {}` makes one", name, name));
    }
    if (::geteuid() != 0 && ::geteuid() != entry.pw_uid) {
        throw std::runtime_error(
            fmt::format("only root can become '{}' (tap.user); start the tap as root or as that user", name));
    }
    return {.user = entry.pw_uid, .group = entry.pw_gid};
}

ActingAs::ActingAs(const RunUser* user) {
    if (user != nullptr && ::geteuid() == 0 && user->user != 0) {
        if (::setegid(user->group) != 0 || ::seteuid(user->user) != 0) {
            fail("the user cannot be changed (tap.user)");
        }
        is_acting_ = true;
    }
}

ActingAs::~ActingAs() {
    if (is_acting_) {
        static_cast<void>(::seteuid(0));
        static_cast<void>(::setegid(0));
    }
}

void drop_privileges(const RunUser* user) {
    // The C library has every thread do these.
    if (user != nullptr && ::geteuid() == 0 && user->user != 0) {
        if (::setgroups(0, nullptr) != 0 || ::setresgid(user->group, user->group, user->group) != 0 ||
            ::setresuid(user->user, user->user, user->user) != 0) {
            fail("the user cannot be changed (tap.user)");
        }
        ::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);  // which a change of user sets back
    }
    const int signal = give_up_signal();
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, &before);
    drop_own_capabilities();
    // Threads may come while we look, from others that have not yet dropped theirs; so we look until none is left.
    bool is_done = false;
    for (int tries = 0; tries < 200 && !is_done; ++tries) {
        is_done = true;
        for (const pid_t thread : threads()) {
            if (has_capabilities(thread)) {
                is_done = false;
                ::syscall(SYS_tgkill, ::getpid(), thread, signal);
            }
        }
        if (!is_done) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    sigaction(signal, &before, nullptr);
    if (!is_done) {
        throw std::runtime_error(
            "a thread could not drop its capabilities; this is a fault of Echotap, please report it");
    }
}

}  // namespace echotap
