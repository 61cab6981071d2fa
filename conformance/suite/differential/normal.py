"""What a command line did, as text that can be compared.  Everything that is left out is left out here."""

import hashlib
import json
import re
from collections import Counter

# Scores depend on the engine, and most searches need none: they are compared nowhere.
SCORE = re.compile(rb'(?<=[0-9a-f]{40})(=\d+(?=@mbox)| pct:\d+)|"pct": ?\d+,\s*')
SHOWN = 4000  # longer content is shown as its beginning and its digest


def text_of(data):
    return data.decode("utf-8", "backslashreplace")


def class_of(err):
    """Standard error: its wording binds nobody."""
    lines = [line for line in err.split(b"\n") if line.strip()]
    if not lines:
        return "silent"
    return "feedback" if all(line.startswith(b"#") for line in lines) else "message"


def rows(data):
    """JSON in any shape as one object a line, in order; text that is none as it is."""
    text, at, found = text_of(data), 0, []
    decoder = json.JSONDecoder()
    try:
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            value, at = decoder.raw_decode(text, at)
            found += value if isinstance(value, list) else [value]
    except ValueError:
        return text
    return "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in found)


FORMS = {
    "bytes": text_of,
    "rows": rows,
    "lines": lambda data: f"{data.count(b'%c' % 10)} lines\n",
    "sorted": lambda data: "".join(sorted(text_of(data).splitlines(True))),
    "sorted-rows": lambda data: "".join(sorted(rows(data).splitlines(True))),
    "mails": lambda data: "".join(sorted(re.split(r"^(?=From )", text_of(data), flags=re.M))),
    "some": lambda data: "something\n" if data else "",  # whether there is any
}
OF_FILES = {"mails"}  # what a line writes is compared in these forms, too


def shown(data):
    text = text_of(data)
    if len(text) <= SHOWN:
        return text if text.endswith("\n") or not text else text + "\\ no newline\n"
    return f"{text[:SHOWN]}\n... {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}\n"


def maildir_text(before, after):
    """What came and what went; mail that stayed is nothing to tell."""
    ret = ""
    for key in sorted({*before, *after}):
        old, new = Counter(before.get(key, [])), Counter(after.get(key, []))
        for sign, mails in (("-", old - new), ("+", new - old)):
            title = f"--- {sign} {key[0]} {key[1] or 'no flags'}"
            ret += "".join(f"{title}\n{shown(data)}" for data in sorted(mails.elements()))
    return ret


def file_text(name, before, after, form):
    """One file or Maildir that is not what it was."""
    if after is None:
        return f"=== {name}: removed\n"
    if isinstance(after, bytes):
        after = FORMS[form](after).encode() if form in OF_FILES else after
        return f"=== {name}\n{shown(after)}"
    return f"=== {name}\n" + maildir_text(before if isinstance(before, dict) else {}, after)


def normal(seen, line, root):
    """{field: text} of what Side.run has seen."""
    root = str(root).encode()

    def plain(data):
        return SCORE.sub(b"", data.replace(root, b"$ROOT")) if isinstance(data, bytes) else data

    files = "".join(
        file_text(name, plain(before), plain(after), line.form) for name, (before, after) in seen["files"].items()
    )
    return {
        "exit": seen["exit"],
        "stdout": FORMS[line.form](plain(seen["stdout"])),
        "stderr": class_of(seen["stderr"]),
        "files": files,
        "store": "",
        "said": text_of(plain(seen["stderr"])),  # not compared
        "seconds": seen["seconds"],
    }


def store_rows(data, line):
    """The rows of the store that came by this line: its name is in their Message-ID.  Scores are not compared."""
    ret = []
    for text in data.decode("utf-8", "backslashreplace").splitlines():
        row = json.loads(text)
        if row.get("m", "").startswith(f"{line.name}."):
            row.pop("pct", None)
            ret.append(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n")
    return "".join(sorted(ret))
