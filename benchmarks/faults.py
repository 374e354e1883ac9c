"""Cause faults while the service is under load, and report what clients received and what is left.

    uv run python -m benchmarks.faults --stores sqlite neo4j
    uv run python -m benchmarks.faults --stores sqlite --only worker slow_clients

For each fault the script fills an empty store, starts a service in its own process, and lets clients write, read and
subscribe (`served.py` says how answers are checked). The fault lasts some seconds; the load continues until reads and
writes succeed again, and some seconds longer. The columns of the table:

- answered, other results: requests since the start of the fault;
- wrong: reads that contain something older than an acknowledged write, or something that was never sent;
- torn: reads whose parts are correct but not of the same moment (Neo4j reads committed data part by part);
- lost: acknowledged writes that are missing; half-written: claims that do not match their evidence;
- missed: messages about changes that the resuming subscriber did not receive exactly once;
- first read, first write: seconds from the end of the fault to the first success; last error: to the last failure;
- max: duration of the slowest request, whatever its result.

Some faults need root (for a small disk) or a C compiler (for a clock); without it the table says so. Everything runs on
loopback and in temporary folders, and ends with the script.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from io import RawIOBase
from mmap import mmap
from pathlib import Path
from typing import Any

from benchmarks import served
from benchmarks.served import (
    CLIENTS,
    OK,
    Reader,
    RequestResult,
    ServiceProcess,
    Subscriber,
    Writer,
    inspect_store,
    opened,
    restart,
)
from benchmarks.writers import empty_store
from service.settings import Settings, read_settings
from tests import neo4j_server
from tests.facts import facts_from_lines
from tests.processes import resident_bytes

READERS = 8
PAUSE_SECONDS = 0.05
INITIAL_FACTS: list[dict[str, Any]] = [
    *served.INITIAL_FACTS,
    *(
        {"kind": "Framework", "slug": f"shelf-{index}", "name": f"S{index}", "summary": "words " * 100}
        for index in range(200)
    ),
]
"""With enough text for long answers."""
_BEFORE_SECONDS, _AFTER_SECONDS = 3.0, 5.0
_RECOVERY_SECONDS = 60.0
_IDLE_CONNECTIONS, _SLOW_CLIENTS = 10_000, 100
_LONG_QUERY = "{" + " ".join(f"a{n}: frameworks(first: 250) {{ nodes {{ name summary }} }}" for n in range(10)) + "}"


class UnsupportedError(Exception):
    """The fault cannot be caused on this machine; the message says why."""


@dataclass
class Scene:
    """What a fault can act on."""

    settings: Settings
    """Reach the store directly, past the service and any network fault."""
    folder: Path
    service: ServiceProcess
    results: Callable[[], list[RequestResult]]
    server: neo4j_server.Server | None = None
    proxy: Proxy | None = None
    clock: Path | None = None
    disk: Path | None = None
    notes: list[str] = field(default_factory=list)
    ended: float | None = None
    """The end of the fault, when it is before `cause` returns."""

    def since(self, moment: float, *, ok: bool, action: str | None = None) -> list[RequestResult]:
        """The results after this moment."""
        return [
            result
            for result in self.results()
            if result.finished_at > moment and (result.result == OK) is ok and action in (None, result.action)
        ]


Cause = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault; it is over when `cause` returns."""

    name: str
    title: str
    cause: Cause
    stores: tuple[str, ...] = ("sqlite", "neo4j")
    needs: str = ""
    """What the scene must have: proxy, clock or disk."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of the service."""


FAULTS: list[Fault] = []


def fault(name: str, title: str, *stores: str, needs: str = "", **settings: Any) -> Callable[[Cause], Cause]:
    """Register a fault for these stores, by default for both, with settings of the service."""

    def register(cause: Cause) -> Cause:
        FAULTS.append(Fault(name, title, cause, stores or ("sqlite", "neo4j"), needs, settings))
        return cause

    return register


# --------------------------------------------------------------------------------------------------------------- faults


@fault("none", "none, for 10 s")
async def _none(_: Scene) -> None:
    await asyncio.sleep(10)


@fault("killed", "Neo4j killed (`kill -9`), started again after 5 s", "neo4j")
async def _kill_neo4j(scene: Scene) -> None:
    server = _own_server(scene)
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(5)
    await asyncio.to_thread(restart, server)


@fault("paused", "Neo4j paused (SIGSTOP) for 20 s", "neo4j")
async def _pause_neo4j(scene: Scene) -> None:
    process = _own_server(scene).process_id
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        await asyncio.sleep(20)
    finally:
        os.kill(process, signal.SIGCONT)


@fault("cut", "network to Neo4j cut for 10 s: connections reset, new ones refused", "neo4j", needs="proxy")
async def _cut_network(scene: Scene) -> None:
    assert scene.proxy is not None
    await scene.proxy.cut(10)


@fault("held", "network to Neo4j holds all packets for 20 s, then delivers them", "neo4j", needs="proxy")
async def _hold_packets(scene: Scene) -> None:
    assert scene.proxy is not None
    await scene.proxy.hold(20, drop=False)


@fault(
    "dropped",
    "network to Neo4j holds all packets for 20 s, then drops the old connections silently",
    "neo4j",
    needs="proxy",
)
async def _drop_connections(scene: Scene) -> None:
    assert scene.proxy is not None
    await scene.proxy.hold(20, drop=True)


@fault("worker", "one of 2 workers killed (`kill -9`), three times in 9 s", workers=2)
async def _kill_workers(scene: Scene) -> None:
    killed: set[int] = set()
    for _ in range(3):
        await asyncio.sleep(3)
        killed.add(worker := random.choice(sorted(set(scene.service.workers()) - killed)))
        os.kill(worker, signal.SIGKILL)
    ended = scene.ended = time.monotonic()
    async with asyncio.timeout(_RECOVERY_SECONDS):
        while len(set(scene.service.workers()) - killed) < 2:  # noqa: ASYNC110 - the system sends no event
            await asyncio.sleep(0.05)
    scene.notes.append(f"replacement worker after {time.monotonic() - ended:.1f} s")


@fault("disk", "disk full for at least 10 s", needs="disk")
async def _fill_disk(scene: Scene) -> None:
    assert scene.disk is not None
    ballast, started = scene.disk / "ballast", time.monotonic()
    with ballast.open("wb", buffering=0) as file:
        while time.monotonic() < started + 30 and not (
            time.monotonic() > started + 10 and scene.since(started + 5, ok=False, action="write")
        ):
            await asyncio.to_thread(_fill_up, file)
            await asyncio.sleep(0.2)
    scene.notes.append(f"{len(scene.since(started, ok=True, action='write'))} writes succeeded during the fault")
    await asyncio.to_thread(ballast.unlink)
    if scene.server is None:
        return
    freed = scene.ended = time.monotonic()
    while time.monotonic() < freed + 20 and not scene.since(freed, ok=True, action="write"):  # noqa: ASYNC110 - many clients, no common event
        await asyncio.sleep(0.1)
    if not scene.since(freed, ok=True, action="write"):
        scene.notes.append(
            "Neo4j did not recover within 20 s of free space and was restarted; times count from the restart"
        )
        await asyncio.to_thread(restart, scene.server)
        scene.ended = time.monotonic()


def _fill_up(file: RawIOBase) -> None:
    for size in (1 << 20, 4096):
        with suppress(OSError):
            while file.write(bytes(size)) == size:
                pass


@fault("clock", "clock of the service set a day ahead, back, an hour back, right again; 4 s each", needs="clock")
async def _change_clock(scene: Scene) -> None:
    for seconds in (86_400, 0, -3_600, 0):
        _set_clock(scene.clock, seconds)
        await asyncio.sleep(4)


@fault(
    "idle",
    f"{_IDLE_CONNECTIONS:,} idle connections for 20 s, `ATLAS_CONNECTIONS=11000`",
    connections=11_000,
    connections_per_address=11_000,
)
async def _idle_connections(scene: Scene) -> None:
    await _hold_idle_connections(scene)


@fault("idle_default", f"{_IDLE_CONNECTIONS:,} idle connections for 20 s, default `ATLAS_CONNECTIONS` (2000)")
async def _idle_connections_with_defaults(scene: Scene) -> None:
    await _hold_idle_connections(scene)


@fault(
    "slow_clients",
    f"{_SLOW_CLIENTS} clients send headers slowly, {_SLOW_CLIENTS} send bodies slowly, {_SLOW_CLIENTS} read 2 MB at 2 kB/s; 40 s",
)
async def _slow_clients(scene: Scene) -> None:
    await run_slow_clients(_port(scene), _SLOW_CLIENTS, 40)


def _own_server(scene: Scene) -> neo4j_server.Server:
    if scene.server is None or scene.server.process_id is None:
        raise UnsupportedError("Neo4j is not a process of this script")
    return scene.server


# -------------------------------------------------------------------------------------------------------------- network


class Proxy:
    """A TCP proxy that can be cut, and that can hold and drop packets."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._open = asyncio.Event()
        self._open.set()
        self._pairs: set[asyncio.Task[None]] = set()
        self._dropped: set[asyncio.Task[Any] | None] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self, seconds: float) -> None:
        """Reset all connections and refuse new ones."""
        await self.close()
        await asyncio.sleep(seconds)
        await self.listen()

    async def hold(self, seconds: float, *, drop: bool) -> None:
        """Hold all packets; afterwards deliver them, or deliver nothing more on the existing connections."""
        self._open.clear()
        await asyncio.sleep(seconds)
        if drop:
            self._dropped |= self._pairs
        self._open.set()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for pair in list(self._pairs):
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.current_task()
        assert pair is not None
        self._pairs.add(pair)
        writers: list[asyncio.StreamWriter] = [writer]
        try:
            await self._open.wait()
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            writers.append(target_writer)
            async with asyncio.TaskGroup() as directions:
                directions.create_task(self._forward(reader, target_writer, pair))
                directions.create_task(self._forward(target_reader, writer, pair))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # one end has disconnected, or the proxy is cut
        finally:
            for opened_writer in writers:
                opened_writer.transport.abort()
            self._pairs.discard(pair)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: Any) -> None:
        while chunk := await reader.read(1 << 16):
            await self._open.wait()
            if pair in self._dropped:
                await asyncio.Event().wait()
            writer.write(chunk)
            await writer.drain()
        await self._open.wait()  # the end of the stream is held as well
        if pair in self._dropped:
            await asyncio.Event().wait()
        raise ConnectionError("the other end has disconnected")


# ---------------------------------------------------------------------------------------------------------------- disk


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a file system of this size; raises UnsupportedError."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-disk-"))
    mounted = None
    try:
        with suppress(OSError):
            command = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "atlas-disk", str(folder))
            mounted = subprocess.run(command, check=False, capture_output=True, text=True)
        if mounted is None or mounted.returncode:
            reason = "mount is not installed" if mounted is None else mounted.stderr.strip()
            raise UnsupportedError(f"a tmpfs cannot be mounted ({reason})")
        yield folder
    finally:
        if mounted is not None and not mounted.returncode:
            subprocess.run(("umount", "--lazy", str(folder)), check=True)
        folder.rmdir()


# ---------------------------------------------------------------------------------------------------------------- clock

_CLOCK_LIBRARY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
static volatile long *offset;
static int (*original)(clockid_t, struct timespec *);
int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!original) {
    offset = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, open(getenv("ATLAS_FAULTS_CLOCK"), O_RDONLY | O_CLOEXEC), 0);
    original = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
  }
  int failed = original(clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
  return failed;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  now->tv_sec = at.tv_sec; now->tv_usec = at.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *now) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  if (now) *now = at.tv_sec;
  return at.tv_sec;
}
"""
"""Shifts the time of day by the seconds in a file. A time namespace shifts only the other clocks, and only before a process
starts; with libfaketime 0.9.10 and an unchanged monotonic clock, Python's time.sleep fails.
"""


def build_clock(folder: Path) -> tuple[Path, dict[str, str]]:
    """Returns a file that sets the clock, and the environment for processes that use it; raises UnsupportedError."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise UnsupportedError("a C compiler (cc) is missing")
    source, library, clock = folder / "clock.c", folder / "clock.so", folder / "clock"
    source.write_text(_CLOCK_LIBRARY, encoding="utf-8")
    clock.write_bytes(bytes(8))
    command = (compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl")
    if (compiled := subprocess.run(command, check=False, capture_output=True, text=True)).returncode:
        raise UnsupportedError(f"the compiler failed: {compiled.stderr.strip()[:200]}")
    environment = {"LD_PRELOAD": str(library), "ATLAS_FAULTS_CLOCK": str(clock)}
    _set_clock(clock, 86_400)
    probe = (sys.executable, "-c", "import time; time.sleep(0.01); print(time.time())")
    shifted = subprocess.run(
        probe, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    ).stdout
    _set_clock(clock, 0)
    if not shifted or float(shifted) < time.time() + 80_000:
        raise UnsupportedError("a preloaded library does not change the clock")
    return clock, environment


def _set_clock(clock: Path | None, seconds: int) -> None:
    assert clock is not None
    with clock.open("r+b") as file, mmap(file.fileno(), 8) as mapped:
        mapped[:] = seconds.to_bytes(8, sys.byteorder, signed=True)


# -------------------------------------------------------------------------------------------------------------- clients


def _port(scene: Scene) -> int:
    return int(scene.service.base.rpartition(":")[2])


async def _hold_idle_connections(scene: Scene) -> None:
    """Open many connections, send one request on each, and keep them open."""
    _raise_file_limit()
    loop, connections = asyncio.get_running_loop(), list[socket.socket]()
    request, statuses = b"GET /healthz HTTP/1.1\r\nHost: atlas\r\n\r\n", Counter[str]()

    async def connect(connection: socket.socket) -> None:
        try:
            async with asyncio.timeout(30):
                await loop.sock_connect(connection, ("127.0.0.1", _port(scene)))
                await loop.sock_sendall(connection, request)
                statuses[(await loop.sock_recv(connection, 4096))[9:12].decode()] += 1
        except OSError as error:
            statuses[type(error).__name__] += 1

    try:
        for _ in range(0, _IDLE_CONNECTIONS, 100):
            batch = [socket.socket() for _ in range(100)]
            connections += batch
            for connection in batch:
                connection.settimeout(0)
            await asyncio.gather(*map(connect, batch))
        memory = sum(map(resident_bytes, scene.service.processes()))
        answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))
        scene.notes.append(f"one request on each connection: {answers}; service at {memory / 1e6:.0f} MB")
        await asyncio.sleep(20)
    finally:
        for connection in connections:
            connection.close()


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _IDLE_CONNECTIONS + 1000:
        raise UnsupportedError(f"a process may open only {hard} files (RLIMIT_NOFILE)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, _IDLE_CONNECTIONS + 1000), hard))


async def run_slow_clients(port: int, count: int, seconds: float) -> None:
    """Run `count` clients of each type for some seconds; they reconnect when they are disconnected."""
    head = b"POST /graphql HTTP/1.1\r\nHost: atlas\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    body = b'{"query": "%s"}' % _LONG_QUERY.encode()
    clients = (
        lambda: _send_slowly(port, b"POST /graphql HTTP/1.1\r\nX: ", b"x" * 10_000),
        lambda: _send_slowly(port, head % 10_000, b" " * 10_000),
        lambda: _read_slowly(port, head % len(body) + body),
    )

    async def reconnect(client: Callable[[], Awaitable[None]]) -> None:
        while True:
            with suppress(OSError):
                await client()
            await asyncio.sleep(0.1)

    tasks = [asyncio.create_task(reconnect(client)) for client in clients for _ in range(count)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _send_slowly(port: int, start: bytes, rest: bytes) -> None:
    """Send the start at once and the rest byte by byte, ten bytes a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read())
    try:
        writer.write(start)
        for byte in rest:
            if answer.done():
                return
            writer.write(bytes([byte]))
            await asyncio.sleep(0.1)
    finally:
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        writer.transport.abort()


async def _read_slowly(port: int, request: bytes) -> None:
    """Send a request, and read the answer in pieces of 200 bytes, ten a second."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.settimeout(0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, request)
        while await loop.sock_recv(connection, 200):  # noqa: ASYNC110 - slow on purpose
            await asyncio.sleep(0.1)


# --------------------------------------------------------------------------------------------------------------- a trial


@dataclass
class Outcome:
    """A row of the table."""

    fault: Fault
    store: str
    seconds: float = 0.0
    results: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    half_written: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    first_success: dict[str, float | None] = field(default_factory=dict)
    """For read and write: seconds from the end of the fault."""
    last_error: float = 0.0
    max_seconds: float = 0.0
    acknowledged: int = 0
    notes: list[str] = field(default_factory=list)
    unsupported: str = ""
    log: str = ""
    """The end of the service's log, when it had an internal error."""

    @property
    def problems(self) -> list[str]:
        """Everything that must not happen."""
        late = [action for action, seconds in self.first_success.items() if seconds is None or seconds > 30]
        torn = self.torn if self.store == "sqlite" else []
        return [
            *self.wrong,
            *torn,
            *self.lost,
            *self.half_written,
            *self.missed,
            *(f"no {action} succeeded within 30 s" for action in late),
        ]


class Trial:
    """A fault, a store, a service and its load."""

    def __init__(self, tried: Fault, store: str, folder: Path, server: neo4j_server.Server | None) -> None:
        self._fault = tried
        self._folder = folder
        self._server = server
        self._writers = [Writer(index) for index in range(CLIENTS)]
        self._readers = [Reader() for _ in range(READERS)]
        self.outcome = Outcome(tried, store)

    async def run(self, before: float = _BEFORE_SECONDS, after: float = _AFTER_SECONDS) -> Outcome:
        """Cause the fault, or record why this is impossible here."""
        try:
            async with AsyncExitStack() as stack:
                await self._run(stack, before, after)
        except (UnsupportedError, neo4j_server.Unavailable) as error:
            self.outcome.unsupported = " ".join(str(error).split())[:200]
        return self.outcome

    async def _run(self, stack: AsyncExitStack, before: float, after: float) -> None:
        folder, needs, server = self._folder, self._fault.needs, self._server
        disk = stack.enter_context(small_disk(600 if server else 24)) if needs == "disk" else None
        if server and disk:
            server = stack.enter_context(_neo4j_on(disk))
        store = f"sqlite:///{(disk or folder) / 'atlas.db'}"
        settings = read_settings(store=store) if server is None else server.settings()
        clock, environment = build_clock(folder) if needs == "clock" else (None, {})
        proxy = await stack.enter_async_context(_proxied(server)) if needs == "proxy" and server else None
        subscriber = Subscriber(await seed(settings, folder))
        service_settings = settings.model_copy(update=self._fault.settings)
        if proxy is not None:
            service_settings = service_settings.model_copy(update={"store": f"bolt://127.0.0.1:{proxy.port}"})
        service = ServiceProcess(service_settings, environment)
        stack.callback(service.kill)
        await service.wait_until_ready()
        scene = Scene(settings, folder, service, self._results, server, proxy, clock, disk, self.outcome.notes)
        async with self._load(service, subscriber):
            await self._wait(lambda: bool(scene.since(0, ok=True, action="write")), _RECOVERY_SECONDS)
            await asyncio.sleep(before)
            started = time.monotonic()
            await self._fault.cause(scene)
            ended = scene.ended or time.monotonic()
            await self._wait(
                lambda: all(scene.since(ended, ok=True, action=action) for action in ("read", "write")),
                _RECOVERY_SECONDS,
            )
            await asyncio.sleep(after)
        self._summarise(scene, started, ended)
        if any("INTERNAL" in result for result in self.outcome.results):
            self.outcome.log = service.log()[-5000:]
        inspection = await inspect_store(settings, self._writers, INITIAL_FACTS, folder / "seeded.db")
        self.outcome.lost, self.outcome.half_written = inspection.lost, inspection.half_written
        self.outcome.missed = await subscriber.catch_up(service.base, inspection.last_change)

    @asynccontextmanager
    async def _load(self, service: ServiceProcess, subscriber: Subscriber) -> AsyncIterator[None]:
        stop, subscribing = asyncio.Event(), asyncio.create_task(subscriber.run(service.base))
        writing = [
            writer.run(service.base, random.Random(writer.index), stop, PAUSE_SECONDS) for writer in self._writers
        ]
        reading = [
            reader.run(service.base, self._writers, random.Random(number), stop, PAUSE_SECONDS)
            for number, reader in enumerate(self._readers)
        ]
        tasks = [asyncio.create_task(client) for client in (*writing, *reading)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            subscribing.cancel()
            await asyncio.gather(subscribing, return_exceptions=True)

    def _results(self) -> list[RequestResult]:
        return [result for client in (*self._writers, *self._readers) for result in client.results]

    def _summarise(self, scene: Scene, started: float, ended: float) -> None:
        results = [result for result in self._results() if result.finished_at > started]
        self.outcome.seconds = ended - started
        self.outcome.results = Counter(result.result for result in results)
        self.outcome.max_seconds = max((result.seconds for result in results), default=0.0)
        self.outcome.wrong = [problem for reader in self._readers for problem in reader.wrong]
        self.outcome.torn = [problem for reader in self._readers for problem in reader.torn]
        self.outcome.acknowledged = sum(writer.acknowledged_count for writer in self._writers)
        for action in ("read", "write"):
            ok = scene.since(ended, ok=True, action=action)
            self.outcome.first_success[action] = min(result.finished_at for result in ok) - ended if ok else None
        errors = scene.since(ended, ok=False)
        self.outcome.last_error = max((result.finished_at - ended for result in errors), default=0.0)

    async def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 - many clients, no common event
            await asyncio.sleep(0.05)


async def seed(settings: Settings, folder: Path) -> str:
    """Empty the store and seed it; returns its version."""
    if settings.sqlite_path is None:
        await (await empty_store(settings)).close()
    async with opened(settings) as store:
        await store.seed(lambda: facts_from_lines(folder / "initial", INITIAL_FACTS))
        return await store.version()


@asynccontextmanager
async def _proxied(server: neo4j_server.Server) -> AsyncIterator[Proxy]:
    proxy = Proxy(int(server.uri.rpartition(":")[2]))
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()


@contextmanager
def _neo4j_on(disk: Path) -> Iterator[neo4j_server.Server]:
    """A Neo4j with its data on this disk."""
    before, tempfile.tempdir = tempfile.tempdir, str(disk)
    try:
        with neo4j_server.running() as server:
            tempfile.tempdir = before
            if server.process_id is None:
                raise UnsupportedError("Neo4j is not a process of this script")
            yield server
    finally:
        tempfile.tempdir = before


# ------------------------------------------------------------------------------------------------------------ the table


def row(outcome: Outcome) -> str:
    """A row of the table."""
    if outcome.unsupported:
        return f"| {outcome.store} | {outcome.fault.title} | not possible here: {outcome.unsupported} |" + " |" * 11
    results = Counter(outcome.results)
    answered = results.pop(OK, 0)
    others = ", ".join(f"{count:,} x {result}" for result, count in results.most_common()) or "none"
    problems = (outcome.wrong, outcome.torn, outcome.lost, outcome.half_written, outcome.missed)
    first_success = ("none" if first is None else f"{first:.1f}" for first in outcome.first_success.values())
    cells = (
        *(outcome.store, outcome.fault.title, f"{answered:,}", others, *(str(len(messages)) for messages in problems)),
        *(*first_success, f"{outcome.last_error:.1f}", f"{outcome.max_seconds:.1f}", "; ".join(outcome.notes)),
    )
    return f"| {' | '.join(cells)} |"


_COUNTS = "store", "fault", "answered", "other results", "wrong", "torn", "lost", "half-written", "missed"
_TIMES = "first read, s", "first write, s", "last error, s", "max, s", "notes"


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=["sqlite"])
    parser.add_argument("--only", nargs="+", choices=sorted(one.name for one in FAULTS), help="only these faults")
    arguments = parser.parse_args()
    print(f"{CLIENTS} writers, {READERS} readers, each with pauses of 0 to {2 * PAUSE_SECONDS:g} s; one subscriber\n")
    head = (*_COUNTS, *_TIMES)
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    problems: list[str] = []
    for store in arguments.stores:
        with ExitStack() as stack:
            server = None
            if store == "neo4j":
                os.environ.pop("ATLAS_TEST_NEO4J_URI", None)  # the server must be ours to kill
                server = stack.enter_context(neo4j_server.running())
            for outcome in _trials(store, server, arguments.only):
                print(row(outcome), flush=True)
                problems += (f"{store}, {outcome.fault.name}: {problem}" for problem in outcome.problems)
    print("".join(f"\n  {problem}" for problem in problems[:50]))
    return 1 if problems else 0


def _trials(store: str, server: neo4j_server.Server | None, only: Sequence[str] | None) -> Iterator[Outcome]:
    for tried in FAULTS:
        if store in tried.stores and (not only or tried.name in only):
            with tempfile.TemporaryDirectory(prefix="atlas-faults-") as folder:
                yield asyncio.run(Trial(tried, store, Path(folder), server).run())


if __name__ == "__main__":
    sys.exit(main())
