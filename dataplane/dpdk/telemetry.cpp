// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/telemetry.hpp"

#include <rte_telemetry.h>

#include <cerrno>
#include <mutex>
#include <string_view>

namespace echotap {

namespace {

constexpr std::string_view prefix = "/echotap/";

/// DPDK calls a plain function with nothing but the command, so what answers can only be reached from here.
struct Registered {
    std::mutex lock;
    std::map<std::string, Telemetry::Answerer> answers;
};

Registered& registered() {
    static Registered all;
    return all;
}

int answer(const char* command, const char*, rte_tel_data* to) {
    Registered& all = registered();
    const std::lock_guard guard(all.lock);
    const auto found = all.answers.find(std::string(command).substr(prefix.size()));
    rte_tel_data_start_dict(to);
    if (found == all.answers.end()) {
        return 0;
    }
    try {
        for (const auto& [name, value] : found->second()) {
            rte_tel_data_add_dict_u64(to, name.c_str(), value);
        }
    } catch (const std::exception&) {
        return -ENOMEM;
    }
    return 0;
}

}  // namespace

Telemetry::Telemetry(std::map<std::string, Answerer> answers) {
    Registered& all = registered();
    const std::lock_guard guard(all.lock);
    all.answers = std::move(answers);
    for (const auto& [name, answerer] : all.answers) {
        // A command of an earlier one is there already, and answers for this one now.
        rte_telemetry_register_cmd(std::string(prefix).append(name).c_str(), answer,
                                   "Numbers of Echotap; takes no parameters");
    }
}

Telemetry::~Telemetry() {
    Registered& all = registered();
    const std::lock_guard guard(all.lock);
    all.answers.clear();
}

}  // namespace echotap
