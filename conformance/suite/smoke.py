"""Before any clause: can this implementation be driven at all?  A failure here is exit 4."""

import random


def test_smoke_daemon(daemon):
    name = "no-such-command-" + "".join(random.choices("abcdefghijkl", k=12))
    assert not daemon.call(name).succeeded, f"{name} is said to have succeeded"
    daemon.may_end = True  # what it leaves, or whether it lives, is a finding and no reason to look no further


def test_smoke_client(client):
    run, session = client.converse("daemon-pid")
    assert session.parsed()[0] == [b"daemon-pid"]
    session.send(b"x_it 0")
    session.close()
    run.end()


def test_smoke_adapter(adapter):
    """Nothing here rests on a clause that anybody could doubt."""
    run = adapter.run("# nothing\n")
    assert not run.trace, run.explain("an empty script has a trace")
    adapter.check(
        """
        stream S nonblock
        read S
        input S 2
        read S 2
        busy 5
        add S A 1001 gone
        remove S A
        eof S
        read S
        """,
        """
        1000 again S
        1000 input S 01
        1005 eof S
        """,
    )
    word = "no-such-word-" + "".join(random.choices("abcdefghijkl", k=12))
    run = adapter.attempt(f"{word} S 1\nstream S")
    assert run.unsupported == word, run.explain(f"not answered by `unsupported {word}`")
