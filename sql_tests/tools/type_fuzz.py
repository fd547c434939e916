#!/usr/bin/env python3
# sql_tests/tools/type_fuzz.py SEED ROWS FLOATS [UNKNOWN...]
#   SQL for MySQL: tables of random values, ROWS in each; FLOATS doubles and
#   floats by their bits.  The bits go to the file that BITS names.  UNKNOWN:
#   types that this server does not have.

import json
import os
import random
import struct
import sys
import uuid

R = random.Random(int(sys.argv[1]))
ROWS = int(sys.argv[2])
FLOATS = int(sys.argv[3])
UNKNOWN = sys.argv[4:]

CHARSETS = [                            # MySQL's name, Python's
    ("utf8mb4", None), ("utf8", "bmp"), ("latin1", "cp1252"),
    ("ucs2", "bmp"), ("utf16", None), ("utf16le", None), ("utf32", None),
    ("latin2", "iso8859_2"), ("latin5", "iso8859_9"), ("cp1250", "cp1250"),
    ("cp1251", "cp1251"), ("cp1256", "cp1256"), ("cp1257", "cp1257"),
    ("cp850", "cp850"), ("cp852", "cp852"), ("cp866", "cp866"),
    ("koi8r", "koi8_r"), ("koi8u", "koi8_u"), ("greek", "iso8859_7"),
    ("hebrew", "iso8859_8"), ("tis620", "tis_620"), ("sjis", "shift_jis"),
    ("cp932", "cp932"), ("ujis", "euc_jp"), ("gbk", "gbk"),
    ("gb2312", "gb2312"), ("big5", "big5"), ("euckr", "euc_kr"),
    ("ascii", "ascii"), ("macroman", "mac_roman")]


def edge(low, high):
    """An integer, often at an end or at a power of two."""
    kind = R.randrange(4)
    if kind == 0:
        return R.choice((low, high, 0, low + 1, high - 1))
    if kind == 1:
        number = R.choice((1, -1)) * 2 ** R.randrange(64) + R.randrange(-1, 2)
        return min(max(number, low), high)
    return R.randint(low, high)


def nullable(value):
    return "NULL" if R.randrange(12) == 0 else value


def quoted(text):
    return "_utf8mb4 X'%s'" % text.encode("utf-8").hex() if text else "''"


def hexadecimal(data):
    return "X'%s'" % data.hex()


SPECIAL = ["NULL", "\\N", "", " ", "'", '"', "\\", "\t", "\n", "\r\n", "#",
           "%s", "a ", " a", "\x7f", "\x01", "0", "{}", "[", "\u200b"]


def character(codec):
    while True:
        kind = R.randrange(3)
        c = chr(R.choice((R.randrange(1, 128), R.randrange(160, 0x800),
                          R.randrange(0x3040, 0x9fff), R.randrange(0xac00, 0xd7a3))
                         if kind else (R.randrange(1, 0x3000),)))
        if codec is None:
            return R.choice((c, c, c, chr(R.randrange(0x1f300, 0x1f650)),
                             "\U0010ffff", "\uffff", "\ufeff"))
        if codec == "bmp":
            return c
        try:
            c.encode(codec)
            return c
        except UnicodeEncodeError:
            if R.randrange(40) == 0:
                return chr(R.randrange(32, 127))


def text(codec, longest):
    if R.randrange(6) == 0:
        return R.choice(SPECIAL)
    return "".join(character(codec) for _ in range(R.randrange(longest)))


def moment(fraction, low=0, high=9999, zero=True):
    if zero and R.randrange(15) == 0:
        return "0000-00-00 00:00:00"
    year = R.choice((R.randint(max(low, 1), high), R.randint(1970, 2037)))
    day = "%04d-%02d-%02d" % (year, R.randint(1, 12), R.randint(1, 28))
    return day + " " + clock(R.randrange(24), fraction)


def clock(hours, fraction):
    digits = R.choice(("0" * fraction, "9" * fraction,
                       "".join(R.choice("0123456789")
                               for _ in range(fraction))))
    return "%02d:%02d:%02d%s" % (hours, R.randrange(60), R.randrange(60),
                                 "." + digits if fraction else "")


def json_value(depth=0):
    kind = R.randrange(9 if depth < 4 else 7)
    if kind == 0:
        return None
    if kind == 1:
        return R.choice((True, False))
    if kind == 2:
        return edge(-2 ** 63, 2 ** 64 - 1)
    if kind == 3:
        return R.uniform(-1e6, 1e6) * 10 ** R.randrange(-20, 20)
    if kind < 7:
        return text(None, 8).replace("\x00", "")
    if kind == 7:
        return [json_value(depth + 1) for _ in range(R.randrange(4))]
    return {text(None, 5): json_value(depth + 1) for _ in range(R.randrange(4))}


def coordinates(count):
    return ",".join("%r %r" % (R.uniform(-180, 180), R.uniform(-90, 90))
                    for _ in range(count))


def ring():
    first = coordinates(1)
    return "(%s,%s,%s)" % (first, coordinates(R.randrange(2, 5)), first)


def shape(kind):
    if kind == "point":
        return "POINT(%s)" % coordinates(1)
    if kind == "linestring":
        return "LINESTRING(%s)" % coordinates(R.randrange(2, 5))
    if kind == "polygon":
        return "POLYGON(%s)" % ",".join(ring() for _ in range(R.randrange(1, 3)))
    if kind == "multipoint":
        return "MULTIPOINT(%s)" % coordinates(R.randrange(1, 4))
    if kind == "multilinestring":
        return "MULTILINESTRING((%s))" % coordinates(3)
    if kind == "multipolygon":
        return "MULTIPOLYGON((%s))" % ring()
    if R.randrange(6) == 0:
        return "GEOMETRYCOLLECTION EMPTY"
    return "GEOMETRYCOLLECTION(%s)" % ",".join(
        shape(k) for k in R.sample(("point", "linestring", "polygon"), 2))


def geometry(kind):
    if kind == "geometry":
        kind = R.choice(("point", "linestring", "polygon",
                         "geometrycollection"))
    return "ST_GeomFromText('%s', %d)" % (shape(kind),
                                          R.choice((0, 0, 3857, 3395)))


def integers():
    for bits, name in ((8, "tinyint"), (16, "smallint"), (24, "mediumint"),
                       (32, "int"), (64, "bigint")):
        for sign in ("", " unsigned", " unsigned zerofill"):
            low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) \
                if sign == "" else (0, 2 ** bits - 1)
            yield name + sign, lambda low=low, high=high: str(edge(low, high))
    yield "year", lambda: str(R.choice((0, R.randint(1901, 2155))))
    yield "bool", lambda: str(R.randrange(2))
    for n in (1, 2, 7, 8, 9, 31, 63, 64):
        yield "bit(%d)" % n, lambda n=n: str(R.getrandbits(n))
    for p, s in ((65, 30), (65, 0), (38, 38), (10, 2), (1, 1), (20, 5)):
        s = min(s, 30)
        yield "decimal(%d,%d)" % (p, s), lambda p=p, s=s: "%s%s.%s" % (
            R.choice(("", "-")),
            R.randrange(10 ** R.randrange(p - s + 1)) if p > s else 0,
            "".join(R.choice("0159") for _ in range(s)) or "0")


def moments():
    yield "date", lambda: "'%s'" % moment(0)[:10]
    for n in range(7):
        yield "datetime(%d)" % n, lambda n=n: "'%s'" % moment(n)
        yield "timestamp(%d) NULL" % n, lambda n=n: "'%s'" % (
            moment(n, 1971, 2037))
        yield "time(%d)" % n, lambda n=n: "'%s%s'" % (
            R.choice(("", "-")), clock(R.choice((0, R.randrange(24),
                                                 R.randrange(838))), n))


def texts():
    for charset, codec in CHARSETS:
        for kind in ("varchar(30)", "char(30)"):
            yield "%s CHARACTER SET %s" % (kind, charset), \
                lambda codec=codec: quoted(text(codec, 30))
    for kind in ("tinytext", "text", "mediumtext", "longtext"):
        yield kind, lambda: quoted(text(None, 60))


def others():
    for kind, size in (("binary(16)", 16), ("varbinary(40)", 40),
                       ("tinyblob", 60), ("blob", 500), ("mediumblob", 80),
                       ("longblob", 80)):
        yield kind, lambda size=size: hexadecimal(
            bytes(R.choice((0, 255, 32, R.randrange(256)))
                  for _ in range(R.randrange(size + 1))))
    yield "enum('a','b,c','d''e','','\\\\')", \
        lambda: str(R.randrange(6))
    yield "set('a','b c','d''e','\"','{}','\\\\')", \
        lambda: str(R.randrange(64))
    yield "set(%s)" % ",".join("'%d'" % n for n in range(64)), \
        lambda: str(R.getrandbits(64))
    yield "json", lambda: quoted(json.dumps(
        json_value(), ensure_ascii=R.choice((True, False))))
    for kind in ("geometry", "point", "linestring", "polygon", "multipoint",
                 "multilinestring", "multipolygon", "geometrycollection"):
        yield kind, lambda kind=kind: geometry(kind)
    yield "inet6", lambda: "'%s'" % ":".join(
        "%x" % R.choice((0, 0, 0xffff, R.randrange(65536))) for _ in range(8))
    yield "inet4", lambda: "'%d.%d.%d.%d'" % tuple(
        R.choice((0, 255, R.randrange(256))) for _ in range(4))
    yield "uuid", lambda: "'%s'" % uuid.UUID(int=R.getrandbits(128))


def table(name, columns):
    columns = [column for column in columns if column[0] not in UNKNOWN]
    print("CREATE TABLE %s (id int PRIMARY KEY, %s);" % (name, ", ".join(
        "c%d %s" % (n, kind) for n, (kind, _) in enumerate(columns))))
    for start in range(0, ROWS, 100):
        print("INSERT INTO %s VALUES %s;" % (name, ",\n".join(
            "(%d, %s)" % (n, ", ".join(nullable(make())
                                       for _, make in columns))
            for n in range(start, min(start + 100, ROWS)))))


def finite(size, layout, exponent):
    while True:
        bits = R.getrandbits(8 * size)
        if R.randrange(3) == 0:         # a power of two, or close to it
            bits = (bits >> exponent << exponent) + R.randrange(-2, 3)
        data = (bits % (1 << 8 * size)).to_bytes(size, "little")
        number = struct.unpack(layout, data)[0]
        if number == number and abs(number) != float("inf") and number != 0:
            return number


def floats():
    print("CREATE TABLE floats (id int PRIMARY KEY, d double, f float);")
    with open(os.environ["BITS"], "w", encoding="ascii") as bits:
        for start in range(0, FLOATS, 1000):
            rows = []
            for n in range(start, min(start + 1000, FLOATS)):
                d = finite(8, "<d", 52)
                f = finite(4, "<f", 23)
                rows.append("(%d,ST_X(ST_GeomFromWKB(X'0101000000%s%s')),%s)" % (
                    n, struct.pack("<d", d).hex(), "00" * 8,
                    "ST_X(ST_GeomFromWKB(X'0101000000%s%s'))" %
                    (struct.pack("<d", f).hex(), "00" * 8)))
                bits.write("%d|%s|%s\n" % (n, struct.pack(">d", d).hex(),
                                           struct.pack(">f", f).hex()))
            print("INSERT INTO floats VALUES %s;" % ",".join(rows))


print("SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO';")
print("SET time_zone = '+00:00';")
table("integers", integers())
table("moments", moments())
table("texts", texts())
table("others", others())
floats()
