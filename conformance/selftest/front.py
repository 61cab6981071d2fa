"""conformance/run and conformance/matrix, driven as a user does."""

import subprocess
import sys

import sample

MATRIX, RUN = sample.HERE / "matrix", sample.HERE / "run"
HELP = "command.help:usage-on-standard-output[command]"
HOSTILE = "</script><b>"


def call(program, *argv):
    argv = [sys.executable, str(program), *map(str, argv)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def run(fake, *argv):
    return call(RUN, fake, "--timeout-scale", "0.5", *argv)
