"""spec/waitevent.md: order"""

from suite.api import clause, needs

pytestmark = needs("waitevent")


@clause("waitevent.order.time")
def test_as_marks_come(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1009 gone
        add S B 1003 gone
        add S C 1006 gone
        add S D 1003 gone
        input S 1 at 1010
        read S
        """,
        """
        1003 fire B
        1003 fire D
        1006 fire C
        1009 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.order.equal")
def test_order_of_adding(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        add S B 1005 gone
        add S C 1005 gone
        add S D 1005 gone
        remove S B
        add S E 1005 gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1005 fire C
        1005 fire D
        1005 fire E
        1010 input S 0
        """,
    )


@clause("waitevent.order.equal")
def test_not_of_marking(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1003 again 1005 | gone
        add S B 1005 gone
        add S C 1008 gone
        add S D 1005 gone
        mark C 1005
        input S 1 at 1010
        read S
        """,
        """
        1003 fire A
        1005 fire A
        1005 fire B
        1005 fire C
        1005 fire D
        1010 input S 0
        """,
    )


@clause("waitevent.order.equal")
def test_overdue_together(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1005 gone
        add S B 1005 gone
        add S C 1005 gone
        busy 10
        read S
        """,
        """
        1010 fire A
        1010 fire B
        1010 fire C
        1010 again S
        """,
    )


@clause("waitevent.order.pass")
def test_whatever_their_marks(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1069 gone
        add S B 1023 gone
        add S C 1056 gone
        add S D 1023 gone
        busy 100
        read S
        """,
        """
        1100 fire A
        1100 fire B
        1100 fire C
        1100 fire D
        1100 again S
        """,
    )
