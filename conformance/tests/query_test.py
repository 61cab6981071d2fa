"""spec/query.md"""

import email.utils
import re
import time

from suite.api import clause, each, ids, needs, param, require
from suite.mail import check_each, eml, fails, maildir, mboxrd, succeeds

pytestmark = needs("mail")


def mail(name, **fields):
    """A message with fields of one's own; `body` is the last."""
    body = fields.pop("body", f"plain text of {name}\n")
    head = {
        "sender": "Nobody <nobody@example.org>",
        "to": "list@example.net",
        "subject": "nothing",
        "date": "Mon, 02 Oct 2023 10:00:00 +0000",
        "message-id": f"<{name}@example.com>",
    } | {k.replace("_", "-"): v for k, v in fields.items()}
    lines = [f"{'From' if k == 'sender' else k.title()}: {v}\n" for k, v in head.items()]
    return ("".join(lines) + "\n" + body).encode()


PARTS = """--=-=
Content-Type: text/plain

see the attachment
--=-=
Content-Type: text/plain; name="shopping-list.txt"
Content-Disposition: attachment; filename="shopping-list.txt"

turnips
--=-=--
"""

MAILS = [
    mail("apple", sender="Alice Baker <alice@kitchen.example>", subject="Red Apple pie", body="bake the dough slowly\n"),
    mail("pear", to="Bob Carpenter <bob@shop.example>", subject="green pear", body="> quoted walnut here\n\nfresh hazelnut\n"),
    mail("plum", cc="Carol Miller <carol@mill.example>", subject="pie of plums", body="slowly bake the plums\n"),
    mail("nut", subject="cargo", list_id="Kitchen talk <talk.kitchen.example>", mime_version="1.0",
         content_type='multipart/mixed; boundary="=-="', body=PARTS),
    mail("fig", subject="=?utf-8?q?Stra=C3=9Fe_und_=C3=84pfel?=", content_type="text/plain; charset=utf-8",
         body="na\u00efve \u043f\u0440\u0438\u0432\u0435\u0442 caf\u00e9\n"),
    mail("date", subject="old thing", date="Sat, 01 Jan 2000 12:00:00 +0000"),
    mail("lime", subject="sized", body="lime " * 2000 + "\n"),
]  # fmt: skip
EVERY = ["apple", "date", "fig", "lime", "nut", "pear", "plum"]


def filled(daemon, *mails, args=()):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*(mails or MAILS)))


def finds(daemon, cases):
    """Each query finds the messages named, and nothing else."""

    def probe(query, names):
        words = query if isinstance(query, list) else query.split(" ")
        got = [n for n in ids(daemon, "--", *words) if n != "first"]
        require(got == sorted(names.split()), f"finds {' '.join(got)}")

    check_each(cases, probe)


@clause("query.word")
def test_word(mail_daemon):
    filled(mail_daemon)
    finds(
        mail_daemon,
        [
            ("dough", "apple"),
            ("DOUGH", "apple"),
            ("apple", "apple"),
            ("baker", "apple"),
            ("kitchen.example", "apple"),
            ("shopping", "nut"),
            ("pie slowly", "apple plum"),
            ("pie green", ""),
            ("nosuchword", ""),
        ],
    )


WORDS = [
    mail("forms", body="the running horses, happily\n"),
    mail("signs", body="C# and C++, AT&T of 2.4.18; don't foo_bar U.N.C.L.E.\n"),
    mail("plain", body="c and at t of 2.4 and 18; do foo bar uncles\n"),
    mail("far", body="alpha " + "word " * 9 + "beta gamma\n\n> quoted delta\n\nepsilon\n"),
]


@clause("query.word.signs")
def test_signs_within_words(mail_daemon):
    filled(mail_daemon, *WORDS)
    cases = [
        ("C++", "signs"),
        ("C#", "signs"),
        ("c", "plain"),
        ("AT&T", "signs"),
        ("2.4.18", "signs"),
        ("2.4", "plain"),
        ("don't", "signs"),
        ("foo_bar", "signs"),
        ("foo", "plain"),
        ("U.N.C.L.E.", "signs"),
        ("Uncle", "signs"),
    ]
    finds(mail_daemon, cases)


@clause("query.stem")
def test_other_forms(mail_daemon):
    filled(mail_daemon, *WORDS)
    finds(mail_daemon, [("run", "forms"), ("runs", "forms"), ("horse", "forms"), ("b:horse", "forms"), ("s:horse", "")])


@clause("query.stem.exact")
def test_as_it_stands(mail_daemon):
    filled(mail_daemon, *WORDS)
    cases = [
        ("Run", ""),
        ("Running", "forms"),
        ("RUNNING", "forms"),
        (["the running horses"], "forms"),
        (["the running horse"], ""),
        ("running-horse", ""),
        ("running-horses", "forms"),
        ("horse/", ""),
        ("horses/", "forms"),
    ]
    finds(mail_daemon, cases)


@clause("query.subject")
def test_prefix_s(mail_daemon):
    filled(mail_daemon)
    finds(mail_daemon, [("s:pie", "apple plum"), ("s:apple", "apple"), ("s:dough", ""), ("s:alice", ""), ("s:PIE", "apple plum")])


@clause("query.people")
def test_prefixes_of_people(mail_daemon):
    filled(mail_daemon)
    cases = [
        ("f:alice", "apple"),
        ("f:alice@kitchen.example", "apple"),
        ("f:bob", ""),
        ("t:bob", "pear"),
        ("t:carpenter", "pear"),
        ("t:carol", ""),
        ("c:carol", "plum"),
        ("c:bob", ""),
        ("tc:bob", "pear"),
        ("tc:carol", "plum"),
        ("tc:alice", ""),
        ("a:alice", "apple"),
        ("a:bob", "pear"),
        ("a:carol", "plum"),
        ("tcf:alice", "apple"),
    ]
    finds(mail_daemon, cases)


@clause("query.body")
def test_prefixes_b_bs(mail_daemon):
    filled(mail_daemon)
    cases = [("b:dough", "apple"), ("b:cargo", ""), ("b:turnips", "nut"), ("b:walnut", "pear"), ("bs:cargo", "nut"), ("bs:dough", "apple"), ("bs:alice", "")]
    finds(mail_daemon, cases)


@clause("query.quoted")
def test_prefixes_q_nq(mail_daemon):
    filled(mail_daemon)
    finds(mail_daemon, [("q:walnut", "pear"), ("q:hazelnut", ""), ("nq:hazelnut", "pear"), ("nq:walnut", "")])


@clause("query.attachment")
def test_prefix_n(mail_daemon):
    filled(mail_daemon)
    finds(mail_daemon, [("n:shopping-list.txt", "nut"), ("n:shopping", "nut"), ("n:turnips", "")])


@clause("query.message-id")
def test_prefixes_m_mid(mail_daemon):
    filled(mail_daemon)
    cases = [("mid:plum@example.com", "plum"), ("mid:plum", ""), ("m:plum@example.com", "plum"), ("m:plum", "plum"), ("mid:plum@example.com mid:fig@example.com", "fig plum")]
    finds(mail_daemon, cases)


@clause("query.list")
def test_prefixes_l_lid(mail_daemon):
    filled(mail_daemon)
    finds(mail_daemon, [("l:talk.kitchen.example", "nut"), ("l:talk", "nut"), ("lid:talk.kitchen.example", "nut"), ("lid:talk", ""), ("l:alice", "")])


@clause("query.label")
def test_prefix_label(mail_daemon):
    filled(mail_daemon, eml("ham"), args=["+L:work"])
    filled(mail_daemon, eml("jam"), args=["+L:work", "+L:home/own-2"])
    filled(mail_daemon, eml("yam"))
    cases = [("L:work", "ham jam"), ("L:home/own-2", "jam"), ("L:none", ""), ("L:wor", ""), ("s:about -L:work", "yam"), ("L:work s:jam", "jam"), ("L:work L:home/own-2", "ham jam")]
    finds(mail_daemon, cases)


@clause("query.keyword")
def test_prefix_keyword(mail_daemon):
    flags = {"ham": "S", "jam": "FS", "yam": "DPR", "clam": ""}
    maildir(mail_daemon.place.work / "md", {f"cur/{n}:2,{f}": eml(n) for n, f in flags.items()})
    succeeds(mail_daemon, "import", "-q", "md")
    cases = [
        ("kw:seen", "ham jam"),
        ("kw:flagged", "jam"),
        ("kw:draft", "yam"),
        ("kw:forwarded", "yam"),
        ("kw:answered", "yam"),
        ("kw:junk", ""),
        ("kw:flagged kw:draft", "jam yam"),
        ("s:about -kw:seen", "clam yam"),
        ("kw:seen AND kw:flagged", "jam"),
    ]
    finds(mail_daemon, cases)


@clause("query.phrase")
def test_argument_with_blanks(mail_daemon):
    filled(mail_daemon)
    cases = [
        (["bake the dough"], "apple"),
        (["dough the bake"], ""),
        (["bake slowly"], ""),
        (["slowly bake"], "plum"),
        (["s:pie of plums"], "plum"),
        (["s:plums of pie"], ""),
        (["f:alice baker"], "apple"),
        (["slowly bake", "s:pie"], "plum"),
    ]
    finds(mail_daemon, cases)


@clause("query.phrase.quotes")
@each("how", [param("argument", "argument"), param("standard-input", "stdin")])
def test_quotes(mail_daemon, how):
    filled(mail_daemon)
    cases = [
        ('"bake the dough"', "apple"),
        ('"dough the bake"', ""),
        ('s:"pie of plums"', "plum"),
        ('s:"plums of pie"', ""),
        ('"slowly bake" s:pie', "plum"),
        ('s:pie -"slowly bake"', "apple"),
        ('"bake"', "apple plum"),
    ]

    def probe(text, names):
        got = ids(mail_daemon, "--", text) if how == "argument" else ids(mail_daemon, "--stdin", stdin=text.encode())
        require(got == names.split(), f"finds {' '.join(got)}")

    check_each(cases, probe)


@clause("query.operators")
def test_between_terms(mail_daemon):
    filled(mail_daemon)
    cases = [
        ("s:pie AND b:dough", "apple"),
        ("s:apple OR s:pear", "apple pear"),
        ("s:pie NOT b:dough", "plum"),
        ("s:pie AND NOT b:dough", "plum"),
        ("s:pie -b:dough", "plum"),
        ("s:pie +b:dough", "apple"),
        ("(s:apple OR s:pear) b:dough", "apple"),
        ("( s:apple OR s:pear ) AND ( b:dough OR b:hazelnut )", "apple pear"),
        ("s:pie AND (b:dough OR (s:green AND b:hazelnut))", "apple"),
        ("s:(apple pie)", "apple"),
        ("s:(apple OR pear)", "apple pear"),
        ("s:pie and b:dough", ""),
        ("z:0.. -s:pie -s:nothing -s:first", "date fig lime nut pear"),
    ]
    finds(mail_daemon, cases)


@clause("query.near")
def test_near(mail_daemon):
    filled(mail_daemon, *WORDS)
    cases = [
        ("alpha NEAR beta", "far"),
        ("beta NEAR alpha", "far"),
        ("alpha NEAR/9 beta", ""),
        ("alpha NEAR/10 beta", "far"),
        ("alpha NEAR gamma", ""),
        ("gamma NEAR/1 beta", "far"),
        ("horse NEAR running", ""),
        ("horses NEAR running", "forms"),
        ("gamma NEAR delta", ""),
        ("b:(alpha NEAR beta)", "far"),
        ("s:(alpha NEAR beta)", ""),
        ("alpha NEAR beta OR foo_bar", "far signs"),
    ]
    finds(mail_daemon, cases)


@clause("query.adj")
def test_adj(mail_daemon):
    filled(mail_daemon, *WORDS)
    cases = [
        ("alpha ADJ beta", "far"),
        ("beta ADJ alpha", ""),
        ("gamma ADJ/1 beta", ""),
        ("beta ADJ/1 gamma", "far"),
        ("alpha ADJ/9 beta", ""),
        ("running ADJ horses ADJ happily", "forms"),
        ("running ADJ happily ADJ horses", ""),
        ("b:(alpha ADJ beta) NOT s:x", "far"),
    ]
    finds(mail_daemon, cases)


@clause("query.wildcard")
def test_star(mail_daemon):
    filled(mail_daemon)
    finds(mail_daemon, [("hazel*", "pear"), ("s:plu*", "plum"), ("s:zzz*", ""), ("b:doug* s:app*", "apple"), ("f:ali*", "apple")])


@clause("query.size")
def test_prefix_z(mail_daemon):
    filled(mail_daemon)
    cases = [("z:5000..", "lime"), ("s:sized z:..5000", ""), ("z:5000..50000", "lime"), ("z:50000..", ""), ("s:pie z:1..5000", "apple plum")]
    finds(mail_daemon, cases)


@clause("query.size")
def test_line_ends_are_two_bytes(mail_daemon):
    lines = mail("lines", body="\n" * 400)
    filled(mail_daemon, lines)
    size = len(lines) + lines.count(b"\n")
    finds(mail_daemon, [(f"z:{size}..{size}", "lines"), (f"z:..{size - 1}", ""), (f"z:{size + 1}..", "")])


@clause("query.date")
def test_days(mail_daemon):
    filled(mail_daemon)
    others = "apple fig lime nut pear plum"
    cases = [
        ("d:2000-01-01", "date"),
        ("d:20000101", "date"),
        ("d:2000-01-01..2000-01-01", "date"),
        ("d:2000-01-02..2000-02-01", ""),
        ("s:old d:..2000-01-01", "date"),
        ("s:old d:..1999-12-31", ""),
        ("s:old d:2000-01-01..", "date"),
        ("s:old d:2000-01-02..", ""),
        ("d:19991231..20000102", "date"),
        ("d:2023-10-02", others),
        ("d:2023-10-02..2023-10-02", others),
        ("d:2023-10-03..", ""),
        ("d:2000-01-01 s:old", "date"),
        ("s:pie NOT d:2000-01-01..2000-12-31", "apple plum"),
    ]
    finds(mail_daemon, cases)


DAY = 86400


@clause("query.date.relative")
def test_before_now(mail_daemon):
    """Ages in days, far enough from every bound that midnight does not matter."""
    now = time.time()
    ages = {"new": 0.01, "days": 3.5, "weeks": 20, "years": 800}
    mails = [mail(n, date=email.utils.formatdate(now - a * DAY)) for n, a in ages.items()]
    filled(mail_daemon, *mails)
    cases = [
        ("d:yesterday..", "new"),
        ("d:2.days.ago..", "new"),
        ("d:last.week..", "days new"),
        ("d:1.week.ago..", "days new"),
        ("d:2.months.ago..", "days new weeks"),
        ("d:10.years.ago..", "days new weeks years"),
        ("d:4.weeks.ago..1.week.ago", "weeks"),
        ("m:days d:..2.days.ago", "days"),
        ("m:new d:..2.days.ago", ""),
        ("rt:1.week.ago..", "days new"),
    ]
    finds(mail_daemon, cases)


@clause("query.date.sent")
def test_prefix_dt(mail_daemon):
    filled(mail_daemon)
    cases = [("dt:20000101115900..20000101120100", "date"), ("dt:20000101120001..20000101130000", ""), ("s:old dt:..20000101120000", "date"), ("s:old dt:20000101120000..", "date")]
    finds(mail_daemon, cases)


@clause("query.date.received")
def test_prefix_rt(mail_daemon):
    trace = "from a by b; Sun, 02 Jan 2000 12:00:00 +0000"
    filled(mail_daemon, mail("slow", received=trace, date="Sat, 01 Jan 2000 12:00:00 +0000"))
    cases = [
        ("s:nothing rt:946814400..946814400", "slow"),
        ("s:nothing rt:946814401..946900000", ""),
        ("s:nothing rt:2000-01-01..2000-01-03", "slow"),
        ("s:nothing d:2000-01-01", "slow"),
        ("s:nothing d:2000-01-02", ""),
    ]
    finds(mail_daemon, cases)


@clause("query.unicode")
def test_beyond_ascii(mail_daemon):
    filled(mail_daemon)
    cases = [("\u043f\u0440\u0438\u0432\u0435\u0442", "fig"), ("b:na\u00efve", "fig"), ("s:Stra\u00dfe", "fig"), ("s:\u00c4pfel", "fig"), ("s:\u00e4pfel", "fig"), (["s:\u00c4pfel Stra\u00dfe"], ""), (["s:Stra\u00dfe und \u00c4pfel"], "fig"), ("\u65e5\u672c\u8a9e", "")]
    finds(mail_daemon, cases)


ODD = [
    "'", "*", "**", "s:*", "-", "--", "+", ":", "s:", "a:b:c:d", "\\", "%_", "^", "~", "{}", "[", "s:'", "x'y", "a;b", "NEAR",
    "\u2603", "\u200b", "a" * 3000, "d:..", "z:..", "s:-", "!", "?", "é*", "s:.", "1..2", "..", "<a@b>", "mid:<a@b>", "-x", "a--b", "@",
]  # fmt: skip


@clause("query.unicode.joined")
def test_scripts_without_blanks(mail_daemon):
    body = "\u6771\u4eac\u90fd\u306b\u4f4f\u3080 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \ud55c\uad6d\uc5b4\uac00 iPod\u8aaa\u660e\n"
    filled(mail_daemon, mail("east", subject="nothing", content_type="text/plain; charset=utf-8", body=body))
    cases = [
        ("\u6771\u4eac\u90fd", "east"),
        ("\u4eac\u90fd", "east"),
        ("\u4f4f", "east"),
        ("\u90fd\u4eac", ""),
        ("\u0e44\u0e17\u0e22", "east"),
        ("\ud55c\uad6d\uc5b4", "east"),
        ("ipod", "east"),
        ("b:\u8aaa\u660e", "east"),
        ("s:\u6771", ""),
    ]
    finds(mail_daemon, cases)


DIFF = """A change.

> walnuts were quoted
---
 2 files changed

diff --git a/lib/kitchen.c b/lib/kitchen.c
index 0123abcdef01..89abcdef0123 100644
--- a/lib/kitchen.c
+++ b/lib/kitchen.c
@@ -10,4 +10,5 @@ int bake_pie(struct dough *d)
 unchanged flour
-removed butter
+added margarine
+added sugar
 last line
diff --git a/old_name.txt b/new_name.txt
similarity index 90%
rename from old_name.txt
rename to new_name.txt
"""


def patches(daemon):
    filled(daemon, mail("patch", body=DIFF), mail("prose", body="butter and margarine, kitchen.c\n- removed\n"))


@clause("query.diff.lines")
def test_lines_of_patches(mail_daemon):
    patches(mail_daemon)
    cases = [
        ("dfn:kitchen.c", "patch"),
        ("dfn:lib/kitchen.c", "patch"),
        ("dfn:old_name.txt", "patch"),
        ("dfn:new_name.txt", "patch"),
        ("dfa:butter", "patch"),
        ("dfa:margarine", ""),
        ("dfb:margarine", "patch"),
        ("dfb:butter", ""),
        ("dfctx:flour", "patch"),
        ("dfctx:butter", ""),
        ("dfhh:bake_pie", "patch"),
        ("dfhh:flour", ""),
        (["dfb:added sugar"], "patch"),
        (["dfb:margarine added"], ""),
    ]
    finds(mail_daemon, cases)


@clause("query.diff.text")
def test_patches_are_text(mail_daemon):
    patches(mail_daemon)
    cases = [
        ("butter", "patch prose"),
        ("nq:margarine", "patch prose"),
        ("b:sugar", "patch"),
        ("flour", "patch"),
        ("bs:bake_pie", "patch"),
        ("q:butter", ""),
        ("s:butter", ""),
        ("q:walnuts", "patch"),
    ]
    finds(mail_daemon, cases)


@clause("query.diff.blob")
def test_blobs_of_patches(mail_daemon):
    patches(mail_daemon)
    cases = [
        ("dfpre:0123abcdef01", "patch"),
        ("dfpre:0123abc", "patch"),
        ("dfpre:89abcde", ""),
        ("dfpost:89abcde", "patch"),
        ("dfpost:0123abc", ""),
        ("dfblob:0123abc", "patch"),
        ("dfblob:89abcdef0123", "patch"),
        ("dfblob:89abcdef01234", ""),
        ("dfpre:1234567", ""),
    ]
    finds(mail_daemon, cases)


@clause("query.diff.patch-id")
def test_patch_id(mail_daemon):
    patches(mail_daemon)
    finds(mail_daemon, [("patchid:e2f90ad70406c0466d0be68f4dc29349de82753f", "patch"), ("patchid:" + "0" * 40, "")])


@clause("query.punctuation")
def test_any_characters(mail_daemon):
    filled(mail_daemon)

    def probe(text):
        reply = mail_daemon.call("q", "-f", "json", "--", text, seconds=20)
        require(reply.succeeded or b"query" in reply.err, f"neither answered nor refused: {reply.err!r}")
        require(b"SQL" not in reply.err and b"fts" not in reply.err, f"shows its insides: {reply.err!r}")

    check_each([(text,) for text in ODD], probe)


def exit_one(daemon, *args, **how):
    reply = fails(daemon, "q", *args, **how)
    require(reply.status == 1 << 8, f"wait status {reply.status:#x}, not exit 1")
    require(not reply.out, f"and writes {reply.out!r}")


BAD = {
    "quote": '"no end',
    "quote-after-prefix": 's:"no end',
    "open": "(no end",
    "close": "no beginning)",
    "open-after-prefix": "s:(a",
    "two-open": "((a)",
    "or-alone": "OR",
    "and-alone": "AND",
    "not-alone": "NOT",
    "or-last": "a OR",
    "and-first": "AND b",
    "and-or": "a AND OR b",
}


@clause("query.bad.syntax")
@each("text", [param(name, text) for name, text in BAD.items()])
def test_refused(mail_daemon, text):
    exit_one(mail_daemon, "-f", "json", *text.split(" "))


@clause("query.bad.where")
def test_the_place_is_named(mail_daemon):
    cases = [
        ("quote", 'a s:b "no end', "column 7"),
        ("open", "one (two", "column 5"),
        ("close", "one two)", "column 8"),
        ("operator", "a OR OR b", "column 6"),
        ("date", "a d:whenever", "column 3"),
    ]

    def probe(_name, text, where):
        exit_one(mail_daemon, "-f", "json", "--stdin", stdin=text.encode(), naming=where)

    check_each(cases, probe)


@clause("query.bad.near")
def test_near_nothing(mail_daemon):
    def probe(text):
        exit_one(mail_daemon, "-f", "json", "--stdin", stdin=text.encode())

    check_each([(t,) for t in ("NEAR a", "a NEAR", "ADJ a", "a ADJ", "a NEAR NEAR b", "(a) NEAR b")], probe)


LARGE = {
    "long-word": "x" * 100_000,
    "long-phrase": '"' + "word " * 20_000 + '"',
    "terms": "word " * 20_000,
    "alternatives": "word OR " * 12_000 + "end",
    "different": " OR ".join(f"w{i}" for i in range(9_000)),
    "wildcards": " OR ".join(f"{chr(97 + i % 26)}{i}*" for i in range(3_000)),
    "open": "(" * 100_000,
    "nested": "(" * 10_000 + "a" + ")" * 10_000,
    "signs": "-" * 100_000,
    "not": "NOT " * 25_000 + "a",
    "near": "a NEAR " * 14_000 + "a",
    "labels": "L:x " * 25_000,
    "quotes": '"a" ' * 25_000,
}


@clause("query.bad.large")
@each("text", [param(name, text) for name, text in LARGE.items()])
def test_large(mail_daemon, text):
    filled(mail_daemon)
    reply = mail_daemon.call("q", "-f", "json", "--stdin", stdin=text.encode())
    said = reply.err + b"".join(reply.texts)
    require(reply.succeeded or b"query" in said, f"neither answered nor refused: {said!r}")
    require(ids(mail_daemon, "--", "apple") == ["apple"], "a small search after it finds something else")


@clause("query.bad.date")
def test_no_date(mail_daemon):
    def probe(text, name):
        exit_one(mail_daemon, "-f", "json", text, naming=name)

    cases = [("d:whenever", "whenever"), ("d:2020-13-01", "2020-13-01"), ("d:2020-02-30..", "2020-02-30"), ("rt:2.fortnights.ago..", "2.fortnights.ago"), ("dt:soon..", "soon")]
    check_each(cases, probe)


@clause("query.bad.none")
@each("args", [param("nothing", ["--stdin"]), param("blank", ["--", " "]), param("empty", ["--", ""])])
def test_no_term(mail_daemon, args):
    exit_one(mail_daemon, "-f", "json", *args)


@clause("query.stdin")
def test_from_standard_input(mail_daemon):
    filled(mail_daemon)
    for text, names in ((b"s:pie\nb:dough\n", ["apple"]), (b"s:apple OR\ns:pear", ["apple", "pear"]), (b's:"pie of\nplums"\n', ["plum"])):
        got = ids(mail_daemon, "--stdin", stdin=text)
        require(got == names, f"{text!r} finds {got}")


# ---- which and in what order ----

NAMES = [f"number{i}" for i in range(5)]


def numbered(daemon):
    """Imported in an order that is not that of their dates."""
    mails = {n: mail(n, subject="numbered", date=f"Mon, 0{i + 2} Oct 2023 10:00:00 +0000") for i, n in enumerate(NAMES)}
    filled(daemon, *(mails[NAMES[i]] for i in (3, 0, 4, 2, 1)))


def order(daemon, *args):
    reply = succeeds(daemon, "q", "-f", "jsonl", *args, "s:numbered")
    lines = [line for line in reply.out.split(b"\n") if line]
    return [int(line.split(b'"m":"number')[1][:1]) for line in lines]


@clause("query.limit")
@each("args", [param("long", ["--limit=2"]), param("short", ["-n", "2"]), param("number", ["-2"])])
def test_at_most(mail_daemon, args):
    numbered(mail_daemon)
    assert order(mail_daemon, *args) == [4, 3]


@clause("query.offset")
def test_leave_out(mail_daemon):
    numbered(mail_daemon)
    assert order(mail_daemon, "--offset=1", "--limit=2") == [3, 2]
    assert order(mail_daemon, "--offset=4") == [0]
    assert order(mail_daemon, "--offset=9") == []


@clause("query.sort")
@each(
    "args,expected",
    [
        param("received", [], [4, 3, 2, 1, 0]),
        param("named", ["--sort=received"], [4, 3, 2, 1, 0]),
        param("reverse", ["--reverse"], [0, 1, 2, 3, 4]),
        param("reverse-limit", ["-r", "-n", "2"], [0, 1]),
        param("import", ["--sort=docid"], [1, 2, 4, 0, 3]),
        param("import-reverse", ["-s", "docid", "-r"], [3, 0, 4, 2, 1]),
    ],
)
def test_order(mail_daemon, args, expected):
    numbered(mail_daemon)
    assert order(mail_daemon, *args) == expected


@clause("query.sort.relevance")
def test_best_first(mail_daemon):
    mails = [mail(f"number{i}", subject="numbered", body="cheese " * times + "bread " * (60 - times) + "\n") for i, times in enumerate((1, 40, 8))]
    filled(mail_daemon, *mails)
    assert order(mail_daemon, "--sort=relevance", "b:cheese") == [1, 2, 0]


@clause("query.bad.option")
@each("args", [param("limit", ["--limit=x"]), param("sort", ["--sort=beauty"])])
def test_wrong_value(mail_daemon, args):
    fails(mail_daemon, "q", *args, "s:pie")


# ---- the same message ----


def texts(daemon, *args):
    """The bodies that a search writes, sorted."""
    out = succeeds(daemon, "q", "-f", "mboxrd", *args).out
    return sorted(re.findall(rb"^body (\w+)", out, flags=re.M))


def in_box(daemon):
    return sorted(re.findall(rb"^body (\w+)", (daemon.place.work / "box").read_bytes(), flags=re.M))


def in_maildir(daemon):
    files = [*(daemon.place.work / "md" / "cur").iterdir(), *(daemon.place.work / "md" / "new").iterdir()]
    return sorted(m for f in files for m in re.findall(rb"^body (\w+)", f.read_bytes(), flags=re.M))


def copy(name, **fields):
    """A mail of which the body has a word."""
    return mail(name, body=f"body {name}\n", **fields)


RELAYED = "from a.example by b.example; Mon, 02 Oct 2023 10:00:01 +0000"


def with_old(daemon, where, *mails):
    """Mail at the destination that the store has never seen."""
    if where == "md":
        maildir(daemon.place.work / "md", {f"cur/old{n}:2,S": m for n, m in enumerate(mails)})
    else:
        (daemon.place.work / "box").write_bytes(mboxrd(*mails))
    return in_maildir if where == "md" else in_box


WHERE = [param("maildir", "md"), param("mailbox", "mboxrd:box")]


@clause("query.dedupe")
@each("where", WHERE)
@each("args", [param("default", []), param("content", ["--dedupe=content"]), param("short", ["-d", "content"])])
def test_not_beside_a_copy(mail_daemon, where, args):
    filled(mail_daemon, copy("ham"), copy("jam"), copy("yam"))
    seen = with_old(mail_daemon, where, copy("ham", received=RELAYED), copy("other"), mail("jam", body="body different\n"))
    for _ in range(2):
        succeeds(mail_daemon, "q", "-q", "--no-save", "--no-import-before", "-a", *args, "-o", where, "s:nothing")
        assert seen(mail_daemon) == [b"different", b"ham", b"jam", b"other", b"yam"]
    mail_daemon.settle()


@clause("query.dedupe")
@each("args", [param("default", []), param("content", ["-d", "content"]), param("oid", ["-d", "oid"]), param("none", ["-d", "none"])])
def test_all_that_differ(mail_daemon, args):
    """What says different things is different, and so are two of different Message-IDs."""
    filled(mail_daemon, copy("ham"), mail("ham", body="body other\n"), mail("jam", body="body ham\n"))
    assert texts(mail_daemon, *args, "s:nothing") == [b"ham", b"ham", b"other"]
    lines = succeeds(mail_daemon, "q", "-f", "jsonl", *args, "s:nothing").out.splitlines()
    assert len(lines) == 3


@clause("query.dedupe.oid")
@each("where", WHERE)
def test_same_bytes(mail_daemon, where):
    filled(mail_daemon, copy("ham"), copy("jam"))
    old = copy("jam") if where == "md" else copy("jam").replace(b"\n\n", b"\nStatus: RO\n\n", 1)
    seen = with_old(mail_daemon, where, copy("ham", received=RELAYED), old)
    for _ in range(2):
        succeeds(mail_daemon, "q", "-q", "--no-save", "--no-import-before", "-a", "-d", "oid", "-o", where, "s:nothing")
        assert seen(mail_daemon) == [b"ham", b"ham", b"jam"]
    mail_daemon.settle()


def same_ids(daemon):
    filled(
        daemon,
        copy("ham"),
        mail("ham", body="body other\n"),
        copy("jam"),
    )
    for text in (b"one", b"two"):
        succeeds(daemon, "import", "-q", "-F", "eml", "-", stdin=b"Subject: nothing\n\nbody " + text + b"\n")


@clause("query.dedupe.mid")
def test_one_of_an_id(mail_daemon):
    same_ids(mail_daemon)
    assert texts(mail_daemon, "--dedupe=mid", "s:nothing", "--sort=docid", "-r") == [b"ham", b"jam", b"one", b"two"]
    assert texts(mail_daemon, "-d", "mid", "s:nothing", "--sort=docid") == [b"jam", b"one", b"other", b"two"]
    lines = succeeds(mail_daemon, "q", "-f", "jsonl", "-d", "mid", "s:nothing").out.splitlines()
    assert len(lines) == 4


@clause("query.dedupe.mid")
@each("where", WHERE)
def test_none_of_an_id_that_is_there(mail_daemon, where):
    same_ids(mail_daemon)
    seen = with_old(mail_daemon, where, mail("ham", body="body old\n"))
    for _ in range(2):
        succeeds(mail_daemon, "q", "-q", "--no-save", "--no-import-before", "-a", "-d", "mid", "--sort=docid", "-r", "-o", where, "s:nothing")
        assert seen(mail_daemon) == [b"jam", b"old", b"one", b"two"]
    mail_daemon.settle()


@clause("query.dedupe.none")
@each("where", WHERE)
def test_again(mail_daemon, where):
    filled(mail_daemon, copy("ham"), copy("jam"))
    seen = with_old(mail_daemon, where, copy("ham"))
    for n in (1, 2):
        succeeds(mail_daemon, "q", "-q", "--no-save", "-a", "--dedupe=none", "-o", where, "s:nothing")
        assert seen(mail_daemon) == [b"ham"] * (n + 1) + [b"jam"] * n
    mail_daemon.settle()


@clause("query.dedupe.unknown")
def test_no_such_strategy(mail_daemon):
    fails(mail_daemon, "q", "-d", "unheard-of", "s:nothing")


@clause("query.store.absent")
def test_nothing_imported_yet(daemon):
    reply = succeeds(daemon, "q", "-f", "json", "s:pie")
    require(b"".join(reply.out.split()) == b"[null]", f"wrote {reply.out!r}")
    reply = succeeds(daemon, "q", "-f", "mboxrd", "s:pie")
    require(not reply.out, f"wrote {reply.out!r}")
    daemon.settle()
