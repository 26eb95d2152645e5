#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap config` on files of settings. Usage: config_test.py PROGRAM; results are TAP."""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

ANNOTATED = HERE.parents[1] / "config" / "echotap.toml"


def config(program, *words, environment=None):
    done = subprocess.run([program, "config", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def unlike(found, expected):
    return [] if found == expected else [f"found    {found!r}", f"expected {expected!r}"]


def lacks(text, *parts):
    return [f"not said: {part}\nbut: {text}" for part in parts if part not in text]


def warnings(program, folder):
    """What may be otherwise when the tap starts is told, and is no fault: who listens, and which devices there are."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = folder / "warned.toml"
        file.write_text("\n".join([
            "[ports]", 'names = ["0000:fe:1f.7", "net_null0"]', "[store]", 'path = ""', "[checkpoint]", 'path = ""',
            "[control]", 'path = ""', "[metrics]", f"port = {port}"]) + "\n")
        code, out, errors = config(program, "check", file)
    faults = unlike((code, out), (0, f"{file}: good\n")) + unlike(len(errors.splitlines()), 2) + lacks(
        errors, f"echotap: {file}:2: warning: ports.names: ", "no PCI device 0000:fe:1f.7",
        f"echotap: {file}:10: warning: metrics.port: 127.0.0.1 port {port} is taken")
    return faults + unlike(config(program, "check", file)[2].count("taken"), 0)


def named_files(program, folder):
    """Every file that is wrong is told with its line; files that are right are not."""
    folder = folder / "named"
    folder.mkdir()
    for name, text in {"names.tsv": "192.0.2.1\tmail.example.com\n", "bad.tsv": "no address\tx\n",
                       "rules.toml": "[keyword]\n", "key": "0123", "token": "secret\n", "other.db": "not a store"}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    (folder / "open").write_text("secret\n")
    (folder / "open").chmod(0o644)
    geo = HERE.parent / "geo"
    good_geo = next(geo.glob("*.mmdb"))
    lines = ["[ports]", 'names = ["net_null0", "net_af_packet1,iface=nosuch0"]', "[windows]",
             f'sample_key_path = "{folder}/key"', "[names]",
             f'snapshot_paths = ["{folder}/names.tsv", "{folder}/bad.tsv", "{folder}/gone.tsv"]',
             f'rules_path = "{folder}/rules.toml"', "[geo]", f'country_path = "{good_geo}"',
             f'as_path = "{folder}/other.db"', "[model]", f'path = "{folder}/names.tsv"', "[store]",
             f'path = "{folder}/other.db"', "[checkpoint]", f'path = "{folder}/nowhere/state"', "[control]",
             'path = "/run/echotap-is-made-later/control"', "[metrics]", f'token_path = "{folder}/open"']
    file = folder / "echotap.toml"
    file.write_text("\n".join(lines) + "\n")
    code, out, errors = config(program, "check", file)
    faults = unlike((code, out), (1, ""))
    for line, *parts in ((2, "ports.names", "no interface nosuch0"), (4, "sample_key_path", "32 hexadecimal digits"),
                         (6, "snapshot_paths", "bad.tsv"), (6, "snapshot_paths", "gone.tsv"),
                         (7, "rules_path", "rules.toml"), (10, "as_path", "other.db"), (12, "model.path", "names.tsv"),
                         (14, "store.path", "other.db"), (16, "checkpoint.path", f"install -d -m 0700 -o USER {folder}/nowhere"),
                         (20, "token_path", "chmod o-r")):
        said = [one for one in errors.splitlines() if one.startswith(f"echotap: {file}:{line}: ") and
                all(part in one for part in parts)]
        faults += [] if len(said) == 1 else [f"line {line}: {parts} is told {len(said)} times in:\n{errors}"]
    faults += unlike(len(errors.splitlines()), 10)
    good = folder / "good.toml"
    good.write_text("\n".join([
        "[ports]", 'names = ["net_null0"]', "[names]", f'snapshot_paths = ["{folder}/names.tsv"]', "[geo]",
        f'country_path = "{good_geo}"', "[store]", f'path = "{folder}/new.db"', "[checkpoint]",
        f'path = "{folder}/state"', "[control]", f'path = "{folder}/control"', "[metrics]",
        f'token_path = "{folder}/token"']) + "\n")
    faults += unlike(config(program, "check", good), (0, f"{good}: good\n", ""))
    return faults + unlike(sorted(one.name for one in folder.glob("*") if one.suffix not in (".toml", ".tsv")),
                           ["key", "open", "other.db", "token"])


def main():
    program = sys.argv[1]
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        good = pathlib.Path(folder, "good.toml")
        good.write_text('[ports]\nnames = ["net_null0"]\n[windows]\nlengths = ["1h"]\n')
        bad = pathlib.Path(folder, "bad.toml")
        bad.write_text('[ports]\nnames = ["net_null0"]\n[windows]\nlenghts = ["1h"]\n')
        port = pathlib.Path(folder, "port.toml")
        port.write_text('[ports]\nnames = ["eth1"]\n')

        tap.result("a good file is good", unlike(config(program, "check", "--syntax-only", good),
                                                (0, f"{good}: good\n", "")))
        code, out, errors = config(program, "check", bad)
        tap.result("a misspelt key is told with file, line, column and the nearest key", unlike((code, out), (1, "")) +
                   lacks(errors, f"{bad}:4:", "lenghts: there is no such key here; did you mean 'lengths'?"))
        code, out, errors = config(program, "check", "--syntax-only", ANNOTATED)
        tap.result("a file without ports has nothing to listen to", unlike((code, out), (1, "")) +
                   lacks(errors, "ports.names: is empty"))
        code, out, errors = config(program, "check", "--syntax-only", port)
        tap.result("a port that is none is told", unlike((code, out), (1, "")) + lacks(errors, "eth1"))
        code, out, errors = config(program, "check", pathlib.Path(folder, "none.toml"))
        tap.result("a file that is not there is told", unlike((code, out), (1, "")) + lacks(errors, "cannot be read"))
        tap.result("show prints what differs", unlike(
            config(program, "show", good),
            (0, '[ports]\nnames = ["net_null0"]\n\n[windows]\nlengths = ["1h"]\n', "")))
        tap.result("so it does of what --set says, but not of the environment", unlike(
            config(program, "show", "--set", "windows.grace=2m", good, environment={"ECHOTAP_ORIGINATORS_TOP": "7"}),
            (0, '[ports]\nnames = ["net_null0"]\n\n[windows]\nlengths = ["1h"]\ngrace = "2m"\n', "")))
        code, out, errors = config(program, "show", "--effective", "--set", "windows.grace=2m", good,
                                   environment={"ECHOTAP_ORIGINATORS_TOP": "7"})
        tap.result("show --effective says what holds, and why", unlike((code, errors), (0, "")) +
                   lacks(out, f"# {good}:4", 'grace = "2m"', "# --set", "top = 7", "# ECHOTAP_ORIGINATORS_TOP",
                         "# default"))
        effective = pathlib.Path(folder, "effective.toml")
        effective.write_text(out)
        tap.result("what it prints is a file of settings", unlike(
            config(program, "check", "--syntax-only", effective)[:2], (0, f"{effective}: good\n")))
        code, out, errors = config(program, "check", good, environment={"ECHOTAP_WINDOWS_GRAZE": "1m"})
        tap.result("a misspelt variable is told", unlike((code, out), (1, "")) +
                   lacks(errors, "did you mean ECHOTAP_WINDOWS_GRACE?"))
        many = pathlib.Path(folder, "many.toml")
        many.write_text('[ports]\nnames = ["net_null0"]\nworker = 2\n[windows]\nlengths = ["1y"]\ngrace = 5\n'
                        '[metrics]\naddress = "192.0.2.1"\n')
        code, out, errors = config(program, "check", many)
        tap.result("all that is wrong is told at once", unlike((code, out), (1, "")) +
                   lacks(errors, f"{many}:3:", "worker: there is no such key", f"{many}:5:", "lengths: '1y'",
                         f"{many}:6:", "grace:", f"{many}:8: metrics.address: 192.0.2.1 is no loopback address"))
        tap.result("files that settings name are opened", named_files(program, pathlib.Path(folder)))
        tap.result("what may change until the start is a warning", warnings(program, pathlib.Path(folder)))
        tap.result("without words it says how it is used", unlike(config(program)[0], 2))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
