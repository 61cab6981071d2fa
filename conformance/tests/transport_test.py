"""spec/transport.md"""

import os
import resource
import socket
import stat

from suite.api import Import, clause, content_of, import_mbox, memory, message, needs, pack_request, require


@clause("transport.socket.seqpacket")
def test_type_of_the_listener(daemon):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(str(daemon.place.socket))
    except OSError:
        pass
    else:
        raise AssertionError("a stream socket can connect")
    finally:
        sock.close()
    daemon.barrier()


@clause("transport.socket.seqpacket")
def test_one_command(daemon):
    """A second request on the connection, sent before the first is answered, is not run."""
    out = [memory(), memory()]
    with daemon.connect() as peer:
        for fd in out:
            peer.send(pack_request([b"daemon-pid"]), [memory(), fd, memory(), os.open("/", os.O_RDONLY)])
        while peer.recv().data:
            pass
    daemon.barrier()
    require(content_of(out[0]), "the first request was not run")
    require(not content_of(out[1]), "the second request was run, too")


@clause("transport.path.runtime-dir")
def test_daemon_listens_there(daemon):
    mode = os.stat(daemon.place.socket).st_mode
    require(stat.S_ISSOCK(mode), f"{daemon.place.socket} is not a socket")


@clause("transport.path.runtime-dir")
def test_client_connects_there(client):
    run, session = client.converse("daemon-pid")
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 0


def run_with(client, place, runtime, expected):
    """The client with this XDG_RUNTIME_DIR reaches or starts a daemon at `expected`."""
    env = {k: v for k, v in place.env.items() if k != "XDG_RUNTIME_DIR"}
    if runtime is not None:
        env["XDG_RUNTIME_DIR"] = runtime
    run = client.spawn("daemon-pid", env=env)
    require(run.end(10) == 0, f"the client failed: {run.err!r}")
    require(run.out.strip().isdigit(), f"no pid but {run.out!r}")
    require(expected.is_socket(), f"no socket at {expected}")


@clause("transport.path.unset")
@needs("pair")
def test_without_variable(client, place):
    run_with(client, place, None, place.root / "tmp" / f"lei-{os.getuid()}" / "5.seq.sock")


@clause("transport.path.empty")
@needs("pair")
def test_with_empty_variable(client, place):
    run_with(client, place, "", place.root / "tmp" / f"lei-{os.getuid()}" / "5.seq.sock")


@clause("transport.path.long")
@needs("pair")
def test_path_beyond_sockaddr(client, place):
    long = place.root / ("deep" * 20) / ("deeper" * 10)
    long.mkdir(parents=True, mode=0o700)
    run_with(client, place, str(long), long / "lei" / "5.seq.sock")


@clause("transport.directory.created")
@needs("pair")
def test_made_with_its_parents(client, place):
    runtime = place.root / "not" / "yet"
    run = client.spawn("daemon-pid", env={**place.env, "XDG_RUNTIME_DIR": str(runtime)}, umask=0)
    require(run.end(10) == 0, f"the client failed: {run.err!r}")
    mode = stat.S_IMODE((runtime / "lei").stat().st_mode)
    require(mode == 0o700, f"mode of the directory is {mode:o}")


@clause("transport.connections.many")
def test_each_gets_its_reply(daemon):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = 300 if hard == resource.RLIM_INFINITY else min(300, (hard - 64) // 4)  # each needs four of ours
    peers = [daemon.connect() for _ in range(room)]
    all_answered([daemon.begin(f"no-such-{n}", peer=peer) for n, peer in enumerate(peers)])


def all_answered(calls):
    for n, call in enumerate(calls):
        reply = call.finish()
        require(f"no-such-{n}".encode() in reply.err, f"request {n} was answered with {reply.err!r}")


@clause("transport.connections.few-descriptors")
@needs("lifecycle", "workers", "mail")
def test_limit_of_sixty_four(cold_daemon):
    def before():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    cold_daemon.start(preexec_fn=before)
    require(import_mbox(cold_daemon, message("first")).succeeded, "an import fails")
    cold_daemon.settle()
    jobs = [Import(cold_daemon, message("second")), Import(cold_daemon, message("third"))]
    all_answered([cold_daemon.begin(f"no-such-{n}") for n in range(60)])
    for job in jobs:
        require(job.finish().succeeded, "an import fails beside another")
