"""Which programs were tested: their package's version where a package manager knows, and a digest."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from ..implementation import expand
from ..spec import ROOT


def said(*argv):
    """The first line that a program writes, "" when it fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""


def version_of(path):
    """A version for a person, or None: of the commit for what is built here, else of the package."""
    ours = (ROOT, expand("$LEI_BUILD", ROOT))
    if any(Path(path).resolve().is_relative_to(place) for place in ours):
        return said("git", "-C", str(ROOT), "describe", "--always", "--dirty") or None
    owner = said("dpkg-query", "-S", path).partition(":")[0]
    return said("dpkg-query", "-W", "-f", "${Package} ${Version}", owner) or None if owner else None


def describe(programs):
    """{name: {path, version, sha256}} of the programs that are on this machine."""
    ret = {}
    for name, program in programs.items():
        path = shutil.which(program)
        if path:
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            ret[name] = {"path": os.path.abspath(path), "version": version_of(path), "sha256": digest}
    return ret
