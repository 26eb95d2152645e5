# SPDX-License-Identifier: Apache-2.0
"""A real NSD on loopback for the length of a test, and what can lie between it and a resolver."""

import contextlib
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import children  # noqa: E402

NSD = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin:/usr/local/sbin")


def query(name, number, record_type=12):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", record_type, 1)


def framed(stream):
    """The next message of a stream with the length before it; empty at the end."""
    size = stream.recv(2, socket.MSG_WAITALL)
    return size + stream.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL) if len(size) == 2 else b""


def free_port():
    """A port that is free for UDP and TCP; who takes it first has it, so callers try again."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        stream.bind(("127.0.0.1", 0))
        datagrams.bind(("127.0.0.1", stream.getsockname()[1]))
        return stream.getsockname()[1]


def answers(port, seconds):
    """Whether somebody answers DNS there within that time."""
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.1)
        asking.connect(("127.0.0.1", port))
        while time.monotonic() < end:
            try:
                asking.send(query("0.18.198.in-addr.arpa", 1, 6))
                asking.recv(4096)
                return True
            except OSError:
                time.sleep(0.02)
    return False


@contextlib.contextmanager
def nsd(folder):
    """Runs NSD with the zones of make_zones.py in `folder`; gives its port. Ends it by its process, whatever happens."""
    folder = pathlib.Path(folder)
    for _ in range(5):
        port = free_port()
        (folder / "nsd.conf").write_text(
            f'server:\n  ip-address: 127.0.0.1@{port}\n  username: ""\n  chroot: ""\n  zonesdir: "{folder}"\n'
            f'  pidfile: "{folder}/nsd.pid"\n  database: ""\n  zonelistfile: "{folder}/zone.list"\n'
            f'  xfrdfile: "{folder}/xfrd.state"\n  xfrdir: "{folder}"\n  logfile: "{folder}/nsd.log"\n'
            f'  server-count: 1\n  round-robin: yes\n  minimal-responses: yes\n  rrl-ratelimit: 0\n  ipv4-edns-size: 1232\n'
            f'remote-control:\n  control-enable: no\n' + (folder / "zones.conf").read_text())
        with children.start([NSD, "-d", "-c", str(folder / "nsd.conf")], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL) as process:
            try:
                if answers(port, 10) and process.poll() is None:
                    yield port
                    return
            finally:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
    raise RuntimeError("NSD does not start:\n" + (folder / "nsd.log").read_text())


@contextlib.contextmanager
def answering(target, may_answer=None):
    """A server that says of every address that `target` (one label, in its case) is its name; gives its port. Where there
    is an event `may_answer`, all answers wait for it."""
    ending = threading.Event()
    record = b"\xc0\x0c" + struct.pack(">HHIH", 12, 1, 3600, len(target) + 2) + bytes([len(target)]) + target + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front:
        front.bind(("127.0.0.1", 0))
        front.settimeout(0.05)

        def answer():
            while not ending.is_set():
                with contextlib.suppress(OSError):
                    message, asker = front.recvfrom(4096)
                    while may_answer is not None and not may_answer.wait(0.05) and not ending.is_set():
                        pass
                    question = message[12:message.index(b"\0", 12) + 5]
                    front.sendto(message[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + question + record, asker)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield front.getsockname()[1]
        finally:
            ending.set()
            thread.join()


@contextlib.contextmanager
def swallowing(port, unheard):
    """A way to the server at `port` that swallows every UDP question whose octets hold `unheard`, and passes TCP on; gives
    a port and the list of the questions' arrival times. With port None all are swallowed."""
    arrivals = []
    ending = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front, \
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
        listening.bind(("127.0.0.1", 0))
        front.bind(("127.0.0.1", listening.getsockname()[1]))
        listening.listen()
        for each in (front, listening, back):
            each.settimeout(0.05)
        if port is not None:
            back.connect(("127.0.0.1", port))

        def pass_on():
            while not ending.is_set():
                try:
                    message, asker = front.recvfrom(4096)
                except OSError:
                    continue
                arrivals.append(time.monotonic())
                if port is None or unheard in message:
                    continue
                with contextlib.suppress(OSError):
                    back.send(message)
                    front.sendto(back.recv(4096), asker)

        def pass_streams_on():
            while not ending.is_set():
                with contextlib.suppress(OSError):
                    stream, _ = listening.accept()
                    with stream, socket.create_connection(("127.0.0.1", port), 1) as beyond:
                        stream.settimeout(1)
                        while message := framed(stream):
                            beyond.sendall(message)
                            stream.sendall(framed(beyond))

        threads = [threading.Thread(target=work) for work in (pass_on, pass_streams_on)]
        for thread in threads:
            thread.start()
        try:
            yield front.getsockname()[1], arrivals
        finally:
            ending.set()
            for thread in threads:
                thread.join()
