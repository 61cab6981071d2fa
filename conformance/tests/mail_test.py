"""spec/mail.md"""

import hashlib
import json

from suite.api import clause, each, found, ids, import_mbox, message, needs, param, require

pytestmark = needs("mail")


def imported(daemon, *messages):
    reply = import_mbox(daemon, *messages)
    require(reply.succeeded, f"the import failed: {reply.packets!r} {reply.err!r}")


def only(daemon, term):
    """The one message that a search finds."""
    rows = found(daemon, term)
    require(len(rows) == 1, f"{term} finds {len(rows)} messages, not one")
    return rows[0]


@clause("mail.import.mbox")
def test_each_is_found(mail_daemon):
    imported(mail_daemon, *(message(f"number{c}") for c in "abc"))
    for c in "abc":
        assert ids(mail_daemon, f"s:number{c}") == [f"number{c}"]


@clause("mail.import.eml", "fds.input.bulk")
def test_one_message(mail_daemon):
    eml = message("single").split(b"\n", 1)[1]
    reply = mail_daemon.call("import", "-q", "-F", "eml", "-", stdin=eml, seconds=20)
    require(reply.succeeded, f"the import failed: {reply.packets!r} {reply.err!r}")
    assert ids(mail_daemon, "s:single") == ["single"]


@clause("mail.import.empty")
def test_no_message(mail_daemon):
    imported(mail_daemon, b"")


@clause("mail.import.garbage")
def test_not_an_mbox(mail_daemon):
    reply = import_mbox(mail_daemon, b"this is no mailbox\nat all\n\n\0\1\2")
    require(not reply.succeeded, f"and yet: {reply.packets!r}")


@clause("mail.search.none")
def test_nothing_found(mail_daemon):
    reply = mail_daemon.call("q", "-f", "json", "s:nosuchword", seconds=20)
    require(reply.succeeded, f"failed: {reply.packets!r} {reply.err!r}")
    require(b"".join(reply.out.split()) == b"[null]", f"wrote {reply.out!r}")


@clause("mail.search.json")
def test_fields(mail_daemon):
    imported(mail_daemon, message("fields", subject="a subject"))
    reply = mail_daemon.call("q", "-f", "json", "m:fields@example.com", seconds=20)
    rows = json.loads(reply.out)
    require(len(rows) == 2 and rows[1] is None, f"not one object and null: {rows!r}")
    row = rows[0]
    assert row["m"] == "fields@example.com"
    assert row["s"] == "a subject"
    require(len(row["blob"]) in (40, 64), f"blob is {row['blob']!r}")


@clause("mail.search.mboxrd", "fds.output.bulk")
def test_separators_in_bodies(mail_daemon):
    body = "one\n\n>From the quoted\n\n>>From twice\nlast\n"
    imported(mail_daemon, message("quoted", body=body))
    reply = mail_daemon.call("q", "-f", "mboxrd", "s:quoted", seconds=20)
    require(reply.succeeded, f"failed: {reply.packets!r} {reply.err!r}")
    require(reply.out.startswith(b"From "), f"no separator: {reply.out[:60]!r}")
    require(body.encode().strip() in reply.out, f"the body is not unchanged: {reply.out!r}")


@clause("mail.search.syntax")
@each(
    "term,expected",
    [
        param("word-in-a-body", "pineapple", ["left"]),
        param("subject", "s:harvest", ["right"]),
        param("sender", "f:bob", ["right"]),
        param("message-id", "m:left@example.com", ["left"]),
        param("not-in-the-subject", "s:pineapple", []),
    ],
)
def test_term(mail_daemon, term, expected):
    imported(mail_daemon, message("left", body="a pineapple\n"), message("right", sender="bob", subject="the harvest"))
    assert ids(mail_daemon, term) == expected


@clause("mail.keywords.status")
@each(
    "header,keywords",
    [
        param("read", "Status: RO", ["seen"]),
        param("answered-flagged", "Status: RO\nX-Status: AF", ["answered", "flagged", "seen"]),
    ],
)
def test_become_keywords(mail_daemon, header, keywords):
    imported(mail_daemon, message("flagged", more=header))
    row = only(mail_daemon, "m:flagged@example.com")
    assert sorted(row.get("kw", [])) == keywords


@clause("mail.identity.blob")
@each("header", [param("plain", ""), param("with-status", "Status: RO")])
def test_hash_of_the_message(mail_daemon, header):
    imported(mail_daemon, message("hashed", more=header))
    row = only(mail_daemon, "m:hashed@example.com")
    stored = message("hashed").split(b"\n", 1)[1].removesuffix(b"\n")
    expected = hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()
    assert row["blob"] == expected


@clause("mail.dedupe")
def test_found_once(mail_daemon):
    imported(mail_daemon, message("double"), message("double"))
    imported(mail_daemon, message("double"))
    assert ids(mail_daemon, "s:double") == ["double"]
