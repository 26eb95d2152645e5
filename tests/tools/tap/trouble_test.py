#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a running tap does when things go wrong around it: a locked store, a full disk, a name server that hangs, a
worker that is stuck, a kill. Usage: trouble_test.py PROGRAM [CASE...]; results are TAP."""

import ctypes
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import children  # noqa: E402
from live import LiveTap, Sender, USER, enter_namespace, queriers  # noqa: E402
from tap import Tap, lacks, skip_all, unlike  # noqa: E402

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 17, 0x4206, 0x4207, 0x40000000


def home(folder, name):
    path = pathlib.Path(folder, name)
    path.mkdir()
    shutil.chown(path, USER)
    return path


def counted(tap, sent):
    return tap.wait_for(lambda: tap.value('queries_total{kind="reverse"}') == sent)


def locked_store(program, folder, sender):
    """Another process holds the store: rows wait, frames are counted, and when it lets go the rows come."""
    tap = LiveTap(program, home(folder, "locked"))
    if not tap.start():
        return [tap.said()]
    holder = sqlite3.connect(tap.store, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    sent = sender.send(["198.51.100.7"], queriers(100))
    counted(tap, sent)
    tap.ctl("snapshot")
    faults = [] if tap.wait_for(lambda: (tap.value("store_failures_total") or 0) > 0) else ["no failure was counted"]
    faults += unlike("store_up", tap.value("store_up"), 0)
    sent += sender.send(["198.51.100.8"], queriers(100))
    faults += [] if counted(tap, sent) else ["frames were not counted while the store was locked"]
    holder.execute("ROLLBACK")
    holder.close()
    code, seconds = tap.stop()
    return faults + unlike("code", code, 0) + ([] if seconds < 5 else [f"after {seconds:.1f} s"]) + unlike(
        "window", tap.rows("SELECT reverse, (SELECT count(*) FROM originator) FROM window"), [(sent, 2)])


def full_disk(program, folder, sender):
    """No room for the store: that is told and counted, frames are counted, and the exit code says it."""
    path = home(folder, "full")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", path], check=True)
    try:
        shutil.chown(path, USER)
        tap = LiveTap(program, path)
        tap.log = pathlib.Path(folder, "full.log")
        if not tap.start():
            return [tap.said()]
        with open(path / "ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        sent = sender.send(["198.51.100.7", "198.51.100.8"], queriers(400))
        faults = [] if counted(tap, sent) else ["frames were not counted"]
        tap.ctl("snapshot")
        faults += [] if tap.wait_for(lambda: (tap.value("store_failures_total") or 0) > 0) else ["no failure was counted"]
        sent += sender.send(["198.51.100.9"], queriers(400))
        faults += [] if counted(tap, sent) else ["frames were not counted while the disk was full"]
        code, _ = tap.stop()
        (path / "ballast").unlink()
        return faults + unlike("code", code, 1) + lacks(tap.said(), "windows wait for it", "not every window could be") + \
            unlike("integrity", tap.rows("PRAGMA integrity_check"), [("ok",)])
    finally:
        subprocess.run(["umount", "-l", path], check=False)


def hanging_resolver(program, folder, sender):
    """A name server that never answers costs neither frames nor the end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        tap = LiveTap(program, home(folder, "hanging"), {
            "resolver.servers": f'["127.0.0.1:{silent.getsockname()[1]}"]', "names.wait": '"1h"'})
        if not tap.start():
            return [tap.said()]
        sent = sender.send(["198.51.100.7"], queriers(100))
        faults = [] if counted(tap, sent) else ["frames were not counted"]
        tap.ctl("snapshot")
        faults += [] if tap.wait_for(lambda: (tap.value("name_questions_total") or 0) > 0) else ["nobody was asked"]
        code, seconds = tap.stop()
        return faults + unlike("code", code, 0) + ([] if seconds < 5 else [f"after {seconds:.1f} s"]) + unlike(
            "window", tap.rows("SELECT reverse, (SELECT count(*) FROM originator WHERE is_provisional) FROM window"),
            [(sent, 1)])


def stuck_worker(program, folder, _):
    """A worker that stands still is told within seconds, and the process exits for its supervisor."""
    tap = LiveTap(program, home(folder, "stuck"), {"watchdog.worker_limit": '"1s"'})
    if not tap.start():
        return [tap.said()]
    worker = next((int(task.name) for task in pathlib.Path(f"/proc/{tap.process.pid}/task").iterdir()
                   if "worker" in (task / "comm").read_text()), None)
    if worker is None:
        return ["no worker was found"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(PTRACE_SEIZE, worker, None, None) != 0 or libc.ptrace(PTRACE_INTERRUPT, worker, None, None) != 0:
        return [f"a worker cannot be stopped here: {os.strerror(ctypes.get_errno())}"]
    begin = time.monotonic()
    end = False
    while not end and time.monotonic() - begin < 20:
        number, status = os.waitpid(worker, os.WNOHANG | WALL)
        end = number == worker and not os.WIFSTOPPED(status)
        time.sleep(0.05)
    seconds = time.monotonic() - begin
    if not end:
        libc.ptrace(PTRACE_DETACH, worker, None, None)
        tap.process.kill()
    code = tap.process.wait(20)
    return unlike("code", code, 1) + ([] if seconds < 5 else [f"after {seconds:.1f} s"]) + \
        lacks(tap.said(), "worker 0 has stood still for too long")


def kills(program, folder, sender):
    """Killed at any moment, the store is whole, and the next run goes on."""
    path = home(folder, "killed")
    faults = []
    dice, stored = random.Random(9), 0
    for attempt in range(10):
        tap = LiveTap(program, path, {"windows.provisional_interval": '"1s"'})
        if not tap.start():
            return faults + [tap.said()]
        sent = sender.send([f"198.51.100.{attempt + 1}"], queriers(200))
        counted(tap, sent)
        tap.ctl("snapshot")
        time.sleep(2 * dice.random())
        tap.process.send_signal(signal.SIGKILL)
        tap.process.wait(20)
        if tap.store.exists():
            faults += unlike("integrity", tap.rows("PRAGMA integrity_check"), [("ok",)])
            rows, summed_up = tap.rows("SELECT (SELECT count(*) FROM originator), (SELECT sum(n) FROM class_mix)")[0]
            faults += unlike("rows of the classes", summed_up or 0, rows)
            stored += rows > 0
    if stored == 0:
        faults.append("no kill found rows in the store")
    tap = LiveTap(program, path)
    if not tap.start():
        return faults + [tap.said()]
    sent = sender.send(["198.51.100.77"], queriers(60))
    counted(tap, sent)
    code, _ = tap.stop()
    return faults + unlike("code", code, 0) + unlike(
        "rows", tap.rows("SELECT count(*) FROM originator WHERE text = '198.51.100.77'"), [(1,)]) + lacks(
        str(tap.rows("SELECT complete, gaps FROM window")), "'no'", "began_late")


def checkpoints(program, folder, sender):
    """Killed after a checkpoint, a tap goes on from it, with nothing missing but what came since."""
    path = home(folder, "checkpoints")
    state = path / "state"
    settings = {"checkpoint.path": f'"{state}"', "checkpoint.interval": '"1s"'}
    tap = LiveTap(program, path, settings)
    if not tap.start():
        return [tap.said()]
    before = sender.send(["198.51.100.7", "198.51.100.8"], queriers(300))
    counted(tap, before)
    now = time.time()
    faults = [] if tap.wait_for(lambda: (tap.value("checkpoint_timestamp_seconds") or 0) > now + 1) else ["no checkpoint"]
    tap.process.send_signal(signal.SIGKILL)
    tap.process.wait(20)
    faults += unlike("mode", oct(state.stat().st_mode & 0o777), oct(0o600)) if state.exists() else ["no file"]
    tap = LiveTap(program, path, settings)
    if not tap.start():
        return faults + [tap.said()]
    more = sender.send(["198.51.100.7"], queriers(100, "10.200.0.1"))
    counted(tap, more)
    code, _ = tap.stop()
    return faults + unlike("code", code, 0) + unlike("file", state.exists(), False) + unlike(
        "window", tap.rows("SELECT reverse, is_running FROM window"), [(before + more, 0)]) + unlike(
        "footprints", tap.rows("SELECT text, footprint FROM originator ORDER BY text"),
        [("198.51.100.7", 400.0), ("198.51.100.8", 300.0)]) + lacks(
        str(tap.rows("SELECT gaps FROM window")), "interrupted") + lacks(tap.said(), "going on from its checkpoint")


def to_second(second, seconds):
    """Waits until the minute is that far, or a little further."""
    wait = (second - time.time()) % 60
    if wait < 60 - seconds:
        time.sleep(wait)


def unwritable(state):
    """No checkpoint can be written from now on, but files beside it can: what it is written to is taken."""
    end = time.monotonic() + 10
    while True:
        try:
            return pathlib.Path(f"{state}.new").mkdir()
        except FileExistsError:  # one is being written, and gets its name soon
            if time.monotonic() > end:
                raise
            time.sleep(0.002)


def waiting_window(program, folder, sender):
    """Killed while a closed window waits for the store, nothing is missing, whether a checkpoint without it was written
    or none since before it closed."""
    paths = [home(folder, "waiting"), home(folder, "unwritten")]
    states = [path / "state" for path in paths]
    settings = [{"checkpoint.path": f'"{state}"', "checkpoint.interval": '"1s"', "windows.lengths": '["1m"]',
                 "windows.grace": '"1s"'} for state in states]
    to_second(25, 10)  # a window of a minute is the shortest
    taps = [LiveTap(program, path, setting) for path, setting in zip(paths, settings)]
    for tap in taps:
        if not tap.start():
            return [tap.said()]
    tap, other = taps
    minute = time.time() // 60
    holders = [sqlite3.connect(one.store, isolation_level=None) for one in taps]
    for holder in holders:
        holder.execute("BEGIN IMMEDIATE")
    holder = holders[0]
    before = sender.send(["198.51.100.7", "198.51.100.8"], queriers(300))
    faults = []
    for one in taps:
        now = time.time()
        faults += [] if counted(one, before) and one.wait_for(
            lambda one=one, now=now: (one.value("checkpoint_timestamp_seconds") or 0) > now) else ["no checkpoint in time"]
    unwritable(states[1])
    before += sender.send(["198.51.100.6"], queriers(200))
    for one in taps:
        faults += [] if counted(one, before) else ["not counted"]
    faults += [] if time.time() // 60 == minute else ["the minute ended too early"]
    for one in taps:
        faults += [] if one.wait_for(lambda one=one: (one.value("windows_waiting") or 0) > 0, 60) else ["no window waits"]
    now = time.time()
    faults += [] if tap.wait_for(lambda: (tap.value("checkpoint_timestamp_seconds") or 0) > now + 1) else ["no checkpoint"]
    faults += [] if other.wait_for(lambda: list(paths[1].glob("state.waiting-*"))) else ["no file"]
    for one, path in zip(taps, paths):
        one.process.send_signal(signal.SIGKILL)
        one.process.wait(20)
        kept = list(path.glob("state.waiting-*"))
        faults += unlike("files", len(kept), 1) + unlike("modes", {oct(file.stat().st_mode & 0o777) for file in kept},
                                                         {"0o600"})
    pathlib.Path(f"{states[1]}.new").rmdir()

    start = f"start = {int(minute) * 60 * 10**9}"
    taps = [LiveTap(program, path, setting) for path, setting in zip(paths, settings)]
    for one, path, lock in zip(taps, paths, holders):
        lock.execute("ROLLBACK")
        if not one.start():
            return faults + [one.said()]
        faults += [] if one.wait_for(lambda: one.rows(f"SELECT 1 FROM window WHERE {start}")) else ["it was not stored"]
        faults += [] if one.wait_for(lambda: not list(path.glob("state.waiting-*"))) else ["a file is left"]
        faults += unlike("taken up", one.value("windows_taken_up_total"), 1)
    tap, other = taps
    faults += unlike("code", other.stop()[0], 0)
    for one in taps:
        faults += unlike("window", one.rows(f"SELECT reverse, is_running, gaps, revision FROM window WHERE {start}"),
                         [(before, 0, "began_late", 1)])
        faults += unlike("footprints", one.rows("SELECT text, footprint FROM originator ORDER BY text"),
                         [("198.51.100.6", 200.0), ("198.51.100.7", 300.0), ("198.51.100.8", 300.0)])

    # Ended in order while the store is locked: what it could not store is there at the next start.
    path = paths[0]
    holder.execute("BEGIN IMMEDIATE")
    more = sender.send(["198.51.100.9"], queriers(200))
    counted(tap, more)
    faults += unlike("code", tap.stop()[0], 1) + unlike("checkpoint after the end", states[0].exists(), False)
    faults += [] if list(path.glob("state.waiting-*")) else ["no file"]
    holder.execute("ROLLBACK")
    for lock in holders:
        lock.close()
    tap = LiveTap(program, path, settings[0])
    if not tap.start():
        return faults + [tap.said()]
    faults += [] if tap.wait_for(lambda: not list(path.glob("state.waiting-*"))) else ["a file is left"]
    faults += unlike("code", tap.stop()[0], 0)
    return faults + unlike("in all", tap.rows("SELECT sum(reverse) FROM window"), [(before + more,)]) + \
        ([tap.said(), other.said()] if faults else [])


def let_go(fifo):
    """Whoever waits for somebody to write gets an empty file."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        pass  # nobody waits


def listen(manager, said):
    """As a service manager does: one that does not would hold up whoever tells it something."""
    while text := manager.recv(4096).decode():
        said.append(text)


def slow_reload(program, folder, sender):
    """A reload that reads for long keeps neither frames, nor the watchdog, nor other commands, nor the end waiting."""
    path = home(folder, "slow")
    names = path / "names.tsv"
    os.mkfifo(names)
    names.chmod(0o644)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path / "notify"))
        os.chmod(path / "notify", 0o777)
        said = []
        threading.Thread(target=listen, args=(manager, said), daemon=True).start()
        tap = LiveTap(program, path)
        if not tap.start(environment={"NOTIFY_SOCKET": str(path / "notify"), "WATCHDOG_USEC": "2000000"}):
            return [tap.said()]
        tap.settings["names.snapshot_paths"] = f'["{names}"]'  # to open it waits for somebody who writes
        tap.write()
        tap.process.send_signal(signal.SIGHUP)
        time.sleep(1)
        before = len(said)
        time.sleep(3)
        faults = [] if said[before:].count("WATCHDOG=1") >= 6 else [f"watchdog, in 3 s of a reload: {said[before:]}"]
        sent = sender.send(["198.51.100.7"], queriers(100))
        faults += [] if counted(tap, sent) else ["frames were not counted"]
        faults += unlike("taken so far", tap.value('reloads_total{result="taken"}'), 0)
        faults += [] if tap.wait_for(lambda: let_go(names) or tap.value('reloads_total{result="taken"}') == 1) else [
            "it was not taken"]

        asked = children.start([program, "ctl", "--socket", str(tap.control), "reload"], stdout=subprocess.PIPE)
        time.sleep(1)
        faults += unlike("status meanwhile", tap.ctl("status")[0], 0) + unlike("its answer", asked.poll(), None)
        tap.wait_for(lambda: let_go(names) or asked.poll() is not None)
        faults += unlike("its answer", (asked.communicate(timeout=20)[0], asked.returncode), (b"reloaded\n", 0))

        asked = children.start([program, "ctl", "--socket", str(tap.control), "reload"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        time.sleep(1)
        code, seconds = tap.stop()
        faults += unlike("code", code, 0) + ([] if seconds < 5 else [f"after {seconds:.1f} s"])
        faults += unlike("its answer", asked.wait(20), 1)

        # One that is done while the tap ends does not tell the service manager that the tap is ready.
        wanted = tap.settings.pop("names.snapshot_paths")
        tap.write()
        already = len(tap.said())
        if not tap.start(environment={"NOTIFY_SOCKET": str(path / "notify")}):
            return faults + [tap.said()]
        tap.settings["names.snapshot_paths"] = wanted
        tap.write()
        begin = len(said)
        tap.process.send_signal(signal.SIGHUP)
        tap.wait_for(lambda: any("RELOADING=1" in text for text in said[begin:]))
        time.sleep(0.5)  # until it waits for somebody who writes
        tap.process.send_signal(signal.SIGTERM)
        while not any("STOPPING=1" in text for text in said[begin:]) and tap.process.poll() is None:
            time.sleep(0.01)
        end = time.monotonic() + 5
        while tap.process.poll() is None and time.monotonic() < end:  # the tap waits a second for it
            let_go(names)
            time.sleep(0.002)
        faults += unlike("code", tap.process.wait(20), 0)
        told = "".join(said[begin:]).partition("STOPPING=1")[2]
        faults += ["told that it is ready, after its end"] if "READY=1" in told else []
        faults += lacks(tap.said()[already:], "reloaded: from the next window on")
    return faults + unlike("window", tap.rows("SELECT reverse FROM window"), [(sent,)]) + ([tap.said()] if faults else [])


def second_tap(program, folder, _):
    """Where a tap runs already, a second one with its control socket does not start and disturbs nothing."""
    path = home(folder, "second")
    tap = LiveTap(program, path)
    if not tap.start():
        return [tap.said()]
    done = subprocess.run([program, "tap", "--config", str(tap.config), "--set", "metrics.port=0"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    faults = unlike("code", done.returncode, 1) + lacks(done.stdout.decode(), "another tap listens here")
    faults += unlike("first", tap.ctl("status")[0], 0)
    return faults + unlike("code", tap.stop()[0], 0)


def main():
    program = sys.argv[1]
    reason = enter_namespace()
    if reason:
        return skip_all(reason)
    results = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        only = sys.argv[2:]
        for case in (locked_store, full_disk, hanging_resolver, stuck_worker, kills, checkpoints, waiting_window,
                     slow_reload, second_tap):
            if only and case.__name__ not in only:
                continue
            results.result(case.__doc__.split("\n")[0].rstrip("."), case(program, folder, Sender()))
            children.end_all()  # what a case that failed left running is no trouble of the next one
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
