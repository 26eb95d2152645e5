// SPDX-License-Identifier: Apache-2.0
// Commands of ours in DPDK's own telemetry socket: a name and who answers go in; `dpdk-telemetry.py` lists and asks
// them beside DPDK's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace echotap {

/// One at a time per process, since DPDK's table of commands is the process's. Commands cannot be taken back; once this
/// is gone they answer nothing.
class Telemetry {
public:
    /// Names and numbers; at most 256 of them, names of at most 63 octets; what is over that is left out.
    using Answer = std::vector<std::pair<std::string, std::uint64_t>>;
    using Answerer = std::function<Answer()>;

    /// `answers` by the part of the command behind `/echotap/`; called by DPDK's thread, one at a time. Before the EAL
    /// is started, or after.
    explicit Telemetry(std::map<std::string, Answerer> answers);
    ~Telemetry();
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;
};

}  // namespace echotap
