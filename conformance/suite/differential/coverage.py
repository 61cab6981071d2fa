"""Which options the lines use, and which the two programs offer: nothing may be left out unnoticed."""

import shlex

ENDS = {";", "&&", "||", "|", "&", "(", ")"}
GLOBAL_ARGUMENT = {"-c", "-C"}


def commands(run):
    """[(command, {options})] of each `lei` in a line for sh."""
    words = list(shlex.shlex(run, posix=True, punctuation_chars=";&|()"))
    ret, at = [], 0
    while at < len(words):
        if words[at] != "lei":
            at += 1
            continue
        at, name, options = at + 1, None, set()
        while at < len(words) and words[at] not in ENDS:
            word = words[at]
            if name is None and word in GLOBAL_ARGUMENT:
                options.add(word)
                at += 1
            elif word.startswith("--") and len(word) > 2:
                options.add(word.partition("=")[0])
            elif word.startswith("-") and len(word) > 1:
                options.add(word[:2])
            elif name is None:
                name = word
            at += 1
        ret.append((name or "", options))
    return ret


def used(groups):
    """{command: {options}} over all lines."""
    ret = {}
    for line in [line for group in groups for line in group.lines]:
        for name, options in commands(line.run):
            ret.setdefault(name, set()).update(options)
    return ret


def offered(side, command):
    """The options that completion offers; completion itself is a line like others."""
    ret = set()
    for begin in ("-", "--"):
        status, out, _ = side.sh(f"lei _complete lei {command} {begin}", side.root)
        if status == "0":
            words = out.decode(errors="replace").split()
            ret |= {word for word in words if word.startswith("-") and ":" not in word}  # not -kw:seen
    return {word.rstrip("=") for word in ret} - {"-", "--"}


def unused(groups, ours, original):
    """Options of the commands that ours has which no line uses, as ["q --x", ...]."""
    known = used(groups)
    status, out, _ = ours.sh("lei _complete lei ''", ours.root)
    names = [w for w in out.decode().split() if not w.startswith("-")] if status == "0" else []
    ret = [f"{name}" for name in names if name not in known]
    for name in names:
        for option in sorted(offered(ours, name) | offered(original, name)):
            if option not in known.get(name, set()):
                ret.append(f"{name} {option}")
    return ret
