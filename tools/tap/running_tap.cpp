// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/running_tap.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "analytics/resolver/own_addresses.hpp"
#include "tools/exit_code.hpp"
#include "tools/ledger_report.hpp"
#include "tools/tap/live_parts.hpp"
#include "tools/tap/metrics_text.hpp"
#include "tools/tap/named_files.hpp"
#include "tools/tap/service_notice.hpp"
#include "tools/tap/signals_blocked.hpp"
#include "tools/tap/status_text.hpp"

namespace echotap {

namespace {

/// To put a window of millions of originators together takes the main thread seconds, at worst.
constexpr std::chrono::seconds main_limit{60};
constexpr std::chrono::milliseconds house_interval{100};
constexpr std::chrono::milliseconds status_interval{500};
constexpr std::chrono::milliseconds supervision_interval{250};
/// How often the names of running windows are asked for.
constexpr std::chrono::seconds names_interval{30};

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text.append(text.empty() ? "" : ", ").append(name);
    }
    return text;
}

std::string host_name() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return host.data();
}

/// SIGHUP waits until it is asked for; all threads that start later leave it alone.
void block_hang_up() {
    sigset_t wanted{};
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
}

bool take_hang_up() {
    sigset_t wanted{};
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGHUP);
    constexpr timespec at_once{};
    return sigtimedwait(&wanted, nullptr, &at_once) == SIGHUP;
}

TapConfig load(const TapSources& sources) {
    TapConfig config = load_tap_config(sources.path, sources.overrides).config;
    if (config.ports.ports.empty()) {
        throw std::runtime_error(
            "ports.names is empty, so there is nothing to listen to; give a port such as "
            "\"net_af_packet0,iface=eth1\" in the file or with --set ports.names=...");
    }
    return config;
}

/// With what files and this host say: a key, and whose questions are our own.
TapConfig completed(TapConfig config) {
    if (!config.sample_key_path.empty()) {
        config.windows.sample_key = read_sample_key(config.sample_key_path);
    }
    leave_out_own_questions(config.line, config.names.resolver);
    return config;
}

}  // namespace

RunningTap::RunningTap(TapSources sources)
    : sources_(std::move(sources)),
      settings_(load(sources_)),
      config_(completed(settings_)),
      name_(config_.name.empty() ? host_name() : config_.name),
      log_(config_.log_level),
      started_(std::chrono::system_clock::now()),
      provisional_interval_(config_.provisional_interval) {
    block_hang_up();
    refuse_new_privileges();
    if (!config_.user.empty()) {
        user_ = RunUser::of(config_.user);
    }
    const RunUser* const user = user_ ? &*user_ : nullptr;
    std::string digest_name = name_;
    for (const std::string& port : config_.ports.ports) {
        digest_name.append(" ").append(port);
    }
    {
        const ActingAs acting(user);
        auto parts = std::make_shared<LiveParts>(config_);
        log_.notice(fmt::format("originators are classified by {}", parts->model_text));
        auto store = config_.store.path.empty() ? nullptr : std::make_unique<Store>(config_.store);
        const auto& key = config_.windows.sample_key;
        analyst_ = std::make_unique<Analyst>(std::move(parts), std::move(store), config_.store.path,
                                             HashKey{key[0], key[1]}, log_,
                                             AnalystLimits{.octets_max = config_.windows.memory_budget / 4,
                                                           .kept_octets_max = config_.windows.memory_budget / 8});
        if (!config_.checkpoint.path.empty()) {
            checkpoints_ = std::make_unique<TapCheckpoints>(config_, digest_name, log_);
        }
        if (config_.metrics.port != 0) {
            const std::string token = config_.metrics.token_path.empty() ? "" : read_token(config_.metrics.token_path);
            metrics_ = std::make_unique<MetricsServer>(config_.metrics.address, config_.metrics.port, token,
                                                       [this] { return metrics_text(status()); });
        }
        reloads_ = std::make_unique<Reloads>([this] { return reload(); });
        if (!config_.control.path.empty()) {
            control_ = std::make_unique<ControlSocket>(config_.control.path,
                                                       [this](const std::string& line) { return answer(line); });
        }
    }
    if (config_.ports.dpdk_telemetry) {
        telemetry_ = std::make_unique<Telemetry>(
            std::map<std::string, Telemetry::Answerer>{{"ledger", [this] { return ledger_numbers(status()); }},
                                                       {"workers", [this] { return worker_numbers(status()); }},
                                                       {"windows", [this] { return window_numbers(status()); }}});
    }
    tap_ = std::make_unique<WindowTap>(
        digest_name, config_.ports, config_.line, config_.windows,
        [this](ClosingWindow&& closing) { on_closing(std::move(closing)); },
        checkpoints_ == nullptr ? nullptr : &checkpoints_->live());
    drop_privileges(user);
    if (checkpoints_ != nullptr) {
        checkpoints_->take_up(*analyst_);  // as the user, whose files come of it; they were read before the ports
    }
    for (const std::string& line : tap_->report()) {
        log_.notice(line);
    }
}

RunningTap::~RunningTap() {
    is_over_ = true;
    if (supervisor_.joinable()) {
        supervisor_.join();
    }
    // Those who ask for the status go before what it is made of, and must not wait for a reload any more.
    if (reloads_ != nullptr) {
        reloads_->finish(std::chrono::milliseconds(0));
    }
    control_.reset();
    reloads_.reset();
    metrics_.reset();
    telemetry_.reset();
}

int RunningTap::run(double seconds) {
    try {
        const int code = run_to_end(seconds);
        if (!end_reloads()) {
            // All is stored, and whoever has asked the tap to end does not wait for minutes.
            log_.warning("a reload that was still reading files is given up");
            ::unlink(config_.control.path.c_str());
            std::_Exit(code);
        }
        return code;
    } catch (const std::exception& error) {
        if (!end_reloads()) {
            log_.error(error.what());
            ::unlink(config_.control.path.c_str());
            std::_Exit(exit_failed);
        }
        throw;
    }
}

/// False where one is still being done, which nobody can break off.
bool RunningTap::end_reloads() {
    constexpr std::chrono::seconds patience{1};
    return reloads_->finish(patience);
}

int RunningTap::run_to_end(double seconds) {
    Stop stop(Stop::after(seconds));
    looked_ = Clock::now();
    {
        const SignalsBlocked blocked;
        supervisor_ = std::thread([this] { supervise(); });
    }
    is_listening_ = true;  // before somebody who was told so asks for a reload
    notify_ready("listening");
    tap_->run([&] {
        on_round();
        const bool ends = stop();
        if (ends && !is_ending_) {
            {
                const std::lock_guard guard(notices_);
                is_ending_ = true;
                notify_stopping();
            }
            log_.notice("ending: what is open is closed as partial and stored");
        }
        return ends;
    });
    const bool is_stored = analyst_->finish();
    post_status();
    if (checkpoints_ != nullptr) {
        checkpoints_->finish(*analyst_);
    }
    // To write windows that wait takes time, so the service manager is told until then that all is well.
    is_over_ = true;
    supervisor_.join();
    if (log_.level() >= LogLevel::notice) {
        log_.notice(ledger_text(tap_->ledger()));
    }
    if (!is_stored) {
        log_.error("not every window could be stored; the lines above say why");
    }
    return is_stored ? exit_good : exit_failed;
}

void RunningTap::on_closing(ClosingWindow&& closing) {
    main_beats_.fetch_add(1, std::memory_order_relaxed);
    closing.header.sites = {name_};
    const auto& key = config_.windows.sample_key;
    const WindowKey window = closing.key;
    analyst_->take(put_together(std::move(closing), {key[0], key[1]}), window);
}

void RunningTap::on_round() {
    main_beats_.fetch_add(1, std::memory_order_relaxed);
    const Clock::time_point now = Clock::now();
    if (now - kept_house_ < house_interval) {
        return;
    }
    kept_house_ = now;
    if (take_hang_up()) {
        reloads_->ask();
    }
    look_at_running();
    if (checkpoints_ != nullptr) {
        checkpoints_->take_turn(*analyst_, tap_->windows(),
                                [this] { main_beats_.fetch_add(1, std::memory_order_relaxed); });
    }
    if (now - posted_ >= status_interval) {
        posted_ = now;
        post_status();
        tap_->windows().ask_pictures();
    }
}

void RunningTap::look_at_running() {
    const Clock::time_point begin = Clock::now();
    const std::chrono::seconds interval = provisional_interval_.load(std::memory_order_relaxed);
    const bool is_for_rows = is_look_wanted_ || (interval.count() != 0 && begin - looked_ >= interval);
    // So that names come early, and not all at once when a window closes.
    const bool is_for_names = !config_.names.resolver.servers.empty() && begin >= next_names_;
    // Where a checkpoint or the look before is still being taken, in a later round.
    if ((is_for_rows || is_for_names) && tap_->windows().request_snapshot()) {
        is_look_for_rows_ = is_for_rows;
        next_names_ = begin + names_interval;
        if (is_for_rows) {
            is_look_wanted_ = false;
            looked_ = begin;
        }
    }
    std::vector<OpenSnapshot> snapshots = tap_->windows().take_snapshot();
    if (snapshots.empty()) {
        return;
    }
    for (OpenSnapshot& snapshot : snapshots) {
        snapshot.window.header.sites = {name_};
        if (is_look_for_rows_) {
            analyst_->take_running(std::move(snapshot.window));
        } else {
            analyst_->ask_names(std::move(snapshot.window));
        }
    }
    // To put them together takes a twentieth of this thread's time at most.
    const Clock::time_point end = Clock::now();
    next_names_ = std::max(next_names_, end + 19 * (end - begin));
}

void RunningTap::post_status() {
    TapStatus status;
    if (checkpoints_ != nullptr) {
        status.checkpoint = checkpoints_->status();
    }
    status.tap = tap_->picture();
    status.workers = tap_->windows().pictures();
    if (status.workers.empty()) {
        status.workers = board_.read().workers;
    }
    status.memory = tap_->windows().memory();
    for (unsigned worker = 0; worker < tap_->windows().workers(); ++worker) {
        status.queries_waiting.push_back(tap_->windows().queries_waiting(worker));
    }
    Ledger& ledger = status.ledger;
    for (const WorkerPicture& worker : status.workers) {
        ledger += worker.ledger;
    }
    for (const PortPicture& port : status.tap.ports) {
        ledger.enter(Stage::source, port.delivered + port.missed + port.errors + port.no_mbuf);
        ledger.drop(Drop::nic_missed, port.missed);
        ledger.drop(Drop::nic_error, port.errors);
        ledger.drop(Drop::nic_no_mbuf, port.no_mbuf);
    }
    for (const LcorePicture& lcore : status.tap.lcores) {
        ledger.pass(Stage::source, lcore.frames);
        ledger.drop(Drop::worker_ring_full, lcore.ring_full);
    }
    board_.post(std::move(status));
}

TapStatus RunningTap::status() const {
    TapStatus status = board_.read();
    status.version = ECHOTAP_VERSION;
    status.name = name_;
    status.started = started_;
    status.now = std::chrono::system_clock::now();
    status.analyst = analyst_->status();
    status.analyst.reloads = taken_;
    status.analyst.reloads_refused = refused_;
    status.analyst.reloaded_at = reloaded_at_;
    return status;
}

ControlAnswer RunningTap::answer(const std::string& line) {
    const std::string word = line.substr(0, line.find(' '));
    const std::string argument = word.size() == line.size() ? "" : line.substr(word.size() + 1);
    if (word == "status") {
        return {.is_good = true, .text = status_text(status())};
    }
    if (word == "top") {
        return {.is_good = true, .text = top_text(status())};
    }
    if (word == "stats") {
        return {.is_good = true, .text = metrics_text(status())};
    }
    if (word == "reload") {
        // While the ports are opened what it would take the place of may still go with an exception.
        return is_listening_ ? reloads_->outcome()
                             : ControlAnswer{.is_good = false, .text = "the tap is starting; try again\n"};
    }
    if (word == "rotate") {
        analyst_->rotate();
        return {.is_good = true, .text = "windows that are past their time leave the store now\n"};
    }
    if (word == "snapshot") {
        is_look_wanted_ = true;
        return {.is_good = true, .text = "what is in the running windows becomes provisional rows in the store\n"};
    }
    if (word == "log-level") {
        const auto level = log_level_of(argument);
        if (!argument.empty() && !level) {
            return {.is_good = false, .text = "write error, warning, notice or debug\n"};
        }
        log_.set_level(level.value_or(log_.level()));
        return {.is_good = true, .text = fmt::format("{}\n", word_of(log_.level()))};
    }
    return {.is_good = false,
            .text = fmt::format("'{}': write status, stats, top, reload, rotate, snapshot or log-level\n", word)};
}

/// All or nothing: what is new is read and opened whole beside what runs, which goes on where any of it is wrong.
ControlAnswer RunningTap::reload() {
    const auto tell = [this](const auto& notify) {
        const std::lock_guard guard(notices_);
        if (!is_ending_) {
            notify();
        }
    };
    tell([] { notify_reloading(); });
    ControlAnswer answer = load_anew();
    tell([] { notify_ready("listening"); });
    return answer;
}

ControlAnswer RunningTap::load_anew() {
    try {
        const TapConfig wanted = load(sources_);
        if (const std::vector<std::string> frozen = frozen_differences(settings_, wanted); !frozen.empty()) {
            throw std::runtime_error(fmt::format(
                "{} cannot change while the tap runs; restart it, or put the old value back", listed(frozen)));
        }
        auto parts = std::make_shared<LiveParts>(completed(wanted));
        const std::string text = parts->model_text;
        analyst_->replace(std::move(parts));
        log_.set_level(wanted.log_level);
        provisional_interval_ = wanted.provisional_interval;
        ++taken_;
        reloaded_at_ = std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
        log_.notice(fmt::format("reloaded: from the next window on; originators are classified by {}", text));
        return {.is_good = true, .text = "reloaded\n"};
    } catch (const std::exception& error) {
        ++refused_;
        log_.error(fmt::format("the reload is refused, and all stays as it was: {}", error.what()));
        return {.is_good = false, .text = fmt::format("refused, all stays as it was: {}\n", error.what())};
    }
}

std::vector<Heartbeat> RunningTap::heartbeats() const {
    std::vector<Heartbeat> beats;
    for (const WorkerLoad& load : tap_->loads()) {
        beats.push_back({.name = fmt::format("worker {}", beats.size()),
                         .beats = load.rounds.load(std::memory_order_relaxed),
                         .is_expected = load.is_polling.load(std::memory_order_relaxed),
                         .limit = config_.watchdog.worker_limit});
    }
    beats.push_back({.name = "the main thread",
                     .beats = main_beats_.load(std::memory_order_relaxed),
                     .is_expected = !is_ending_,
                     .limit = config_.watchdog.worker_limit.count() == 0 ? std::chrono::milliseconds(0)
                                                                         : std::chrono::milliseconds(main_limit)});
    return beats;
}

void RunningTap::supervise() {
    Heartbeats watch;
    while (!is_over_) {
        const std::vector<std::string> stuck = watch.look(heartbeats(), Clock::now());
        if (!stuck.empty()) {
            // Nothing can be closed in good order, since whoever is stuck holds part of it.
            const std::string what = fmt::format(
                "{} has stood still for too long (watchdog.worker_limit): the tap ends, "
                "for its service manager to start it again",
                listed(stuck));
            log_.error(what);
            notify_status(what);
            ::unlink(config_.control.path.c_str());
            std::_Exit(exit_failed);
        }
        notify_watchdog();
        std::this_thread::sleep_for(supervision_interval);
    }
}

}  // namespace echotap
