# SPDX-License-Identifier: Apache-2.0
"""Programs that a test starts, and that end with it, however it ends: by its last line, an exception, a signal, or a kill.

A program that becomes another user is not told of the death of its parent (prctl(2), PR_SET_PDEATHSIG), so where a test
itself is killed outright only the limits that such a program has of its own end it."""

import atexit
import ctypes
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)
_started = []


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Child(subprocess.Popen):
    def __exit__(self, kind, *rest):
        if kind is not None:
            self.kill()  # else the exception would wait for the program's end
        super().__exit__(kind, *rest)


def start(words, **options):
    """As subprocess.Popen. From the main thread: a parent is a thread, as far as its death is concerned."""
    process = Child(words, preexec_fn=_die_with_parent, **options)
    _started.append(process)
    return process


def end_all():
    """Kills those that still run, by their id."""
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.wait()


atexit.register(end_all)
# Without a handler SIGTERM, as of a test that takes too long, ends Python without asking anybody.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
