"""spec/output.md: text for a person, and replies"""

import os
import pathlib
import pty
import re
import tty

from suite.api import clause, each, needs, param, require
from suite.mail import closing, eml, fails, mboxrd, oid, succeeds

pytestmark = needs("mail")

PATCH = b"""From: Jane Doe <jane@example.com>
Sender: other@example.com
To: list@example.com, "Last, First" <first@example.com>
Cc: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>
Subject: [PATCH] caf=C3=A9
Date: Mon, 02 Oct 2023 10:00:00 +0200
Message-ID: <patch@example.com>

> said before

this is how
---
diff --git a/a.c b/a.c
index 0123456..789abcd 100644
--- a/a.c
+++ b/a.c
@@ -1,3 +1,3 @@ int main(void)
 the same
-goes
+comes
-- 
2.30
-1 from nobody
"""

PARTS = b"""From: alice@example.com
Subject: parts
Message-ID: <parts@example.com>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

hello
--b
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: image/png; name=x.png
Content-Transfer-Encoding: base64

aGVsbG8=
--c
Content-Type: text/x-log; charset=us-ascii
Content-Disposition: attachment; filename=a.log

of the log
--c--
--b--
"""

CODE = re.compile(r"\x1b\[[0-9;]*m")


def as_text(daemon, name, *args, form="text", **how):
    return succeeds(daemon, "q", "-q", "-f", form, *args, f"mid:{name}@example.com", **how).out.decode()


def take(daemon, *mails):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))


def colored(text):
    """{line without colors: the colors it begins with}, for lines in one color."""
    ret = {}
    for line in text.split("\n"):
        codes = CODE.findall(line)
        if codes and "@@" not in line:  # which is in two
            require(line.startswith(codes[0]) and line.endswith("\x1b[0m"), f"colors do not end with the line: {line!r}")
            ret[CODE.sub("", line)] = codes[0]
    return ret


@clause("output.text.parts")
def test_attachments(mail_daemon):
    take(mail_daemon, PARTS)
    text = as_text(mail_daemon, "parts")
    blob = oid(PARTS)
    for number, about in (("1", ["text/plain"]), ("2.1", ["x.png", "image/png", "5 bytes"]), ("2.2", ["a.log", "text/x-log"])):
        note = re.search(rf"(?m)^\[-- Attachment #{re.escape(number)}: (.*\n)+?\[-- lei blob {blob}:{re.escape(number)} --\]$", text)
        require(note, f"no part {number} in {text!r}")
        for word in about:
            require(word in note[0], f"{word!r} is not in {note[0]!r}")
    require("\nof the log\n" in text and "aGVsbG8" not in text, f"wrote {text!r}")


@clause("output.text.color")
@each("form", [param("text", "text"), param("reply", "reply")])
def test_colors(mail_daemon, form):
    take(mail_daemon, PATCH)
    plain = as_text(mail_daemon, "patch", "--no-color", form=form)
    require("\x1b" not in plain, f"--no-color wrote {plain!r}")
    text = as_text(mail_daemon, "patch", "--color", form=form)
    require(CODE.sub("", text) == plain, f"the text is another: {CODE.sub('', text)!r}, not {plain!r}")
    got = colored(text.replace("\n> ", "\n"))
    expected = {
        "To: list@example.com" if form == "text" else "To: Jane": "\x1b[36m",
        "# blob:" if form == "text" else "From ": "\x1b[96m",
        "> said before": "\x1b[34m",
        "diff --git": "\x1b[1m",
        "--- a/a.c": "\x1b[1m",
        "-goes": "\x1b[31m",
        "+comes": "\x1b[32m",
    }
    for line, code in expected.items():
        require([c for full, c in got.items() if full.startswith(line)] == [code], f"{line!r} is not {code!r} in {got!r}")
    require("\x1b[36m@@ -1,3 +1,3 @@ \x1b[0mint main(void)\n" in text, f"the hunk in {text!r}")
    for line in ("this is how", " the same", "-1 from nobody", ""):
        require(line not in got, f"{line!r} is colored")


@clause("output.text.color.terminal")
def test_not_in_a_file(mail_daemon):
    take(mail_daemon, PATCH)
    require("\x1b" not in as_text(mail_daemon, "patch"), "colors in a file")


def on_a_terminal(daemon, *args, env=()):
    """(what comes out of a terminal, packets)"""
    leader, follower = pty.openpty()
    tty.setraw(leader)
    with closing(leader):
        call = daemon.begin(*args, stdout=follower, env={**daemon.place.env, **dict(env)})
        os.close(follower)
        reply = call.finish()
        require(reply.succeeded, f"failed: {reply.err!r}")
        out = b""
        try:
            while chunk := os.read(leader, 65536):
                out += chunk
        except OSError:  # nobody has the other end
            pass
    return out.decode(), reply.packets


@clause("output.text.color.terminal")
@each("args,colors", [param("text", ["-f", "text"], True), param("reply", ["-f", "reply"], True), param("asked-not", ["-f", "text", "--no-color"], False), param("mbox", ["-f", "mboxrd"], False)])
def test_terminal(mail_daemon, args, colors):
    take(mail_daemon, PATCH)
    out, _ = on_a_terminal(mail_daemon, "q", *args, "mid:patch@example.com", env={"GIT_PAGER": "cat"})
    require("this is how" in out, f"wrote {out!r}")
    assert ("\x1b[" in out) == colors


@clause("output.text.color.terminal")
def test_file_from_a_terminal(mail_daemon):
    take(mail_daemon, PATCH)
    on_a_terminal(mail_daemon, "q", "-q", "-o", "text:out", "mid:patch@example.com", env={"GIT_PAGER": "cat"})
    text = (mail_daemon.place.work / "out").read_text()
    require("this is how" in text and "\x1b" not in text, f"wrote {text!r}")


@clause("output.text.color.config")
@each("where", [param("lei", "lei"), param("lei-over-git", "both"), param("override", "-c"), param("git", "git"), param("git-old", "git-old")])
def test_settings(mail_daemon, where):
    home = pathlib.Path(mail_daemon.place.env["HOME"])
    take(mail_daemon, PATCH)
    lei = home / ".config" / "lei"
    if where in ("git", "both"):
        (home / ".gitconfig").write_text('[color "diff"]\n\tnew = brightblue black bold\n')
    if where == "git-old":
        (home / ".gitconfig").write_text('[diff "color"]\n\tnew = brightblue black bold\n')
    if where in ("lei", "both"):
        lei.mkdir(parents=True, exist_ok=True)
        with (lei / "config").open("a") as file:
            file.write("[color]\n\tnew = magenta\n")
    args = ["-c", "color.new=magenta"] if where == "-c" else []
    got = colored(as_text(mail_daemon, "patch", "--color", *args))
    want = {"\x1b[94;40;1m", "\x1b[1;94;40m"} if where.startswith("git") else {"\x1b[35m"}
    require(got.get("+comes") in want, f"is {got.get('+comes')!r}, not one of {want}")
    assert got.get("-goes") == "\x1b[31m"


@clause("output.text.color.bad")
def test_no_color(mail_daemon):
    take(mail_daemon, PATCH)
    fails(mail_daemon, "q", "-f", "text", "--color", "-c", "color.quoted=blurple", "mid:patch@example.com", naming="blurple")


@clause("output.text.pager")
def test_pager(mail_daemon):
    take(mail_daemon, PATCH)
    leader, follower = pty.openpty()
    with closing(leader):
        call = mail_daemon.begin("q", "-f", "text", "mid:patch@example.com", stdout=follower, env={**mail_daemon.place.env, "GIT_PAGER": "more or less"})
        os.close(follower)
        packet = call.peer.recv(10)
        require(packet.data.startswith(b"exec 1\0more or less") and len(packet.fds) >= 3, f"got {packet!r}")
        text = b""
        while chunk := os.read(packet.fds[0], 65536):
            text += chunk
        packet.close()
        reply = call.finish()
        require(reply.succeeded, f"failed: {reply.err!r}")
    require(b"this is how" in text and b"\x1b[" in text, f"the pager gets {text!r}")


@clause("output.text.file")
@each("form", [param("text", "text"), param("reply", "reply")])
def test_file(mail_daemon, form):
    take(mail_daemon, eml("ham"), eml("jam"))
    path = mail_daemon.place.work / "out"
    for args, expected in (([], ["jam"]), (["--augment"], ["jam", "ham"]), ([], ["ham"])):
        name = expected[-1]
        out = succeeds(mail_daemon, "q", "-q", *args, "-o", f"{form}:out", f"mid:{name}@example.com").out
        require(not out, f"also wrote {out!r}")
        assert re.findall(r"(?m)^(?:> )?the body of (\w+)$", path.read_text()) == expected
    assert os.listdir(mail_daemon.place.work) == ["out"]


@clause("output.convert.text")
@each("where", [param("stdout", ["-f", "FORM"]), param("file", ["-o", "FORM:out"])])
def test_convert(mail_daemon, where):
    work = mail_daemon.place.work
    for form, line in (("text", "From: alice <alice@example.com>"), ("reply", "To: alice <alice@example.com>")):
        args = [word.replace("FORM", form) for word in where]
        out = succeeds(mail_daemon, "convert", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(eml("ham", more="Status: RO"), eml("jam"))).out
        if where[0] == "-o":
            out = (work / "out").read_bytes()
            (work / "out").unlink()
        lines = out.decode().split("\n")
        require(lines.count(line) == 2, f"{line!r} is not twice in {lines!r}")
        require(form == "reply" or lines[0] == "# kw:seen", f"begins with {lines[0]!r}")
    require(os.listdir(work) == [], f"also wrote {os.listdir(work)!r}")


# ---- replies ----


@clause("output.reply")
def test_reply(mail_daemon):
    take(mail_daemon, PATCH)
    lines = as_text(mail_daemon, "patch", form="reply").split("\n")
    require(re.fullmatch(rf"From {oid(PATCH)}@\d+ Mon Oct  2 08:00:00 2023", lines[0]), f"begins with {lines[0]!r}")
    assert lines[1:9] == [
        "To: Jane Doe <jane@example.com>",
        'Cc: list@example.com, "Last, First" <first@example.com>,',
        "\t=?utf-8?q?J=C3=B6rg?= <joerg@example.org>",
        "Subject: Re: [PATCH] caf=C3=A9",
        "In-Reply-To: <patch@example.com>",
        "",
        "On Mon, 02 Oct 2023 10:00:00 +0200, Jane Doe wrote:",
        "> > said before",
    ]
    assert lines[9:11] == ["> ", "> this is how"]
    assert lines[-4:] == ["> 2.30", "> -1 from nobody", "", ""]


@clause("output.reply")
@each(
    "more,line",
    [
        param("reply-to", "Reply-To: Somewhere <else@example.com>", "To: Somewhere <else@example.com>"),
        param("re", "X: y", "Subject: Re: about ham"),
        param("decoded", "X: y", "On Mon, 02 Oct 2023 10:00:00 +0000, alice wrote:"),
    ],
)
def test_fields(mail_daemon, more, line):
    take(mail_daemon, eml("ham", more=more, subject="Re: about ham"))
    lines = as_text(mail_daemon, "ham", form="reply").split("\n")
    require(line in lines, f"{line!r} is not among {lines!r}")


@clause("output.reply.bare")
def test_next_to_nothing(mail_daemon):
    take(mail_daemon, b"X-Only: this\n\nunlikeword\n")
    text = succeeds(mail_daemon, "q", "-f", "reply", "b:unlikeword").out.decode()
    head, body = text.split("\n\n", 1)
    fields = [line.split(":")[0] for line in head.split("\n")[1:]]
    require(set(fields) - {"In-Reply-To"} == {"Subject"} and "\nSubject: Re: your mail" in head, f"the head is {head!r}")
    assert body == "On some unknown date, unknown sender wrote:\n> unlikeword\n\n"


@clause("output.reply.lines")
@each("field", [param(f.lower(), f) for f in ("Subject", "From")])
def test_encoded_line_breaks(mail_daemon, field):
    mail = re.sub(rf"(?m)^{field}: .*$".encode(), f"{field}: =?utf-8?q?a=0ABcc:_x?= <y@example.com>".encode(), eml("ham"))
    take(mail_daemon, mail)
    text = as_text(mail_daemon, "ham", form="reply")
    for n, line in enumerate(text.split("\n")):
        require(not line.startswith("Bcc:"), f"line {n} is {line!r}")
