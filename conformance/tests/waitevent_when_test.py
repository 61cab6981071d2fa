"""spec/waitevent.md: when events run, beside input and signals"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.when.waiting")
def test_not_by_themselves(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1001 gone
        busy 5
        add S B 1003 gone
        mark B 1400
        remove S B
        limit S 700
        nonblock S on
        nonblock S off
        input S 1
        busy 5
        read S
        """,
        """
        1010 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.when.own-stream")
def test_another_waits(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add S A 1005 gone
        input T 1 at 1010
        read T
        input S 1 at 1020
        read S
        """,
        """
        1010 input T 0
        1010 fire A
        1020 input S 0
        """,
    )


@clause("waitevent.when.entry")
@each("mode", [param("blocking", "limit 600"), param("nonblocking", "nonblock")])
def test_before_input(adapter, mode):
    adapter.check(
        f"""
        stream S {mode}
        add S A 1000 gone
        add S B 1004 gone
        input S 1
        busy 5
        read S
        """,
        """
        1005 fire A
        1005 fire B
        1005 input S 0
        """,
    )


@clause("waitevent.when.entry")
def test_before_the_end(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1000 gone
        eof S
        read S
        """,
        """
        1000 fire A
        1000 eof S
        """,
    )


@clause("waitevent.when.every-wait")
@needs("waitevent-output")
def test_output_pending(adapter):
    adapter.check(
        """
        # O leaves output behind, and there is input: A still has its pass
        stream S bound limit 600
        add S O 1000 output 5; gone
        add S A 1003 gone
        input S 1
        read S
        busy 5
        input S 1
        read S
        """,
        """
        1000 fire O
        ? 1000 delivered 5
        1000 input S 0
        ? 1005 delivered 5
        1005 fire A
        ? 1005 delivered 5
        1005 input S 1
        """,
    )


@clause("waitevent.when.arrival")
def test_at_the_same_moment(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1010 gone
        input S 1 at 1010
        read S
        input S 1 at 1020
        read S
        """,
        """
        1010 fire A
        1010 input S 0
        1020 input S 1
        """,
        """
        1010 input S 0
        1010 fire A
        1020 input S 1
        """,
    )


@clause("waitevent.when.buffered")
def test_buffer_first(adapter):
    adapter.check(
        """
        stream S limit 600
        input S 3
        read S 1
        add S A 1005 gone
        busy 10
        read S 1
        read S 1
        input S 1 at 1020
        read S 1
        """,
        """
        1000 input S 0
        1010 input S 1
        1010 input S 2
        1010 fire A
        1020 input S 3
        """,
        """
        1000 input S 0
        1010 fire A
        1010 input S 1
        1010 input S 2
        1020 input S 3
        """,
    )


@clause("waitevent.when.between")
def test_half_a_line(adapter):
    adapter.check(
        """
        stream S limit 600
        input S 3
        add S A 1005 gone
        input-line S 2 at 1010
        line S
        """,
        r"""
        1005 fire A
        1010 input S 0123\n
        """,
    )


@clause("waitevent.when.unlimited")
def test_while_blocked(adapter):
    adapter.check(
        """
        stream S
        add S A 1005 again 1008 | gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1008 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.when.unlimited")
def test_at_entry(adapter):
    adapter.check(
        """
        stream S
        add S A 1000 gone
        input S 1
        read S
        """,
        """
        1000 fire A
        1000 input S 0
        """,
    )


@clause("waitevent.when.unlimited")
def test_limit_taken_away(adapter):
    adapter.check(
        """
        stream S limit 5
        limit S none
        add S A 1010 gone
        input S 1 at 1020
        read S
        """,
        """
        1010 fire A
        1020 input S 0
        """,
    )


@clause("waitevent.when.nonblocking")
def test_one_pass(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1000 again 1002 | gone
        add S B 1005 gone
        read S
        busy 10
        read S
        read S
        """,
        """
        1000 fire A
        1000 again S
        1010 fire A
        1010 fire B
        1010 again S
        1010 again S
        """,
    )


@clause("waitevent.when.ended")
@each("end,word", [param("end-of-file", "eof S at 1005", "eof"), param("idle-limit", "limit S 5", "timeout")])
def test_nothing_runs(adapter, end, word):
    adapter.check(
        f"""
        stream S limit 600
        add S A 1010 gone
        {end}
        read S
        busy 20
        read S
        read S
        """,
        f"""
        1005 {word} S
        1025 {word} S
        1025 {word} S
        """,
    )


@clause("waitevent.signal.goes-on")
def test_neither_events_nor_limit(adapter):
    adapter.check(
        """
        stream S limit 15
        add S A 1010 gone
        signal at 1003
        signal at 1006
        signal at 1012
        read S
        """,
        """
        1010 fire A
        1015 timeout S
        """,
    )


@clause("waitevent.signal.goes-on")
def test_then_input(adapter):
    adapter.check(
        """
        stream S limit 600
        signal at 1003
        input S 1 at 1005
        read S
        """,
        """
        1005 input S 0
        """,
    )


@clause("waitevent.many.events")
def test_a_thousand(adapter):
    """Event N at 1000 + (N * 389) % 1000, added in the order of N."""
    marks = [1000 + n * 389 % 1000 for n in range(1000)]
    adds = "\n".join(f"add S E{n} {mark} gone" for n, mark in enumerate(marks))
    fires = "\n".join(f"{mark} fire E{n}" for mark, n in sorted((m, n) for n, m in enumerate(marks)))
    adapter.check(
        f"""
        stream S limit 6000
        {adds}
        input S 1 at 2010
        read S
        """,
        f"""
        {fires}
        2010 input S 0
        """,
    )


@clause("waitevent.many.events")
def test_every_other_removed(adapter):
    adds = "\n".join(f"add S E{n} {1001 + n % 7} gone" for n in range(300))
    removes = "\n".join(f"remove S E{n}" for n in range(0, 300, 2))
    fires = "\n".join(f"{1001 + n % 7} fire E{n}" for n in sorted(range(1, 300, 2), key=lambda n: n % 7))
    adapter.check(
        f"""
        stream S limit 600
        {adds}
        {removes}
        input S 1 at 1010
        read S
        """,
        f"""
        {fires}
        1010 input S 0
        """,
    )
