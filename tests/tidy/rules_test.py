#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of the house sees a violation planted in a small tree, and is silent on the same tree without it."""

import pathlib
import sys
import tempfile

import rules

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
LATER = "TO" + "DO"
MACHINE = "/wo" + "rk/main"

# A tree that keeps every rule.
GOOD = {
    "README.md": "# X\n## Rooms\n| `dataplane/` | the line |\n| `docs/` | |\n| `tests/` | |\n| `config/` | |\n",
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n",
    "config/README.md": "## Rooms\n\n- `limits`: all of them\n",
    "config/limits.hpp": SPDX,
    "dataplane/README.md": "## Rooms\n\n- `drop`: [reasons](drop.hpp)\n- `dpdk/`: live ports\n- `hyper`: names\n",
    "dataplane/drop.hpp": SPDX + '#include "config/limits.hpp"\nenum class Drop : int {\n none,\n // x\n too_short,\n};\n',
    "dataplane/drop.cpp": SPDX + '#include "dataplane/drop.hpp"\n',
    "dataplane/hyper.cpp": SPDX + "#include <hs.h>\n",
    "dataplane/dpdk/README.md": "## Rooms\n\n- `port`: a port\n",
    "dataplane/dpdk/port.cpp": SPDX + '#include <rte_ethdev.h>\n#include "dataplane/drop.hpp"\n',
    "docs/README.md": "## Rooms\n\n| `operations.md` | manual |\n",
    "docs/operations.md": "## Drop counters\n\n| name | meaning |\n|---|---|\n| `too_short` | short |\n",
    "tests/README.md": "## Rooms\n\n- `dataplane/`: the line\n",
    "tests/meson.build": "# SPDX-License-Identifier: Apache-2.0\nx = ['dataplane/drop_test.cpp']\n",
    "tests/dataplane/drop_test.cpp": SPDX,
}

# (rule, what is wrong, files that differ from the good tree: None removes one)
VIOLATIONS = [
    ("layering", "config includes the data plane", {"config/limits.hpp": SPDX + '#include "dataplane/drop.hpp"\n'}),
    ("layering", "the line includes a port", {"dataplane/drop.cpp": SPDX + '#include "dataplane/dpdk/port.hpp"\n'}),
    ("layering", "the line includes DPDK", {"dataplane/drop.cpp": SPDX + "#include <rte_mbuf.h>\n"}),
    ("layering", "an include from beside", {"dataplane/drop.cpp": SPDX + '#include "drop.hpp"\n'}),
    ("layering", "the product includes a test", {"dataplane/drop.cpp": SPDX + '#include "tests/x.hpp"\n'}),
    ("layering", "Hyperscan in two rooms", {"dataplane/drop.cpp": SPDX + "#include <hs/hs.h>\n"}),
    ("layering", "C++ in a folder of its own", {"common/octets.hpp": SPDX}),
    ("readmes", "a room that is not listed", {"dataplane/extra.hpp": SPDX}),
    ("readmes", "a room that is listed but gone", {"config/limits.hpp": None, "config/other.hpp": SPDX}),
    ("readmes", "a folder without README", {"config/README.md": None}),
    ("readmes", "a README without rooms", {"config/README.md": "# Config\n"}),
    ("readmes", "a top folder that is not on the map", {"tools/README.md": "## Rooms\n"}),
    ("links", "a broken link", {"docs/operations.md": "[x](nowhere.md)"}),
    ("links", "a broken link with an anchor", {"docs/operations.md": "[x](../nowhere.md#top)"}),
    ("licences", "a source without SPDX line", {"config/limits.hpp": "#pragma once\n"}),
    ("licences", "a script without SPDX line", {"tools/run": "#!/bin/bash\necho\n"}),
    ("sizes", "a room of 501 lines", {"config/limits.hpp": SPDX * 501}),
    ("sizes", "a test of 601 lines", {"tests/dataplane/drop_test.cpp": SPDX * 601}),
    ("places", "a path of one machine", {"docs/operations.md": f"see {MACHINE}"}),
    ("places", "something left for later", {"config/limits.hpp": SPDX + f"// {LATER}: bounds\n"}),
    ("drops", "a drop without explanation",
     {"dataplane/drop.hpp": SPDX + "enum class Drop {\n none,\n too_short,\n too_long,\n};\n"}),
    ("drops", "an explanation without drop", {"dataplane/drop.hpp": SPDX + "enum class Drop { none };\n"}),
    ("changelog", "a changelog without Unreleased", {"CHANGELOG.md": "# Changelog\n"}),
    ("names", "a vague file", {"config/string_util.hpp": SPDX}),
    ("names", "a vague folder", {"dataplane/common/octets.hpp": SPDX}),
    ("built", "a test that nobody builds", {"tests/dataplane/frame_test.cpp": SPDX}),
    ("built", "a fuzzer that nobody builds", {"tests/fuzz/frame_fuzz.cpp": SPDX}),
    ("definitions", "two types of one name", {"dataplane/a.hpp": "namespace echotap {\nstruct Label {\n};\n}\n",
                                              "tools/b.hpp": "namespace echotap {\nclass Label {\n};\n}\n"}),
]


def violations_of(rule, files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            if text is not None:
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return list(rule(rules.Tree(root)))


def main():
    cases = [(rule.__name__ + " accepts a tidy tree", rule, GOOD, False) for rule in rules.RULES]
    by_name = {rule.__name__: rule for rule in rules.RULES}
    cases += [(f"{name} sees {what}", by_name[name], {**GOOD, **changes}, True) for name, what, changes in VIOLATIONS]
    untested = set(by_name) - {name for name, _, _ in VIOLATIONS}
    print(f"1..{len(cases) + 1}")
    failed = 0
    for number, (title, rule, files, expected) in enumerate(cases, 1):
        found = violations_of(rule, files)
        good = bool(found) == expected
        failed += not good
        if not good:
            print(f"# expected {'a violation' if expected else 'none'}, found {found}")
        print(f"{'ok' if good else 'not ok'} {number} {title}")
    print(f"{'not ok' if untested else 'ok'} {len(cases) + 1} every rule has a violation {sorted(untested)}")
    return 1 if failed or untested else 0


if __name__ == "__main__":
    sys.exit(main())
