"""spec/waitevent.md: waiting for many streams at once"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent", "waitevent-turns")


@clause("waitevent.turn.event")
def test_event_and_no_input(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add T A 1005 gone
        turn 20
        """,
        """
        1005 turned due
        """,
        """
        1005 fire A
        1005..1020 turned none
        """,
    )


@clause("waitevent.turn.event")
def test_input_and_no_event(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add T A 1005 gone
        input S 1 at 1003
        turn 20
        read S
        """,
        """
        1003 turned input S
        1003 input S 0
        """,
    )


@clause("waitevent.turn.event")
def test_neither(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1030 gone
        turn 20
        """,
        """
        1020 turned none
        """,
    )


@clause("waitevent.turn.runs")
@each("limit", [param("limited", " limit 600"), param("unlimited", "")])
def test_by_the_next_read(adapter, limit):
    adapter.check(
        f"""
        stream S{limit}
        add S A 1005 gone
        turn 20
        input S 1 at 1030
        read S
        """,
        """
        1005 turned due
        1005 fire A
        1030 input S 0
        """,
        """
        1005 fire A
        1005..1020 turned none
        1030 input S 0
        """,
    )


@clause("waitevent.turn.all")
def test_bytes_in_another_buffer(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        input T 2
        read T 1
        add S A 1000 gone
        turn 5
        """,
        """
        1000 input T 0
        1000 turned input T due
        """,
        """
        1000 input T 0
        1000 fire A
        1000 turned input T
        """,
    )


@clause("waitevent.turn.all")
def test_input_of_another(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        input T 1
        add S A 1000 gone
        turn 5
        """,
        """
        1000 turned input T due
        """,
        """
        1000 fire A
        1000 turned input T
        """,
    )


@clause("waitevent.turn.all")
def test_two_are_due(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add S A 1000 gone
        add T B 1000 gone
        turn 5
        nonblock S on
        nonblock T on
        read S
        read T
        """,
        """
        1000 turned due
        1000 fire A
        1000 again S
        1000 fire B
        1000 again T
        """,
        """
        1000 fire A
        1000 fire B
        1000..1005 turned none
        1000..1005 again S
        1000..1005 again T
        """,
    )


@clause("waitevent.turn.nonblocking")
def test_its_events_count(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1005 gone
        turn 20
        """,
        """
        1005 turned due
        """,
        """
        1005 fire A
        1005..1020 turned none
        """,
    )


@clause("waitevent.turn.limit")
def test_silent_stream(adapter):
    adapter.check(
        """
        stream S limit 5
        stream T limit 600
        turn 20
        read S
        """,
        """
        1005 turned idle S
        1005 timeout S
        """,
    )


@clause("waitevent.turn.signal")
def test_nothing_lost(adapter):
    script = """
        stream S limit 600
        add S A 1005 gone
        signal at 1003
        turn 4
        turn 10
        input S 1 at 1030
        read S
        """
    adapter.check(
        script,
        """
        1003..1004 turned none
        1005 turned due
        1005 fire A
        1030 input S 0
        """,
        """
        1003 error - *
        1005 turned due
        1005 fire A
        1030 input S 0
        """,
        """
        1003..1004 turned none
        1005 fire A
        1005..1014 turned none
        1030 input S 0
        """,
    )


@clause("waitevent.turn.signal")
def test_input_behind_it(adapter):
    adapter.check(
        """
        stream S limit 600
        signal at 1003
        input S 1 at 1003
        turn 4
        turn 4
        read S
        """,
        """
        1003 error - * x0..1
        1003..1004 turned none x0..1
        1003..1004 turned input S x1..2
        1003..1004 input S 0
        """,
    )


@clause("waitevent.turn.ended")
def test_may_run_or_not(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        eof S
        read S
        turn 10
        turn 10
        """,
        """
        1000 eof S
        1000..1010 turned * x0..2
        ? 1005 fire A
        1000..1020 turned * x0..2
        """,
    )
