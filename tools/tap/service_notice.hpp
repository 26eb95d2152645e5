// SPDX-License-Identifier: Apache-2.0
// What a tap tells the service manager that started it (sd_notify(3)); nothing happens where none did. The only home of
// libsystemd.
#pragma once

#include <chrono>
#include <string>

namespace echotap {

// Any thread; none of them waits or throws.

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_reloading();
void notify_stopping();
/// The process is well. To be said more often than every watchdog_interval().
void notify_watchdog();
/// How long the service manager waits for notify_watchdog(); 0: it does not.
std::chrono::microseconds watchdog_interval();

}  // namespace echotap
