#!/usr/bin/env python3
# sql_tests/tools/house/floors.py
#   Includes run downwards only: which folder of src/ may include which.
#   And what other versions of PostgreSQL do not compile is not there.

import os
import re
import sys

MAY_INCLUDE = {
    "base": set(),
    "job": {"base"},
    "wire": {"base"},
    "types": {"base", "wire/result.h"},
    "source": {"types", "wire", "base"},
    "ddl": {"source", "types", "base"},
    "load": {"source", "types", "wire", "base"},
    "replicate": {"source", "types", "wire", "base"},
    "fdw": {"ddl", "source", "types", "wire", "base"},
    "migrate": {"job", "load", "ddl", "source", "types", "wire", "base"},
    "": {"base", "job"},                        # module.c, the roof
}

# 15 brings this header by way of others, 13 does not.
XACT = re.compile(r"\b(?:(?:Start|Commit|AbortCurrent)Transaction(?:Command)?"
                  r"|CommandCounterIncrement|IsTransactionState"
                  r"|IsInTransactionBlock|PreventInTransactionBlock"
                  r"|RegisterXactCallback|XactReadOnly|XactIsoLevel"
                  r"|GetCurrentTransactionNestLevel)\b")


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "..", "..", "..", "src")
    complaints = []
    files = 0
    for folder, _, names in sorted(os.walk(root)):
        room = os.path.relpath(folder, root)
        room = "" if room == "." else room
        if room not in MAY_INCLUDE:
            complaints.append("src/%s: unknown folder" % room)
            continue
        for name in sorted(names):
            if not name.endswith((".c", ".h")):
                continue
            files += 1
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            shown = os.path.join("src", room, name)
            if not text.startswith("/*\n * %s\n" % shown):
                complaints.append("%s: no header with its path" % shown)
            for line in re.findall(r"^\s*#\s*include\s+(\S+)", text, re.M):
                complaints += check_include(root, room, shown, line)
            complaints += check_versions(shown, text)
    print("\n".join(complaints))
    if files == 0:
        complaints.append("no source found")
    return 1 if complaints else 0


def check_include(root, room, shown, include):
    target = include.strip("<>\"")
    if target in ("mysql.h", "mysql/mysql.h", "errmsg.h", "mysqld_error.h"):
        return [] if room == "wire" else ["%s: includes %s" % (shown, include)]
    if not include.startswith('"'):
        return []
    if not os.path.exists(os.path.join(root, target)):
        return []                               # PostgreSQL's own
    other = target.split("/")[0] if "/" in target else ""
    allowed = MAY_INCLUDE[room]
    if other == room or other in allowed or target in allowed:
        return []
    return ["%s: may not include %s" % (shown, include)]


def check_versions(shown, text):
    complaints = []
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    if XACT.search(code) and "\"access/xact.h\"" not in code:
        complaints.append("%s: uses access/xact.h, does not include it" % shown)
    if "pg_attribute_noreturn" in code and shown != "src/base/compat.h":
        complaints.append("%s: 18 has pg_noreturn instead of"
                          " pg_attribute_noreturn" % shown)
    return complaints


sys.exit(main())
