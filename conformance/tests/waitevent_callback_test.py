"""spec/waitevent.md: callbacks, what they return, rescheduling"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.callback.arguments")
def test_of_two_streams(adapter):
    adapter.check(
        """
        # who fires is told by the rock, and removed by the stream and the handle
        stream S limit 600
        stream T limit 600
        add S A 1005 again 1007 | gone
        add T B 1012 again 1014 | gone
        input S 1 at 1010
        read S
        input T 1 at 1020
        read T
        """,
        """
        1005 fire A
        1007 fire A
        1010 input S 0
        1012 fire B
        1014 fire B
        1020 input T 0
        """,
    )


@clause("waitevent.callback.keep")
def test_new_marks(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 again 1007 | again 1012 | gone
        input S 1 at 1010
        read S
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1007 fire A
        1010 input S 0
        1012 fire A
        1020 input S 1
        """,
    )


@clause("waitevent.callback.keep")
def test_period(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A +3 again +3
        input S 1 at 1011
        read S
        """,
        """
        1003 fire A
        1006 fire A
        1009 fire A
        1011 input S 0
        """,
    )


@clause("waitevent.callback.removed")
def test_not_looked_at(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        add S B 1005 again 1007 | again 1009 | gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1005 fire B
        1007 fire B
        1009 fire B
        1010 input S 0
        """,
    )


@clause("waitevent.callback.unremoved")
def test_finished(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 none
        add S B 1007 again 1009 | gone
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1007 fire B
        1009 fire B
        1020 input S 0
        """,
    )


@clause("waitevent.callback.lost")
def test_marked_and_finished(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 lost 1007
        add S B 1009 gone
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1009 fire B
        1020 input S 0
        """,
    )


@clause("waitevent.callback.stale")
def test_returned_all_the_same(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 stale
        add S B 1007 again 1009 | gone
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1007 fire B
        1009 fire B
        1020 input S 0
        """,
    )


@clause("waitevent.callback.stale")
def test_memory_in_use_again(adapter):
    adapter.check(
        """
        # B may live where A was: it is not A that is returned
        stream S limit 600
        define B gone
        add S A 1005 remove S A; add S B 1040; stale
        add S C 1050 gone
        input S 1 at 1060
        read S
        """,
        """
        1005 fire A
        1040 fire B
        1050 fire C
        1060 input S 0
        """,
    )


@clause("waitevent.callback.other")
def test_the_other_stays(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 other B
        add S B 1007 again 1009 | gone
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1007 fire B
        1009 fire B
        1020 input S 0
        """,
    )


@clause("waitevent.again.once")
def test_missed_periods(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 again +10
        busy 100
        input S 1 at 1115
        read S
        """,
        """
        1100 fire A
        1110 fire A
        1115 input S 0
        """,
    )


@clause("waitevent.again.once")
def test_once_in_a_pass(adapter):
    """What becomes of a stream whose events stay due is not the point here."""
    adapter.check(
        """
        stream S nonblock
        add S A 1001 again 1002
        add S B 1001 keep
        busy 100
        read S
        """,
        """
        1100 fire A
        1100 fire B
        1100 again S
        """,
        """
        1100 fire A
        1100 fire B
        1100 error S *
        """,
    )


MARKS = [
    param("untouched", "keep"),
    param("present", "again now"),
    param("past", "again -5"),
    param("zero", "again 0"),
    param("smallest", "again min"),
    param("period-later", "take 7; again -4"),
]


@clause("waitevent.again.alive")
@each("how", MARKS)
def test_input_is_served(adapter, how):
    adapter.check(
        f"""
        stream S limit 600
        add S A 1001 {how}
        input S 1 at 1002
        read S
        remove S A
        input S 1 at 1020
        read S
        """,
        """
        1001..1009 fire A x1..100000
        1002..1009 input S 0
        1020 input S 1
        """,
    )


@clause("waitevent.again.alive")
@each("how", MARKS)
def test_nonblocking(adapter, how):
    adapter.check(
        f"""
        stream S nonblock
        add S A 1001 {how}
        busy 10
        read S
        remove S A
        input S 1
        read S
        """,
        """
        1010 fire A
        1010..1017 again S
        1010..1017 input S 0
        """,
    )


@clause("waitevent.again.rate")
@each("how", MARKS[:-1])
def test_a_thousand_a_second(adapter, how):
    """What else becomes of the stream is not the point here."""
    adapter.check(
        f"""
        stream S limit 600
        add S A 1001 {how}
        input S 1 at 1002
        read S
        """,
        """
        1001..1002 fire A x1..1002
        1002 input S 0
        """,
        """
        1001..1002 fire A x1..1002
        1001..1002 error S *
        """,
    )


@clause("waitevent.again.rate")
def test_until_the_limit(adapter):
    adapter.check(
        """
        stream S limit 2
        add S A 1001 again now
        read S
        """,
        """
        1001..1002 fire A x1..1002
        1002 timeout S
        """,
    )
