"""spec/keywords.md"""

from suite.api import clause, each, needs, param, require
from suite.mail import check_each, eml, fails, has, maildir, mboxrd, oid, row_of, succeeds

pytestmark = needs("mail")


def take(daemon, *args, mails=(), **how):
    return succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*mails), **how)


def marks(daemon, name):
    """(keywords, labels) of a message."""
    row = row_of(daemon, name)
    return row.get("kw", []), row.get("L", [])


def check(daemon, name, kw=(), labels=()):
    got = marks(daemon, name)
    want = (list(kw), list(labels))
    require(got == want, f"{name} has {got}, not {want}")


FLAGS = {
    "S": ["seen"],
    "R": ["answered"],
    "F": ["flagged"],
    "D": ["draft"],
    "P": ["forwarded"],
    "DFPRS": ["answered", "draft", "flagged", "forwarded", "seen"],
    "Sabc": ["seen"],
    "": [],
}


@clause("keywords.maildir")
def test_letters(mail_daemon):
    names = {flags: f"flags{flags.lower()}" for flags in FLAGS}
    maildir(mail_daemon.place.work / "md", {f"cur/{n}:2,{f}": eml(n) for f, n in names.items()})
    succeeds(mail_daemon, "import", "-q", "md")
    check_each(FLAGS.items(), lambda flags, kw: check(mail_daemon, names[flags], kw))


@clause("keywords.maildir.trashed")
def test_letter_t(mail_daemon):
    maildir(mail_daemon.place.work / "md", {"cur/a:2,ST": eml("gone"), "cur/b:2,S": eml("here"), "cur/T": eml("plain")})
    succeeds(mail_daemon, "import", "-q", "md")
    has(mail_daemon, "here", "plain")


STATUS = [
    ("Status: RO", ["seen"]),
    ("Status: O", []),
    ("X-Status: A", ["answered"]),
    ("X-Status: F", ["flagged"]),
    ("X-Status: T", ["draft"]),
    ("Status: R\nX-Status: AFT", ["answered", "draft", "flagged", "seen"]),
    ("X-Status: FA\nStatus: OR", ["answered", "flagged", "seen"]),
    ("Status:", []),
    ("Status: ?", []),
]


@clause("keywords.mbox")
def test_status_headers(mail_daemon):
    mails = [eml(f"status{n}", more=more) for n, (more, _) in enumerate(STATUS)]
    take(mail_daemon, mails=mails)
    cases = [(f"status{n}", kw) for n, (_, kw) in enumerate(STATUS)]
    check_each(cases, lambda name, kw: check(mail_daemon, name, kw))


HEADERS = "Status: RO\nX-Status: A\nLines: 3\nContent-Length: 17\nBytes: 99"


@clause("keywords.stripped")
@each("kind", [param("mbox", "mbox"), param("message", "message"), param("maildir", "maildir")])
def test_not_stored(mail_daemon, kind):
    data = eml("bare", more=HEADERS)
    if kind == "mbox":
        take(mail_daemon, mails=[data])
    elif kind == "message":
        succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", stdin=data)
    else:
        maildir(mail_daemon.place.work / "md", {"cur/a:2,": data})
        succeeds(mail_daemon, "import", "-q", "md")
    blob = row_of(mail_daemon, "bare")["blob"]
    stored = succeeds(mail_daemon, "blob", blob).out
    require(stored == eml("bare"), f"stored as {stored!r}")
    require(blob == oid(stored), f"its id is {blob}")


@clause("keywords.add")
def test_added_to_its_own(mail_daemon):
    take(mail_daemon, "+kw:flagged", mails=[eml("plain"), eml("read", more="Status: R")])
    check(mail_daemon, "plain", ["flagged"])
    check(mail_daemon, "read", ["flagged", "seen"])


@clause("keywords.add")
def test_every_keyword(mail_daemon):
    every = ["answered", "draft", "flagged", "forwarded", "junk", "notjunk", "phishing", "seen"]
    take(mail_daemon, *(f"+kw:{kw}" for kw in reversed(every)), mails=[eml("busy")])
    check(mail_daemon, "busy", every)


@clause("keywords.label")
def test_labels(mail_daemon):
    take(mail_daemon, "+L:work", "+L:a", "+L:lists/some-list.2@example,x", mails=[eml("plain")])
    check(mail_daemon, "plain", [], ["a", "lists/some-list.2@example,x", "work"])


@clause("keywords.unknown")
@each("word", [param("unknown", "read"), param("capital", "Seen")])
def test_no_such_keyword(mail_daemon, word):
    reply = fails(mail_daemon, "import", "-q", "-F", "mboxrd", f"+kw:{word}", "-", stdin=mboxrd(eml("ham")), naming=word)
    require(b"seen" in reply.err and b"flagged" in reply.err, f"does not say which exist: {reply.err!r}")
    has(mail_daemon)


BAD_LABELS = ["Work", "a b", "", "-a", "a-", "\u00fc", "a" * 300, ".", "a!"]


@clause("keywords.label-bad")
def test_no_label(mail_daemon):
    def probe(label):
        fails(mail_daemon, "import", "-q", "-F", "mboxrd", f"+L:{label}", "-", stdin=mboxrd(eml("ham")))

    check_each([(label,) for label in BAD_LABELS], probe)
    has(mail_daemon)


@clause("keywords.none")
@each("how", [param("mbox", "mbox"), param("maildir", "maildir")])
def test_left_out(mail_daemon, how):
    if how == "mbox":
        take(mail_daemon, "--no-kw", mails=[eml("read", more="Status: RO")])
    else:
        maildir(mail_daemon.place.work / "md", {"cur/a:2,SF": eml("read")})
        succeeds(mail_daemon, "import", "-q", "--no-kw", "md")
    check(mail_daemon, "read")


@clause("keywords.merge")
def test_imported_again(mail_daemon):
    take(mail_daemon, "+L:one", mails=[eml("ham", more="Status: R")])
    take(mail_daemon, "+L:two", "+kw:flagged", mails=[eml("ham")])
    check(mail_daemon, "ham", ["flagged", "seen"], ["one", "two"])
    has(mail_daemon, "ham")


@clause("keywords.merge.same")
def test_twice_in_one(mail_daemon):
    mails = [eml("ham", more="Status: R"), eml("ham", more="X-Status: F"), eml("ham")]
    take(mail_daemon, "+L:one", mails=mails)
    check(mail_daemon, "ham", ["flagged", "seen"], ["one"])


@clause("keywords.merge.kept")
@each("args", [param("nothing", ()), param("no-kw", ("--no-kw",))])
def test_nothing_is_taken_away(mail_daemon, args):
    take(mail_daemon, "+L:one", mails=[eml("ham", more="Status: R")])
    take(mail_daemon, *args, mails=[eml("ham")])
    check(mail_daemon, "ham", ["seen"], ["one"])
