"""Before any clause: can this implementation be driven at all?  A failure here is exit 4."""

import random


def test_smoke_daemon(daemon):
    name = "no-such-command-" + "".join(random.choices("abcdefghijkl", k=12))
    assert not daemon.call(name).succeeded, f"{name} is said to have succeeded"


def test_smoke_client(client):
    run, session = client.converse("daemon-pid")
    assert session.parsed()[0] == [b"daemon-pid"]
    session.send(b"x_it 0")
    session.close()
    run.end()
