#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Applies the rules of the house to a checkout: tidy.py [ROOT]. One TAP case per rule; the last one is clang-format."""

import pathlib
import shutil
import subprocess
import sys

import rules


def format_violations(tree):
    paths = [str(tree.root / path) for path in tree.cpp()]
    result = subprocess.run(["clang-format", "--dry-run", *paths], capture_output=True, text=True, check=False)
    return sorted({line.split(":")[0].removeprefix(str(tree.root) + "/") + ": clang-format -i would change it"
                   for line in result.stderr.splitlines() if "clang-format-violations" in line})


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    tree = rules.Tree(root)
    print(f"1..{len(rules.RULES) + 1}")
    failed = 0
    for number, rule in enumerate(rules.RULES, 1):
        violations = list(rule(tree))
        failed += report(number, f"{rule.__name__}: {rule.__doc__}", violations)
    number = len(rules.RULES) + 1
    if shutil.which("clang-format"):
        failed += report(number, "format: C++ is formatted by clang-format", format_violations(tree))
    else:
        print(f"ok {number} format # SKIP clang-format is not installed (tools/setup installs it)")
    return 1 if failed else 0


def report(number, name, violations):
    for violation in violations:
        print(f"# {violation}")
    # "#" would begin a TAP directive.
    print(f"{'not ok' if violations else 'ok'} {number} {name.replace('#', '')}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
