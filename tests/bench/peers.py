"""Programs beside ours: how each makes an index of the same mail, and what finds a hundred of it."""
import os
import pathlib
import shutil
import subprocess
import time

from grow import FROM


def fill_maildir(mbox: pathlib.Path, box: pathlib.Path) -> pathlib.Path:
    """The messages of an mboxrd, a file each."""
    for sub in ("cur", "new", "tmp"):
        (box / sub).mkdir(parents=True)
    with mbox.open("rb") as f:
        raw, n = b"", 0
        for line in f:
            if FROM.match(line) and raw:
                (box / "cur" / f"{n}.1.host:2,").write_bytes(raw[:-1])
                raw, n = b"", n + 1
            elif not FROM.match(line):
                raw += line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line
        (box / "cur" / f"{n}.1.host:2,").write_bytes(raw)
    return box


class Peer:
    """An index in `dir` of mail in an mbox or a Maildir."""

    def __init__(self, top: pathlib.Path, mbox: pathlib.Path, box: pathlib.Path):
        self.dir, self.mbox, self.box = top / self.name, mbox, box

    def index(self) -> float:
        """Make it anew; the seconds."""
        self.clear()
        self.dir.mkdir()
        self.prepare()
        return self.run(self.make())

    def run(self, command: str) -> float:
        start = time.monotonic()
        subprocess.run(["/bin/sh", "-c", command], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=os.environ | {"HOME": str(self.dir)})
        return time.monotonic() - start

    def find(self, word: str) -> float:
        return self.run(self.query(word))

    def clear(self) -> None:
        shutil.rmtree(self.dir, ignore_errors=True)

    def prepare(self) -> None:
        pass


class Notmuch(Peer):
    name = "notmuch"

    def prepare(self) -> None:
        (self.dir / "config").write_text(f"[database]\npath={self.box}\n[new]\ntags=\n[maildir]\n"
                                         "synchronize_flags=false\n")

    def clear(self) -> None:
        super().clear()
        shutil.rmtree(self.box / ".notmuch", ignore_errors=True)

    def make(self) -> str:
        return f"exec notmuch --config={self.dir}/config new --quiet"

    def query(self, word: str) -> str:
        return f"exec notmuch --config={self.dir}/config search --format=json --limit=100 {word}"


class Mu(Peer):
    name = "mu"

    def make(self) -> str:
        return (f"mu init --quiet --muhome={self.dir} --maildir={self.box} && "
                f"exec mu index --quiet --muhome={self.dir}")

    def query(self, word: str) -> str:
        return (f"exec mu find --muhome={self.dir} --format=json --maxnum=100 --sortfield=date "
                f"--reverse {word}")


class Mairix(Peer):
    """Finds messages, but prints none: no query."""
    name = "mairix"

    def prepare(self) -> None:
        (self.dir / "rc").write_text(f"base={self.mbox.parent}\nmbox={self.mbox.name}\n"
                                     f"mfolder={self.dir}/out\ndatabase={self.dir}/db\n")

    def make(self) -> str:
        return f"exec mairix -f {self.dir}/rc"
