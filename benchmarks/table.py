# SPDX-License-Identifier: Apache-2.0
"""Turns the JSON of line_benchmark into a table: medians in million frames/s and ratios to the floor of the same run.

usage: table.py RESULTS.json --frames N --commit COMMIT [--markdown]
"""

import argparse
import json
import os
import re

ROWS = {
    "floor_touch": "floor: touch the cache lines",
    "floor_walk": "floor: walk to the question",
    "line": "line, one worker",
    "line_two_workers": "line, two workers",
    "busiest_worker": "  by the busier one's CPU time",
    "line_team": "two workers over one source",
    "floor_file": "floor: map a pcap and walk",
    "capture": "capture file alone",
    "line_from_capture": "capture file and line",
}
# What each row is compared with.
FLOORS = {"line_from_capture": "floor_file", "capture": "floor_file", "line_two_workers": "line", "busiest_worker": "line", "line_team": "line"}
MIXES = ["root", "reverse", "wide"]


def medians(results):
    """Million frames per second by (row, mix), and the relative spread of the repetitions where there are several."""
    rates, spreads = {}, {}
    for run in results["benchmarks"]:
        row, mix = run["run_name"].split("/")[:2]
        if "items_per_second" not in run:
            continue
        aggregate = run.get("aggregate_name")
        if aggregate in (None, "median"):
            rates[row, mix] = run["items_per_second"] / 1e6
            if "busiest_per_second" in run:
                rates["busiest_worker", mix] = run["busiest_per_second"] / 1e6
        elif aggregate == "cv":
            spreads[row, mix] = run["items_per_second"]
    return rates, spreads


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    except OSError:
        name = None
    return f"{name.group(1) if name else 'unknown processor'}, {os.cpu_count()} processors"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.results, encoding="utf-8") as file:
        results = json.load(file)
    rates, spreads = medians(results)
    context = results["context"]
    date = context["date"][:10]
    load = context.get("load_avg", [0])[0]
    pages = "huge" if os.environ.get("ECHOTAP_MIX_PAGES") == "huge" else "ordinary"
    print(f"machine  {processor()}, load {load:.1f} at the start")
    print(f"date     {date}   commit {arguments.commit}   {arguments.frames} frames, {pages} pages\n")
    print(f"{'million frames/s':30}" + "".join(f"{mix:>9}{'ratio':>7}{'+-':>5}" for mix in MIXES))
    markdown = []
    for row, title in ROWS.items():
        text, cells = f"{title:30}", []
        for mix in MIXES:
            rate = rates.get((row, mix))
            if rate is None:
                text += f"{'-':>9}{'':7}{'':5}"
                cells.append("-")
                continue
            floor = rates.get((FLOORS.get(row, "floor_walk"), mix))
            ratio = f"{rate / floor:.2f}" if floor else ""
            spread = f"{100 * spreads[row, mix]:.0f}%" if (row, mix) in spreads else ""
            text += f"{rate:9.1f}{ratio:>7}{spread:>5}"
            cells.append(f"{rate:.1f}" + (f" ({ratio})" if ratio else ""))
        print(text)
        markdown.append(f"| {title.strip()} | " + " | ".join(cells) + " |")
    print("\nratio: of floors and line to the walk; of two workers to one; of capture files to the mapped pcap.")
    if arguments.markdown:
        print(f"\n### {date}, commit {arguments.commit}, {processor()}\n")
        print("| million frames/s (ratio) | " + " | ".join(MIXES) + " |\n|---|" + "---|" * len(MIXES))
        print("\n".join(markdown))


if __name__ == "__main__":
    main()
