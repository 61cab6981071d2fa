"""spec/waitevent.md: an event every so many seconds of idle time"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent", "waitevent-idle")


@clause("waitevent.idle.every")
def test_again_and_again(adapter):
    adapter.check(
        """
        stream S limit 600
        add-idle S A 5 keep
        input S 1 at 1018
        read S
        """,
        """
        1005 fire A
        1010 fire A
        1015 fire A
        1018 input S 0
        """,
    )


@clause("waitevent.idle.every")
def test_beside_marks(adapter):
    adapter.check(
        """
        stream S
        add S B 1007 again +7 | gone
        add-idle S A 5 keep
        input S 1 at 1018
        read S
        """,
        """
        1005 fire A
        1007 fire B
        1010 fire A
        1014 fire B
        1015 fire A
        1018 input S 0
        """,
    )


@clause("waitevent.idle.input")
def test_begins_anew(adapter):
    adapter.check(
        """
        stream S limit 600
        add-idle S A 5 keep
        input S 1 at 1004
        read S
        input S 1 at 1007
        read S
        input S 1 at 1013
        read S
        """,
        """
        1004 input S 0
        1007 input S 1
        1012 fire A
        1013 input S 2
        """,
    )


@clause("waitevent.idle.input")
def test_counts_from_adding(adapter):
    adapter.check(
        """
        stream S limit 600
        busy 4
        add-idle S A 5 gone
        input S 1 at 1020
        read S
        """,
        """
        1009 fire A
        1020 input S 0
        """,
    )


@clause("waitevent.idle.input")
def test_touch(adapter):
    adapter.check(
        """
        stream S limit 600
        add-idle S A 5 gone
        busy 3
        touch S
        input S 1 at 1020
        read S
        """,
        """
        1008 fire A
        1020 input S 0
        """,
    )


@clause("waitevent.idle.input")
def test_touch_by_another_event(adapter):
    adapter.check(
        """
        stream S limit 600
        add-idle S A 5 gone
        add S B 1003 touch S; gone
        input S 1 at 1020
        read S
        """,
        """
        1003 fire B
        1008 fire A
        1020 input S 0
        """,
    )


@clause("waitevent.idle.limit")
def test_not_put_off(adapter):
    adapter.check(
        """
        stream S limit 12
        add-idle S A 5 keep
        read S
        """,
        """
        1005 fire A
        1010 fire A
        1012 timeout S
        """,
    )


@clause("waitevent.idle.step")
@each("by", [param("forward", "3600"), param("back", "-100")])
def test_a_duration(adapter, by):
    adapter.check(
        f"""
        stream S limit 600
        add-idle S A 5 keep
        step {by} at 1003
        input S 1 at 1012
        read S
        """,
        """
        1005 fire A
        1010 fire A
        1012 input S 0
        """,
    )


@clause("waitevent.idle.missed")
def test_once(adapter):
    adapter.check(
        """
        # the next period may begin at the firing or where it would have begun in time
        stream S limit 600
        add-idle S A 5 keep | gone
        busy 23
        input S 1 at 1040
        read S
        """,
        """
        1023 fire A
        1025..1028 fire A
        1040 input S 0
        """,
    )


@clause("waitevent.idle.removed")
def test_from_outside(adapter):
    adapter.check(
        """
        stream S limit 600
        add-idle S A 5 keep
        remove S A
        input S 1 at 1020
        read S
        """,
        """
        1020 input S 0
        """,
    )


@clause("waitevent.idle.removed")
@each("how", [param("removed", "gone"), param("none", "none"), param("stale", "stale")])
def test_by_its_callback(adapter, how):
    adapter.check(
        f"""
        stream S limit 600
        add-idle S A 5 {how}
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1020 input S 0
        """,
    )


@clause("waitevent.idle.removed")
def test_by_another(adapter):
    adapter.check(
        """
        stream S limit 600
        add-idle S A 5 keep
        add S B 1007 remove S A; gone
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1007 fire B
        1020 input S 0
        """,
    )
