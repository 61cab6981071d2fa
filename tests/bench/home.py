"""A private HOME with a daemon of its own, and what its processes take of the memory."""
import os
import pathlib
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
PERL_LEI = "/usr/bin/lei"


class Home:
    """`lei` says whose."""

    def __init__(self, top: pathlib.Path, name: str, lei: str):
        self.dir = top / name
        self.lei = lei
        run = self.dir / "r"
        run.mkdir(parents=True, mode=0o700)
        self.env = {
            "HOME": str(self.dir), "XDG_RUNTIME_DIR": str(run), "TMPDIR": str(self.dir),
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        }
        self.socket = run / "lei" / "5.seq.sock"

    def run(self, command: str, **kw) -> float:
        """Wall seconds of a shell command in which $LEI is the program."""
        start = time.monotonic()
        subprocess.run(["/bin/sh", "-c", command], env=self.env | {"LEI": self.lei}, check=True,
                       cwd=self.dir, **kw)
        return time.monotonic() - start

    def output(self, command: str) -> str:
        return subprocess.run(["/bin/sh", "-c", command], env=self.env | {"LEI": self.lei},
                              check=True, cwd=self.dir, stdout=subprocess.PIPE,
                              text=True).stdout.strip()

    def daemon(self) -> int:
        return int(self.output("$LEI daemon-pid"))

    def store(self) -> pathlib.Path:
        """Where its mail is."""
        name = "store" if self.lei == PERL_LEI else "cstore"
        return self.dir / ".local/share/lei" / name

    def stop(self) -> None:
        subprocess.run([self.lei, "daemon-kill"], env=self.env, check=False,
                       stderr=subprocess.DEVNULL)

    def end(self) -> None:
        """Stop, and wait until all its processes have gone."""
        pids = processes(self.daemon())
        self.stop()
        while any(alive(pid) for pid in pids):
            time.sleep(0.01)


def size_mib(path: pathlib.Path) -> float:
    files = (f for f in path.rglob("*") if f.is_file())
    return sum(f.stat().st_size for f in files) / (1 << 20)


# ---- processes ----


def processes(daemon: int) -> dict[int, str]:
    """The daemon and what lives below it: names by id."""
    ret, todo = {}, [daemon]
    while todo:
        pid = todo.pop()
        try:
            ret[pid] = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
            todo += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:
            continue
    return ret


def alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kib(text: str, name: str) -> int:
    return int(text.split(name, 1)[1].split(None, 1)[0])


def resident_mib(pid: int, with_children: bool) -> float:
    """VmRSS of a process, with its children if asked."""
    pids = processes(pid) if with_children else [pid]
    return sum(kib(pathlib.Path(f"/proc/{p}/status").read_text(), "VmRSS:") for p in pids) / 1024


class PeakMemory(threading.Thread):
    """While a command runs: the most that the daemon and all its processes took together, what they share
    counted once, files that are mapped included."""

    def __init__(self, daemon: int):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = daemon, 0, threading.Event()

    def run(self) -> None:
        end = time.monotonic() + 0.5  # a short command is looked at more often
        while not self.over.wait(0.002 if time.monotonic() < end else 0.05):
            self.most = max(self.most, sum(self.of(pid) for pid in processes(self.pid)))

    @staticmethod
    def of(pid: int) -> int:
        try:
            return kib(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), "\nPss:")
        except (OSError, IndexError):
            return 0

    def __enter__(self) -> "PeakMemory":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.join()

    def mib(self) -> float:
        return self.most / 1024
