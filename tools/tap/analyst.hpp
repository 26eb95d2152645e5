// SPDX-License-Identifier: Apache-2.0
// The thread that makes answers of windows: closed windows go in, and what is in running ones; named, described,
// classified rows go into the store.
//
//     closed window -> queue (bounded) -> merged with what is kept -> names -> features -> classes -> store
//     running window -> names are asked for; and, less often, the same with what is in it so far
//     late names -> features, classes and store once more, as the next revision
//
// Nobody waits for this thread: a name server that hangs costs it a deadline, a store that does not work keeps windows
// waiting for another try, and where too many wait the oldest goes and is counted as lost. So is a window that the
// store refuses for what it is: those behind it must not wait for it. Frames go on being counted meanwhile.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "analytics/features/early_names.hpp"
#include "analytics/features/kept_windows.hpp"
#include "analytics/store/store.hpp"
#include "tools/tap/live_parts.hpp"
#include "tools/tap/tap_log.hpp"
#include "tools/tap/tap_status.hpp"
#include "tools/tap/waiting_windows.hpp"

namespace echotap {

struct AnalystLimits {
    /// Windows that may wait, and octets in them; one always may, beside the one at work.
    std::size_t windows_max = 64;
    std::size_t octets_max = std::size_t{512} << 20U;
    /// How long to wait before the store is tried again.
    std::chrono::milliseconds retry_interval{10'000};
    /// How often late names are asked for again, and the octets of windows that wait for theirs.
    std::chrono::milliseconds revision_interval{30'000};
    std::size_t kept_octets_max = std::size_t{256} << 20U;
};

/// Any thread may call anything, but for the constructor, finish() and the destructor, which are for one.
class Analyst {
public:
    /// `store` may be null: then nothing is kept. `sample_key` is that of the windows.
    Analyst(std::shared_ptr<LiveParts> parts, std::unique_ptr<Store> store, std::string store_path,
            const HashKey& sample_key, const TapLog& log, const AnalystLimits& limits = {});
    /// Ends the thread; windows that wait are lost unless finish() was called.
    ~Analyst();
    Analyst(const Analyst&) = delete;
    Analyst& operator=(const Analyst&) = delete;

    /// A window that has closed; its header says its site. Returns its number, see waiting().
    std::uint64_t take(ClosedWindow window, const WindowKey& key);
    /// The same, for one that waited in the process before, by which it was counted as closed. None goes for it,
    /// however many wait: all of them come at once, before the first can be worked at. The next take() has the limits
    /// again.
    std::uint64_t take_up(WaitingWindow window);
    /// Closed windows that are neither in the store nor lost; after finish(): those that it could not store.
    std::vector<WaitingWindow> waiting() const;
    /// So many waited in the process before, and are damaged.
    void note_lost(std::size_t windows);
    /// What is in a running one, for provisional rows. Only the last of each is of use, so where windows wait it is
    /// left out.
    void take_running(ClosedWindow window);
    /// The same, but only so that the names of its queriers are asked for, and are there when it closes.
    void ask_names(ClosedWindow window);

    /// From the next window on.
    void replace(std::shared_ptr<LiveParts> parts);
    /// Lets windows of the store go that the retention does not keep, soon.
    void rotate();

    /// The tap has ended: works off what waits, with the names that are known, and tries the store once for each.
    /// Returns whether everything was stored.
    bool finish();

    AnalystStatus status() const;

private:
    using Clock = std::chrono::steady_clock;

    enum class Purpose : std::uint8_t { rows, provisional_rows, names };

    struct Job {
        WaitingWindow what;
        Purpose purpose = Purpose::rows;
        Clock::time_point came = Clock::now();

        const ClosedWindow& window() const { return *what.window; }
        bool is_running() const { return purpose != Purpose::rows; }
    };

    /// Names that are asked for early, of the parts that were in use when it was made.
    struct Early {
        std::shared_ptr<LiveParts> parts;
        EarlyNames names;
    };

    void run();
    enum class Room : std::uint8_t { of_others, extra };

    std::uint64_t add(Job job, Room room = Room::of_others);
    void add_running(Job job);
    std::size_t job_octets() const;
    void count_waiting();
    bool is_ending() const;
    std::shared_ptr<LiveParts> parts() const;
    EarlyNames* early_names(const std::shared_ptr<LiveParts>& parts);
    /// False where the store would not have it and the job is to be tried again.
    bool work(const Job& job);
    void lose(const Job& job, const std::string& why);
    void note(const Job& job, const AnalysedWindow& analysed, const ClassifiedWindow& classified, const Model& model);
    void store_failed(const std::string& why, std::string_view consequence = "windows wait for it");
    void store_put();
    void store_worked();
    void revise_late();
    bool store_revision(const AnalysedWindow& revised, const Model& model);
    void forget_old();

    const std::unique_ptr<Store> store_;
    const std::string store_path_;
    const HashKey sample_key_;
    const TapLog& log_;
    const AnalystLimits limits_;

    mutable std::mutex lock_;  // of all below it
    std::condition_variable wake_;
    std::shared_ptr<LiveParts> parts_;
    std::deque<Job> jobs_;
    std::optional<WaitingWindow> at_work_;  // the closed window that the thread works at
    std::vector<WaitingWindow> unstored_;   // of the end
    std::uint64_t number_ = 0;              // of the last job
    AnalystStatus status_;
    bool is_ending_ = false;
    bool is_rotation_wanted_ = false;

    // The thread's own.
    KeptWindows kept_;
    std::optional<Early> early_;
    Clock::time_point revised_{};
    Clock::time_point forgot_{};

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace echotap
