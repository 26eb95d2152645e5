# SPDX-License-Identifier: Apache-2.0
"""Test results as the Test Anything Protocol has them (version 12): one line per case, and a plain total at the end."""


class Tap:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def _number(self):
        return self.passed + self.failed + self.skipped

    def result(self, name, faults):
        """A case: passed where `faults` (texts of one or more lines) is empty. They are printed before its line."""
        for fault in faults:
            for line in fault.splitlines():
                print(f"# {line}")
        if faults:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'not ok' if faults else 'ok'} {self._number()} - {name}")

    def skip(self, name, reason):
        self.skipped += 1
        print(f"ok {self._number()} - {name} # SKIP {reason}")

    def finish(self):
        """Prints plan and total; returns the exit code."""
        print(f"1..{self._number()}")
        print(f"# {self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0


def unlike(what, found, expected):
    """The fault that something is not as expected, if it is not."""
    return [] if found == expected else [f"{what}: found {found!r}, expected {expected!r}"]


def lacks(text, *parts):
    """A fault for each part that a text should have and has not."""
    return [f"not said: {part}\nbut: {text}" for part in parts if part not in text]


def skip_all(reason):
    """A whole program skipped."""
    print(f"1..0 # SKIP {reason}", flush=True)
    return 0
