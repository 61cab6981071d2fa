"""The mail that command lines work on: the same bytes for both sides."""

import subprocess

from .. import mail
from ..selection import SuiteError
from ..spec import ROOT

SAMPLE = 200
EVERY = 30  # the real mails are taken from all over the corpus

PLAIN = """From: Ann Plain <ann@example.com>
To: Bob <bob@example.net>, list@example.org
Cc: Carol <carol@example.com>
Subject: plain words of {name}
Date: Mon, 02 Oct 2023 10:00:00 +0000
Message-ID: <{name}.a@example.com>
List-Id: <list.example.org>

Hello, this is {name}.

> quoted apple
unquoted pear
"""

FOREIGN = """From: =?UTF-8?B?SsO8cmdlbg==?= <juergen@example.com>
To: ann@example.com
Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= from {name}
Date: Tue, 03 Oct 2023 12:30:00 +0200
Message-ID: <{name}.b@example.com>
In-Reply-To: <{name}.a@example.com>
References: <{name}.a@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Schöne Grüße.
From here on it is quoted:
>From there, too
>>From afar

"""

PARTS = """From: Ann Plain <ann@example.com>
To: Bob <bob@example.net>
Subject: [PATCH] parts of {name}
Date: Wed, 04 Oct 2023 08:15:30 -0500
Message-ID: <{name}.c@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See the attachment.
--b
Content-Type: text/x-patch; name="fix.patch"
Content-Disposition: attachment; filename="fix.patch"
Content-Transfer-Encoding: base64

ZGlmZiAtLWdpdCBhL2YgYi9mCg==
--b--
"""


def one(name):
    return PLAIN.format(name=name).encode()


def three(name):
    return [text.format(name=name).encode() for text in (PLAIN, FOREIGN, PARTS)]


RELATED = """From: Ann Plain <ann@example.com>
To: list@example.org
Subject: {subject} of {name}
Date: Mon, {day:02d} Oct 2023 10:00:00 +0000
{ids}
about {subject}
"""


def related(name):
    """Threads: an answer, an answer to it, two that a missing message ties, one that has the id of another, a draft."""
    rows = [
        ("root", "r", ""),
        ("child", "c", "r"),
        ("lonely", "l", ""),
        ("grandchild", "g", "r c"),
        ("orphan", "o", "x"),
        ("sibling", "s", "x"),
        ("twin", "l", ""),
        ("draft", "", "o"),
    ]
    mails = []
    for day, (subject, own, refs) in enumerate(rows, 1):
        ids = f"Message-ID: <{name}.{own}@example.com>\n" if own else ""
        if refs:
            ids += "References: " + " ".join(f"<{name}.{ref}@example.com>" for ref in refs.split()) + "\n"
        mails.append(RELATED.format(subject=subject, name=name, day=day, ids=ids).encode())
    return mails


def with_status(data, status):
    head, body = data.split(b"\n\n", 1)
    return head + b"\n" + status + b"\n\n" + body


def flagged(name):
    """The three, as an mbox tells keywords."""
    states = (b"Status: RO", b"Status: O\nX-Status: AF", b"Status: RO\nX-Status: T")
    return [with_status(data, status) for data, status in zip(three(name), states, strict=True)]


def maildir(path, name):
    a, b, c = three(name)
    mail.maildir(path, {"cur/a.host:2,S": a, "cur/b.host:2,FR": b, "new/c.host": c})


_real = []


def real():
    """Some of the real mail, as an mboxrd."""
    if not _real:
        done = subprocess.run([ROOT / "ci" / "corpus"], capture_output=True, text=True)
        if done.returncode != 0:
            raise SuiteError(f"ci/corpus: {done.stderr}")
        path = ROOT.joinpath(done.stdout.strip(), "eml")
        files = sorted(path.glob("*.eml"))[::EVERY][:SAMPLE]
        _real.append(mail.mboxrd(*(one.read_bytes().rstrip(b"\n") + b"\n" for one in files)))
    return _real[0]


def make(path, kind, name):
    """Make what a line asks for: `kind` says what, `name` is in its Message-IDs."""
    if kind.startswith("text:"):
        path.write_text(kind.removeprefix("text:"))
        return
    kind, _, compressor = kind.partition(".")
    if kind == "maildir":
        return maildir(path, name)
    if kind == "directory":
        return path.mkdir()
    shapes = {**mail.MBOXES, "eml": lambda first, *_: first}
    if kind == "real":
        data = real()
    elif kind == "related":
        data = mail.mboxrd(*related(name))
    elif kind == "patch":
        data = mail.FROM + one(name)
    elif kind in shapes:
        data = shapes[kind](*(flagged(name) if kind != "eml" else three(name)))
    else:
        raise SuiteError(f"{name}: nothing is called {kind!r}")
    path.write_bytes(mail.COMPRESSORS[compressor](data) if compressor else data)
