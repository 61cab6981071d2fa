"""spec/output.md: mail programs and alerts"""

import os
import pty
import tty

from suite.api import clause, each, needs, param, require
from suite.mail import closing, eml, fails, mboxrd, succeeds

pytestmark = needs("mail")


def take(daemon, *mails):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))


def asked(daemon, *args, **how):
    """What the client is asked to do, as (words or another packet, descriptors)."""
    call = daemon.begin("q", "-q", "--no-mail-sync", "--no-save", *args, "mid:ham@example.com", **how)
    packets = []
    while True:
        packet = call.peer.recv(20)
        if not packet.data and not packet.fds:
            break
        packets.append((packet.data, len(packet.fds)))
        packet.close()
    reply = call.done([data for data, _ in packets])
    require(reply.succeeded, f"failed: {reply.packets!r} {reply.err!r}")
    daemon.settle()
    words = [(d.removeprefix(b"exec ").decode().split("\0")[1:] if d.startswith(b"exec ") else d, n) for d, n in packets if not d.startswith(b"x_it")]
    return words, reply


def folder(daemon, name="md/"):
    return f"{daemon.place.work}/{name}"


@clause("output.mua.words")
@each("output,where", [param("maildir", "md", "md/"), param("mailbox", "mboxrd:box", "box")])
def test_words(mail_daemon, output, where):
    take(mail_daemon, eml("ham"))
    place = folder(mail_daemon, where)  # by this name, or as it was given
    for command, words in (
        ("mymua", ["mymua", place]),
        ("mymua -a %f x", ["mymua", "-a", place, "x"]),
        ("mutt", ["mutt", "-f", place]),
        ("neomutt", ["neomutt", "-f", place]),
        ("mail", ["mail", "-f", place]),
        ("mailx", ["mailx", "-f", place]),
        ("mutt -R -f %f", ["mutt", "-R", "-f", place]),
        ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g", place]),
    ):
        packets, _ = asked(mail_daemon, "--mua", command, "-o", output)
        packets = [([place if word == where else word for word in asked], n) for asked, n in packets if isinstance(asked, list)]
        require((words, 0) in packets, f"{command!r} is asked for as {packets!r}, not {words!r}")


@clause("output.mua.refused")
@each("args", [param("no-output", ["--mua=mutt"]), param("text", ["--mua=mutt", "-o", "text:out"]), param("open-quote", ["--mua=a 'b", "-o", "mboxrd:out"])])
def test_nothing_to_read(mail_daemon, args):
    take(mail_daemon, eml("ham"))
    reply = fails(mail_daemon, "q", *args, "mid:ham@example.com")
    require(not reply.out and os.listdir(mail_daemon.place.work) == [], f"wrote {reply.out!r}, {os.listdir(mail_daemon.place.work)!r}")


@clause("output.mua.quiet")
def test_feedback(mail_daemon):
    take(mail_daemon, eml("ham"))
    leader, follower = pty.openpty()
    tty.setraw(leader)
    with closing(leader):
        reply = mail_daemon.call("q", "--no-mail-sync", "--no-save", "--mua=mymua", "-o", "md", "mid:ham@example.com", stderr=follower, seconds=20)
        os.set_blocking(leader, False)
        try:
            said = os.read(leader, 4096)
        except BlockingIOError:
            said = b""
        os.close(follower)
    require(reply.succeeded and b" written to " not in said, f"says {said!r}")
    mail_daemon.settle()


# ---- alerts ----


@clause("output.alert")
@each(
    "args,packets,out",
    [
        param("bell", ["--alert=:bell"], [], b"\a"),
        param("winch", ["--alert=:WINCH"], [b"-WINCH"], b""),
        param("command", ["--alert=notify 'it is' done"], [["notify", "it is", "done"]], b""),
        param("commas", ["--alert=one 1,:bell,:WINCH,two"], [["one", "1"], b"-WINCH", ["two"]], b"\a"),
        param("again", ["--alert=:bell,one", "--alert", ":bell"], [["one"]], b"\a\a"),
        param("comma-inside", ["--alert=one a\\,b"], [["one", "a,b"]], b""),
        param("none", [], [], b""),
    ],
)
def test_each(mail_daemon, args, packets, out):
    take(mail_daemon, eml("ham"))
    got, reply = asked(mail_daemon, *args, "-o", "md")
    assert sorted(map(str, (words for words, _ in got))) == sorted(map(str, packets))
    assert reply.out == out


@clause("output.alert")
def test_when_all_is_there(mail_daemon):
    take(mail_daemon, eml("ham"))
    path = mail_daemon.place.work / "box"
    call = mail_daemon.begin("q", "-q", "--no-save", "--alert=look", "-o", "mboxrd:box", "mid:ham@example.com")
    packet = call.peer.recv(20)
    there = path.exists() and b"<ham@" in path.read_bytes()
    require(packet.data == b"exec 1\0look" and there, f"got {packet.data!r}, and the mailbox is {'' if there else 'not '}there")
    packet.close()
    require(call.finish().succeeded, "failed")


@clause("output.alert")
def test_not_when_it_fails(mail_daemon):
    take(mail_daemon, eml("ham"))
    reply = fails(mail_daemon, "q", "-q", "--alert=:bell,one", "-o", "mboxrd:not/there", "mid:ham@example.com")
    require(not reply.out and not any(p.startswith(b"exec") for p in reply.packets), f"alerts all the same: {reply.packets!r}")


@clause("output.alert.beside")
def test_descriptors(mail_daemon):
    take(mail_daemon, eml("ham"))
    packets, _ = asked(mail_daemon, "--alert=one", "-o", "md")
    assert packets == [(["one"], 3)]


@clause("output.alert.default")
@each("output", [param("maildir", "md"), param("mailbox", "mboxrd:box")])
def test_with_a_mail_program(mail_daemon, output):
    take(mail_daemon, eml("ham"))
    packets, reply = asked(mail_daemon, "--mua=mymua", "-o", output)
    assert [words if isinstance(words, bytes) else words[0] for words, _ in packets] == ["mymua", b"-WINCH"]
    assert reply.out == b""


@clause("output.alert.default")
def test_on_a_terminal(mail_daemon):
    take(mail_daemon, eml("ham"))
    leader, follower = pty.openpty()
    tty.setraw(leader)
    with closing(leader):
        packets, _ = asked(mail_daemon, "--mua=mymua", "-o", "md", stdout=follower)
        out = os.read(leader, 100)
        os.close(follower)
    assert packets[-1][0] == b"-WINCH"
    assert out == b"\a"


@clause("output.alert.bad")
@each("word", [param("case", ":winch"), param("one-of-several", ":bell,:ring")])
def test_no_such_alert(mail_daemon, word):
    take(mail_daemon, eml("ham"))
    reply = fails(mail_daemon, "q", f"--alert={word}", "-o", "mboxrd:box", "mid:ham@example.com", naming=word.split(",")[-1])
    require(not reply.out and os.listdir(mail_daemon.place.work) == [], f"wrote {reply.out!r}")
