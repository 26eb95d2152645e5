# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a machine can see. Each takes a Tree and yields one sentence per violation.

docs/architecture.md says why they are there. A new rule goes into RULES, with a violation of it in rules_test.py.
"""

import os
import pathlib
import re

SOURCE_SUFFIXES = {".cpp", ".hpp", ".py"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {".md", ".build", ".txt", ".toml", ".tsv", ".yml"}


class Tree:
    """The files of a checkout by their path from its root, without what is built and what git keeps for itself."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = []
        self.folders = set()
        for folder, folders, names in os.walk(self.root):
            here = pathlib.PurePosixPath(os.path.relpath(folder, self.root))
            top = here == pathlib.PurePosixPath(".")
            folders[:] = sorted(
                name for name in folders
                if name != "__pycache__" and (name == ".ci" or not name.startswith("."))
                and not (top and name.startswith("build"))
            )
            for name in sorted(names):
                if name != ".git" and not name.endswith(".pyc"):
                    self.files.append(here / name)
            if folders or names:
                self.folders.add(here)
        self.files.sort()

    def text(self, path):
        return (self.root / path).read_bytes().decode("utf-8", errors="replace")

    def exists(self, path):
        return (self.root / path).exists()

    def is_script(self, path):
        return path.suffix == "" and (self.root / path).read_bytes()[:2] == b"#!"

    def sources(self):
        """What people write for machines: C++, Python, scripts, build files."""
        for path in self.files:
            if path.suffix in SOURCE_SUFFIXES or path.name in ("meson.build", "meson_options.txt") \
                    or path.suffix == ".toml" or path.name in (".clang-format", ".clang-tidy", ".editorconfig") \
                    or self.is_script(path):
                yield path

    def texts(self):
        """All that people read."""
        for path in self.files:
            if "corpus" in path.parts and path.suffix != ".py":
                continue
            if path.suffix in TEXT_SUFFIXES or path.name.startswith(".") or self.is_script(path):
                yield path

    def cpp(self):
        return (path for path in self.files if path.suffix in (".cpp", ".hpp"))


# What each folder of analytics may include of the others; analytics/README.md says the same.
ANALYTICS = {
    "formats": [],
    "names": [],
    "geo": [],
    "resolver": ["formats"],
    "features": ["names", "geo", "resolver"],
    "learning": ["formats", "features"],
    "models": ["learning"],
    "evaluation": ["formats", "learning", "models"],
    "store": ["formats", "geo", "features", "models"],
}

# What each folder may include of ours, most special first. Tools, tests and benchmarks see all; nothing sees them.
PLANES = {
    "dataplane/dpdk": ["dataplane", "config"],
    "dataplane": ["dataplane", "config"],
    **{f"analytics/{room}": [f"analytics/{below}" for below in [room, *others]] + ["dataplane", "config"]
       for room, others in ANALYTICS.items()},
    "config": ["config"],
    "tools": ["tools", "analytics", "dataplane", "config"],
    "tests": ["tests", "benchmarks", "tools", "analytics", "dataplane", "config"],
    "benchmarks": ["benchmarks", "tools", "analytics", "dataplane", "config"],
}
SEES_DPDK = ["dataplane/dpdk", "tools", "tests", "benchmarks"]

# Third-party headers with one home: at most one room of a plane includes them.
ONE_HOME = {
    "Hyperscan": r"hs(/hs)?(_\w+)?\.h",
    "XGBoost": r"xgboost/.*",
    "libmaxminddb": r"maxminddb\.h",
    "TOML": r"toml\.hpp|toml\+\+/.*|toml11/.*|cpptoml\.h",
    "nlohmann JSON": r"nlohmann/.*",
    "SQLite": r"sqlite3\.h",
    "c-ares": r"ares\.h",
    "OpenSSL": r"openssl/.*",
    "OpenCV": r"opencv2?/.*",
    "xxHash": r"xxhash\.h",
    "zlib": r"zlib\.h",
    "zstd": r"zstd(_errors)?\.h",
    "liblzma": r"lzma\.h",
    "lz4": r"lz4(frame|hc)?\.h",
}


def is_below(path, folder):
    return str(path).startswith(folder + "/")


def includes(tree, path):
    return re.findall(r'^\s*#\s*include\s+(["<])([^">]+)[">]', tree.text(path), re.MULTILINE)


def layering(tree):
    """Folders include only what stands below them, and third-party headers have one home per plane."""
    homes = {}
    for path in tree.cpp():
        plane = next((plane for plane in PLANES if is_below(path, plane)), None)
        if plane is None:
            yield f"{path}: C++ outside the folders {', '.join(PLANES)}"
            continue
        for quote, name in includes(tree, path):
            if re.match(r"rte_|ethdev_|bus_\w+_driver", name) and "dpdk" not in path.parts:
                yield f"{path}: <{name}> has its home in dataplane/dpdk"
            for library, pattern in ONE_HOME.items():
                if re.fullmatch(pattern, name) and path.parts[0] not in ("tests", "benchmarks"):
                    homes.setdefault((path.parts[0], library), set()).add(path.with_suffix(""))
            if quote != '"':
                continue
            allowed = any(name.startswith(below + "/") for below in PLANES[plane])
            if is_below(name, "dataplane/dpdk") and plane not in SEES_DPDK:
                allowed = False
            if not allowed:
                yield f'{path}: "{name}" may not be included here (only {", ".join(PLANES[plane])})'
    for (plane, library), rooms in sorted(homes.items()):
        if len(rooms) > 1:
            yield f"{plane}: {library} is included by {', '.join(sorted(map(str, rooms)))}; it has one home"


def rooms_of(tree, folder):
    """What a README must list: C++ rooms by their stem, other sources and documents by name, folders with a slash."""
    rooms = set()
    for path in tree.files:
        if path.parent != folder or path.name.startswith(".") or path.name in ("README.md", "meson.build"):
            continue
        if path.suffix in (".cpp", ".hpp"):
            rooms.add(path.stem)
        elif path.suffix in (".py", ".md", ".toml") or tree.is_script(path):
            rooms.add(path.name)
    for child in tree.folders:
        if child.parent == folder and child != folder and not child.name.startswith("."):
            rooms.add(child.name + "/")
    return rooms


def listed_rooms(text):
    """The code spans that open the rows of the section "Rooms": the first cell of a table, or the start of an item."""
    section = re.search(r"^#+ [^\n]*\brooms\b[^\n]*$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    if section is None:
        return None
    rooms = set()
    for line in section.group(1).splitlines():
        cell = re.match(r"\|([^|]*)\|", line)
        item = re.match(r"[-*] \[?(`[^`]+`)", line)
        if cell or item:
            rooms |= set(re.findall(r"`([^`]+)`", (cell or item).group(1)))
    return rooms


def readmes(tree):
    """Every folder's README lists exactly its rooms."""
    for folder in sorted(tree.folders):
        readme = folder / "README.md"
        if not tree.exists(readme):
            needs = not folder.parts or any(path.parent == folder and (path.suffix in SOURCE_SUFFIXES or path.suffix == ".md")
                        for path in tree.files)
            # The folders of tests follow the rooms that they test; tests/README.md says so once for all.
            if needs and (folder.parts[:1] != ("tests",) or len(folder.parts) == 1):
                yield f"{folder}: has no README.md that lists its rooms"
            continue
        listed = listed_rooms(tree.text(readme))
        if listed is None:
            if folder.parts[:1] != ("tests",) or len(folder.parts) == 1:
                yield f'{readme}: has no section "Rooms"'
            continue
        rooms = rooms_of(tree, folder)
        if folder == pathlib.PurePosixPath("."):
            rooms = {room for room in rooms if room.endswith("/")}
        for room in sorted(rooms - listed):
            yield f"{readme}: does not list `{room}`"
        for room in sorted(listed - rooms):
            yield f"{readme}: lists `{room}`, which is not there"


def links(tree):
    """Relative links in documents lead somewhere."""
    for path in tree.files:
        if path.suffix != ".md":
            continue
        text = re.sub(r"```.*?```|`[^`\n]*`(?!\])", "", tree.text(path), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            target = target.split("#")[0]
            if target and not re.match(r"[a-z]+:", target) and not tree.exists(path.parent / target):
                yield f"{path}: the link to {target} leads nowhere"


def licences(tree):
    """Every source names its licence in its first lines."""
    for path in tree.sources():
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in tree.text(path).splitlines()[:3]):
            yield f"{path}: no SPDX line"


def sizes(tree):
    """A file is a room: 500 lines at most, 600 for tests and benchmarks."""
    for path in tree.sources():
        line_max = 600 if path.parts[0] in ("tests", "benchmarks") else 500
        lines = len(tree.text(path).splitlines())
        if lines > line_max:
            yield f"{path}: {lines} lines, over {line_max}; what second thing moved in?"


def places(tree):
    """Nothing points to one machine, and nothing is left for later."""
    # Written in two halves, so that this file keeps the rule itself.
    paths = re.compile("|".join(re.escape(first + rest) for first, rest in
                                (("/wo", "rk/"), ("/tmp/", "wt"), ("/ro", "ot/"), ("/ho", "me/"))))
    later = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    for path in tree.texts():
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if paths.search(line):
                yield f"{path}:{number}: names a path of one machine"
            if later.search(line):
                yield f"{path}:{number}: leaves something for later"


def drops(tree):
    """Every reason to drop stands in the operator's manual, and no other."""
    header = pathlib.PurePosixPath("dataplane/drop.hpp")
    manual = pathlib.PurePosixPath("docs/operations.md")
    if not tree.exists(header):
        return
    body = re.search(r"enum class Drop\b[^{]*\{(.*?)\}", tree.text(header), re.DOTALL).group(1)
    reasons = set(re.findall(r"\b(\w+)\b", re.sub(r"//.*", "", body))) - {"none"}
    text = tree.text(manual) if tree.exists(manual) else ""
    section = re.search(r"^#+ [^\n]*\bdrop counters\b[^\n]*$(.*?)(?=^# |^## |\Z)", text,
                        re.MULTILINE | re.DOTALL | re.IGNORECASE)
    explained = set(re.findall(r"^\| `(\w+)` \|", section.group(1), re.MULTILINE)) if section else set()
    for reason in sorted(reasons - explained):
        yield f"{manual}: no row for the drop `{reason}`"
    for reason in sorted(explained - reasons):
        yield f"{manual}: the drop `{reason}` does not exist"


def changelog(tree):
    """What changes is told in the changelog, under Unreleased until a version is cut."""
    path = pathlib.PurePosixPath("CHANGELOG.md")
    if not tree.exists(path) or not re.search(r"^## \[Unreleased\]", tree.text(path), re.MULTILINE):
        yield f"{path}: no section [Unreleased]"


def names(tree):
    """Files and folders bear the words of the field."""
    vague = {"client", "attacker", "session", "manager", "helper", "helpers", "util", "utils", "data", "info",
             "common", "misc"}
    for path in list(tree.sources()) + sorted(tree.folders):
        words = set(re.split(r"[_.-]", path.name.lower()))
        if words & vague:
            yield f"{path}: '{min(words & vague)}' says nothing; use the field's word"


def built(tree):
    """A test or fuzzer that no meson.build names would never run."""
    builds = "\n".join(tree.text(path) for path in tree.files if path.name == "meson.build")
    for path in tree.files:
        if path.parts[0] != "tests" or not re.search(r"_(test|fuzz)\.(cpp|py)$", path.name):
            continue
        name = path.stem.removesuffix("_fuzz") if path.stem.endswith("_fuzz") else path.name
        if not re.search(rf"[/'\"]{re.escape(name)}['\"]", builds):
            yield f"{path}: no meson.build names it"


def definitions(tree):
    """A type is defined once: of two with one name the linker takes the functions of either (the ODR), silently."""
    homes = {}
    for path in tree.cpp():
        scopes, depth = [], 0
        for line in tree.text(path).splitlines():
            line = line.split("//")[0]
            if opened := re.match(r"\s*namespace\s*([\w:]*)\s*\{", line):
                scopes.append((depth, opened[1]))
            found = re.match(r"\s*(?:template\s*<[^>]*>\s*)?(?:enum class|enum|struct|class)\s+(\w+)(?!\w|::)[^;(]*\{", line)
            if found and depth == len(scopes) and scopes and all(name for _, name in scopes):
                homes.setdefault("::".join([name for _, name in scopes] + [found[1]]), set()).add(path)
            depth += line.count("{") - line.count("}")
            while scopes and depth <= scopes[-1][0]:
                scopes.pop()
    for name, paths in sorted(homes.items()):
        if len(paths) > 1:
            yield f"{name} is defined in {', '.join(map(str, sorted(paths)))}: give one of them another name"


RULES = [layering, readmes, links, licences, sizes, places, drops, changelog, names, built, definitions]
