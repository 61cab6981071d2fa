"""spec/compat.md: a client and a daemon together, of one implementation or of two."""

import json

from suite.api import clause, message, needs, require

pytestmark = needs("pair")


def lei(client, *args, stdin=None):
    how = {}
    if stdin is not None:
        path = client.place.root / "stdin"
        path.write_bytes(stdin)
        how["stdin"] = path.open("rb")
    run = client.spawn(*args, **how)
    return run.end(20), run


@clause("compat.command")
def test_output_and_status(daemon, client):
    code, run = lei(client, "daemon-pid")
    require(code == 0, f"ended with {code}: {run.err!r}")
    assert run.out == f"{daemon.pid}\n".encode()
    code, run = lei(client, "help")
    require(code == 0 and run.out, f"help ended with {code}")


@clause("compat.failure")
def test_reason_and_status(daemon, client):
    code, run = lei(client, "no-such-command")
    require(code != 0, "ended with 0")
    require(b"no-such-command" in run.err, f"standard error is {run.err!r}")


NAMES = [f"mail{n:03d}" for n in range(100)]


@clause("compat.import")
@needs("mail")
def test_mailbox_from_standard_input(daemon, client):
    code, run = lei(client, "import", "-F", "mboxrd", "-", stdin=b"".join(map(message, NAMES)))
    require(code == 0, f"import ended with {code}: {run.err!r}")
    for terms, expected in ((["s:mail042"], 1), (["f:alice"], 100), (["s:nothing"], 0)):
        code, run = lei(client, "q", "-f", "json", *terms)
        require(code == 0, f"q ended with {code}: {run.err!r}")
        rows = [row for row in json.loads(run.out) if row]
        require(len(rows) == expected, f"q {terms} found {len(rows)}, not {expected}")
    daemon.settle()


@clause("compat.output")
@needs("mail")
def test_mailbox_to_standard_output(daemon, client):
    code, run = lei(client, "import", "-F", "mboxrd", "-", stdin=b"".join(map(message, NAMES)))
    require(code == 0, f"import ended with {code}: {run.err!r}")
    code, run = lei(client, "q", "-f", "mboxrd", "f:alice")
    require(code == 0, f"q ended with {code}: {run.err!r}")
    got = sorted(line for line in run.out.split(b"\n") if line.startswith(b"Message-ID:"))
    assert got == [f"Message-ID: <{n}@example.com>".encode() for n in NAMES]
    daemon.settle()
