"""spec/waitevent.md: what callbacks may do to streams"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.reentrant.slow")
def test_due_meanwhile(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1000 take 10; gone
        add S B 1005 gone
        input S 1 at 1030
        read S
        """,
        """
        1000 fire A
        1010 fire B
        1030 input S 0
        """,
    )


@clause("waitevent.reentrant.slow")
def test_not_slept_again(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1000 take 10; gone
        add S B 1015 gone
        input S 1 at 1030
        read S
        """,
        """
        1000 fire A
        1015 fire B
        1030 input S 0
        """,
    )


@clause("waitevent.reentrant.input")
def test_without_a_delay(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 input S 1; gone
        read S
        """,
        """
        1005 fire A
        1005 input S 0
        """,
    )


@clause("waitevent.reentrant.output")
@needs("waitevent-output")
@each("flush", [param("by-the-wait", ""), param("by-itself", "flush; ")])
def test_delivered_before_sleep(adapter, flush):
    adapter.check(
        f"""
        stream S bound limit 600
        add S A 1005 output 5; {flush}gone
        input S 1 at 1030
        read S
        """,
        """
        1005 fire A
        1005 delivered 5
        1030 input S 0
        """,
    )


@clause("waitevent.reentrant.read")
@each("first", [param("mark-moved", "mark A 1100; "), param("still-due", "")])
def test_no_byte_lost(adapter, first):
    adapter.check(
        f"""
        stream S limit 600
        add S A 1005 {first}input S 2; read S 1; again 1100
        input S 2 at 1020
        read S 4
        remove S A
        read S 4
        """,
        """
        1005 fire A
        1005 busy S
        1005 input S 01
        1020 input S 23
        """,
        """
        1005 fire A
        1005 input S 0
        1005 input S 1
        1020 input S 23
        """,
    )


@clause("waitevent.reentrant.read")
def test_nothing_there(adapter):
    adapter.check(
        """
        # refused, or what comes at 1010 is taken by the inner read
        stream S limit 600
        add S A 1005 mark A 1100; read S 1; keep
        input S 1 at 1010
        input S 1 at 1020
        read S 1
        """,
        """
        1005 fire A
        1005 busy S
        1010 input S 0
        """,
        """
        1005 fire A
        1010 input S 0
        1020 input S 1
        """,
    )


@clause("waitevent.reentrant.free")
def test_its_own(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 free S; none
        add S B 1005 gone
        read S
        stream T limit 600
        add T C 1010 gone
        input T 1 at 1020
        read T
        """,
        """
        1005 fire A
        1005 error S *
        1010 fire C
        1020 input T 0
        """,
    )


@clause("waitevent.reentrant.free-other")
def test_another(adapter):
    """Whether its events are leaked is not the point here."""
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add T B 1005 gone
        add S A 1005 free T; gone
        input S 1 at 1010
        read S
        busy 5
        input S 1
        read S
        """,
        """
        1005 fire A
        ? 1005 error - *
        1010 input S 0
        1015 input S 1
        """,
    )


@clause("waitevent.reentrant.free-other")
@needs("waitevent-turns")
def test_due_in_the_same_turn(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add S A 1000 free T; gone
        add T B 1000 gone
        turn 1
        nonblock S on
        read S
        """,
        """
        1000 turned due
        1000 fire A
        ? 1000 error - *
        1000 again S
        """,
        """
        1000 fire A
        1000..1001 turned none
        1000..1001 again S
        """,
    )


@clause("waitevent.reentrant.nonblocking")
def test_in_the_midst(adapter):
    adapter.check(
        """
        stream S limit 20
        add S A 1005 nonblock S on; gone
        add S B 1010 gone
        read S
        """,
        """
        1005 fire A
        1005 again S
        """,
        """
        1005 fire A
        1010 fire B
        1010 again S
        """,
        """
        1005 fire A
        1010 fire B
        1020 again S
        """,
        """
        1005 fire A
        1010 fire B
        1020 timeout S
        """,
    )
