#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap read` on a simulated quarter of an hour and holds its rows against `echotap features` and `classify`,
against each other, and against the store that they went into. Usage: read_test.py PROGRAM; results are TAP.
"""

import os
import csv
import gzip
import json
import lzma
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import children  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

NOTICE = "trained on simulated traffic"


class Reader:
    """The program and the world that it reads."""

    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder
        self.capture = folder / "world" / "backscatter.pcap"
        self.names = folder / "world" / "names.tsv"
        done = subprocess.run([program, "simulate", "--world", "demo", "--duration", "15m", "-o", folder / "world"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300, check=False)
        # Where the list of the world's networks is missing, the program says how to make it.
        said = done.stderr.decode().strip()
        self.refusal = said if "tools/make_networks" in said else ""
        assert self.refusal or done.returncode == 0, said

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], cwd=HERE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=300, check=False,
                              env={"HOME": str(self.folder), "PATH": "/usr/bin", "TMPDIR": str(self.folder)})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def read(self, *words):
        code, text, errors = self.run("read", "--quiet", "--names", self.names, *words)
        assert code == 0, f"exit code {code}: {errors}"
        return text

    def rows(self, *words):
        return rows_of(self.read("--format", "csv", *words))


def rows_of(text):
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def table_fits(reader):
    text = reader.read("--explain", "3", reader.capture)
    yield from (f"{len(line)} columns: {line}" for line in text.splitlines() if len(line) > 79)
    for part in (NOTICE, "complete: unknown (source_unknown)", "classes", "why: ", "who: ", " more (--top)"):
        if part not in " ".join(text.split()):
            yield f"the table does not say '{part}'"


def agrees_with_classify(reader):
    features = reader.folder / "features.csv"
    code, text, errors = reader.run("features", "--quiet", "--names", reader.names, "--format", "csv", reader.capture)
    assert code == 0, errors
    features.write_text(text)
    code, text, errors = reader.run("classify", "--format", "csv", features)
    assert code == 0, errors
    asked, classified = reader.rows(reader.capture), rows_of(text)
    if len(asked) != len(classified) or len(asked) < 50:
        yield f"{len(asked)} rows, {len(classified)} of classify"
    for row, other in zip(asked, classified):
        for column, same in (("originator", "originator"), ("class", "answer"), ("likeliest", "class"),
                             ("probability", "probability"), ("footprint", "footprint")):
            if row[column] != other[same]:
                yield f"{row['originator']}: {column} is {row[column]}, and {other[same]} by classify"


def forms_agree(reader):
    rows = reader.rows("--explain", "2", reader.capture)
    objects = [json.loads(line) for line in
               reader.read("--format", "jsonl", "--explain", "2", reader.capture).splitlines()]
    if len(rows) != len(objects):
        yield f"{len(rows)} rows and {len(objects)} objects"
    for row, one in zip(rows, objects):
        for column in ("originator", "class", "likeliest", "next", "first", "last", "start"):
            if row[column] != one[column]:
                yield f"{column}: {row[column]} and {one[column]}"
        for column in ("rank", "probability", "footprint", "queries", "familiarity"):
            if float(row[column]) != one[column]:
                yield f"{column}: {row[column]} and {one[column]}"
        if NOTICE not in one["notice"] or len(one["reasons"]) != 2:
            yield f"{one['originator']}: notice or reasons are missing"
        if not 0 < sum(one["largest"]["names"].values()) <= 1.001:
            yield f"{one['originator']}: largest names {one['largest']['names']}"


def any_number_of_workers(reader):
    if reader.read("--format", "csv", reader.capture) != reader.read("--format", "csv", "--workers", "2",
                                                                       reader.capture):
        yield "two workers gave other rows than one"


def right_more_often_than_not(reader):
    """By a model that learnt from another world of the same kind."""
    folder = reader.folder
    for words in (("simulate", "--world", "demo", "--duration", "15m", "--seed", "2", "-o", folder / "other"),
                  ("features", "--quiet", "--format", "csv", "--names", folder / "other" / "names.tsv",
                   folder / "other" / "backscatter.pcap"),
                  ("train", "--features", folder / "other.csv", "--labels", folder / "other" / "labels.csv",
                   "--notice", "learnt from seed 2", "-o", folder / "other.model")):
        done = subprocess.run([reader.program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=300, check=False)
        assert done.returncode == 0, done.stderr.decode()
        if words[0] == "features":
            (folder / "other.csv").write_bytes(done.stdout)
    labels = dict(line.split(",")[:2] for line in (folder / "world" / "labels.csv").read_text().splitlines()
                  if not line.startswith("#"))
    text = reader.read("--format", "csv", "--model", folder / "other.model", reader.capture)
    if not text.startswith("# learnt from seed 2\n"):
        yield "the notice of the model is not said"
    pairs = [(labels[row["originator"]], row["class"]) for row in rows_of(text) if row["originator"] in labels]
    right = sum(truth == answer for truth, answer in pairs)
    if len(pairs) < 20 or right < 0.4 * len(pairs):
        yield f"{right} of {len(pairs)} right; a guess is right once in twelve times"


def says_what_is_not_known(reader):
    code, text, errors = reader.run("read", reader.capture)
    if code != 0 or "no --names" not in errors or "? provisional" not in text or "no --country" not in errors:
        yield f"code {code}, {errors}"
    row = rows_of(reader.run("read", "--quiet", "--format", "csv", reader.capture)[1])[0]
    if row["provisional"] != "1" or row["countries"] != "" or row["largest_names"] != "":
        yield f"a row without names: {row}"


def tells_exit_codes_apart(reader):
    cut = reader.folder / "cut.pcap"
    cut.write_bytes(reader.capture.read_bytes()[:-7])
    for words, expected, part in ((("nothing.pcap",), 1, "nothing.pcap"), ((), 2, "nothing to read"),
                                  ((cut, "--quiet"), 3, "cut.pcap"), (("--again", "a.pcap"), 2, "--store"),
                                  (("--model", reader.capture, reader.capture), 1, "backscatter.pcap"),
                                  (("--store", reader.capture, reader.capture), 1, "is damaged or is none")):
        code, text, errors = reader.run("read", *words)
        if code != expected or part not in errors:
            yield f"{words}: exit code {code} instead of {expected}: {errors}"
        if expected == 3 and "complete: no (capture_cut)" not in text:
            yield "the table of a capture that is cut does not say so"


def halves(reader):
    """The capture, cut in two between frames."""
    octets = reader.capture.read_bytes()
    ends, at = [], 24
    while at < len(octets):
        at += 16 + int.from_bytes(octets[at + 8:at + 12], "little")
        ends.append(at)
    middle = ends[len(ends) // 2]
    paths = reader.folder / "first.pcap", reader.folder / "second.pcap"
    paths[0].write_bytes(octets[:middle])
    paths[1].write_bytes(octets[:24] + octets[middle:])
    return paths


def asked(path, sql):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        return store.execute(sql).fetchall()


def store_has_the_rows(reader):
    path = reader.folder / "rows.db"
    rows = reader.rows("--store", path, reader.capture)
    stored = asked(path, "SELECT text, class, likeliest, round(probability, 4), footprint, queries FROM originator "
                         "ORDER BY rank")
    if [(row["originator"], row["class"], row["likeliest"], float(row["probability"]), float(row["footprint"]),
         int(row["queries"])) for row in rows] != [(*one[:3], round(one[3], 4), *one[4:]) for one in stored]:
        yield "the store has other rows than were printed"
    if asked(path, "SELECT notice FROM model")[0][0].lower().count(NOTICE) != 1:
        yield "the store does not say what its model learnt from"
    mixed = dict(asked(path, "SELECT class, n FROM class_mix"))
    if mixed != {name: sum(row["class"] == name for row in rows) for name in {row["class"] for row in rows}}:
        yield f"classes are summed up as {mixed}"


def store_skips_and_merges(reader):
    path, (first, second) = reader.folder / "merged.db", halves(reader)
    words = ("--length", "1d", "--store", path)
    reader.rows(*words, first)
    code, text, errors = reader.run("read", "--quiet", "--format", "csv", "--names", reader.names, *words, first)
    if code != 0 or rows_of(text) or "the store knows it; skipped" not in errors:
        yield f"a known capture: {code} {errors}"
    merged = reader.rows(*words, first, second)
    if [row["revision"] for row in merged[:1]] != ["2"]:
        yield f"revision {merged[0]['revision']} after a merge"
    whole = reader.rows("--length", "1d", reader.capture)
    if {(row["originator"], row["footprint"]) for row in merged} != {(row["originator"], row["footprint"])
                                                                     for row in whole}:
        yield "footprints of two halves are not those of the whole"
    if asked(path, "SELECT count(*), max(revision), (SELECT count(*) FROM source) FROM window") != [(1, 2, 2)]:
        yield "the store does not hold one window of two sources"
    again = reader.rows("--again", *words, second)
    if [row["revision"] for row in again[:1]] != ["3"] or len(again) != len(merged):
        yield "--again does not make the rows of the kept window anew"


def what_a_kill_has_left_is_read_again(reader):
    path = reader.folder / "stopped.db"
    words = ("--length", "10m", "--store", path)
    reader.rows(*words, reader.capture)
    count = "SELECT count(*) FROM window"
    (windows,), = asked(path, count)
    if windows < 2:
        yield f"{windows} windows of ten minutes: nothing to be killed between"
    database = sqlite3.connect(path)
    # As after the first window: nothing of the later ones, and nobody said that the capture was read to its end.
    for table, column in (("originator", "window"), ("class_mix", "window"), ("source", "window"), ("window", "id")):
        database.execute(f"DELETE FROM {table} WHERE {column} <> (SELECT id FROM window ORDER BY start LIMIT 1)")
    database.execute("DELETE FROM finished")
    database.commit()
    database.close()
    # Another capture beside it: the store cannot take apart what comes of both.
    other = reader.folder / "other.pcap"
    shutil.copy(halves(reader)[1], other)
    code, text, errors = reader.run("read", "--format", "csv", "--names", reader.names, *words, other, reader.capture)
    if code != 0 or asked(path, count) != [(windows,)] or not rows_of(text):
        yield f"{asked(path, count)} of {windows} windows after a kill: {code} {errors}"
    if "a window all of whose sources the store knows; skipped" not in errors:
        yield f"the window that was stored came again: {errors}"
    if asked(path, "SELECT count(DISTINCT digest) FROM finished") != [(2,)]:
        yield "the store does not know both captures now"


def stores_of_earlier_programs_know_what_they_have(reader):
    path, (first, second) = reader.folder / "earlier.db", halves(reader)
    words = ("--length", "1d", "--store", path)
    reader.rows(*words, first)
    database = sqlite3.connect(path)
    database.execute("DROP TABLE finished")
    database.commit()
    database.close()
    code, text, errors = reader.run("read", "--format", "csv", "--names", reader.names, *words, first, second)
    if code != 0 or "the store knows it; skipped" not in errors or {row["revision"] for row in rows_of(text)} != {"2"}:
        yield f"not merged: {code} {errors}"


def packed_copies_are_known(reader):
    path, plain = reader.folder / "packed.db", reader.folder / "plain.pcap"
    plain.write_bytes(reader.capture.read_bytes())
    copies = [plain, plain.with_name("copy.gz"), plain.with_name("copy.xz")]
    copies[1].write_bytes(gzip.compress(plain.read_bytes(), 1))
    copies[2].write_bytes(lzma.compress(plain.read_bytes(), preset=0))
    for packer in ("zstd", "lz4"):
        if shutil.which(packer):
            copies.append(plain.with_name(f"copy.{packer}"))
            copies[-1].write_bytes(subprocess.run([packer, "-1", "-c", plain], stdout=subprocess.PIPE,
                                                  stderr=subprocess.DEVNULL, check=True, timeout=60).stdout)
    for number, one in enumerate(copies[1:] + copies[:1]):
        code, text, errors = reader.run("read", "--quiet", "--format", "csv", "--names", reader.names, "--store", path,
                                        one)
        if code != 0 or ("skipped" in errors) != (number > 0) or bool(rows_of(text)) != (number == 0):
            yield f"{one.name}: {code}, {len(rows_of(text))} rows, {errors}"


def families_of_one_length_stand_beside_each_other(reader):
    path, (first, second) = reader.folder / "families.db", halves(reader)
    words = ("read", "--quiet", "--format", "csv", "--names", reader.names, "--store", path)
    both = ("--length", "1d:v4", "--length", "1d:v6")
    rows = rows_of(reader.run(*words, "--length", "1d:v4", first)[1])
    if {row["length"] for row in rows} != {"1d:v4"}:
        yield f"lengths of IPv4 windows: {rows[:1]}"
    code, text, errors = reader.run(*words, *both, first)
    if code != 0 or any(row["length"] != "1d:v6" for row in rows_of(text)) or "a window all of whose" not in errors:
        yield f"IPv6 beside IPv4 that is known: {code}, {errors}, {rows_of(text)[:1]}"
    code, text, errors = reader.run(*words, *both, first)
    if code != 0 or rows_of(text) or "first.pcap: the store knows it; skipped" not in errors:
        yield f"both known: {code}, {errors}"
    reader.run(*words, *both, second)
    if asked(path, "SELECT length, families, revision, (SELECT count(*) FROM source WHERE window = id) FROM window "
                   "ORDER BY families") != [(86400, "v4", 2, 2), (86400, "v6", 2, 2)]:
        yield f"windows {asked(path, 'SELECT length, families, revision FROM window')}"
    if asked(path, "SELECT count(*) FROM originator JOIN window ON window = id WHERE (families = 'v4') "
                   "<> (hex(substr(address, 1, 12)) = '00000000000000000000FFFF')") != [(0,)]:
        yield "an originator stands in a window of the other family"
    code, text, errors = reader.run("report", "--store", path)
    if code != 0 or "1d:v4" not in text or "1d:v6" not in text:
        yield f"the report does not tell families apart: {text}{errors}"


def show_and_report_tell_the_history(reader):
    path, paths = reader.folder / "days.db", halves(reader)
    for half in paths:
        reader.rows("--length", "5m", "--store", path, half)
    code, text, errors = reader.run("report", "--store", path)
    windows = asked(path, "SELECT count(*) FROM window")[0][0]
    if code != 0 or text.count("2026-01-05T09:") != windows or windows < 3 or NOTICE not in text or "(+" not in text:
        yield f"report of {windows} windows: {text}{errors}"
    name, rows = asked(path, "SELECT text, count(*) FROM originator GROUP BY text ORDER BY 2 DESC, 1 LIMIT 1")[0]
    code, shown, errors = reader.run("show", name, "--store", path)
    if code != 0 or shown.count("2026-01-05T09:") < rows or f"of {rows} windows" not in shown or NOTICE not in shown:
        yield f"show of {name}: {shown}{errors}"
    yield from (f"{len(line)} columns: {line}" for line in (text + shown).splitlines() if len(line) > 79)
    code, _, errors = reader.run("show", "192.0.2.1", "--store", path)
    if code != 1 or "has no row of 192.0.2.1" not in errors:
        yield f"a stranger: exit code {code}, {errors}"
    code, _, errors = reader.run("report", "--store", reader.folder / "none.db")
    if code != 1 or "No such file" not in errors or (reader.folder / "none.db").exists():
        yield f"no store: exit code {code}, {errors}"


def store_outlives_kills(reader):
    path = reader.folder / "killed.db"
    dice, begun = random.Random(4), time.monotonic()
    reader.rows("--store", path, reader.capture)
    lasted = time.monotonic() - begun
    for _ in range(6):
        process = children.start([reader.program, "read", "--quiet", "--again", "--names", reader.names, "--store", path,
                                 reader.capture], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(lasted * dice.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        if asked(path, "PRAGMA integrity_check") != [("ok",)]:
            yield "the store is damaged"
        rows, n = asked(path, "SELECT (SELECT count(*) FROM originator), (SELECT sum(n) FROM class_mix)")[0]
        if rows != n or rows == 0:
            yield f"{rows} rows, {n} summed up"
    before = asked(path, "SELECT revision FROM window")[0][0]
    if reader.rows("--again", "--store", path, reader.capture)[0]["revision"] != str(before + 1):
        yield "no further revision after the kills"


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(sys.argv[1], pathlib.Path(folder))
        if reader.refusal:
            return skip_all(f"no world to read: {reader.refusal}")
        for case in (table_fits, agrees_with_classify, forms_agree, any_number_of_workers, right_more_often_than_not,
                     says_what_is_not_known, tells_exit_codes_apart, store_has_the_rows, store_skips_and_merges,
                     families_of_one_length_stand_beside_each_other, what_a_kill_has_left_is_read_again,
                     stores_of_earlier_programs_know_what_they_have, packed_copies_are_known,
                     show_and_report_tell_the_history, store_outlives_kills):
            tap.result(case.__name__.replace("_", " "), list(case(reader)))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
