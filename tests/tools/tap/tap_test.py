#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap tap` on a veth pair: windows in the store, metrics, control, reload, privileges, the end.
Usage: tap_test.py PROGRAM; results are TAP."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from live import LiveTap, Sender, USER, enter_namespace, queriers  # noqa: E402
from tap import Tap, lacks, skip_all, unlike  # noqa: E402

ORIGINATORS = ["198.51.100.7", "203.0.113.25", "198.51.100.80"]


def threads_of(process):
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        yield dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)


def privileges(tap):
    user = str(pwd.getpwnam(USER).pw_uid)
    faults = []
    for status in threads_of(tap.process.pid):
        name = status["Name"]
        faults += unlike(f"{name} user", set(status["Uid"].split()), {user})
        for kind in ("CapEff", "CapPrm", "CapAmb", "CapInh"):
            faults += unlike(f"{name} {kind}", int(status[kind], 16), 0)
        faults += unlike(f"{name} NoNewPrivs", status["NoNewPrivs"], "1")
    for path in (tap.control, tap.store):
        faults += unlike(f"mode of {path.name}", stat.S_IMODE(path.stat().st_mode), 0o600)
        faults += unlike(f"owner of {path.name}", str(path.stat().st_uid), user)
    return faults


def telemetry(tap, command):
    path = f"/var/run/dpdk/echotap-{tap.process.pid}/dpdk_telemetry.v2"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as one:
        one.settimeout(10)
        one.connect(path)
        one.recv(1024)
        one.send(command.encode())
        return json.loads(one.recv(65536))


def reload_under_load(tap, sender):
    """100 reloads while queries come in: every frame is counted, and every reload taken."""
    ends = threading.Event()

    def send():
        while not ends.is_set():
            sender.send(["198.51.100.200"], queriers(200, "10.9.0.1"))

    thread = threading.Thread(target=send)
    thread.start()
    answers = [tap.ctl("reload") for _ in range(100)]
    ends.set()
    thread.join()
    tap.wait_for(lambda: tap.value('received_total{stage="layers",unit="frames"}') == sender.sent)
    return (unlike("answers", {answer for answer in answers}, {(0, "reloaded\n")}) +
            unlike("frames", tap.value('received_total{stage="layers",unit="frames"}'), sender.sent) +
            unlike("lost", tap.value('dropped_total{stage="source",reason="nic_missed"}'), 0))


def as_a_service(program, folder, sender):
    """As systemd starts it: as its user with capabilities, told of readiness, watchdog and end."""
    home = pathlib.Path(folder, "service")
    home.mkdir()
    shutil.chown(home, USER)
    tap = LiveTap(program, home, {"tap.user": '""'})
    capabilities = "+net_raw,+net_admin,+ipc_lock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(home / "notify"))
        os.chmod(home / "notify", 0o777)
        manager.settimeout(20)
        if not tap.start(
                ["setpriv", "--reuid", USER, "--regid", "nogroup", "--clear-groups", "--inh-caps", capabilities,
                 "--ambient-caps", capabilities],
                {"NOTIFY_SOCKET": str(home / "notify"), "WATCHDOG_USEC": "2000000", "XDG_RUNTIME_DIR": str(home)}):
            return [tap.said()]
        said = [manager.recv(4096).decode() for _ in range(8)]
        faults = privileges(tap)
        sent = sender.send(ORIGINATORS, queriers(10))
        tap.wait_for(lambda: tap.value('queries_total{kind="reverse"}') == sent)
        faults += unlike("queries", tap.value('queries_total{kind="reverse"}'), sent)
        tap.process.send_signal(signal.SIGHUP)
        tap.wait_for(lambda: tap.value('reloads_total{result="taken"}') == 1)
        code, _ = tap.stop()
        manager.settimeout(0.2)
        try:
            while True:
                said.append(manager.recv(4096).decode())
        except OSError:
            pass
    faults += unlike("code", code, 0) + unlike("left behind", list(pathlib.Path(home, "dpdk").glob("*")), [])
    ready = [text for text in said if "READY=1" in text]
    return faults + unlike("ready at the start and after the reload", len(ready), 2) + lacks(
        "\n".join(said), "WATCHDOG=1", "RELOADING=1\nMONOTONIC_USEC=", "STOPPING=1")


def main():
    program = sys.argv[1]
    reason = enter_namespace()
    if reason:
        return skip_all(reason)
    results = Tap()
    sender = Sender()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        home = pathlib.Path(folder, "tap")
        home.mkdir()
        shutil.chown(home, USER)
        tap = LiveTap(program, home)
        is_up = tap.start()
        results.result("the tap starts", [] if is_up else [tap.said()])
        if not is_up:
            return results.finish()
        results.result("it runs as its user, without capabilities, and its files are its own", privileges(tap))

        sent = sender.send(ORIGINATORS, queriers(300))
        tap.wait_for(lambda: tap.value('queries_total{kind="reverse"}') == sent)
        results.result("every query arrives", unlike("queries", tap.value('queries_total{kind="reverse"}'), sent) +
                       unlike("frames", tap.value('port_frames_total{port="net_af_packet0"}'), sent))
        code, text = tap.ctl("status")
        results.result("status says how it is", unlike("code", code, 0) +
                       lacks(text, "here (echotap", f"{sent} reverse", "3 originators", "store      good"))
        with urllib.request.urlopen(f"http://127.0.0.1:{tap.settings['metrics.port']}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        faults = lacks(text, f'echotap_queries_total{{kind="reverse"}} {sent}\n')
        if shutil.which("promtool"):
            said = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False).stdout.decode()
            faults += unlike("promtool", said, "")
        results.result("metrics come over HTTP", faults)
        ledger = telemetry(tap, "/echotap/ledger").get("/echotap/ledger", {})
        results.result("DPDK's telemetry has the ledger", unlike("in_source", ledger.get("in_source"), sent))

        results.result("a snapshot is asked for", unlike("code", tap.ctl("snapshot")[0], 0))
        tap.wait_for(lambda: tap.rows("SELECT count(*) FROM window") == [(1,)])
        results.result("and becomes provisional rows", unlike(
            "rows", tap.rows("SELECT is_running, reverse, (SELECT count(*) FROM originator) FROM window"),
            [(1, sent, 3)]))

        top = subprocess.run([program, "top", "--socket", tap.control, "--interval", "0.2", "--pictures", "2"],
                             stdout=subprocess.PIPE, timeout=30, check=False).stdout.decode()
        results.result("top shows them", lacks(top, "so far", *ORIGINATORS) +
                       [f"over 79 columns: {line}" for line in top.splitlines() if len(line) > 79])

        tap.settings["originators.min_queriers"] = "4"
        tap.write()
        results.result("100 reloads under load lose no frame", reload_under_load(tap, sender))
        results.result("the log level can be said and set", unlike("level", tap.ctl("log-level"), (0, "notice\n")) +
                       unlike("set", tap.ctl("log-level", "debug"), (0, "debug\n")) +
                       unlike("wrong", tap.ctl("log-level", "loud")[0], 1))
        tap.settings["originators.min_querier"] = "4"
        tap.write()
        code, text = tap.ctl("reload")
        results.result("a wrong file is refused whole", unlike("code", code, 1) +
                       lacks(text, "did you mean 'min_queriers'?", "all stays as it was"))
        del tap.settings["originators.min_querier"]
        tap.settings["ports.workers"] = "2"
        tap.write()
        code, text = tap.ctl("reload")
        results.result("what cannot change while it runs is refused", unlike("code", code, 1) +
                       lacks(text, "ports.workers cannot change"))
        tap.settings["ports.workers"] = "1"
        tap.settings["model.path"] = f'"{home}/gone.model"'
        tap.write()
        code, text = tap.ctl("reload")
        results.result("a model that is gone is refused, and the old one stays", unlike("code", code, 1) +
                       lacks(text, "gone.model"))
        del tap.settings["model.path"]
        tap.write()
        before = tap.value('reloads_total{result="taken"}')
        tap.process.send_signal(signal.SIGHUP)
        results.result("SIGHUP reloads", [] if tap.wait_for(
            lambda: tap.value('reloads_total{result="taken"}') == before + 1) else [tap.said()])

        total = sender.sent
        tap.wait_for(lambda: tap.value('received_total{stage="layers",unit="frames"}') == total)
        code, seconds = tap.stop()
        results.result("SIGTERM ends it in order, within 5 s", unlike("code", code, 0) +
                       ([] if seconds < 5 else [f"after {seconds:.1f} s"]) + ([] if code == 0 else [tap.said()]))
        found = tap.rows("SELECT site, is_running, frames, reverse, repeats, complete, gaps FROM window")
        results.result("the window is stored, as partial", unlike(
            "window", [row[:4] for row in found], [("here", 0, total, total)]) +
            lacks(str(found), "began_late", "ended_early", "'no'"))
        results.result("with its originators", unlike(
            "originators", tap.rows("SELECT text, footprint FROM originator ORDER BY footprint DESC, text"),
            [(one, 300.0) for one in sorted(ORIGINATORS)] + [("198.51.100.200", 200.0)]))
        results.result("sockets are gone", unlike("control", tap.control.exists(), False))

        # The same window goes on.
        tap.start()
        more = sender.send(["203.0.113.99"], queriers(50))
        tap.wait_for(lambda: tap.value('queries_total{kind="reverse"}') == more)
        code, _ = tap.stop()
        results.result("a second run adds to the same window", unlike("code", code, 0) + unlike(
            "window", tap.rows("SELECT frames, (SELECT count(*) FROM originator), revision > 1 FROM window"),
            [(total + more, 5, 1)]))
        if shutil.which("setpriv"):
            results.result("it runs as systemd starts it", as_a_service(program, folder, Sender()))
        else:
            results.skip("it runs as systemd starts it", "setpriv is not installed (util-linux)")
        results.result("no address of a querier is in the log", [line for line in tap.said().splitlines()
                                                                 if "10.0." in line or "10.9." in line])
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
