#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard, the alert rules and the service unit: each is well formed, and asks for metrics that exist. Usage:
dashboard_test.py; results are TAP."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parents[1]))

from tap import Tap  # noqa: E402

ALERTS = ROOT / "tools/dashboard/alerts.yml"
DASHBOARD = ROOT / "tools/dashboard/grafana.json"
MANUAL = ROOT / "docs/running_a_tap.md"
UNIT = ROOT / "tools/service/echotap.service"
METRICS = {f"echotap_{name}" for name in
           re.findall(r'family\(\s*"(\w+)"', (ROOT / "tools/tap/metrics_text.cpp").read_text())}


def unknown(text):
    return [f"there is no metric {name}" for name in sorted(set(re.findall(r"\bechotap_\w+", text)) - METRICS)]


def said(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    return done.returncode, done.stdout


def main():
    tap = Tap()
    if shutil.which("promtool"):
        code, text = said("promtool", "check", "rules", ALERTS)
        tap.result("promtool takes the alert rules", [] if code == 0 else [text])
    else:
        tap.skip("promtool takes the alert rules", "promtool is not installed (tools/setup installs it)")
    expressions = " ".join(re.findall(r"expr: (.*?)\n +(?:for|labels):", ALERTS.read_text(), re.DOTALL))
    tap.result("alerts are about metrics that exist", unknown(expressions) + ([] if expressions else ["no alerts"]))
    names = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    explained = set(re.findall(r"^\| \**(Echotap\w+)\** \|", MANUAL.read_text(), re.MULTILINE))
    tap.result("every alert stands in the manual, and no other", [f"in one of both only: {name}" for name in
                                                                  sorted(names ^ explained)])
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    tap.result("the dashboard shows metrics that exist", unknown(asked) + ([] if panels else ["no panels"]))
    if shutil.which("systemd-analyze"):
        code, text = said("systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", UNIT)
        level = re.search(r"Overall exposure level.*?: ([\d.]+)", text)
        tap.result("the service is exposed by 3.0 at most",
                   [] if code == 0 and level and float(level.group(1)) <= 3.0 else [text])
    else:
        tap.skip("the service is exposed by 3.0 at most", "systemd-analyze is not installed")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
