// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/service_notice.hpp"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdint>

namespace echotap {

void notify_ready(const std::string& status) {
    ::sd_notifyf(0, "READY=1\nSTATUS=%s", status.c_str());
}

void notify_status(const std::string& status) {
    ::sd_notifyf(0, "STATUS=%s", status.c_str());
}

void notify_reloading() {
    // Type=notify-reload wants to know when, so that it can tell this reload's READY from an earlier one's.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    ::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                 static_cast<long long>(now.tv_sec) * 1'000'000 + static_cast<long long>(now.tv_nsec) / 1000);
}

void notify_stopping() {
    ::sd_notify(0, "STOPPING=1");
}

void notify_watchdog() {
    ::sd_notify(0, "WATCHDOG=1");
}

std::chrono::microseconds watchdog_interval() {
    std::uint64_t microseconds = 0;
    return ::sd_watchdog_enabled(0, &microseconds) > 0 ? std::chrono::microseconds(microseconds)
                                                       : std::chrono::microseconds(0);
}

}  // namespace echotap
