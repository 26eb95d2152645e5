#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap tap` on a veth pair for long: windows of a minute close, names are asked for, checkpoints are written,
settings are reloaded, and nothing is lost and memory stays where it was. Results are TAP; figures are printed each minute
and at the end.

    soak_test.py PROGRAM --seconds 3600 [--rate 2000] [--idle-sleep 1ms]

Without --seconds it is for tools/test --long: skipped unless ECHOTAP_LONG is set, for ECHOTAP_SOAK_SECONDS (3600). It is
gentle: at 2,000 queries a second and with workers that sleep a millisecond, it takes about a seventh of one CPU, the sender as much."""

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from live import LiveTap, USER, enter_namespace, query, queriers  # noqa: E402
from tap import Tap, skip_all, unlike  # noqa: E402

ORIGINATORS, QUERIERS = 4000, 20000
QUERIER_AT = 14 + 12  # in a frame
SETTLING = 300  # after so many seconds memory is to be what it stays; a run under three times that is too short to tell
BATCH = 0.02


def paced(rate, ends, sent):
    """Sends `rate` queries a second: few originators have many queriers, most have some. sent[0] counts them."""
    chance = random.Random(1)
    frames = [bytearray(query(f"198.{18 + i // 16384}.{i // 64 % 256}.{i % 64 + 1}", "10.0.0.1", i)) for i in
              range(ORIGINATORS)]
    askers = [socket.inet_aton(one) for one in queriers(QUERIERS)]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as to:
        to.bind(("tap0", 0))
        begin = time.monotonic()
        while not ends.wait(BATCH):
            # What was missed while others had the CPU is sent later, and no faster than a port's ring takes it.
            due = min(int((time.monotonic() - begin) * rate) - sent[0], 1000)
            for _ in range(due):
                frame = frames[int(ORIGINATORS * chance.random() ** 3)]
                frame[QUERIER_AT:QUERIER_AT + 4] = chance.choice(askers)
                to.send(frame)
                sent[0] += 1


def name_server(on, ends):
    """Answers each question with a name that is made of it."""
    on.settimeout(0.2)
    while not ends.is_set():
        try:
            question, asker = on.recvfrom(1500)
        except TimeoutError:
            continue
        end = question.index(b"\0", 12) + 5
        name = b"\x04mail" + question[12:end - 5].split(b"\x07in-addr")[0].replace(b"\x01", b"\x02x", 1) + b"\x07example\0"
        on.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + b"\xc0\x0c\0\x0c\0\1\0\0\x0e\x10" +
                  len(name).to_bytes(2, "big") + name, asker)


def resident(process):
    """KiB."""
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+)", text, re.MULTILINE).group(1))


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def total(text, name):
    """The sum of a metric over its labels."""
    return sum(int(float(value)) for value in re.findall(rf"^echotap_{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


def growth(samples, settled):
    """What memory has grown by from the first third of the time after it had settled to the last, KiB, and too much."""
    after = [kib for at, kib in samples if at >= settled]
    third = max(1, len(after) // 3)
    first, last = statistics.median(after[:third]), statistics.median(after[-third:])
    return last - first, samples[-1][0] > 3 * SETTLING - 60 and last > first * 1.03 + 8192


def watch(tap, seconds, sent):
    """Looks after the tap for so long; samples of (second, KiB)."""
    begin = time.monotonic()
    samples = [(0.0, resident(tap.process.pid))]
    step = min(10.0, seconds / 60)
    told = reloads = 0
    while (passed := time.monotonic() - begin) < seconds and tap.process.poll() is None:
        time.sleep(step)
        samples.append((time.monotonic() - begin, resident(tap.process.pid)))
        if passed // 60 > told:
            told = passed // 60
            text = tap.stats()
            print(f"# {passed:6.0f} s: {sent[0]:,} sent, {total(text, 'windows_analysed_total')} windows, "
                  f"{samples[-1][1]:,} KiB", flush=True)
        if passed // SETTLING > reloads:
            reloads += 1
            tap.process.send_signal(signal.SIGHUP)
    return samples


def soak(program, folder, seconds, rate, idle_sleep):
    home = pathlib.Path(folder, "tap")
    home.mkdir()
    shutil.chown(home, USER)
    ends, sent = threading.Event(), [0]
    threads = []
    try:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        threads.append(threading.Thread(target=name_server, args=(server, ends)))
        tap = LiveTap(program, home, {
            "ports.idle_sleep": f'"{idle_sleep}"', "windows.lengths": '["1m"]', "windows.grace": '"5s"',
            "windows.provisional_interval": '"20s"', "checkpoint.path": f'"{home}/checkpoint"',
            "checkpoint.interval": '"10s"', "names.cache_path": f'"{home}/names.db"',
            "resolver.servers": f'["127.0.0.1:{server.getsockname()[1]}"]', "resolver.queries_per_second": "500",
            "resolver.network_queries_per_second": "500", "store.patience": '"10s"',
            "store.keep_windows": "30"}, seconds=seconds + 600)
        threads[0].start()
        if not tap.start():
            return [tap.said()]
        begun = time.monotonic()
        threads.append(threading.Thread(target=paced, args=(rate, ends, sent)))
        threads[1].start()
        samples = watch(tap, seconds, sent)
        ends.set()
        threads[1].join()
        if tap.process.poll() is not None:
            return [f"the tap has ended by itself, code {tap.process.returncode}", tap.said()]
        tap.wait_for(lambda: tap.value('received_total{stage="layers",unit="frames"}') == sent[0])
        text = tap.stats()
        cpu, length = cpu_seconds(tap.process.pid), time.monotonic() - begun
        code, took = tap.stop()
    finally:
        ends.set()
        for thread in threads:
            if thread.ident:
                thread.join()
        server.close()

    frames = int(re.search(r'^echotap_received_total{stage="layers",unit="frames"} (\S+)', text, re.MULTILINE).group(1))
    drops = {reason: int(count) for reason, count in
             re.findall(r'^echotap_dropped_total{.*?reason="(\w+)".*} (\d+)$', text, re.MULTILINE) if count != "0"}
    windows, lost = total(text, "windows_analysed_total"), total(text, "windows_lost_total")
    settled = min(SETTLING, seconds / 4)
    grown, is_too_much = growth(samples, settled)
    at_settled = next(kib for at, kib in samples if at >= settled)
    # The first window began late and the last ended early, which is no loss.
    incomplete = tap.rows("SELECT count(*) FROM window WHERE complete <> 'yes' AND gaps NOT IN "
                          "('began_late', 'ended_early', 'began_late ended_early')")[0][0]
    for line in (f"{length:,.0f} s at {rate:,} queries/s, workers that sleep {idle_sleep}: {cpu:,.0f} s of CPU",
                 f"windows closed {total(text, 'windows_total')}, stored {windows}, lost {lost}; in the store "
                 f"{tap.rows('SELECT count(*) FROM window')[0][0]}, of them with gaps {incomplete}",
                 f"frames sent {sent[0]:,}, counted {frames:,}, lost {sent[0] - frames:,}; dropped {drops or 'none'}",
                 f"name questions {total(text, 'name_questions_total'):,}, revisions by late names "
                 f"{total(text, 'late_name_revisions_total')}, provisional looks {total(text, 'provisional_looks_total')}, "
                 f"reloads {total(text, 'reloads_total')}",
                 f"resident KiB: {samples[0][1]:,} at the start, {at_settled:,} after {settled:.0f} s, {samples[-1][1]:,} at "
                 f"the end, {max(kib for _, kib in samples):,} at most; grown by {grown:,.0f} since it had settled",
                 f"ended with code {code} after {took:.1f} s"):
        print(f"# {line}", flush=True)
    faults = unlike("lost frames", sent[0] - frames, 0) + unlike("drops", drops, {}) + unlike("lost windows", lost, 0)
    faults += unlike("store failures", total(text, "store_failures_total"), 0) + unlike("incomplete", incomplete, 0)
    faults += unlike("code", code, 0) + ([] if took < 5 else [f"it took {took:.1f} s to end"])
    faults += [] if windows >= seconds // 60 - 1 else [f"{windows} windows in {seconds} s"]
    faults += [f"memory grew by {grown:,.0f} KiB since it had settled"] if is_too_much else []
    return faults + ([tap.said()[-4000:]] if faults else [])


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    words.add_argument("program")
    words.add_argument("--seconds", type=int)
    words.add_argument("--rate", type=int, default=2000, help="queries a second (%(default)s)")
    words.add_argument("--idle-sleep", default="1ms", help="ports.idle_sleep (%(default)s)")
    given = words.parse_args()
    if given.seconds is None:
        if not os.environ.get("ECHOTAP_LONG"):
            return skip_all("takes an hour: tools/test --long")
        given.seconds = int(os.environ.get("ECHOTAP_SOAK_SECONDS", "3600"))
    reason = enter_namespace()
    if reason:
        return skip_all(reason)
    results = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        results.result(f"{given.seconds} s lose nothing and take no more memory than their beginning",
                       soak(given.program, folder, given.seconds, given.rate, given.idle_sleep))
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
