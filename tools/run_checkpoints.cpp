// SPDX-License-Identifier: Apache-2.0
#include "tools/run_checkpoints.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "dataplane/capture/capture_paths.hpp"
#include "dataplane/state/whole_file.hpp"
#include "tools/grouped.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

/// Whether nothing of the captures can be read again. Throws where some can, and others cannot.
bool is_stream(const std::vector<CapturePath>& captures) {
    const auto again = std::ranges::count_if(captures, &CapturePath::is_regular);
    if (again != 0 && static_cast<std::size_t>(again) != captures.size()) {
        throw std::runtime_error(
            "--checkpoint: of captures and a stream together, only the captures can be read again after a restart; run "
            "them one by one, then merge the windows");
    }
    struct stat status {};
    const bool has_standard_input =
        std::ranges::any_of(captures, [](const auto& capture) { return capture.path == standard_input_path; });
    if (has_standard_input && ::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
        throw std::runtime_error(
            "--checkpoint: standard input is a file, which a restart would count twice; give its name instead of -");
    }
    return again == 0;
}

}  // namespace

RunCheckpoints::RunCheckpoints(const WindowOptions& options, std::vector<SourceDigest> sources)
    : options_(options), sources_(std::move(sources)) {
    const std::string& path = options.checkpoint_path;
    if (path.empty()) {
        return;
    }
    settings_ = settings_of(options.line, options.windows);
    is_stream_ = is_stream(list_captures(options.paths).files);
    found_ = find_checkpoint(path, settings_, sources_);
    // Better to fail now than after the first minute.
    WholeFile probe(path);
    if (found_) {
        went_onward_ = is_stream_;
        say(fmt::format("echotap: {}: going on after {} frames{}\n", path, grouped(found_->head.books.frames),
                        is_stream_ ? " with what comes; what came in between is missing"
                                   : "; the captures are read again up to there"));
    }
    next_ = std::chrono::steady_clock::now() + options.checkpoint_interval;
}

HashKey RunCheckpoints::table_key() const {
    return found_ ? found_->head.table_key : HashKey::random();
}

void RunCheckpoints::resume(WindowTeam& team) {
    if (found_) {
        team.resume(*std::exchange(found_, std::nullopt), is_stream_ ? Resumption::onward : Resumption::again);
    }
}

void RunCheckpoints::take_turn(WindowTeam& team) {
    if (options_.checkpoint_path.empty() || team.is_catching_up()) {
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now < next_ && !is_due_) {
        return;
    }
    is_due_ = false;
    try {
        write_checkpoint(team, settings_, sources_, options_.checkpoint_path);
    } catch (const std::exception& error) {
        say(fmt::format("echotap: no checkpoint: {}; trying again in {} s\n", error.what(),
                        options_.checkpoint_interval.count()));
    }
    // From the end of this one, so that the run gets on however long one takes.
    next_ = std::chrono::steady_clock::now() + options_.checkpoint_interval;
}

void RunCheckpoints::finish() {
    if (!options_.checkpoint_path.empty()) {
        std::filesystem::remove(options_.checkpoint_path);
    }
}

}  // namespace echotap
