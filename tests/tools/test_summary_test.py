#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/test_summary counts every way in which a test can end: a small project whose tests end so is run and summed up."""

import pathlib
import subprocess
import sys
import tempfile

MESON_BUILD = """
project('planted')
foreach name : ['passes', 'fails', 'skips', 'hangs']
  test(name, find_program(name), suite: 'scripts', timeout: name == 'hangs' ? 1 : 30)
endforeach
test('counts', find_program('counts'), protocol: 'tap')
test('dies', find_program('dies'), protocol: 'tap')
test('unit', find_program('unit'))
test('crash', find_program('crash'))
"""

SCRIPTS = {
    "passes": "echo fine",
    "fails": "echo on stdout; echo on stderr >&2; exit 3",
    "skips": "echo hello; echo 'SKIPPED: needs CAP_NET_RAW'; exit 77",
    "hangs": "exec sleep 30",
    "counts": "echo 1..3; echo ok 1 first; echo not ok 2 second; echo 'ok 3 third # SKIP no folder'; exit 1",
    "dies": "echo 1..2; echo ok 1 before; exit 1",
    # As GoogleTest prints it, with octets that are no UTF-8 and a test that prints without newline.
    "unit": """cat <<'END'
[ RUN      ] Room.accepts
no newline[       OK ] Room.accepts (0 ms)
[ RUN      ] Room.refuses
room_test.cpp:7: Failure
expected 1, got 2
[  FAILED  ] Room.refuses (0 ms)
[ RUN      ] Room.listens/0
no veth
[  SKIPPED ] Room.listens/0 (0 ms)
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] Room.listens/0
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Room.refuses
END
printf '\\377\\n'; exit 1""",
    "crash": "echo '[ RUN      ] Room.good'; echo '[       OK ] Room.good (0 ms)'; echo '[ RUN      ] Room.dies'; kill -6 $$",
}

EXPECTED = ["needs CAP_NET_RAW", "no folder", "no veth", "expected 1, got 2", "on stdout", "on stderr", "TIMEOUT",
            "FAILED  counts: second", "FAILED  Room.refuses", "FAILED  dies", "FAILED  crash", "SKIPPED  skips"]


def sum_up(summary, folder, status):
    result = subprocess.run([sys.executable, summary, f"planted={folder}={status}"], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


def main(summary):
    faults = []
    with tempfile.TemporaryDirectory() as root:
        for name, body in SCRIPTS.items():
            script = pathlib.Path(root, name)
            script.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            script.chmod(0o755)
        pathlib.Path(root, "meson.build").write_text(MESON_BUILD, encoding="utf-8")
        build = pathlib.Path(root, "build")
        subprocess.run(["meson", "setup", build, root], check=True, stdout=subprocess.DEVNULL)
        test = ["meson", "test", "-C", build, "--no-rebuild"]
        subprocess.run(test, check=False, stdout=subprocess.DEVNULL)
        status, text = sum_up(summary, build, 1)
        # passed: passes, first, before, accepts, good; failed: fails, hangs, second, dies, refuses, crash.
        if status != 1 or text.splitlines()[-1] != "5 passed, 6 failed, 3 skipped":
            faults.append(f"all kinds: exit status {status}")
        faults += [f"does not show '{line}'" for line in EXPECTED if line not in text]

        subprocess.run(test + ["passes"], check=True, stdout=subprocess.DEVNULL)
        status, last = sum_up(summary, build, 0)
        if status != 0 or last.splitlines()[-1] != "1 passed, 0 failed, 0 skipped":
            faults.append(f"a good run: exit status {status}")
        status, last = sum_up(summary, build, 2)
        if status != 1 or last.splitlines()[-1] != "1 passed, 1 failed, 0 skipped":
            faults.append(f"meson died on the way: exit status {status}")
        subprocess.run(test + ["skips"], check=True, stdout=subprocess.DEVNULL)
        status, last = sum_up(summary, build, 0)
        if status != 1 or last.splitlines()[-1] != "0 passed, 0 failed, 1 skipped":
            faults.append(f"nothing ran: exit status {status}")
        status, last = sum_up(summary, pathlib.Path(root, "nowhere"), 1)
        if status != 1 or last.splitlines()[-1] != "0 passed, 1 failed, 0 skipped":
            faults.append(f"no build: exit status {status}")
    if faults:
        print(text, *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
