#!/usr/bin/python3
"""Lay the raw messages of the corpus out as eml files and as one mboxrd.

usage: corpus.py DATA OUT   (DATA/*/*.txt are raw messages, some with a leading "From " line)
"""
import pathlib
import re
import sys

FROM_LINE = re.compile(rb"\AFrom [^\n]*\n")
ESCAPE = re.compile(rb"^(>*From )", re.MULTILINE)


def main(data: pathlib.Path, out: pathlib.Path) -> None:
    (out / "eml").mkdir(parents=True)
    files = sorted(data.glob("*/*.txt"))
    with open(out / "corpus.mboxrd", "wb") as mbox:
        for number, path in enumerate(files, start=1):
            raw = FROM_LINE.sub(b"", path.read_bytes())
            if not raw.endswith(b"\n"):
                raw += b"\n"
            (out / "eml" / f"{number:04d}.eml").write_bytes(raw)
            mbox.write(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n")
            mbox.write(ESCAPE.sub(rb">\1", raw))
            mbox.write(b"\n")
    print(f"{len(files)} messages", file=sys.stderr)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
