"""What a datagram says, as far as it can be told: never an error, whatever the bytes are.

Odd things are remarked on with the clause that they bear upon; nothing is judged here."""

import re
import signal
from dataclasses import dataclass, field

from .wire import CHILD_ERROR, REQUEST_COMPAT, X_IT

STANDARD = ("stdin", "stdout", "stderr", "directory")
PLAIN = {
    b"wait": "wait for what `exec` started",
    b"umask": "asks for the client's umask",
    b"-WINCH": "SIGWINCH for the program that replaced the client",
}
CONTROL = {b"STOP": "stop the command", b"CONT": "let it continue", b"TERM": "end it"}


@dataclass
class Decoded:
    kind: str
    says: str = ""  # in words, for the first line
    strings: list = None  # arguments of a request or an exec
    argc: bytes = None
    environment: list = None  # entries as bytes
    fd_names: tuple = ()
    remarks: list = field(default_factory=list)  # (clause id, words)
    status: int = None
    raw: bool = False  # not understood: show the bytes


def quoted(data):
    """Bytes as text in double quotes; what cannot be printed is escaped."""
    out = []
    for char in data.decode("utf-8", "surrogateescape"):
        if char in '"\\':
            out.append("\\" + char)
        elif char.isprintable():
            out.append(char)
        elif char in "\n\t\r\0":
            out.append({"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}[char])
        else:
            out += [f"\\x{b:02x}" for b in char.encode("utf-8", "surrogateescape")]
    return '"' + "".join(out) + '"'


def status_words(number):
    """A wait status as the client reads it."""
    if number == 0:
        return "success"
    signo = number & 127
    if not signo:
        return f"exit {number >> 8 & 255}"
    try:
        return f"signal {signo}, {signal.Signals(signo).name}"
    except ValueError:
        return f"signal {signo}, which does not exist"


def names_of(entries):
    """The names of environment entries; those without one are shown whole."""
    return [e[: e.index(b"=")] if b"=" in e[1:] and e[:1] != b"=" else e for e in entries]


def strings_of(body, into):
    """ARGC NUL ARG ... [NUL NAME=VALUE] ...; False when it cannot be taken apart."""
    argc, *rest = body.split(b"\0")
    into.argc = argc
    if not re.fullmatch(rb"[0-9]+", argc):
        return False
    count = int(argc) if len(argc) < 10 else 1 << 31
    into.strings, into.environment = rest[:count], rest[count:]
    return count <= len(rest)


def request(data, descriptors):
    ret = Decoded("request", fd_names=STANDARD)
    if descriptors != 4:
        ret.remarks.append(("request.descriptors.four", f"{descriptors} descriptors instead of 4"))
    if not data:
        ret.says, ret.raw = "empty", True
        ret.remarks.append(("request.empty.refused", "an empty datagram, which is not the end of file"))
        return ret
    if not data.endswith(b"\0\0"):
        ret.remarks.append(("request.terminator.required", "it does not end in two NULs"))
    if not strings_of(re.sub(rb"\0{1,2}\Z", b"", data), ret):
        ret.raw = True
        if ret.strings is None:
            ret.remarks.append(("request.argc.digits", f"ARGC is {quoted(ret.argc)}"))
        else:
            few = f"ARGC is {ret.argc.decode()} but {len(ret.strings)} strings follow"
            ret.remarks.append(("request.argc.range", few))
        return ret
    if not ret.strings:
        ret.remarks.append(("request.argc.zero", "it asks for no command"))
    bad = [e for e in ret.environment if e and b"=" not in e[1:] or e[:1] == b"="]
    if bad:
        ret.remarks.append(("request.environment.malformed", f"{quoted(bad[0])} is no NAME=VALUE"))
    names = names_of(ret.environment)
    twice = sorted({n for n in names if n and names.count(n) > 1}) if len(names) < 4096 else []
    if twice:
        ret.remarks.append(("request.environment.repeated", f"{quoted(twice[0])} comes more than once"))
    if len(data) > REQUEST_COMPAT:
        ret.remarks.append(("request.size.accepted", f"longer than the {REQUEST_COMPAT} bytes every daemon takes"))
    return ret


def client(data, descriptors, first):
    """What a client sends."""
    if first:
        return request(data, descriptors)
    if data in CONTROL:
        return Decoded(data.decode(), CONTROL[data])
    if len(data) == 5 and data[:1] == b"u":
        return Decoded("umask", f"the umask is {int.from_bytes(data[1:], 'little'):04o}")
    return Decoded("unknown", "nothing a client says while a command runs", raw=True)


def execute(data):
    ret = Decoded("exec", fd_names=STANDARD[:3])
    if not strings_of(re.sub(rb"\0\0\Z", b"", data[5:]), ret) or not ret.strings:
        ret.raw = True
        ret.remarks.append(("reply.grammar", "an exec that cannot be obeyed"))
    return ret


def daemon(data, descriptors):
    """What a daemon sends."""
    for pattern, kind in ((X_IT, "x_it"), (CHILD_ERROR, "child_error")):
        found = pattern.match(data)
        if found:
            # Python refuses to read numbers of thousands of digits; so many mean nothing anyway.
            number = int(found[1][-18:])
            return Decoded(kind, f"{found[1][:20].decode()}: {status_words(number)}", status=number)
    if data in PLAIN:
        return Decoded(data.decode(), PLAIN[data])
    if data.startswith(b"exec "):
        return execute(data)
    ret = Decoded("text", "for a person; the client fails", raw=True)
    if not data:
        ret.says = "empty"
        ret.remarks.append(("reply.grammar", "an empty datagram, which a client takes for the end of file"))
    elif re.match(rb"\s*(x_it|child_error|wait|umask|exec|-WINCH)\b", data):
        ret.remarks.append(("reply.grammar", "nearly a verb, but with something before or after it"))
    return ret
