// SPDX-License-Identifier: Apache-2.0
// What a tap may do: much while it opens its ports, next to nothing afterwards.
//
// Capabilities and no_new_privs belong to threads, not to processes, and DPDK starts threads before ports are open. So
// no_new_privs comes first of all, while there is one thread, and capabilities are dropped by every thread itself,
// which a signal asks it to do. Source: capabilities(7), prctl(2).
#pragma once

#include <string>

namespace echotap {

/// Before any other thread is there: no program that is executed later has more rights than this process
/// (PR_SET_NO_NEW_PRIVS), and others cannot read its memory (PR_SET_DUMPABLE).
void refuse_new_privileges();

/// The user and group of `name`, looked up before they are needed.
struct RunUser {
    unsigned user = 0;
    unsigned group = 0;

    /// Throws std::runtime_error where there is no such user, or the process may not become it.
    static RunUser of(const std::string& name);
};

/// While it lives, files are opened and made as the user (null: as who the process is): what is opened at the start is
/// what can be opened again at a reload, and what is made belongs to who will write to it.
class ActingAs {
public:
    explicit ActingAs(const RunUser* user);
    ~ActingAs();
    ActingAs(const ActingAs&) = delete;
    ActingAs& operator=(const ActingAs&) = delete;

private:
    bool is_acting_ = false;
};

/// All threads of the process become `user` (null: stay who they are), without supplementary groups, and lose all
/// capabilities, for good. From the main thread; give_up_signal() must not be blocked in any thread. Throws
/// std::runtime_error where a thread is left with a capability.
void drop_privileges(const RunUser* user);

}  // namespace echotap
