// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/tap_checkpoints.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <exception>
#include <utility>
#include <vector>

namespace echotap {

TapCheckpoints::TapCheckpoints(const TapConfig& config, const std::string& name, const TapLog& log)
    : path_(config.checkpoint.path),
      log_(log),
      live_(path_, config.checkpoint.interval, name, config.line, config.windows),
      waiting_(path_, fingerprint(live_.table_key())) {
    if (const auto frames = live_.frames_before()) {
        log_.warning(fmt::format(
            "the run before did not end in order; going on from its checkpoint, after {} frames ({})", *frames, path_));
    }
    for (const std::string& fault : waiting_.read()) {
        log_.error(fault);
    }
    live_.leave_out(waiting_.keys());
}

void TapCheckpoints::take_up(Analyst& analyst) {
    waiting_.take_up([&](WaitingWindow window) { return analyst.take_up(std::move(window)); });
    analyst.note_lost(waiting_.damaged());
    if (waiting_.size() != 0) {
        log_.warning(fmt::format("closed windows that waited for the store in the run before: {}", waiting_.size()));
    }
}

void TapCheckpoints::take_turn(Analyst& analyst, LiveWindows& windows, const std::function<void()>& beat) {
    // What is safe in the store must not come again with a checkpoint.
    if (const std::uint64_t safe = analyst.status().analysed; safe != std::exchange(safe_, safe)) {
        live_.note_closed();
    }
    const std::vector<WaitingWindow> waiting = analyst.waiting();
    bool is_written = false;
    // What is in the checkpoint before and in neither this one nor the store would be lost with a kill.
    std::string fault = live_.take_turn(windows, [&] {
        waiting_.keep(waiting, beat);
        is_written = true;
    });
    // While the checkpoint on the disk may have a window open, its file says that it has closed, even if it is stored.
    if (is_written && fault.empty()) {
        waiting_.forget_all_but(waiting);
    }
    if (!fault.empty()) {
        if (fault != status_.fault) {
            log_.error(fmt::format("no checkpoint could be written: {}; it is tried again", fault));
        }
        ++status_.failures;
        status_.fault = std::move(fault);
    }
}

void TapCheckpoints::finish(const Analyst& analyst) {
    try {
        const std::vector<WaitingWindow> waiting = analyst.waiting();
        waiting_.keep(waiting, [] {});  // nobody expects beats at the end
        live_.finish();
        waiting_.forget_all_but(waiting);
        if (waiting_.size() != 0) {
            log_.warning(fmt::format("windows that could not be stored wait for the next start, in files beside {}: {}",
                                     path_, waiting_.size()));
        }
    } catch (const std::exception& error) {
        log_.error(fmt::format(
            "windows that could not be stored could not be kept either: {}; the last checkpoint stays", error.what()));
    }
}

CheckpointStatus TapCheckpoints::status() {
    if (struct stat file{}; ::stat(path_.c_str(), &file) == 0) {
        const Timestamp written(std::chrono::seconds(file.st_mtim.tv_sec) +
                                std::chrono::nanoseconds(file.st_mtim.tv_nsec));
        if (written != status_.written) {
            status_.written = written;
            status_.octets = static_cast<std::uint64_t>(file.st_size);
            status_.fault.clear();
        }
    }
    return status_;
}

}  // namespace echotap
