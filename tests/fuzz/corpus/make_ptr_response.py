#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes corpus/ptr_response/: responses to questions for names, good, odd and broken."""

import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
CNAME, PTR, TXT = 5, 12, 16
QNAME = b"\x014\x013\x012\x011\x07in-addr\x04arpa\0"
OWNER = b"\xc0\x0c"  # QNAME again


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def record(owner, kind, rdata, its_class=1, size=None):
    return owner + struct.pack(">HHIH", kind, its_class, 3600, len(rdata) if size is None else size) + rdata


def response(*records, rcode=0, flags=0x8180, questions=1, question=QNAME, answers=None):
    head = struct.pack(">HHHHHH", 1, flags | rcode, questions, len(records) if answers is None else answers, 0, 0)
    return head + question + struct.pack(">HH", PTR, 1) + b"".join(records)


MESSAGES = {
    "name": response(record(OWNER, PTR, name("mail.example.net"))),
    "name_compressed": response(record(OWNER, PTR, b"\x04mail\xc0\x14")),
    "names": response(*(record(OWNER, PTR, name(each)) for each in ("b.example", "aa.example", "C.example"))),
    "names_of_two_cases": response(*(record(OWNER, PTR, name(each)) for each in ("X.example", "x.example"))),
    "nxdomain": response(rcode=3),
    "nodata": response(),
    "servfail": response(rcode=2),
    "refused": response(rcode=5),
    "notimp": response(rcode=4),
    "alias": response(record(OWNER, CNAME, name("x.example")), record(name("X.example"), PTR, name("y.example"))),
    "alias_behind": response(record(name("x.example"), PTR, name("y.example")), record(OWNER, CNAME, name("x.example"))),
    "alias_of_itself": response(record(OWNER, CNAME, OWNER)),
    "aliases_too_many": response(
        record(OWNER, CNAME, name("a0")), *(record(name(f"a{i}"), CNAME, name(f"a{i + 1}")) for i in range(9)),
        record(name("a9"), PTR, name("far.example"))),
    "aliases_just_enough": response(
        record(OWNER, CNAME, name("a0")), *(record(name(f"a{i}"), CNAME, name(f"a{i + 1}")) for i in range(7)),
        record(name("a7"), PTR, name("far.example"))),
    "of_another_owner": response(record(name("other.example"), PTR, name("lies.example"))),
    "of_another_class": response(record(OWNER, PTR, name("chaos.example"), its_class=3)),
    "text_before": response(record(OWNER, TXT, b"\x02hi"), record(OWNER, PTR, name("mail.example"))),
    "root": response(record(OWNER, PTR, b"\0")),
    "hostile": response(record(OWNER, PTR, b"\x08a b\tc\n\0\xff\x05.\\\";(\0")),
    "longest": response(record(OWNER, PTR, b"".join(b"\x3f" + bytes([65 + i]) * 63 for i in range(3)) + b"\x3d" + b"z" * 61 + b"\0")),
    "too_long": response(record(OWNER, PTR, b"".join(b"\x3f" + bytes([65 + i]) * 63 for i in range(3)) + b"\x3e" + b"z" * 62 + b"\0")),
    "labels_127": response(record(OWNER, PTR, b"\x01a" * 127 + b"\0")),
    "pointer_forward": response(record(OWNER, PTR, b"\xc0\xff")),
    "pointer_to_itself": response(record(OWNER, PTR, b"\xc0" + bytes([12 + len(QNAME) + 4 + 12]))),
    "pointers_to_pointers": response(record(OWNER, PTR, b"\x01a\xc0\x0c"), record(OWNER, PTR, b"\x01b" + b"\xc0\x2e")),
    "label_of_a_kind_unknown": response(record(OWNER, PTR, b"\x41a\0")),
    "size_too_small": response(record(OWNER, PTR, name("mail.example"), size=5)),
    "size_too_large": response(record(OWNER, PTR, name("mail.example"), size=500)),
    "answers_missing": response(record(OWNER, PTR, name("mail.example")), answers=2),
    "query": response(record(OWNER, PTR, name("mail.example")), flags=0x0100),
    "opcode_other": response(flags=0x9180),
    "questions_none": response(questions=0),
    "questions_two": response(questions=2),
    "head_only": response()[:12],
    "head_cut": response()[:11],
    "question_cut": response()[:-1],
    "empty": b"",
}


def main():
    folder = HERE / "ptr_response"
    folder.mkdir(exist_ok=True)
    for each, octets in MESSAGES.items():
        (folder / each).write_bytes(octets)


if __name__ == "__main__":
    main()
