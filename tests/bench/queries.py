#!/usr/bin/python3
"""The same searches on the same mail, asked of the original and of ours: are the hits the same?

Prints each difference, and a table of how many there are of which class.  A class is a reason why
ours finds something else on purpose; what has no class is a fault, and ends with status 1.

The original takes long to import and to answer: its store and its answers are kept in
$LEI_QUERIES, else $XDG_CACHE_HOME/lei-queries, else ~/.cache/lei-queries, for as long as mail,
searches and its release stay what they are.

    queries.py [-k WORD] [--verbose]
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
PERL_LEI = "/usr/bin/lei"

BINARY = """GIT binary patch
literal 12
TcmZQzU|?ZjVqjokWMcpT00RI30{{R3

literal 0
HcmV?d00001

"""

PATCH = """The compiler warns about this one.

> oldline was quoted here
---
 main.c     | 4 ++--
 lib/util.c | 2 +-

diff --git a/src/main.c b/src/main.c
index 1234567890ab..89abcdef0123 100644
--- a/src/main.c
+++ b/src/main.c
@@ -10,5 +10,6 @@ int compute_total(struct list *l)
 unchanged context
-removed oldline of code
+addedline of code
+brand new words
 return total;
diff --git a/lib/util.c b/lib/util.c
index 0123abcd..4567ef01 100644
--- a/lib/util.c
+++ b/lib/util.c
@@ -1 +1 @@ static void helper(void)
-removed line
+added line
-- 
2.30.2
"""

RENAME = """A rename, a name with blanks, a binary file.

diff --git a/docs/old.txt b/docs/new.txt
similarity index 90%
rename from docs/old.txt
rename to docs/new.txt
diff --git "a/with blank\\303\\251.txt" "b/with blank\\303\\251.txt"
index abcdef1..abcdef2 100644
--- "a/with blank\\303\\251.txt"
+++ "b/with blank\\303\\251.txt"
@@ -1,2 +1,2 @@
 context
-gone
+come
diff --git a/icon.png b/icon.png
new file mode 100644
index 0000000000000000000000000000000000000000..1234567890abcdef1234567890abcdef12345678
""" + BINARY

TRADITIONAL = """An old way to send patches.

diff -u linux-2.4/Makefile linux/Makefile
--- linux-2.4/Makefile\t2002-01-01 00:00:00
+++ linux/Makefile\t2002-01-02 00:00:00
@@ -3,3 +3,3 @@
 unchanged context
-EXTRAVERSION = removed
+EXTRAVERSION = added
"""

# name, subject, status lines, body
MAILS = [
    ("patch-1", "[PATCH] main: count all of them", "Status: RO\nX-Status: F\n", PATCH),
    ("patch-2", "[PATCH] docs: rename", "Status: RO\n", RENAME),
    ("patch-3", "patch for 2.4", "X-Status: A\n", TRADITIONAL),
    ("latin", "\u00c4pfel und se\u00f1or", "X-Status: T\n",
     "na\u00efve \u043f\u0440\u0438\u0432\u0435\u0442 caf\u00e9 Stra\u00dfe\n"
     "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac don\u2019t\n"),
    ("cjk", "\u6771\u4eac\u90fd", "", "\u65e5\u672c\u8a9e \u6771\u4eac\u90fd\u306b\u4f4f\u3080 \ud55c\uad6d\uc5b4\uac00\n"),
    ("signs", "signs", "", "__init__ foo_bar C# C++ AT&T 2.4.18 I.B.M. 1.0beta\n"),
]

# Why ours differs on purpose: a pattern of the search, which side may find more, the reason.
CLASSES = [
    ("refused", None, None, "one program refuses what the other answers: ours says why and where"),
    ("scripts without blanks", r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7ff]", "ours",
     "each character is a word, so that parts of a run are found"),
    ("one day is one day", r"^d:(\d{8}|\d{4}-\d\d-\d\d)$", "theirs",
     "a day alone means two days to the original"),
    ("whole days", r"^rt:[^ ]*\d{4}-\d\d-\d\d", "ours",
     "a day has no hour: the original takes that of the question"),
    ("short ids", r"^df(pre|post|blob):[0-9a-f]{1,6}$", "ours",
     "an abbreviation may be shorter than 7 digits"),
    ("angle brackets", r"^mid:<", "ours", "a Message-ID may stand as it does in mail"),
    ("dates with blanks", r"^(d|rt|dt):.* ", "any", "`d:last week..' is a date; a phrase to the original"),
    ("quotes in an argument", r'".*" \w', "any", "quotes make a phrase within an argument, too"),
]

# The same of messages that only one side finds: a pattern of the raw message.
MAIL_CLASSES = [
    ("TEXT/HTML", rb"(?m)^Content-Type:\s*TEXT/HTML", "the original takes HTML in capitals for text"),
    ("words beside Chinese", rb"(?i)gb2312|gbk|big5|iso-2022-jp|euc-kr|ks_c_5601",
     "a Latin word beside a Chinese one is a word of its own, and in the original glued to it"),
    ("bytes as text", rb"(?i)application/octet-stream;\s*charset=",
     "the original indexes bytes that claim a charset"),
]


def cache_dir() -> pathlib.Path:
    if "LEI_QUERIES" in os.environ:
        return pathlib.Path(os.environ["LEI_QUERIES"])
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "lei-queries"


def extra_mail() -> bytes:
    """Patches, scripts and keywords, of which the corpus has few."""
    out = []
    for i, (name, subject, status, body) in enumerate(MAILS):
        quoted = re.sub(r"^(>*From )", r">\1", body, flags=re.M)
        out.append(
            f"From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n"
            f"To: list@example.org\nSubject: {subject}\nMessage-ID: <{name}@example.org>\n"
            f"Date: Tue, 03 Sep 2002 10:00:0{i} +0000\n{status}MIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"{quoted}\n")
    return "".join(out).encode()


def patch_id() -> str:
    out = subprocess.run(["git", "patch-id", "--stable"], input=PATCH, capture_output=True,
                         text=True, check=True).stdout
    return out.split()[0]


def searches() -> list[list[str]]:
    lines = (HERE / "queries.txt").read_text().splitlines()
    known = patch_id()
    out = []
    for line in lines:
        line = line.replace("@PATCH-1@", known)
        if not line or line.startswith("#"):
            continue
        # A lone quote is a search, too.
        out.append([line] if line.count('"') % 2 else shell_words(line))
    return out


def shell_words(line: str) -> list[str]:
    """Quotes at the beginning of a word are the shell's; an apostrophe within one is not."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.quotes = '"' if "'" not in re.sub(r"\w'\w", "", line) else "'\""
    lexer.escape = ""
    return list(lexer)


class Side:
    """One program with a home of its own, and the mail in it."""

    def __init__(self, lei: str, home: pathlib.Path, run: pathlib.Path):
        self.lei = lei
        run.mkdir(mode=0o700)
        home.mkdir(parents=True, exist_ok=True)
        self.env = {"HOME": str(home), "XDG_RUNTIME_DIR": str(run), "TMPDIR": str(home),
                    "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}

    def call(self, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
        return subprocess.run([self.lei, *args], env=self.env, input=stdin, capture_output=True,
                              cwd=self.env["HOME"], check=False)

    def fill(self, mbox: str) -> None:
        for args, data in ((["-F", "mboxrd", mbox], b""),
                           (["-F", "mboxrd", "+L:bench", "-"], extra_mail())):
            done = self.call("import", "-q", *args, stdin=data)
            if done.returncode:
                sys.exit(f"queries: {self.lei} import: {done.stderr.decode(errors='replace')}")

    def ask(self, words: list[str]) -> dict:
        done = self.call("q", "-f", "jsonl", "--limit=100000", "--", *words)
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode or "Exception: " in said:  # the original succeeds with those
            return {"refused": re.sub(r"^.*Exception: ", "", said)}
        return {"hits": sorted(json.loads(line)["blob"] for line in done.stdout.splitlines())}

    def stop(self) -> None:
        self.call("daemon-kill")


class Original:
    """The original's answers, asked only once."""

    def __init__(self, mbox: pathlib.Path, run: pathlib.Path):
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "lei"],
                                 capture_output=True, text=True, check=False).stdout
        stamp = hashlib.sha256(f"{version} {mbox.stat().st_size}".encode() + extra_mail())
        self.dir = cache_dir() / stamp.hexdigest()[:16]
        self.answers_file = self.dir / "answers.json"
        self.answers = {}
        self.mbox, self.run, self.side = mbox, run, None

    def start(self) -> None:
        home = self.dir / "home"
        whole = self.dir / "whole"
        if not whole.exists():
            print("queries: the original imports the mail, once", flush=True)
            shutil.rmtree(self.dir, ignore_errors=True)
        self.side = Side(PERL_LEI, home, self.run)
        if not whole.exists():
            self.side.fill(str(self.mbox))
            whole.touch()

    def ask(self, words: list[str]) -> dict:
        key = json.dumps(words)
        if not self.answers and self.answers_file.exists():
            self.answers = json.loads(self.answers_file.read_text())
        if key not in self.answers:
            if not self.side:
                self.start()
            self.answers[key] = self.side.ask(words)
        return self.answers[key]

    def stop(self) -> None:
        if self.side:
            self.side.stop()
            self.answers_file.write_text(json.dumps(self.answers))


class Mails:
    """Raw messages by blob id, read when a difference is to be explained."""

    def __init__(self, corpus: pathlib.Path):
        self.corpus, self.by_id = corpus, {}

    def get(self, blob: str) -> bytes:
        if not self.by_id:
            for path in (self.corpus / "eml").iterdir():
                raw = path.read_bytes()
                self.by_id[hashlib.sha1(b"blob %d\0" % len(raw) + raw).hexdigest()] = raw
        return self.by_id.get(blob, b"")


def class_of(words: list[str], theirs: dict, ours: dict, mails: Mails) -> str | None:
    """None: equal.  "": a difference that nothing explains."""
    if "refused" in theirs and "refused" in ours:
        return None
    if "refused" in theirs or "refused" in ours:
        return "refused"
    a, b = set(theirs["hits"]), set(ours["hits"])
    if a == b:
        return None
    for name, pattern, more, _ in CLASSES:
        if pattern and re.search(pattern, " ".join(words)):
            if more == "any" or (more == "ours" and a < b) or (more == "theirs" and b < a):
                return name
    return class_of_mails([mails.get(blob) for blob in a ^ b])


def class_of_mails(different: list[bytes]) -> str:
    names = set()
    for raw in different:
        found = [name for name, pattern, _ in MAIL_CLASSES if re.search(pattern, raw)]
        names.add(found[0] if found else "")
    return "" if "" in names else sorted(names)[0]


def told(answer: dict) -> str:
    return f"{len(answer['hits'])} hits" if "hits" in answer else answer["refused"].split("\n")[-1]


def compare(original: Original, ours: Side, asked: list[list[str]], verbose: bool) -> int:
    counts: collections.Counter = collections.Counter()
    mails = Mails(original.mbox.parent)
    for words in asked:
        a, b = original.ask(words), ours.ask(words)
        verdict = class_of(words, a, b, mails)
        name = "equal" if verdict is None else verdict or "UNEXPLAINED"
        counts[name] += 1
        if verdict is not None or verbose:
            print(f"  {shlex.join(words):42} original {told(a)}; ours {told(b)}  [{name}]")
            if verdict == "" and verbose:
                print("      original alone:", *sorted(set(a["hits"]) - set(b["hits"]))[:4])
                print("      ours alone:", *sorted(set(b["hits"]) - set(a["hits"]))[:4])
    print(f"\n{len(asked)} searches on the same mail\n")
    print(f"{'equal':24} {counts['equal']:4}")
    for name, why in [(c[0], c[-1]) for c in CLASSES + MAIL_CLASSES]:
        print(f"{name:24} {counts[name]:4}  {why}")
    print(f"{'UNEXPLAINED':24} {counts['UNEXPLAINED']:4}")
    return 1 if counts["UNEXPLAINED"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-k", metavar="WORD", help="only searches that have it")
    parser.add_argument("--verbose", action="store_true", help="every search, and some blobs")
    args = parser.parse_args()
    corpus = subprocess.run([ROOT / "ci/corpus"], stdout=subprocess.PIPE, text=True, check=True)
    mbox = pathlib.Path(corpus.stdout.strip()) / "corpus.mboxrd"
    asked = [w for w in searches() if not args.k or args.k in " ".join(w)]
    with tempfile.TemporaryDirectory(prefix="lei-q-") as top:
        ours = Side(str(BUILD / "lei"), pathlib.Path(top) / "h", pathlib.Path(top) / "r")
        original = Original(mbox, pathlib.Path(top) / "p")
        try:
            ours.fill(str(mbox))
            return compare(original, ours, asked, args.verbose)
        finally:
            ours.stop()
            original.stop()


if __name__ == "__main__":
    sys.exit(main())
