"""spec/waitevent.md: what callbacks may do to events"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.reentrant.remove-earlier")
def test_pending(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1020 gone
        add S B 1005 remove S A; gone
        input S 1 at 1030
        read S
        """,
        """
        1005 fire B
        1030 input S 0
        """,
    )


@clause("waitevent.reentrant.remove-earlier")
def test_run_in_this_pass(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 again 1010
        add S B 1005 remove S A; again 1015
        add S C 1005 gone
        input S 1 at 1013
        read S
        """,
        """
        1005 fire A
        1005 fire B
        1005 fire C
        1013 input S 0
        """,
    )


@clause("waitevent.reentrant.remove-later")
def test_due_in_this_pass(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 remove S C; gone
        add S B 1005 gone
        add S C 1005 gone
        add S D 1005 gone
        input S 1 at 1030
        read S
        """,
        """
        1005 fire A
        1005 fire B
        1005 fire D
        1030 input S 0
        """,
    )


@clause("waitevent.reentrant.remove-next")
def test_due_too(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 remove S B; again 1020
        add S B 1005 gone
        add S C 1007 gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1007 fire C
        1010 input S 0
        """,
    )


@clause("waitevent.reentrant.remove-next")
def test_and_another_added(adapter):
    adapter.check(
        """
        stream S limit 600
        define D gone
        add S A 1000 remove S B; add S D 1005; again 1100
        add S B 1002 gone
        add S C 1004 gone
        input S 1 at 1030
        read S
        """,
        """
        1000 fire A
        1004 fire C
        1005 fire D
        1030 input S 0
        """,
    )


@clause("waitevent.reentrant.remove-next")
def test_all_of_them(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 remove S B; remove S C; remove S D; remove S A; none
        add S B 1005 gone
        add S C 1005 gone
        add S D 1006 gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.reentrant.add")
@each("beside", [param("the-only-one", "# nothing"), param("one-of-two", "add S Z 1050 gone")])
def test_in_the_same_wait(adapter, beside):
    adapter.check(
        f"""
        stream S limit 600
        define N gone
        add S A 1002 add S N 1005; gone
        {beside}
        input S 1 at 1010
        read S
        """,
        """
        1002 fire A
        1005 fire N
        1010 input S 0
        """,
    )


@clause("waitevent.reentrant.add")
def test_chain(adapter):
    adapter.check(
        """
        stream S limit 600
        define C gone
        define B add S C +2; gone
        add S A 1002 add S B +2; gone
        input S 1 at 1010
        read S
        """,
        """
        1002 fire A
        1004 fire B
        1006 fire C
        1010 input S 0
        """,
    )


@clause("waitevent.reentrant.add-pass")
def test_due_at_once(adapter):
    adapter.check(
        """
        stream S nonblock
        define N gone
        add S A 1000 add S N 1000; gone
        add S B 1000 gone
        read S
        read S
        """,
        """
        1000 fire A
        1000 fire B
        1000 again S
        1000 fire N
        1000 again S
        """,
    )


@clause("waitevent.reentrant.add-pass")
def test_without_delay(adapter):
    adapter.check(
        """
        stream S limit 600
        define N gone
        add S A 1005 add S N now; gone
        add S B 1005 gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1005 fire B
        1005 fire N
        1010 input S 0
        """,
    )


@clause("waitevent.reentrant.add-pass")
def test_two_that_replace_themselves(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1000 remove S A; add S A now; none
        add S B 1000 remove S B; add S B now; none
        read S
        read S
        """,
        """
        1000 fire A
        1000 fire B
        1000 again S
        1000 fire A
        1000 fire B
        1000 again S
        """,
    )


@clause("waitevent.reentrant.mark")
@each("order", [param("added-before", "BA"), param("added-after", "AB")])
def test_sooner(adapter, order):
    add = {"A": "add S A 1005 mark B 1010; gone", "B": "add S B 1050 gone"}
    adapter.check(
        f"""
        stream S limit 600
        {add[order[0]]}
        {add[order[1]]}
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1010 fire B
        1020 input S 0
        """,
    )


@clause("waitevent.reentrant.mark")
def test_later(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 mark B 1015; gone
        add S B 1005 gone
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1015 fire B
        1020 input S 0
        """,
    )
