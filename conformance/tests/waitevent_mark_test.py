"""spec/waitevent.md: marks"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.mark.absolute")
def test_future(adapter):
    adapter.check(
        """
        stream S limit 600
        busy 100
        add S A 1105 gone
        input S 1 at 1200
        read S
        """,
        """
        1105 fire A
        1200 input S 0
        """,
    )


@clause("waitevent.mark.not-early")
def test_a_moment_before(adapter):
    adapter.check(
        """
        stream S nonblock
        add S A 1005 gone
        busy 4.999
        read S
        busy 0.001
        read S
        """,
        """
        1004.999 again S
        1005 fire A
        1005 again S
        """,
    )


@clause("waitevent.mark.not-early")
def test_woken_before(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        input S 1 at 1004.5
        read S
        input S 1 at 1004.9
        read S
        input S 1 at 1010
        read S
        """,
        """
        1004.5 input S 0
        1004.9 input S 1
        1005 fire A
        1010 input S 2
        """,
    )


@clause("waitevent.mark.due")
@each("mark", [param("present", "now"), param("same-second", "1000")])
def test_now(adapter, mark):
    adapter.check(
        f"""
        stream S nonblock
        add S A {mark} gone
        read S
        """,
        """
        1000 fire A
        1000 again S
        """,
    )


@clause("waitevent.mark.past")
@each("mark", [param("zero", "0"), param("one", "1"), param("a-while-ago", "-5")])
def test_at_once(adapter, mark):
    adapter.check(
        f"""
        stream S limit 600
        add S A {mark} gone
        input S 1 at 1010
        read S
        """,
        """
        1000 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.mark.range")
def test_smallest(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A min gone
        input S 1 at 1010
        read S
        """,
        """
        1000 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.mark.range")
def test_largest(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A max gone
        add S B 1005 again max
        input S 1 at 1010
        read S
        read S
        """,
        """
        1005 fire B
        1010 input S 0
        1610 timeout S
        """,
    )


@clause("waitevent.mark.promptly")
@each("mark", [param("soon", 1001), param("later", 1500), param("in-weeks", 4001000)])
def test_within_a_second(adapter, mark):
    adapter.check(
        f"""
        stream S limit 9000000
        add S A {mark} gone
        input S 1 at 5000000
        read S
        """,
        f"""
        {mark} fire A
        5000000 input S 0
        """,
    )


@clause("waitevent.mark.fractions")
@needs("waitevent-fractions")
def test_parts_of_a_second(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005.75 gone
        add S B 1005.25 again +0.125 | gone
        input S 1 at 1010
        read S
        """,
        """
        1005.25..1005.26 fire B
        1005.375..1005.395 fire B
        1005.75..1005.76 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.mark.outside")
def test_sooner(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1050 gone
        mark A 1005
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.mark.outside")
def test_later(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        busy 8
        mark A 1015
        input S 1 at 1010
        read S
        input S 1 at 1020
        read S
        """,
        """
        1010 input S 0
        1015 fire A
        1020 input S 1
        """,
    )


@clause("waitevent.mark.outside")
def test_after_a_firing(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 again +300 | gone
        input S 1 at 1010
        read S
        mark A 1012
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1010 input S 0
        1012 fire A
        1020 input S 1
        """,
    )


@clause("waitevent.mark.stale")
@each("end", [param("finished", "gone"), param("removed", "gone\nremove S A")])
def test_harmless(adapter, end):
    adapter.check(
        f"""
        # C may live where A was
        stream S limit 600
        add S A 1005 {end}
        add S B 1010 gone
        input S 1 at 1006
        read S
        mark A 1007
        add S C 1012 gone
        mark A 1008
        input S 1 at 1020
        read S
        """,
        """
        ? 1005 fire A
        1006 input S 0
        1010 fire B
        1012 fire C
        1020 input S 1
        """,
    )


@clause("waitevent.fake.idle")
def test_five_seconds(adapter):
    adapter.check(
        """
        # five seconds of idle time: the mark moves after each input
        stream S limit 600
        add S A 1005 again +5
        input S 1 at 1003
        read S
        mark A +5
        input S 1 at 1020
        read S
        mark A +5
        input S 1 at 1024
        read S
        """,
        """
        1003 input S 0
        1008 fire A
        1013 fire A
        1018 fire A
        1020 input S 1
        1024 input S 2
        """,
    )
