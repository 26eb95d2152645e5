#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a file as C++: embed_octets.py INPUT OUTPUT NAMESPACE NAME. Out come `const char* const NAME` and `NAME_size`.

A string literal, because compilers take a megabyte of it in no time, where a list of numbers costs them seconds.
"""

import sys

LINE_OCTETS = 32


def main():
    source, target, namespace, name = sys.argv[1:]
    with open(source, "rb") as file:
        octets = file.read()
    # Three octal digits each: what follows can then never be taken for a part of it.
    lines = ('"' + "".join(f"\\{octet:03o}" for octet in octets[at:at + LINE_OCTETS]) + '"'
             for at in range(0, len(octets), LINE_OCTETS))
    with open(target, "w", encoding="ascii") as file:
        file.write("// Written by embed_octets.py.\n"
                   "// Both compilers take literals of any length; clang warns that others need not.\n"
                   '#pragma GCC diagnostic ignored "-Woverlength-strings"\n'
                   f"#include <cstddef>\nnamespace {namespace} {{\n"
                   f"extern const char* const {name};\nextern const std::size_t {name}_size;\n"
                   f"const char* const {name} =\n\"\"\n" + "\n".join(lines) +
                   f";\nconst std::size_t {name}_size = {len(octets)};\n}}\n")


if __name__ == "__main__":
    main()
