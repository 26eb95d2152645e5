#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap names` on small inputs. Usage: names_test.py PROGRAM; results are TAP."""

import gzip
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

RULES = HERE.parents[1] / "config" / "name_rules.toml"


def names(program, *words, given=b""):
    done = subprocess.run([program, "names", *map(str, words)], input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def unlike(found, expected):
    return [] if found == expected else [f"found    {found!r}", f"expected {expected!r}"]


def main():
    program = sys.argv[1]
    tap = Tap()
    tap.result("lines come back with their categories, in their order", unlike(
        names(program, given=b"mail.example.com\n1.2.3.4\thome1-2-3-4.example.com\n2001:db8::1\tx.example.com"),
        (0, "mail.example.com\tmail\n1.2.3.4\thome1-2-3-4.example.com\thome\n"
            "2001:db8::1\tx.example.com\tother-unclassified\n", "")))
    tap.result("--explain says which component and rule decided", unlike(
        names(program, "--explain", "-", given=b"a.Sender-x.ns.example.com\nx.amazonaws.com\n74.125.1.1\ta.com\nfoo\n"),
        (0, "a.Sender-x.ns.example.com\tmail\tsender-x\tkeyword send*\nx.amazonaws.com\taws\t-\tsuffix amazonaws.com\n"
            "74.125.1.1\ta.com\tgoogle\t-\trange 74.125.0.0/16\nfoo\tother-unclassified\t-\tno rule\n", "")))
    tap.result("NXDOMAIN and UNREACH stand for no name, unless a provider has the address", unlike(
        names(program, given=b"192.0.2.1\tNXDOMAIN\n192.0.2.1\tUNREACH\n74.125.1.1\tNXDOMAIN\nNXDOMAIN\nnxdomain.org\n"),
        (0, "192.0.2.1\tNXDOMAIN\tnxdomain\n192.0.2.1\tUNREACH\tunreach\n74.125.1.1\tNXDOMAIN\tgoogle\n"
            "NXDOMAIN\tnxdomain\nnxdomain.org\tother-unclassified\n", "")))
    tap.result("empty lines, comments and carriage returns are passed over", unlike(
        names(program, given=b"#name\n\n\r\nns.example.com\r\n"), (0, "ns.example.com\tns\n", "")))
    tap.result("octets that a terminal might obey are escaped", unlike(
        names(program, given=b"a\x1b[1m\xff.mail.example.com\n"), (0, "a\\027[1m\\255.mail.example.com\tmail\n", "")))

    code, out, errors = names(program, given=b"a\tb\tc\n1.2.3\tx\nns.example.com\n" + b"x" * 20_000 + b"\nns.example.com\n")
    tap.result("lines that are no names are told and left out; a very long one is the end",
               unlike((code, out), (3, "ns.example.com\tns\n")) +
               [f"not said: {part}" for part in ("standard input:1: left out, as it has more", "standard input:2: left out, as the first",
                                                 "standard input:4: a line longer") if part not in errors])
    code, out, errors = names(program, given=b"1.2.3\tx\n" * 50)
    tap.result("many such lines are counted, not all told",
               unlike((code, out, len(errors.splitlines())), (3, "", 11)) +
               ([] if "50 lines were left out" in errors else [errors]))
    tap.result("many names are as many rows", unlike(
        names(program, given=b"".join(b"mail%d.example.com\n" % i for i in range(20_000))),
        (0, "".join(f"mail{i}.example.com\tmail\n" for i in range(20_000)), "")))

    with tempfile.TemporaryDirectory() as folder:
        packed = pathlib.Path(folder) / "names.gz"
        packed.write_bytes(gzip.compress(b"ns.example.com\n"))
        tap.result("compressed files are unpacked", unlike(names(program, packed), (0, "ns.example.com\tns\n", "")))
        rules = pathlib.Path(folder) / "rules.toml"
        rules.write_text(RULES.read_text().replace('"ironport"', '"example"'))
        tap.result("--rules takes other rules", unlike(
            names(program, "--rules", rules, given=b"example.org\n"), (0, "example.org\tantispam\n", "")))
        rules.write_text(RULES.read_text().replace('"ironport"', '"Ironport"'))
        code, out, errors = names(program, "--rules", rules, given=b"example.org\n")
        tap.result("wrong rules are told with their place",
                   unlike((code, out), (1, "")) + ([] if f"{rules}:" in errors and "is no keyword" in errors else [errors]))
        code, out, errors = names(program, pathlib.Path(folder) / "none")
        tap.result("a file that is not there is a failure", unlike((code, out), (1, "")))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
