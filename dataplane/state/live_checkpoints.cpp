// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/live_checkpoints.hpp"

#include <exception>
#include <filesystem>
#include <utility>

#include "dataplane/state/team_checkpoint.hpp"
#include "dataplane/state/whole_file.hpp"

namespace echotap {

namespace {

/// While a window is closing there is none; to copy all again at once would be in vain.
constexpr std::chrono::seconds closing_pause{1};

RunSettings settings_with(const std::string& tap, const LineConfig& line, const WindowConfig& windows) {
    RunSettings settings = settings_of(line, windows);
    settings.emplace_back("tap", tap);
    return settings;
}

}  // namespace

LiveCheckpoints::LiveCheckpoints(std::string path, std::chrono::seconds interval, const std::string& tap,
                                 const LineConfig& line, const WindowConfig& windows)
    : path_(std::move(path)),
      interval_(interval),
      settings_(settings_with(tap, line, windows)),
      found_(find_checkpoint(path_, settings_, {})),
      next_(std::chrono::steady_clock::now() + interval) {
    // Better to fail now than after the first minute.
    const WholeFile probe(path_);
    if (found_) {
        frames_before_ = found_->head.books.frames;
    }
}

void LiveCheckpoints::resume(LiveWindows& windows) {
    if (found_) {
        windows.resume(*std::exchange(found_, std::nullopt), closed_);
    }
}

std::string LiveCheckpoints::take_turn(LiveWindows& windows, const std::function<void()>& before_write) {
    std::string failure;
    if (windows.has_checkpoint()) {
        auto pause = interval_;
        try {
            if (const auto checkpoint = windows.take_checkpoint()) {
                if (before_write) {
                    before_write();
                }
                write(*checkpoint);
            } else {
                pause = std::min(pause, closing_pause);
            }
        } catch (const std::exception& error) {
            failure = error.what();
        }
        is_asked_for_ = false;
        // From the end of this one, so that windows get their turn however long one takes.
        next_ = std::chrono::steady_clock::now() + pause;
    } else if (!is_asked_for_ && (is_due_ || std::chrono::steady_clock::now() >= next_)) {
        // Where a snapshot is being taken, at a later turn.
        is_asked_for_ = windows.request_checkpoint();
        is_due_ = is_due_ && !is_asked_for_;
    }
    return failure;
}

void LiveCheckpoints::write(const LiveCheckpoint& checkpoint) const {
    WholeFile file(path_);
    CheckpointHead head = checkpoint.head;
    head.settings = settings_;
    CheckpointWriter writer([&](Octets octets) { file.write(octets); }, head);
    for (const SnapshotGatherer::FilterPiece& piece : checkpoint.filter) {
        writer.add_filter(piece.offset, piece.octets);
    }
    for (const CheckpointWindow& window : checkpoint.windows) {
        writer.add_window(window.key, window.window);
    }
    writer.finish();
    file.commit();
}

void LiveCheckpoints::finish() const {
    std::filesystem::remove(path_);
}

}  // namespace echotap
