#!/usr/bin/python3
"""Render spec/ as DIR/spec/lei-contract.html and DIR/man/lei-contract.7.

Derived from spec/, the tests, the mutants and the descriptions of implementations, and nothing else:
the same tree gives the same bytes.  --root DIR renders another tree."""

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from suite import render_data, render_html, render_man, spec  # noqa: E402

PAGES = (("spec/lei-contract.html", render_html), ("man/lei-contract.7", render_man))


def write(path, text):
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=spec.ROOT)
    parser.add_argument("build", type=Path, metavar="DIR")
    args = parser.parse_args()
    try:
        contract = render_data.gather(args.root)
    except (spec.SpecError, OSError) as e:
        print(e, file=sys.stderr)
        return 1
    for name, renderer in PAGES:
        write(args.build / name, renderer.render(contract))
    return 0


if __name__ == "__main__":
    sys.exit(main())
