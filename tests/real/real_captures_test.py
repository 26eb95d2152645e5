#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap queries` on a folder of real captures and compares with the rows that tshark found in them.

Usage: real_captures_test.py PROGRAM [CAPTURE...]; results are TAP, one case per capture. The folder is given by
ECHOTAP_REAL_CAPTURES, else it is ../shared/real beside the checkout; where there is none the test is skipped. README.md
says what the folder holds and where we differ and why; differences.tsv and frames.tsv say it to this program.
"""

import csv
import ipaddress
import os
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from queries_run import differences_by_workers, run_queries  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

TIME_TOLERANCE = 1000  # nanoseconds


def table(path):
    """The rows of a TSV file whose first line, behind '#', names the columns."""
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader((line.lstrip("#") for line in lines), delimiter="\t", quoting=csv.QUOTE_NONE))


def labels(text):
    """The labels of a name in presentation format, as octets."""
    unescape = lambda match: bytes([int(match[1])]) if match[1].isdigit() else match[1]
    return [re.sub(rb"\\(\d{3}|.)", unescape, part) for part in re.findall(rb"(?:[^.\\]|\\\d{3}|\\.)+", text.encode())]


def originator(qname):
    """The address that a full reverse name asks about, else None. Written from the issue, not from the product."""
    *front, tree, top = [label.lower() for label in labels(qname)] if qname.count(".") > 1 else [b"", b"", b""]
    if (tree, top) == (b"in-addr", b"arpa") and len(front) == 4:
        if all(re.fullmatch(rb"0|[1-9][0-9]{0,2}", label) and int(label) < 256 for label in front):
            return ipaddress.IPv4Address(bytes(int(label) for label in reversed(front)))
    if (tree, top) == (b"ip6", b"arpa") and len(front) == 32:
        if all(re.fullmatch(rb"[0-9a-f]", label) for label in front):
            address = ipaddress.IPv6Address(bytes.fromhex(b"".join(reversed(front)).decode()))
            return address.ipv4_mapped or address
    return None


def nanoseconds(text):
    sign = -1 if text.startswith("-") else 1
    seconds, _, fraction = text.lstrip("-").partition(".")
    return sign * (int(seconds) * 10**9 + int((fraction + "0" * 9)[:9]))


def expected_rows(path):
    """(originator, querier, authority) to times, of the full reverse names in a file of tshark's rows."""
    rows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        time, querier, authority, qname, _ = line.split("\t")
        address = originator(qname)
        if address is not None:
            key = (str(address), str(ipaddress.ip_address(querier)), str(ipaddress.ip_address(authority)))
            rows.setdefault(key, []).append(nanoseconds(time))
    return rows


def found_rows(lines):
    rows = {}
    for line in lines:
        time, *key, _ = line.split("\t")
        rows.setdefault(tuple(key), []).append(nanoseconds(time))
    return rows


def apply_differences(rows, differences):
    """What we must find: tshark's rows with the listed ones added and taken away. Returns faults of the list itself."""
    faults = []
    for row in differences:
        key = (row["originator"], row["querier"], row["authority"])
        times, time = rows.setdefault(key, []), nanoseconds(row["time"])
        if row["sign"] == "+":
            times.append(time)
        elif time in times:
            times.remove(time)
        else:
            faults.append(f"differences.tsv takes away a row that tshark has not: {row}")
    return faults


def compare(expected, found):
    faults = []
    for key in sorted(expected.keys() | found.keys()):
        left, right = sorted(expected.get(key, [])), sorted(found.get(key, []))
        text = " ".join(key)
        if len(left) != len(right):
            faults.append(f"{text}: {len(left)} times expected, {len(right)} found\n"
                          f"  expected at {left}\n  found at {right}")
        elif any(abs(a - b) > TIME_TOLERANCE for a, b in zip(left, right)):
            faults.append(f"{text}: other times\n  expected at {left}\n  found at {right}")
    return faults


def check(program, real, name, packets, differences):
    expected = expected_rows(real / "expected" / f"{name}.tsv")
    faults = apply_differences(expected, differences)
    paths = [str(real / "captures" / name)]
    run = run_queries(program, paths)
    faults += compare(expected, found_rows(run.rows)) + run.wrong_books()
    faults += differences_by_workers(run, program, paths)
    is_cut = bool(run.ledger) and bool(run.ledger["source"]["drops"])
    if run.exit_code != (3 if is_cut else 0):
        faults.append(f"exit code {run.exit_code} of a capture that is {'cut' if is_cut else 'whole'}")
    frames = run.ledger["layers"]["in"] if run.ledger else 0
    if packets is not None and frames != packets:
        faults.append(f"{frames} frames, not {packets}")
    if faults:
        faults.append("standard error was:\n" + run.complaints)
    return faults


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    default = HERE.parent.parent.parent / "shared" / "real"
    real = pathlib.Path(os.environ.get("ECHOTAP_REAL_CAPTURES", default))
    if not (real / "captures").is_dir():
        return skip_all(f"the real captures are not there ({real}); ECHOTAP_REAL_CAPTURES may name another folder")
    packets = {row["file"]: int(row["packets"]) for row in table(real / "expected" / "summary.tsv")}
    differences, frames = table(HERE / "differences.tsv"), table(HERE / "frames.tsv")
    packets |= {row["file"]: int(row["frames"]) for row in frames}
    files = sorted(path for path in (real / "captures").rglob("*") if path.is_file())
    tap = Tap()
    for path in files:
        name = str(path.relative_to(real / "captures"))
        if chosen and name not in chosen:
            continue
        if not (real / "expected" / f"{name}.tsv").exists():
            tap.skip(name, "no expected rows")
            continue
        tap.result(name, check(program, real, name, packets.get(name),
                               [row for row in differences if row["file"] == name]))
    if not chosen:
        readme = (HERE / "README.md").read_text(encoding="utf-8")
        told = {row["file"] for row in differences + frames} | {row["time"] for row in differences}
        untold = [f"not of {each}" for each in sorted(told) if each not in readme]
        tap.result("README.md tells of every difference", untold)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
