"""spec/waitevent.md: events beside the idle limit, and steps of the clock"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.limit.fixed")
def test_periodic_event(adapter):
    adapter.check(
        """
        stream S limit 10
        add S A 1003 again +3
        read S
        """,
        """
        1003 fire A
        1006 fire A
        1009 fire A
        1010 timeout S
        """,
    )


@clause("waitevent.limit.equal")
def test_at_the_very_end(adapter):
    adapter.check(
        """
        stream S limit 10
        add S A 1010 gone
        read S
        """,
        """
        1010 fire A
        1010 timeout S
        """,
    )


@clause("waitevent.limit.origin")
def test_busy_for_longer(adapter):
    adapter.check(
        """
        stream S limit 10
        add S A 1005 gone
        busy 15
        read S
        """,
        """
        1015 fire A
        1015 timeout S
        """,
        """
        1015 fire A
        1025 timeout S
        """,
    )


@clause("waitevent.limit.input-first")
def test_input_meanwhile(adapter):
    adapter.check(
        """
        stream S limit 10
        add S A 1005 gone
        input S 1 at 1014
        busy 15
        read S
        """,
        """
        1015 fire A
        1015 input S 0
        """,
    )


@clause("waitevent.limit.changed")
def test_longer(adapter):
    adapter.check(
        """
        # counted from the last input, or from the change
        stream S limit 10
        add S A 1005 limit S 30; gone
        read S
        """,
        """
        1005 fire A
        1030 timeout S
        """,
        """
        1005 fire A
        1035 timeout S
        """,
    )


@clause("waitevent.limit.changed")
def test_shorter(adapter):
    adapter.check(
        """
        stream S limit 100
        add S A 1005 limit S 7; gone
        read S
        """,
        """
        1005 fire A
        1007 timeout S
        """,
        """
        1005 fire A
        1012 timeout S
        """,
    )


@clause("waitevent.limit.changed")
def test_touched(adapter):
    adapter.check(
        """
        # what a keepalive does
        stream S limit 10
        add S A 1005 touch S; gone
        read S
        """,
        """
        1005 fire A
        1015 timeout S
        """,
    )


@clause("waitevent.limit.slow")
def test_half_of_it(adapter):
    adapter.check(
        """
        stream S limit 60
        add S A 1000 take 30; gone
        read S
        """,
        """
        1000 fire A
        1060 timeout S
        """,
    )


@clause("waitevent.step.back")
def test_waits_for_the_clock(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1010 gone
        step -5 at 1003
        input S 1 at 1030
        read S
        """,
        """
        1015 fire A
        1030 input S 0
        """,
    )


@clause("waitevent.step.back")
def test_between_waits(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1010 gone
        step -100
        busy 50
        read S
        busy 60
        read S
        """,
        """
        1050 again S
        1110 fire A
        1110 again S
        """,
    )


@clause("waitevent.step.forward")
def test_next_pass(adapter):
    adapter.check(
        """
        stream S limit 6000
        add S A 1050 gone
        step 100
        input S 1 at 1060
        read S
        """,
        """
        1000 fire A
        1060 input S 0
        """,
    )


@clause("waitevent.step.forward")
def test_no_later_than_the_wait(adapter):
    adapter.check(
        """
        stream S limit 6000
        add S A 1050 gone
        step 100 at 1003
        input S 1 at 1060
        read S
        """,
        """
        1003..1050 fire A
        1060 input S 0
        """,
    )


@clause("waitevent.step.sleeping")
def test_noticed(adapter):
    adapter.check(
        """
        stream S limit 6000
        add S A 1050 gone
        step 100 at 1003
        input S 1 at 1060
        read S
        """,
        """
        1003 fire A
        1060 input S 0
        """,
    )


@clause("waitevent.step.limit")
@each("by", [param("forward", "3600"), param("back", "-100")])
def test_no_longer_no_shorter(adapter, by):
    adapter.check(
        f"""
        stream S limit 20
        step {by} at 1005
        read S
        """,
        """
        1020 timeout S
        """,
    )


@clause("waitevent.step.limit")
def test_event_in_between(adapter):
    adapter.check(
        """
        stream S limit 20
        add S A 1010 gone
        step 3600 at 1005
        read S
        """,
        """
        1005..1010 fire A
        1020 timeout S
        """,
    )
