"""spec/waitevent.md: adding and removing"""

from suite.api import clause, each, needs, param

pytestmark = needs("waitevent")


@clause("waitevent.add.handle")
def test_one_of_two(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        add S B 1005 gone
        remove S A
        input S 1 at 1010
        read S
        """,
        """
        1005 fire B
        1010 input S 0
        """,
    )


@clause("waitevent.add.twice")
def test_both_run(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        add S A 1008 gone
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1008 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.add.twice")
def test_one_is_removed(adapter):
    adapter.check(
        """
        # the name A means the event that was added last
        stream S limit 600
        add S A 1005 gone
        add S A 1008 gone
        remove S A
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.add.write-stream")
@needs("waitevent-turns")
def test_refused_or_run(adapter):
    adapter.check(
        """
        stream S write
        add S A 1003 gone
        turn 5
        turn 5
        """,
        """
        1000 refused A
        1005 turned none
        1010 turned none
        """,
        """
        1003..1005 turned * x0..1
        1003..1005 fire A
        1003..1010 turned * x1..2
        """,
    )


@clause("waitevent.add.bare")
def test_no_harm(adapter):
    script = """
        stream S bare limit 10
        add S A 1003 gone
        read S
        stream T limit 10
        input T 1
        read T
        """
    adapter.check(
        script,
        """
        ? 1000 refused A
        ? 1000..1003 fire A
        1000..1003 error S *
        1000..1003 input T 0
        """,
        """
        ? 1000 refused A
        ? 1003 fire A
        1010 timeout S
        1010 input T 0
        """,
        """
        ? 1000 refused A
        1000 eof S
        1000 input T 0
        """,
    )


@clause("waitevent.remove.before")
def test_not_run(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        remove S A
        input S 1 at 1010
        read S
        """,
        """
        1010 input S 0
        """,
    )


@clause("waitevent.remove.before")
def test_overdue(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        add S B 1005 gone
        busy 10
        remove S A
        input S 1
        read S
        """,
        """
        1010 fire B
        1010 input S 0
        """,
    )


@clause("waitevent.remove.none")
@each(
    "what",
    [
        param("none", "remove-none S"),
        param("never-added", "remove S X"),
        param("twice", "add S X 1007 gone\nremove S X\nremove S X"),
        param("of-another-stream", "remove T A"),
    ],
)
def test_harmless(adapter, what):
    adapter.check(
        f"""
        stream S limit 600
        stream T limit 600
        define X gone
        add S A 1005 gone
        {what}
        input S 1 at 1010
        read S
        """,
        """
        1005 fire A
        1010 input S 0
        """,
    )


@clause("waitevent.remove.none")
def test_finished(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        add S B 1015 gone
        input S 1 at 1010
        read S
        remove S A
        input S 1 at 1020
        read S
        """,
        """
        1005 fire A
        1010 input S 0
        1015 fire B
        1020 input S 1
        """,
    )


@clause("waitevent.remove.stale")
def test_added_in_between(adapter):
    adapter.check(
        """
        # A removes itself, adds B, and then removes itself once more
        stream S limit 600
        define B gone
        add S Z 1500 gone
        add S A 1001 remove S A; add S B 1005; remove S A; none
        add S Y 1500 gone
        input S 1 at 1010
        read S
        """,
        """
        1001 fire A
        1005 fire B
        1010 input S 0
        """,
    )


@clause("waitevent.remove.stale")
def test_removed_twice(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1005 gone
        remove S A
        add S B 1005 gone
        remove S A
        input S 1 at 1010
        read S
        """,
        """
        1005 fire B
        1010 input S 0
        """,
    )


@clause("waitevent.free.pending")
def test_do_not_run(adapter):
    adapter.check(
        """
        stream S limit 600
        add S A 1001 again +1
        add S B max gone
        busy 5
        free S
        stream T nonblock
        busy 5
        read T
        """,
        """
        1010 again T
        """,
    )


@clause("waitevent.free.pending")
@needs("waitevent-turns")
def test_nor_in_turns(adapter):
    adapter.check(
        """
        stream S limit 600
        stream T limit 600
        add S A 1001 again +1
        add T B 1002 gone
        add S C 1003 gone
        free S
        turn 1
        nonblock T on
        busy 9
        read T
        turn 5
        """,
        """
        ? 1000 error - *
        1001 turned none
        1010 fire B
        1010 again T
        1015 turned none
        """,
    )
