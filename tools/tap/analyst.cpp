// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/analyst.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "tools/tap/signals_blocked.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

/// The retention is looked after so often.
constexpr std::chrono::minutes forget_interval{10};
/// Originators that a status holds.
constexpr std::size_t top_max = 50;

std::string name_of_window(const WindowHeader& header) {
    return fmt::format("the window of {} from {}{}{}", length_text(header),
                       time_text(std::chrono::floor<std::chrono::seconds>(header.start)),
                       header.view.empty() ? "" : ", view ", header.view);
}

}  // namespace

Analyst::Analyst(std::shared_ptr<LiveParts> parts, std::unique_ptr<Store> store, std::string store_path,
                 const HashKey& sample_key, const TapLog& log, const AnalystLimits& limits)
    : store_(std::move(store)),
      store_path_(std::move(store_path)),
      sample_key_(sample_key),
      log_(log),
      limits_(limits),
      parts_(std::move(parts)),
      kept_(limits.kept_octets_max) {
    status_.has_store = store_ != nullptr;
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
}

Analyst::~Analyst() {
    if (thread_.joinable()) {
        {
            const std::lock_guard guard(lock_);
            is_ending_ = true;
            jobs_.clear();
        }
        wake_.notify_all();
        thread_.join();
    }
}

std::uint64_t Analyst::take(ClosedWindow window, const WindowKey& key) {
    {
        const std::lock_guard guard(lock_);
        ++status_.closed;
        ++status_.by_completeness[static_cast<std::size_t>(window.header.completeness)];
        status_.counts += window.header.counts;
    }
    return add({.what = {.key = key, .window = std::make_shared<const ClosedWindow>(std::move(window))},
                .purpose = Purpose::rows});
}

std::uint64_t Analyst::take_up(WaitingWindow window) {
    {
        const std::lock_guard guard(lock_);
        ++status_.taken_up;
    }
    return add({.what = std::move(window), .purpose = Purpose::rows}, Room::extra);
}

void Analyst::note_lost(std::size_t windows) {
    const std::lock_guard guard(lock_);
    status_.taken_up += windows;
    status_.lost += windows;
}

std::vector<WaitingWindow> Analyst::waiting() const {
    const std::lock_guard guard(lock_);
    std::vector<WaitingWindow> waiting = unstored_;
    if (at_work_) {
        waiting.push_back(*at_work_);
    }
    for (const Job& job : jobs_) {
        if (!job.is_running()) {
            waiting.push_back(job.what);
        }
    }
    return waiting;
}

void Analyst::take_running(ClosedWindow window) {
    add_running({.what = {.window = std::make_shared<const ClosedWindow>(std::move(window))},
                 .purpose = Purpose::provisional_rows});
}

void Analyst::ask_names(ClosedWindow window) {
    add_running(
        {.what = {.window = std::make_shared<const ClosedWindow>(std::move(window))}, .purpose = Purpose::names});
}

void Analyst::add_running(Job job) {
    {
        const std::lock_guard guard(lock_);
        const auto is_same = [&](const Job& other) {
            const WindowHeader& one = job.window().header;
            const WindowHeader& two = other.window().header;
            return one.families == two.families && one.start == two.start && one.length == two.length &&
                   one.view == two.view;
        };
        for (const Job& other : jobs_) {
            if (!other.is_running() || (is_same(other) && other.purpose < job.purpose)) {
                return;
            }
        }
        std::erase_if(jobs_, is_same);
    }
    add(std::move(job));
}

std::uint64_t Analyst::add(Job job, Room room) {
    std::size_t lost = 0;
    std::uint64_t number = 0;
    {
        const std::lock_guard guard(lock_);
        number = job.what.number = ++number_;
        jobs_.push_back(std::move(job));
        // The one at work is not among them: it goes when it is done, and would else cost others their place meanwhile.
        while (room == Room::of_others && jobs_.size() > 1 &&
               (jobs_.size() > limits_.windows_max || job_octets() > limits_.octets_max)) {
            lost += jobs_.front().is_running() ? 0U : 1U;
            jobs_.pop_front();
        }
        count_waiting();
        status_.lost += lost;
    }
    wake_.notify_all();
    if (lost != 0) {
        log_.error(fmt::format("too many windows wait to be analysed or stored: {} of the oldest were dropped", lost));
    }
    return number;
}

/// REQUIRES: the lock.
std::size_t Analyst::job_octets() const {
    std::size_t octets = 0;
    for (const Job& job : jobs_) {
        octets += job.window().octets();
    }
    return octets;
}

/// REQUIRES: the lock.
void Analyst::count_waiting() {
    status_.waiting = jobs_.size() + (at_work_ ? 1U : 0U);
    status_.waiting_octets = job_octets() + (at_work_ ? at_work_->window->octets() : 0);
}

void Analyst::replace(std::shared_ptr<LiveParts> parts) {
    const std::lock_guard guard(lock_);
    parts_ = std::move(parts);
}

void Analyst::rotate() {
    {
        const std::lock_guard guard(lock_);
        is_rotation_wanted_ = true;
    }
    wake_.notify_all();
}

bool Analyst::finish() {
    {
        const std::lock_guard guard(lock_);
        is_ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
    const std::lock_guard guard(lock_);
    return unstored_.empty() && status_.lost == 0 && status_.store_fault.empty();
}

AnalystStatus Analyst::status() const {
    AnalystStatus status;
    std::shared_ptr<const LiveParts> parts;
    {
        const std::lock_guard guard(lock_);
        status = status_;
        parts = parts_;
    }
    // Without our lock: whoever waits for names asks us, under theirs, whether to go on.
    status.model = parts->model_text;
    if (const NameSources* const names = parts->analysis.sources().names()) {
        status.has_resolver = true;
        status.resolver = names->resolver_counts();
        status.names_fault = names->cache_fault();
    }
    return status;
}

bool Analyst::is_ending() const {
    const std::lock_guard guard(lock_);
    return is_ending_;
}

void Analyst::run() {
    bool is_store_failing = false;
    std::unique_lock guard(lock_);
    for (;;) {
        // While the store fails there is nothing to do for a while, whatever comes.
        const auto is_due = [&] { return is_ending_ || is_rotation_wanted_ || (!jobs_.empty() && !is_store_failing); };
        wake_.wait_for(guard, std::min(limits_.retry_interval, limits_.revision_interval), is_due);
        is_store_failing = false;
        const bool ends = is_ending_;
        for (std::size_t left = jobs_.size(); left != 0 && !jobs_.empty(); --left) {
            Job job = std::move(jobs_.front());
            jobs_.pop_front();
            at_work_ = job.is_running() ? std::nullopt : std::optional(job.what);
            count_waiting();
            guard.unlock();
            const bool is_done = work(job);
            guard.lock();
            at_work_.reset();
            is_store_failing = !is_done && !job.is_running();
            if (is_store_failing && ends) {
                // At the end each has its try.
                unstored_.push_back(std::move(job.what));
            } else if (is_store_failing) {
                jobs_.push_front(std::move(job));
            }
            count_waiting();
            if (is_store_failing && !ends) {
                break;
            }
        }
        const bool rotates = std::exchange(is_rotation_wanted_, false);
        if (ends) {
            if (jobs_.empty()) {
                return;
            }
            continue;
        }
        guard.unlock();
        revise_late();
        if (rotates || Clock::now() - forgot_ >= forget_interval) {
            forget_old();
        }
        guard.lock();
    }
}

std::shared_ptr<LiveParts> Analyst::parts() const {
    const std::lock_guard guard(lock_);
    return parts_;
}

/// Of the parts that are in use now; nothing where they ask nobody.
EarlyNames* Analyst::early_names(const std::shared_ptr<LiveParts>& parts) {
    NameSources* const names = parts->analysis.sources().names();
    if (names == nullptr || !names->reach_beyond_snapshots()) {
        early_.reset();
        return nullptr;
    }
    if (!early_ || early_->parts != parts) {
        early_.emplace(Early{.parts = parts, .names = EarlyNames(*names, parts->ranking)});
    }
    return &early_->names;
}

bool Analyst::work(const Job& job) {
    const std::shared_ptr<LiveParts> parts = this->parts();
    for (const std::string& message : parts->analysis.reload_if_changed()) {
        log_.warning(message);
    }
    EarlyNames* const early = early_names(parts);
    try {
        if (early != nullptr && job.is_running()) {
            early->look(job.window());
        }
        if (job.purpose == Purpose::names) {
            return true;
        }
        // The store may fail after the window has been merged, and whoever tries again needs it as it came.
        ClosedWindow window = job.window();
        if (store_ != nullptr) {
            Reception received = store_->receive(std::move(window), sample_key_);
            if (received.overlap == SourceOverlap::all) {
                // The process before has stored it, and was killed before it could say so.
                store_worked();
                const std::lock_guard guard(lock_);
                status_.analysed += job.is_running() ? 0U : 1U;
                return true;
            }
            if (job.is_running() && received.window.header.sources.size() > job.window().header.sources.size()) {
                // An earlier run of the tap has left its share of the window there, which the rows of a running one
                // would take the place of.
                return true;
            }
            window = std::move(received.window);
        }
        const bool waits = !job.is_running() && !is_ending();
        const NameWait wait{.deadline = waits ? Clock::now() + parts->name_wait : Clock::time_point{},
                            .waiting = [this](std::size_t) { return !is_ending(); }};
        AnalysedWindow analysed = parts->analysis.analyse(std::move(window), wait);
        const ClassifiedWindow classified = classify_window(analysed, parts->model);
        if (store_ != nullptr) {
            store_->put(analysed, classified, parts->model, {.is_running = job.is_running()});
            store_put();
        }
        note(job, analysed, classified, parts->model);
        if (!job.is_running()) {
            if (early != nullptr) {
                early->forget();
            }
            kept_.keep(std::move(analysed));
        }
        return true;
    } catch (const DatabaseError& error) {
        // Whatever ails the store, it is not this window: all wait until it works.
        store_failed(error.what(), error.may_pass() ? "windows wait for it" : "windows wait until it is mended");
        return false;
    } catch (const StoreConflict& error) {
        store_failed(error.what());
        return false;
    } catch (const std::system_error& error) {
        // The files of windows beside the store.
        store_failed(error.what());
        return false;
    } catch (const WindowRefused& error) {
        // It would be refused at each try, and all others would wait behind it.
        store_worked();
        lose(job, error.what());
        return true;
    } catch (const std::exception& error) {
        // As well where it does not fit what is kept of it (WindowMismatch), or that is damaged.
        lose(job, error.what());
        return true;
    }
}

void Analyst::lose(const Job& job, const std::string& why) {
    log_.error(fmt::format("{} became no rows: {}", name_of_window(job.window().header), why));
    const std::lock_guard guard(lock_);
    status_.lost += job.is_running() ? 0U : 1U;
}

void Analyst::note(const Job& job, const AnalysedWindow& analysed, const ClassifiedWindow& classified,
                   const Model& model) {
    std::map<std::string, std::uint64_t> classes;
    for (const std::string& name : model.class_names) {
        classes[name] = 0;
    }
    for (const Verdict& verdict : classified.verdicts.rows) {
        ++classes[answer_of(model, verdict)];
    }
    std::vector<TopOriginator> top;
    for (std::size_t i = 0; i < std::min(top_max, analysed.features.rows.size()); ++i) {
        const FeatureRow& row = analysed.features.rows[i];
        const Verdict& verdict = classified.verdicts.rows[i];
        top.push_back({.originator = row.originator.short_text(),
                       .footprint = row.footprint.value,
                       .queries = row.queries,
                       .answer = answer_of(model, verdict),
                       .probability = static_cast<double>(verdict.probability),
                       .is_provisional = row.is_provisional()});
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - job.came).count();
    const WindowHeader& header = analysed.header();
    {
        const std::lock_guard guard(lock_);
        status_.top = std::move(top);
        status_.top_window = name_of_window(header).append(job.is_running() ? ", so far" : "");
        if (job.is_running()) {
            ++status_.provisional;
        } else {
            ++status_.analysed;
            status_.last_end = header.end;
            status_.last_seconds = seconds;
            status_.last_originators = analysed.features.rows.size();
            status_.last_pairs = analysed.window.originators.pairs();
            status_.last_names_known = analysed.names_to_come.known();
            status_.last_classes.assign(classes.begin(), classes.end());
        }
    }
    constexpr std::array<const char*, 3> complete{"complete", "completeness unknown", "not complete"};
    log_.say(job.is_running() ? LogLevel::debug : LogLevel::notice,
             fmt::format("{}{}: {} frames, {} originators, {} of them in rows, {}", name_of_window(header),
                         job.is_running() ? " so far" : "", header.frames(), analysed.window.originators.size(),
                         analysed.features.rows.size(), complete[static_cast<std::size_t>(header.completeness)]));
}

void Analyst::store_failed(const std::string& why, std::string_view consequence) {
    bool is_news = false;
    {
        const std::lock_guard guard(lock_);
        ++status_.store_failures;
        is_news = status_.store_fault != why;
        status_.store_fault = why;
    }
    if (is_news) {
        log_.error(fmt::format("{}; {}, and frames go on being counted", why, consequence));
    }
}

/// It has taken a window.
void Analyst::store_put() {
    store_worked();
    std::error_code none;
    const std::uintmax_t octets = std::filesystem::file_size(store_path_, none);
    const std::lock_guard guard(lock_);
    ++status_.stored;
    status_.store_octets = none ? 0 : octets;
}

/// It has answered, be it that it knows a window or does not want it.
void Analyst::store_worked() {
    bool was_failing = false;
    {
        const std::lock_guard guard(lock_);
        was_failing = !std::exchange(status_.store_fault, {}).empty();
    }
    if (was_failing) {
        log_.notice("the store works again");
    }
}

/// Names that came after their window make the next revision of its rows.
void Analyst::revise_late() {
    if (kept_.size() == 0 || Clock::now() - revised_ < limits_.revision_interval) {
        return;
    }
    revised_ = Clock::now();
    const std::shared_ptr<LiveParts> parts = this->parts();
    kept_.revise(parts->analysis, {},
                 [&](const AnalysedWindow& revised) { return store_revision(revised, parts->model); });
}

bool Analyst::store_revision(const AnalysedWindow& revised, const Model& model) {
    try {
        if (store_ != nullptr) {
            store_->put(revised, classify_window(revised, model), model);
            store_put();
        }
    } catch (const StoreConflict&) {
        // What came of the window since was merged with it, and has late names of its own.
        return true;
    } catch (const std::exception& error) {
        store_failed(error.what());
        return false;
    }
    const std::lock_guard guard(lock_);
    ++status_.late_names;
    return true;
}

void Analyst::forget_old() {
    forgot_ = Clock::now();
    if (store_ == nullptr) {
        return;
    }
    const Retention retention = parts()->retention;
    try {
        if (const std::uint64_t rows = store_->forget(retention, std::chrono::system_clock::now()); rows != 0) {
            log_.notice(fmt::format("{} windows were past their time, and left the store", rows));
        }
    } catch (const std::exception& error) {
        store_failed(error.what());
    }
}

}  // namespace echotap
