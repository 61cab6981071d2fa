"""The conversation as lines: for people, or one JSON object each.  Both show the same events.

Names of environment variables are shown, their values only on request: a recording is something
one sends to others."""

import json
import socket
import textwrap
import time

from . import sniff_decode, look

SCHEMA = 1
WIDTH = 110
INDENT = " " * 22
DUMPED = 256  # bytes of a packet that are dumped when not every byte is asked for
COLOURS = {"client": "36", "daemon": "32", "remark": "33;1", "dim": "2"}


def hex_lines(data):
    """Offset, sixteen bytes, and the same as text."""
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        left, right = row[:8].hex(" "), row[8:].hex(" ")
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        yield f"{start:06x}  {left:23}  {right:23}  |{text}|"


def plural(number, word):
    return f"{number} {word}" + ("" if number == 1 else "s")


def who(process):
    name = process["command"] or process["name"] or "?"
    name = name if len(name) <= 60 else name[:57] + "..."
    return f"pid {process['pid']}, uid {process['uid']}: {name}"


class Record:
    """Turns what the relay meets into events, and hands them to `write`."""

    def __init__(self, write, everything=False):
        self.write, self.everything = write, everything
        self.start = time.monotonic()

    def event(self, kind, at=None, **more):
        at = time.monotonic() if at is None else at
        self.write({"event": kind, "ms": round((at - self.start) * 1000, 3), **more})

    def note(self, text):
        self.event("note", text=text)

    def connected(self, connection):
        self.event("connect", connection.began, connection=connection.number, **connection.peers)

    def packet(self, connection, direction, packet):
        first = direction.packets == 1 and direction.name == "client"
        if direction.name == "client":
            said = sniff_decode.client(packet.data, len(packet.fds), first)
        else:
            said = sniff_decode.daemon(packet.data, len(packet.fds))
            connection.status = said.status if said.kind == "x_it" else connection.status
        self.event(
            "packet",
            packet.time,
            connection=connection.number,
            **{"from": direction.name},
            size=len(packet.data),
            verb=said.kind,
            says=said.says,
            **self.parts(said, packet),
            descriptors=[self.look(n, fd, said) for n, fd in enumerate(packet.fds)],
            cut=[n for n in ("MSG_TRUNC", "MSG_CTRUNC") if packet.flags & getattr(socket, n)],
            remarks=[{"clause": c, "text": t} for c, t in said.remarks],
            sender=self.sender(connection, direction, packet),
        )

    def parts(self, said, packet):
        """What the packet holds, taken apart or as bytes."""
        ret = {}
        if said.strings is not None:
            ret["argc"] = said.argc.decode("ascii", "backslashreplace")
            ret["arguments"] = [sniff_decode.quoted(s) for s in said.strings]
            shown = said.environment if self.everything else sniff_decode.names_of(said.environment)
            ret["environment"] = [s.decode("utf-8", "backslashreplace") for s in shown]
        if said.raw and packet.data:
            ret["text"] = sniff_decode.quoted(packet.data[:DUMPED])
        if self.everything or said.raw and packet.data:
            ret["bytes"] = (packet.data if self.everything else packet.data[:DUMPED]).hex()
        return ret

    @staticmethod
    def look(number, fd, said):
        name = said.fd_names[number] if number < len(said.fd_names) else ""
        return {"number": number, "name": name, **look.descriptor(fd)}

    @staticmethod
    def sender(connection, direction, packet):
        """Who sent it, when not the process that connected or listened."""
        if not packet.sender or packet.sender[0] == connection.peers[direction.name]["pid"]:
            return None
        return look.process(*packet.sender)

    def lost(self, connection, direction, why):
        self.event("lost", connection=connection.number, **{"from": direction.name}, why=why)

    def end(self, connection, direction, how):
        self.event("end", connection=connection.number, **{"from": direction.name}, how=how)

    def over(self, connection):
        there, back = connection.directions
        self.event(
            "over",
            connection=connection.number,
            client=there.packets,
            daemon=back.packets,
            status=connection.status,
            left="client" if there.over and not back.over else "daemon",
            took=round((time.monotonic() - connection.began) * 1000, 3),
        )


class Json:
    """One object a line."""

    def __init__(self, stream):
        self.stream = stream

    def __call__(self, event):
        self.stream.write(json.dumps({"schema": SCHEMA, **event}) + "\n")
        self.stream.flush()


class Text:
    """Lines for people; in colour on a terminal."""

    def __init__(self, stream, colour=False):
        self.stream, self.colour = stream, colour

    def paint(self, what, text):
        return f"\x1b[{COLOURS[what]}m{text}\x1b[0m" if self.colour and text else text

    def __call__(self, event):
        head, *details = getattr(self, f"show_{event['event']}")(event)
        stamp = self.paint("dim", f"{event['ms']:10.3f} ms")
        number = f"#{event['connection']}" if "connection" in event else ""
        lines = [f"{stamp}  {number:4} {head}", *(INDENT + line for line in details)]
        self.stream.write("\n".join(line.rstrip() for line in lines) + "\n")
        self.stream.flush()

    def arrow(self, event):
        side = event["from"]
        text = "client -> daemon" if side == "client" else "client <- daemon"
        return self.paint(side, text)

    def show_note(self, event):
        return textwrap.wrap(event["text"], WIDTH - len(INDENT)) or [""]

    def show_exit(self, event):
        return [event["text"]]

    def show_start(self, event):
        return [
            f"standing between {event['listen']}",
            f"and {event['to']}",
            f"Both sides meet pid {event['pid']}, this program, as their peer.",
        ]

    def show_connect(self, event):
        return ["connection", f"client  {who(event['client'])}", f"daemon  {who(event['daemon'])}"]

    def show_lost(self, event):
        return [f"{self.arrow(event)}  " + self.paint("remark", f"not delivered: {event['why']}")]

    def show_end(self, event):
        words = {
            "closed": "end of file, closed",
            "half-closed": "end of file, but it still reads",
            "reset": "closed with something unread: connection reset",
        }
        return [f"{self.arrow(event)}  {words[event['how']]}"]

    def show_over(self, event):
        status = "the client left" if event["left"] == "client" else "no x_it: a bare end of file"
        if event["status"] is not None:
            status = sniff_decode.status_words(event["status"])
        packets = f"{plural(event['client'], 'packet')} there, {event['daemon']} back"
        return [f"over     {packets}, {event['took']:g} ms, {status}"]

    def show_packet(self, event):
        kind = event["verb"] + (f" {event['says']}" if event["verb"] in ("x_it", "child_error") else "")
        words = [kind, plural(event["size"], "byte")]
        if event["descriptors"]:
            words.append(plural(len(event["descriptors"]), "descriptor"))
        if event["says"] and not kind.endswith(event["says"]):
            words.append(event["says"])
        ret = [f"{self.arrow(event)}  {', '.join(words)}"]
        if event["sender"]:
            ret.append(f"from    {who(event['sender'])}")
        ret += self.contents(event)
        ret += [self.descriptor(d) for d in event["descriptors"]]
        ret += [self.paint("remark", f"!       {n}: not all of it arrived here") for n in event["cut"]]
        ret += [self.paint("remark", f"!       {r['clause']}: {r['text']}") for r in event["remarks"]]
        return ret

    def contents(self, event):
        ret = []
        if "arguments" in event:
            ret += self.wrapped(f"argc {event['argc']}", event["arguments"])
            if event["environment"] and "=" in event["environment"][0]:
                ret += [f"env     {entry}" for entry in event["environment"]]
            elif event["environment"]:
                ret += self.wrapped("env", sorted(event["environment"]))
        if "text" in event:
            ret += self.wrapped("text", [event["text"]])
        if "bytes" in event:
            data = bytes.fromhex(event["bytes"])
            # Text that can be printed says it all.
            if "text" not in event or not data.isascii() or not data.decode().isprintable():
                ret += [self.paint("dim", f"        {line}") for line in hex_lines(data)]
            if len(data) < event["size"]:
                ret.append(f"        ... {event['size'] - len(data)} bytes more")
        return ret

    @staticmethod
    def wrapped(name, words):
        lines = textwrap.wrap(
            " ".join(words), WIDTH - len(INDENT) - 8, break_long_words=True, break_on_hyphens=False
        )
        return [f"{name if not n else '':8}{line}" for n, line in enumerate(lines or [""])]

    @staticmethod
    def descriptor(d):
        number = f"fd {d['number']}"
        flags = f" {' '.join(d['flags'])}" if d["flags"] else ""
        return f"{number:8}{d['name']:10}{d['type']:10}{d['access']:11}{d['path']}  inode {d['inode']}{flags}"
