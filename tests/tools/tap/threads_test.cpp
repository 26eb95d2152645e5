// SPDX-License-Identifier: Apache-2.0
// All threads of a tap at once: queries come for some seconds, windows close and are classified and stored, and all the
// while it is reloaded, rotated, looked at and asked. Made for TSan, which sees what threads share without a lock.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <oneapi/tbb/global_control.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <span>
#include <thread>

#include "analytics/store/store_view.hpp"
#include "tests/capture_writer.hpp"
#include "tests/dataplane/state/stream_maker.hpp"
#include "tests/fake_name_server.hpp"
#include "tests/temporary_folder.hpp"
#include "tools/exit_code.hpp"
#include "tools/tap/running_tap.hpp"
#include "tools/tap/signals_blocked.hpp"
#include "tools/tap/top.hpp"

namespace echotap {
namespace {

constexpr std::size_t frames_total = 20'000;
constexpr std::chrono::milliseconds sending_time{5'000};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint16_t free_port() {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    const int one = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(one, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(one, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(one);
    return ntohs(address.sin_port);
}

/// What Prometheus would get; empty where nobody listens.
std::string metrics_at(std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    const int one = ::socket(AF_INET, SOCK_STREAM, 0);
    std::string text;
    if (::connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        constexpr std::string_view request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        ::send(one, request.data(), request.size(), MSG_NOSIGNAL);
        std::array<char, 4096> some{};
        for (ssize_t size = 0; (size = ::recv(one, some.data(), some.size(), 0)) > 0;) {
            text.append(some.data(), static_cast<std::size_t>(size));
        }
    }
    ::close(one);
    return text;
}

/// A capture that comes as time passes, through a pipe that net_pcap reads.
class SlowCapture {
public:
    explicit SlowCapture(const std::string& path) : stream_(test::quiet_stream(1, frames_total)) {
        ::mkfifo(path.c_str(), 0600);
        // For reading as well, so that it opens though nobody reads yet.
        pipe_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        const SignalsBlocked blocked;
        thread_ = std::thread([this] { send(); });
    }
    SlowCapture(const SlowCapture&) = delete;
    SlowCapture& operator=(const SlowCapture&) = delete;
    ~SlowCapture() {
        is_over_ = true;
        thread_.join();
    }

    bool is_over() const { return is_over_; }

private:
    void send() {
        constexpr std::size_t burst = 100;
        for (std::size_t i = 0; i < stream_.frames.size() && !is_over_; i += burst) {
            test::PcapWriter writer;
            for (std::size_t frame = i; frame < std::min(i + burst, stream_.frames.size()); ++frame) {
                const auto time =
                    std::chrono::floor<std::chrono::microseconds>(stream_.frames[frame].time).time_since_epoch();
                writer.frame(static_cast<std::uint32_t>(time.count() / 1'000'000),
                             static_cast<std::uint32_t>(time.count() % 1'000'000), stream_.octets[frame]);
            }
            constexpr std::size_t header_size = 24;  // of the file, which comes once
            write_all(std::span(writer.bytes()).subspan(i == 0 ? 0 : header_size));
            std::this_thread::sleep_for(sending_time * burst / frames_total);
        }
        ::close(pipe_);  // the end, which a worker would else wait for
        is_over_ = true;
    }

    void write_all(std::span<const std::uint8_t> octets) {
        while (!octets.empty() && !is_over_) {
            const ssize_t size = ::write(pipe_, octets.data(), octets.size());
            if (size > 0) {
                octets = octets.subspan(static_cast<std::size_t>(size));
            } else {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
    }

    const test::Stream stream_;
    int pipe_ = -1;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

/// What others ask of the tap, until all frames have been counted; then it is told to end.
class Asking {
public:
    Asking(std::string control, std::uint16_t metrics, const SlowCapture& capture)
        : control_(std::move(control)), metrics_(metrics), capture_(capture) {
        const SignalsBlocked blocked;
        thread_ = std::thread([this] { run(); });
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() { thread_.join(); }

    unsigned rounds() const { return rounds_; }
    unsigned faults() const { return faults_; }

private:
    double counted(const std::string& metrics) const {
        const MetricSamples samples = parse_samples(metrics);
        const auto found = samples.find("echotap_received_total{stage=\"layers\",unit=\"frames\"}");
        return found == samples.end() ? 0 : found->second;
    }

    void run() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
        while (::access(control_.c_str(), F_OK) != 0 && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        std::string metrics;
        do {
            for (const char* const line : {"reload", "snapshot", "status", "rotate", "top", "log-level error"}) {
                faults_ += ask_tap(control_, line).is_good ? 0U : 1U;
            }
            if (rounds_ % 4 == 1) {
                ::kill(::getpid(), SIGHUP);
            }
            metrics_at(metrics_);
            metrics = ask_tap(control_, "stats").text;
            ++rounds_;
        } while ((!capture_.is_over() || counted(metrics) < frames_total) &&
                 std::chrono::steady_clock::now() < deadline);
        faults_ += metrics_at(metrics_).find("echotap_port_frames_total{") == std::string::npos ? 1U : 0U;
        faults_ += counted(metrics) == frames_total ? 0U : 1U;
        ::kill(::getpid(), SIGTERM);
    }

    const std::string control_;
    const std::uint16_t metrics_;
    const SlowCapture& capture_;
    std::atomic<unsigned> rounds_ = 0;
    std::atomic<unsigned> faults_ = 0;
    std::thread thread_;
};

TEST(TapThreads, do_not_disturb_each_other_while_everything_is_asked_of_them) {
    // TSan's own thread would keep the capabilities that it begins with, so they go before it is there.
    drop_privileges(nullptr);
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    // It cannot see how oneTBB's library hands work over and back.
    const tbb::global_control alone(tbb::global_control::max_allowed_parallelism, 1);
#endif
#endif
    const test::TemporaryFolder folder;
    const std::string home = folder.path().string();
    std::optional<test::FakeNameServer> server;
    {
        const SignalsBlocked blocked;
        server.emplace([](const std::string& name, unsigned, unsigned id) {
            return test::DnsWriter::response(name, {{name, 12, "mail.example.com"}}, 0, id);
        });
    }
    const std::uint16_t metrics = free_port();
    std::ofstream(home + "/echotap.toml")
        << "[tap]\nlog_level = \"error\"\n"
        << "[ports]\nnames = [\"net_pcap0,rx_pcap=" << home << "/fifo\"]\nworkers = 2\nhuge_pages = \"no\"\n"
        << "[windows]\nlengths = [\"1m\", \"1h:v4\"]\ngrace = \"5s\"\nprovisional_interval = \"1s\"\n"
        << "memory_budget = \"512M\"\n[originators]\nmin_queriers = 3\nmin_queriers_v6 = 2\n"
        << "[names]\nwait = \"0s\"\n[resolver]\nservers = [\"" << server->address().to_string()
        << "\"]\nqueries_per_second = 0\nnetwork_queries_per_second = 0\n"
        << "[store]\npath = \"" << home << "/echotap.db\"\nkeep = \"0s\"\nkeep_whole_windows = 3\n"
        << "[checkpoint]\npath = \"" << home << "/checkpoint\"\ninterval = \"1s\"\n"
        << "[control]\npath = \"" << home << "/control\"\n[metrics]\nport = " << metrics
        << "\n"
        // The pipe has nothing at times, which is not the worker's fault.
        << "[watchdog]\nworker_limit = \"0s\"\n";
    unsigned rounds = 0;
    {
        const SlowCapture capture(home + "/fifo");
        RunningTap tap({.path = home + "/echotap.toml", .overrides = {}});
        const Asking asking(home + "/control", metrics, capture);
        EXPECT_EQ(tap.run(0), exit_good);
        rounds = asking.rounds();
        EXPECT_EQ(asking.faults(), 0U);
    }
    EXPECT_GT(rounds, 1U);  // some twenty, and far fewer under TSan
    StoreView store(home + "/echotap.db");
    EXPECT_GT(store.mixes(1000).size(), 50U) << "windows that closed meanwhile";
}

}  // namespace
}  // namespace echotap
