# SPDX-License-Identifier: Apache-2.0
"""A running `echotap tap` on a veth pair in a network namespace of this process, and what is sent into it."""

import ctypes
import ipaddress
import os
import pathlib
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import children  # noqa: E402

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
USER = "nobody"
AUTHORITY = "192.0.2.53"
SECONDS_MAX = 600  # a tap that became another user outlives a test that was killed, but not for longer


def enter_namespace():
    """A namespace with tap0 and tap1, up. Why that cannot be done here, or nothing."""
    if os.geteuid() != 0:
        return "a veth pair and another user take root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        return f"no network namespace may be made here: {os.strerror(ctypes.get_errno())}"
    commands = ("mount --make-rprivate /; ip link set lo up; ip link add tap0 type veth peer name tap1 && "
                "{ echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set tap0 up && ip link set tap1 up; }")
    if subprocess.run(["sh", "-c", commands], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return "no veth pair can be made here (is the package iproute2 installed, and the module veth there?)"
    return ""


def query(originator, querier, number=0):
    """A frame with the reverse query for an IPv4 originator."""
    name = b"".join(bytes([len(label)]) + label.encode()
                    for label in reversed(originator.split("."))) + b"\x07in-addr\x04arpa\x00"
    dns = struct.pack(">HHHHHH", number & 0xffff, 0, 1, 0, 0, 0) + name + struct.pack(">HH", 12, 1)
    udp = struct.pack(">HHHH", 1024 + number % 60000, 53, 8 + len(dns), 0) + dns
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     ipaddress.ip_address(querier).packed, ipaddress.ip_address(AUTHORITY).packed)
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\x00" + ip + udp


class Sender:
    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("tap0", 0))
        self.sent = 0

    def send(self, originators, queriers, pause_every=50):
        """Every querier asks for every originator once; returns how many queries that were."""
        before = self.sent
        for originator in originators:
            for querier in queriers:
                self.socket.send(query(originator, querier, self.sent))
                self.sent += 1
                if self.sent % pause_every == 0:
                    time.sleep(0.001)
        return self.sent - before


def queriers(count, first="10.0.0.1"):
    begin = int(ipaddress.ip_address(first))
    return [str(ipaddress.ip_address(begin + i * 257)) for i in range(count)]


class LiveTap:
    """A tap with files in `folder`; `more` are settings by section and key, as TOML. It ends by itself after
    `seconds`, whatever becomes of the test."""

    def __init__(self, program, folder, more=None, seconds=SECONDS_MAX):
        self.program = program
        self.seconds = seconds
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "echotap.toml"
        self.control = self.folder / "control"
        self.store = self.folder / "echotap.db"
        self.log = self.folder / "log"
        self.process = None
        self.settings = {
            "tap.name": '"here"', "tap.user": f'"{USER}"',
            "ports.names": '["net_af_packet0,iface=tap1"]', "ports.huge_pages": '"no"', "ports.descriptors": "4096",
            "windows.lengths": '["1d"]', "windows.provisional_interval": '"0s"', "windows.memory_budget": '"512M"',
            "originators.min_queriers": "5", "names.wait": '"0s"',
            "store.path": f'"{self.store}"', "store.patience": '"100ms"', "checkpoint.path": '""',
            "control.path": f'"{self.control}"', "metrics.port": str(free_port()), **(more or {})}
        self.write()

    def write(self):
        sections = {}
        for name, value in self.settings.items():
            section, key = name.split(".")
            sections.setdefault(section, []).append(f"{key} = {value}")
        self.config.write_text("".join(f"[{section}]\n" + "\n".join(lines) + "\n\n"
                                       for section, lines in sections.items()))

    def start(self, before=(), environment=None):
        """`before` are words in front of the command, such as those that change the user."""
        with open(self.log, "ab") as log:
            self.process = children.start(
                [*before, self.program, "tap", "--config", str(self.config), "--seconds", str(self.seconds)],
                stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        return self.wait_for(lambda: self.ctl("status")[0] == 0 and "echotap_port_frames_total{" in self.stats(), 60)

    def wait_for(self, condition, seconds=20):
        """Whether it came true in time, with the process alive."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if condition():
                return True
            time.sleep(0.1)
        return bool(condition()) if self.process.poll() is None else False

    def ctl(self, *words):
        done = subprocess.run([self.program, "ctl", "--socket", str(self.control), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=90, check=False)
        return done.returncode, done.stdout.decode()

    def stats(self):
        return self.ctl("stats")[1]

    def value(self, name):
        """Of a metric, labels included; None where it is not there."""
        found = re.search("^echotap_" + re.escape(name) + r" (\S+)$", self.stats(), re.MULTILINE)
        return float(found.group(1)) if found else None

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Exit code and how long it took."""
        begin = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(seconds)
        return code, time.monotonic() - begin

    def rows(self, sql):
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as database:
            return database.execute(sql).fetchall()

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
