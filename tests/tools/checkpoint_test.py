#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `echotap window --checkpoint` at random moments and lets it go on. Usage: checkpoint_test.py PROGRAM; results are TAP.

Over a capture the windows must be those of a run that nobody killed, octet by octet. Over a FIFO no more may be missing
than came after the last checkpoint.
"""

import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "captures"))

import children  # noqa: E402
import files  # noqa: E402
import wire  # noqa: E402
from tap import Tap  # noqa: E402

START = 1_700_000_000 * 10**9
KEY = "000102030405060708090a0b0c0d0e0f"
KILLS_MIN = 10
TIMEOUT_SECONDS = 60


def frames_of(seed, count):
    """Frames in which a kill can leave anything half done: repeats on both sides of it, fragments and streams of which
    only a part has come, queries that are late or wait for their time to be believed."""
    chance = random.Random(seed)
    frames, later, now = [], [], START
    for number in range(count):
        now += chance.randrange(0, 40_000_000)
        querier = f"10.0.{chance.randrange(4)}.{int(chance.paretovariate(0.5)) % 250}"
        authority = chance.choice(["192.0.2.1", "192.0.2.2"])
        about = f"203.0.{chance.randrange(3)}.{int(chance.paretovariate(0.4)) % 250}"
        if chance.random() < 0.2:
            querier, authority = f"2001:db8::{chance.randrange(200):x}", "2001:db8:53::1"
            about = f"2001:db8:cafe::{chance.randrange(40):x}"
        kind, at = chance.random(), now
        packets = [wire.udp(querier, authority, wire.query(about))]
        if kind < 0.04 and ":" not in querier:
            datagram = wire.datagram(querier, authority, wire.large_query(about, 700))
            packets = [wire.ipv4(querier, authority, wire.UDP, datagram[:400], ident=number & 0xFFFF, more=True),
                       wire.ipv4(querier, authority, wire.UDP, datagram[400:], ident=number & 0xFFFF, offset=400)]
        elif kind < 0.08:
            octets, port = wire.framed(wire.query(about)), 1024 + number % 60000
            packets = [wire.tcp(querier, authority, 0, flags=wire.SYN, source_port=port),
                       wire.tcp(querier, authority, 1, octets[:9], source_port=port),
                       wire.tcp(querier, authority, 10, octets[9:], source_port=port)]
        elif kind < 0.10:
            packets = [wire.udp(querier, authority, wire.message(wire.question(wire.name("113.0.203.in-addr.arpa"), 2)))]
        elif kind < 0.12:
            packets = [wire.udp(querier, authority, wire.response(about))]
        elif kind < 0.13:
            at = now - chance.randrange(100 * 10**9)
        elif kind < 0.135:
            at = now + chance.choice([-1, 1]) * chance.randrange(4_000, 10**6) * 10**9
        frames.append((at // 1000 * 1000, wire.ether(packets[0]), len(wire.ether(packets[0]))))
        later += [(number + chance.randrange(1, 500), packet) for packet in packets[1:]]
        due = [packet for when, packet in later if when <= number]
        later = [(when, packet) for when, packet in later if when > number]
        frames += [(now // 1000 * 1000, wire.ether(packet), len(wire.ether(packet))) for packet in due]
    return frames


def command(program, output, *words):
    return [program, "window", "--quiet", "--sample-key", KEY, "--budget", "512M", "-o", str(output), *map(str, words)]


def run(words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_SECONDS, check=False)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run_with_kills(words, checkpoint, seed, longest):
    """Runs, again from the first frame where a run has come to its end, until KILLS_MIN kills have struck, each at a random
    moment up to `longest` seconds from the start; then to the end. Returns what went wrong."""
    chance = random.Random(seed)
    kills = goings_on = 0
    while True:
        workers = chance.choice(["1", "1", "2"])  # a run may go on with more or fewer
        process = children.start([*words, "--workers", workers], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if kills < KILLS_MIN:
            time.sleep(chance.uniform(0.02, longest))
            process.send_signal(signal.SIGKILL)
        errors = process.communicate(timeout=TIMEOUT_SECONDS)[1].decode()
        goings_on += "going on after" in errors
        if process.returncode == -signal.SIGKILL:
            kills += 1
            continue
        if process.returncode == 0 and kills < KILLS_MIN:
            continue
        faults = [] if process.returncode == 0 else [f"exit code {process.returncode}: {errors}"]
        if checkpoint.exists():
            faults.append("the checkpoint of a run that has ended is left")
        if goings_on < KILLS_MIN // 2:
            faults.append(f"killed {kills} times, went on {goings_on} times: the moments are chosen badly")
        return faults


def check_capture(program, folder, seed, words):
    capture = folder / "traffic.pcap"
    capture.write_bytes(files.pcap(frames_of(seed, 9_000)))
    whole, killed = folder / f"whole{seed}", folder / f"killed{seed}"
    whole.mkdir()
    killed.mkdir()
    done = run(command(program, whole / "w", *words, capture))
    if done.returncode != 0:
        return [done.stderr.decode()]
    checkpoint = folder / "state"
    checkpointed = [*words, "--checkpoint", checkpoint, "--checkpoint-interval", "0s", capture]
    started = time.monotonic()
    done = run(command(program, killed / "w", *checkpointed))
    duration = time.monotonic() - started
    faults = [] if contents(killed) == contents(whole) else ["with checkpoints, and never killed, windows differ"]
    for path in killed.iterdir():
        path.unlink()
    faults += run_with_kills(command(program, killed / "w", *checkpointed), checkpoint, seed, duration / 8)
    names = sorted(contents(whole).keys() | contents(killed).keys())
    return faults + [f"{name} differs" for name in names if contents(whole).get(name) != contents(killed).get(name)]


def feed(fifo, frames, gone, pause):
    """Writes a capture to the FIFO in pieces, with `pause` in between, until the reader is gone. Appends to `gone` the
    moment and the number of frames of each piece that was written."""
    try:
        with open(fifo, "wb", buffering=0) as stream:
            stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for first in range(0, len(frames), 40):
                piece = frames[first:first + 40]
                stream.write(files.pcap(piece)[24:])
                gone.append((time.monotonic(), len(piece)))
                time.sleep(pause)
    except BrokenPipeError:
        pass


def check_fifo(program, folder):
    """What is counted is at least what came more than an interval before each kill, and the window says that it was
    interrupted."""
    fifo, output, checkpoint = folder / "fifo", folder / "fifo.window", folder / "fifo.state"
    os.mkfifo(fifo)
    frames = [frame for frame in frames_of(7, 9_000)]
    interval, slack, pause = 1.0, 1.0, 0.05
    words = command(program, output, "--format", "json", "--checkpoint", checkpoint, "--checkpoint-interval", "1s", fifo)
    safe, sent, left, chance = 0, 0, frames, random.Random(3)
    for turn in range(4):
        process = children.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        gone = []
        writer = threading.Thread(target=feed, args=(fifo, left if turn < 3 else left[:2_000], gone, pause))
        writer.start()
        if turn < 3:
            time.sleep(chance.uniform(1.6, 2.8))
            process.send_signal(signal.SIGKILL)
            ended = time.monotonic()
        text, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        writer.join()
        if turn == 3:
            ended = float("inf")
        written = sum(count for _, count in gone)
        sent += written
        safe += sum(count for when, count in gone if when < ended - interval - slack)
        left = left[written:]
    if process.returncode != 0:
        return [f"exit code {process.returncode}: {errors.decode()}"]
    window = json.loads(text.decode().splitlines()[-1])
    faults = []
    if not safe <= window["frames"] <= sent:
        faults.append(f"{window['frames']} frames counted of {sent} sent; {safe} came long enough before a kill")
    if (window["complete"], window["gaps"]) != ("no", ["interrupted"]):
        faults.append(f"complete: {window['complete']} {window['gaps']}")
    for stage in window["ledger"]["stages"]:
        if stage["held"] != 0:
            faults.append(f"{stage['stage']} still holds {stage['held']}")
    return faults


def check_refusals(program, folder):
    """A checkpoint of another run is no way on, nor is a damaged one, nor one of a source that would be counted twice."""
    capture, checkpoint = folder / "small.pcap", folder / "small.state"
    capture.write_bytes(files.pcap(frames_of(9, 6_000)))
    words = ["--checkpoint", checkpoint, "--checkpoint-interval", "0s"]
    for _ in range(50):
        process = children.start(command(program, folder / "small.window", *words, capture), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait()
        if checkpoint.exists():
            break
    octets = checkpoint.read_bytes()
    faults = [] if checkpoint.stat().st_mode & 0o777 == 0o600 else ["others may read the checkpoint"]

    def expect(part, *arguments, **options):
        done = subprocess.run(command(program, folder / "small.window", *arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT_SECONDS, check=False, **options)
        errors = done.stderr.decode()
        if done.returncode != 1 or part not in errors:
            faults.append(f"'{part}' was expected, not exit code {done.returncode}: {errors}")

    expect("repeat interval: 30000000000 ns before, 10000000000 ns now", *words, "--repeat", "10s", capture)
    expect("window lengths", *words, "--length", "1m", capture)
    with capture.open("ab") as stream:
        stream.write(bytes(8))
    expect("other captures", *words, capture)
    for damaged in (octets[:-1], octets + b"\0", octets[:100] + bytes([octets[100] ^ 4]) + octets[101:]):
        checkpoint.write_bytes(damaged)
        expect("the checksum does not agree", *words, capture)
    checkpoint.unlink()
    with capture.open("rb") as stream:
        expect("standard input is a file", *words, "-", stdin=stream)
    expect("nowhere", "--checkpoint", folder / "nowhere" / "state", capture)
    return faults


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        tap.result("a killed run over a capture gives the windows of one that was not",
                   check_capture(program, folder, 1, []))
        tap.result("so do several lengths and views",
                   check_capture(program, folder, 2, ["--length", "1m", "--length", "whole:v4", "--length", "5m:v6",
                                                      "--authority", "192.0.2.1", "--authority", "192.0.2.2",
                                                      "--authority", "2001:db8:53::1", "--sample", 16]))
        tap.result("a killed run over a FIFO misses an interval at most", check_fifo(program, folder))
        tap.result("what cannot be gone on from is refused", check_refusals(program, folder))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
