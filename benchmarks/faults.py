"""Bring faults upon a service under load, on either store, and tell what its clients saw and what was left.

    uv run python -m benchmarks.faults --stores sqlite neo4j
    uv run python -m benchmarks.faults --stores sqlite --only worker clients

For each fault an empty store is filled, a service is started in a process of its own, and clients write, read and listen
(benchmarks/served.py says how it is known whether an answer is right). Then comes the fault, for some seconds, and an end
of it; the load goes on until reads and writes are answered again, and some seconds more. What stands in the table:

- wrong: reads that show something older than what was acknowledged before, or that was never sent;
- torn: reads of which each part is right, and not all of the same moment (Neo4j reads what is committed, part by part);
- lost: acknowledged writes that are not there; half: claims that are not what their evidence comes to;
- missed: whether the subscriber, who resumes, has heard of each change exactly once;
- read, write: seconds from the end of the fault to the first that was answered; last no: to the last that was not;
- longest: the seconds that the slowest request took, whatever came of it.

Some faults need something of the machine (root for a small disk, a C compiler for a clock); where it lacks that, the table
says so. Everything is on loopback, in temporary folders, and ends with the script.
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

from benchmarks.served import (
    BEGUN,
    CLIENTS,
    GOOD,
    Client,
    PayloadField,
    Reader,
    Service,
    Subscriber,
    look,
    opened,
    restart,
)
from benchmarks.writers import anew
from service.settings import Settings, read_settings
from tests import neo4j_server
from tests.graphs import facts_from
from tests.processes import resident

READERS = 8
PAUSE_SECONDS = 0.05
HELD: list[dict[str, Any]] = [
    *BEGUN,
    *(
        {"kind": "Framework", "slug": f"shelf-{one}", "name": f"S{one}", "summary": "words " * 100}
        for one in range(200)
    ),
]
"""With enough on it for long answers."""
_BEFORE_SECONDS, _AFTER_SECONDS = 3.0, 5.0
_HEALING_SECONDS = 60.0
_IDLE, _SLOW = 10_000, 100
_LONG = "{" + " ".join(f"a{n}: frameworks(first: 250) {{ nodes {{ name summary }} }}" for n in range(10)) + "}"


class Impossible(Exception):  # noqa: N818 - a state of the machine, not a mistake
    """The fault cannot be brought about here; the message says why."""


@dataclass
class Scene:
    """What a fault can be brought upon."""

    settings: Settings
    """How the store is reached without the service, and past any fault of the network."""
    folder: Path
    service: Service
    told: Callable[[], list[PayloadField]]
    server: neo4j_server.Server | None = None
    proxy: Proxy | None = None
    clock: Path | None = None
    disk: Path | None = None
    notes: list[str] = field(default_factory=list)
    ended: float | None = None
    """When the fault was over, where that was before `does` returned."""

    def since(self, moment: float, *, good: bool, did: str | None = None) -> list[PayloadField]:
        """What was told since then."""
        return [one for one in self.told() if one.at > moment and (one.word == GOOD) is good and did in (None, one.did)]


Does = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens; when `does` returns, it is over."""

    name: str
    title: str
    does: Does
    stores: tuple[str, ...] = ("sqlite", "neo4j")
    needs: str = ""
    """What the scene must have besides: proxy, clock, disk."""
    given: dict[str, Any] = field(default_factory=dict)
    """Settings of the service."""


FAULTS: list[Fault] = []


def fault(name: str, title: str, *stores: str, needs: str = "", **given: Any) -> Callable[[Does], Does]:
    """A fault on these stores, or on both; `given` are settings of the service."""

    def add(does: Does) -> Does:
        FAULTS.append(Fault(name, title, does, stores or ("sqlite", "neo4j"), needs, given))
        return does

    return add


# --------------------------------------------------------------------------------------------------------------- faults


@fault("none", "none, for 10 s")
async def _nothing(_: Scene) -> None:
    await asyncio.sleep(10)


@fault("killed", "Neo4j killed (`kill -9`), started again after 5 s", "neo4j")
async def _killed(scene: Scene) -> None:
    server = _ours(scene)
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(5)
    await asyncio.to_thread(restart, server)


@fault("paused", "Neo4j paused (SIGSTOP) for 20 s", "neo4j")
async def _paused(scene: Scene) -> None:
    process = _ours(scene).process_id
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        await asyncio.sleep(20)
    finally:
        os.kill(process, signal.SIGCONT)


@fault("cut", "network to Neo4j cut for 10 s: connections reset, new ones refused", "neo4j", needs="proxy")
async def _cut(scene: Scene) -> None:
    assert scene.proxy is not None
    await scene.proxy.cut(10)


@fault("silent", "network to Neo4j swallows for 20 s, then delivers", "neo4j", needs="proxy")
async def _silent(scene: Scene) -> None:
    assert scene.proxy is not None
    await scene.proxy.hold(20, forget=False)


@fault("forgotten", "network to Neo4j swallows for 20 s, then knows new connections only", "neo4j", needs="proxy")
async def _forgotten(scene: Scene) -> None:
    assert scene.proxy is not None
    await scene.proxy.hold(20, forget=True)


@fault("worker", "one of 2 workers killed (`kill -9`), three times in 9 s", workers=2)
async def _worker(scene: Scene) -> None:
    killed: set[int] = set()
    for _ in range(3):
        await asyncio.sleep(3)
        killed.add(one := random.choice(sorted(set(scene.service.workers()) - killed)))
        os.kill(one, signal.SIGKILL)
    ended = scene.ended = time.monotonic()
    async with asyncio.timeout(_HEALING_SECONDS):
        while len(set(scene.service.workers()) - killed) < 2:  # noqa: ASYNC110 - the system tells nobody
            await asyncio.sleep(0.05)
    scene.notes.append(f"another process after {time.monotonic() - ended:.1f} s")


@fault("disk", "disk full for 10 s and more", needs="disk")
async def _full(scene: Scene) -> None:
    assert scene.disk is not None
    ballast, began = scene.disk / "ballast", time.monotonic()
    with ballast.open("wb", buffering=0) as file:
        while time.monotonic() < began + 30 and not (
            time.monotonic() > began + 10 and scene.since(began + 5, good=False, did="write")
        ):
            await asyncio.to_thread(_fill_up, file)
            await asyncio.sleep(0.2)
    scene.notes.append(f"{len(scene.since(began, good=True, did='write'))} writes found room meanwhile")
    await asyncio.to_thread(ballast.unlink)
    if scene.server is None:
        return
    free = scene.ended = time.monotonic()
    while time.monotonic() < free + 20 and not scene.since(free, good=True, did="write"):  # noqa: ASYNC110 - many clients, no one event
        await asyncio.sleep(0.1)
    if not scene.since(free, good=True, did="write"):
        scene.notes.append(
            "with room again Neo4j stayed as it was for 20 s and was restarted; the end is when it was up"
        )
        await asyncio.to_thread(restart, scene.server)
        scene.ended = time.monotonic()


def _fill_up(file: RawIOBase) -> None:
    for size in (1 << 20, 4096):
        with suppress(OSError):
            while file.write(bytes(size)) == size:
                pass


@fault("clock", "clock of the service set a day ahead, back, an hour back, right again; 4 s each", needs="clock")
async def _clock(scene: Scene) -> None:
    for seconds in (86_400, 0, -3_600, 0):
        _set_clock(scene.clock, seconds)
        await asyncio.sleep(4)


@fault(
    "idle",
    f"{_IDLE:,} idle connections for 20 s, `ATLAS_CONNECTIONS=11000`",
    connections=11_000,
    connections_per_address=11_000,
)
async def _idle(scene: Scene) -> None:
    await _be_idle(scene)


@fault("idlers", f"{_IDLE:,} idle connections for 20 s, `ATLAS_CONNECTIONS` as it comes (2000)")
async def _idlers(scene: Scene) -> None:
    await _be_idle(scene)


@fault("clients", f"{_SLOW} clients that dribble headers, {_SLOW} bodies, {_SLOW} that read 2 MB at 2 kB/s; 40 s")
async def _clients(scene: Scene) -> None:
    await be_slow(_port(scene), _SLOW, 40)


def _ours(scene: Scene) -> neo4j_server.Server:
    if scene.server is None or scene.server.process_id is None:
        raise Impossible("Neo4j is not a process of this script's own")
    return scene.server


# -------------------------------------------------------------------------------------------------------------- network


class Proxy:
    """TCP from a free port to another, which can be cut and can fall silent."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open = asyncio.Event()
        self._open.set()
        self._pairs: set[asyncio.Task[None]] = set()
        self._forgotten: set[asyncio.Task[Any] | None] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self, seconds: float) -> None:
        """Reset what is connected, and refuse who comes."""
        await self.close()
        await asyncio.sleep(seconds)
        await self.listen()

    async def hold(self, seconds: float, *, forget: bool) -> None:
        """Pass nothing on; afterwards all of it, or nothing ever of connections that were there."""
        self._open.clear()
        await asyncio.sleep(seconds)
        if forget:
            self._forgotten |= self._pairs
        self._open.set()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for pair in list(self._pairs):
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.current_task()
        assert pair is not None
        self._pairs.add(pair)
        others: list[asyncio.StreamWriter] = [writer]
        try:
            await self._open.wait()
            to, back = await asyncio.open_connection("127.0.0.1", self._to)
            others.append(back)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, back, pair))
                both.create_task(self._pass_on(to, writer, pair))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # either end has gone, or it is cut
        finally:
            for one in others:
                one.transport.abort()
            self._pairs.discard(pair)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: Any) -> None:
        while some := await reader.read(1 << 16):
            await self._open.wait()
            if pair in self._forgotten:
                await asyncio.Event().wait()
            writer.write(some)
            await writer.drain()
        await self._open.wait()  # an end does not get through either
        if pair in self._forgotten:
            await asyncio.Event().wait()
        raise ConnectionError("it has gone")


# ---------------------------------------------------------------------------------------------------------------- disk


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own that holds no more; raises Impossible."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-disk-"))
    mounted = None
    try:
        with suppress(OSError):
            mounting = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "atlas-disk", str(folder))
            mounted = subprocess.run(mounting, check=False, capture_output=True, text=True)
        if mounted is None or mounted.returncode:
            raise Impossible(f"no tmpfs can be mounted ({'no mount' if mounted is None else mounted.stderr.strip()})")
        yield folder
    finally:
        if mounted is not None and not mounted.returncode:
            subprocess.run(("umount", "--lazy", str(folder)), check=True)
        folder.rmdir()


# ---------------------------------------------------------------------------------------------------------------- clock

_SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
static volatile long *ahead;
static int (*real)(clockid_t, struct timespec *);
int clock_gettime(clockid_t which, struct timespec *now) {
  if (!real) {
    ahead = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, open(getenv("ATLAS_FAULTS_CLOCK"), O_RDONLY | O_CLOEXEC), 0);
    real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
  }
  int failed = real(which, now);
  if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
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
"""The time of day, so many seconds ahead as a file says. A time namespace moves the other clocks only, and before a process
starts; libfaketime 0.9.10, told to leave the monotonic clock alone, makes Python's time.sleep fail.
"""


def made_clock(folder: Path) -> tuple[Path, dict[str, str]]:
    """A file that sets the clock, and the environment of a process that goes by it; raises Impossible."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Impossible("there is no C compiler (cc)")
    source, library, clock = folder / "clock.c", folder / "clock.so", folder / "clock"
    source.write_text(_SHIM, encoding="utf-8")
    clock.write_bytes(bytes(8))
    compiling = (compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl")
    if (made := subprocess.run(compiling, check=False, capture_output=True, text=True)).returncode:
        raise Impossible(f"the compiler says {made.stderr.strip()[:200]}")
    environment = {"LD_PRELOAD": str(library), "ATLAS_FAULTS_CLOCK": str(clock)}
    _set_clock(clock, 86_400)
    seen = (sys.executable, "-c", "import time; time.sleep(0.01); print(time.time())")
    told = subprocess.run(seen, check=False, capture_output=True, text=True, env={**os.environ, **environment}).stdout
    _set_clock(clock, 0)
    if not told or float(told) < time.time() + 80_000:
        raise Impossible("a library that is loaded before does not change the clock")
    return clock, environment


def _set_clock(clock: Path | None, seconds: int) -> None:
    assert clock is not None
    with clock.open("r+b") as file, mmap(file.fileno(), 8) as held:
        held[:] = seconds.to_bytes(8, sys.byteorder, signed=True)


# -------------------------------------------------------------------------------------------------------------- clients


def _port(scene: Scene) -> int:
    return int(scene.service.base.rpartition(":")[2])


async def _be_idle(scene: Scene) -> None:
    """Make many connections, ask once on each, and keep it."""
    _raise_limit_of_files()
    loop, connections = asyncio.get_running_loop(), list[socket.socket]()
    text, found = b"GET /healthz HTTP/1.1\r\nHost: atlas\r\n\r\n", Counter[str]()

    async def connect(one: socket.socket) -> None:
        try:
            async with asyncio.timeout(30):
                await loop.sock_connect(one, ("127.0.0.1", _port(scene)))
                await loop.sock_sendall(one, text)
                found[(await loop.sock_recv(one, 4096))[9:12].decode()] += 1
        except OSError as error:
            found[type(error).__name__] += 1

    try:
        for _ in range(0, _IDLE, 100):
            some = [socket.socket() for _ in range(100)]
            connections += some
            for one in some:
                one.settimeout(0)
            await asyncio.gather(*map(connect, some))
        held = sum(map(resident, scene.service.processes()))
        answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(found.items()))
        scene.notes.append(f"each asked once: {answers}; service at {held / 1e6:.0f} MB")
        await asyncio.sleep(20)
    finally:
        for one in connections:
            one.close()


def _raise_limit_of_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _IDLE + 1000:
        raise Impossible(f"a process may open {hard} files at the most (RLIMIT_NOFILE)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, _IDLE + 1000), hard))


async def be_slow(port: int, count: int, seconds: float) -> None:
    """So many clients of each kind, who begin anew when they are cut off, for so long."""
    head = b"POST /graphql HTTP/1.1\r\nHost: atlas\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    text = b'{"query": "%s"}' % _LONG.encode()
    kinds = (
        lambda: _dribble(port, b"POST /graphql HTTP/1.1\r\nX: ", b"x" * 10_000),
        lambda: _dribble(port, head % 10_000, b" " * 10_000),
        lambda: _sip(port, head % len(text) + text),
    )

    async def again(kind: Callable[[], Awaitable[None]]) -> None:
        while True:
            with suppress(OSError):
                await kind()
            await asyncio.sleep(0.1)

    all_ = [asyncio.create_task(again(kind)) for kind in kinds for _ in range(count)]
    await asyncio.sleep(seconds)
    for one in all_:
        one.cancel()
    await asyncio.gather(*all_, return_exceptions=True)


async def _dribble(port: int, at_once: bytes, slowly: bytes) -> None:
    """Send the rest a byte at a time, ten times a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = asyncio.create_task(reader.read())
    try:
        writer.write(at_once)
        for byte in slowly:
            if heard.done():
                return
            writer.write(bytes([byte]))
            await asyncio.sleep(0.1)
    finally:
        heard.cancel()
        await asyncio.gather(heard, return_exceptions=True)
        writer.transport.abort()


async def _sip(port: int, text: bytes) -> None:
    """Ask, and read the answer two hundred bytes at a time, ten times a second."""
    loop = asyncio.get_running_loop()
    with socket.socket() as one:
        one.settimeout(0)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(one, ("127.0.0.1", port))
        await loop.sock_sendall(one, text)
        while await loop.sock_recv(one, 200):  # noqa: ASYNC110 - a client that is slow
            await asyncio.sleep(0.1)


# --------------------------------------------------------------------------------------------------------------- a trial


@dataclass
class Outcome:
    """A row of the table."""

    fault: Fault
    store: str
    seconds: float = 0.0
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    half_written: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    first: dict[str, float | None] = field(default_factory=dict)
    """By read and write: seconds from the fault's end to the first that was answered."""
    last_no: float = 0.0
    longest: float = 0.0
    acknowledged: int = 0
    notes: list[str] = field(default_factory=list)
    impossible: str = ""
    said: str = ""
    """By the service, at the end of its log, where something failed inside."""

    @property
    def faults(self) -> list[str]:
        """What is not as it must be."""
        late = [did for did, seconds in self.first.items() if seconds is None or seconds > 30]
        torn = self.torn if self.store == "sqlite" else []
        return [
            *self.wrong,
            *torn,
            *self.lost,
            *self.half_written,
            *self.missed,
            *(f"no {did} in 30 s" for did in late),
        ]


class Trial:
    """A fault, a store, a service and its load."""

    def __init__(self, one: Fault, store: str, folder: Path, server: neo4j_server.Server | None) -> None:
        self._fault = one
        self._folder = folder
        self._server = server
        self._clients = [Client(name) for name in range(CLIENTS)]
        self._readers = [Reader() for _ in range(READERS)]
        self.outcome = Outcome(one, store)

    async def run(self, before: float = _BEFORE_SECONDS, after: float = _AFTER_SECONDS) -> Outcome:
        """Do it, or say why that is impossible."""
        try:
            async with AsyncExitStack() as stack:
                await self._meet(stack, before, after)
        except (Impossible, neo4j_server.Unavailable) as reason:
            self.outcome.impossible = " ".join(str(reason).split())[:200]
        return self.outcome

    async def _meet(self, stack: AsyncExitStack, before: float, after: float) -> None:
        folder, needs, server = self._folder, self._fault.needs, self._server
        disk = stack.enter_context(small_disk(600 if server else 24)) if needs == "disk" else None
        if server and disk:
            server = stack.enter_context(_neo4j_on(disk))
        store = f"sqlite:///{(disk or folder) / 'atlas.db'}"
        settings = read_settings(store=store) if server is None else server.settings()
        clock, environment = made_clock(folder) if needs == "clock" else (None, {})
        proxy = await stack.enter_async_context(_proxied(server)) if needs == "proxy" and server else None
        subscriber = Subscriber(await fill(settings, folder))
        served = settings.model_copy(update=self._fault.given)
        if proxy is not None:
            served = served.model_copy(update={"store": f"bolt://127.0.0.1:{proxy.port}"})
        service = Service(served, environment)
        stack.callback(service.kill)
        await service.ready()
        scene = Scene(settings, folder, service, self._told, server, proxy, clock, disk, self.outcome.notes)
        async with self._loaded(service, subscriber):
            await self._until(lambda: bool(scene.since(0, good=True, did="write")), _HEALING_SECONDS)
            await asyncio.sleep(before)
            began = time.monotonic()
            await self._fault.does(scene)
            ended = scene.ended or time.monotonic()
            healed = lambda: all(scene.since(ended, good=True, did=did) for did in ("read", "write"))  # noqa: E731
            await self._until(healed, _HEALING_SECONDS)
            await asyncio.sleep(after)
        self._count(scene, began, ended)
        if any("INTERNAL" in word for word in self.outcome.told):
            self.outcome.said = service.said()[-5000:]
        left = await look(settings, self._clients, HELD, folder / "seeded.db")
        self.outcome.lost, self.outcome.half_written = left.lost, left.half_written
        self.outcome.missed = await subscriber.catch_up(service.base, left.last)

    @asynccontextmanager
    async def _loaded(self, service: Service, subscriber: Subscriber) -> AsyncIterator[None]:
        stop, listening = asyncio.Event(), asyncio.create_task(subscriber.listen(service.base))
        writing = [
            client.write(service.base, random.Random(client.name), stop, PAUSE_SECONDS) for client in self._clients
        ]
        reading = [
            reader.read(service.base, self._clients, random.Random(number), stop, PAUSE_SECONDS)
            for number, reader in enumerate(self._readers)
        ]
        tasks = [asyncio.create_task(one) for one in (*writing, *reading)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    def _told(self) -> list[PayloadField]:
        return [told for one in (*self._clients, *self._readers) for told in one.told]

    def _count(self, scene: Scene, began: float, ended: float) -> None:
        since = [one for one in self._told() if one.at > began]
        self.outcome.seconds = ended - began
        self.outcome.told = Counter(one.word for one in since)
        self.outcome.longest = max((one.seconds for one in since), default=0.0)
        self.outcome.wrong = [fault for reader in self._readers for fault in reader.wrong]
        self.outcome.torn = [fault for reader in self._readers for fault in reader.torn]
        self.outcome.acknowledged = sum(client.answered for client in self._clients)
        for did in ("read", "write"):
            answered = scene.since(ended, good=True, did=did)
            self.outcome.first[did] = min(one.at for one in answered) - ended if answered else None
        self.outcome.last_no = max((one.at - ended for one in scene.since(ended, good=False)), default=0.0)

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while not holds() and time.monotonic() < give_up:  # noqa: ASYNC110 - many clients, no one event
            await asyncio.sleep(0.05)


async def fill(settings: Settings, folder: Path) -> str:
    """Empty the store, fill it, and tell its version."""
    if settings.sqlite_path is None:
        await (await anew(settings)).close()
    async with opened(settings) as store:
        await store.seed(lambda: facts_from(folder / "held", HELD))
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
    """One whose data lies there."""
    before, tempfile.tempdir = tempfile.tempdir, str(disk)
    try:
        with neo4j_server.running() as server:
            tempfile.tempdir = before
            if server.process_id is None:
                raise Impossible("Neo4j is not a process of this script's own")
            yield server
    finally:
        tempfile.tempdir = before


# ------------------------------------------------------------------------------------------------------------ the table


def row(outcome: Outcome) -> str:
    """A line of the table."""
    if outcome.impossible:
        return f"| {outcome.store} | {outcome.fault.title} | not here: {outcome.impossible} |" + " |" * 11
    told = Counter(outcome.told)
    good = told.pop(GOOD, 0)
    others = ", ".join(f"{count:,} x {word}" for word, count in told.most_common()) or "nothing else"
    found = (outcome.wrong, outcome.torn, outcome.lost, outcome.half_written, outcome.missed)
    firsts = ("none" if first is None else f"{first:.1f}" for first in outcome.first.values())
    cells = (
        *(outcome.store, outcome.fault.title, f"{good:,}", others, *(str(len(one)) for one in found)),
        *(*firsts, f"{outcome.last_no:.1f}", f"{outcome.longest:.1f}", "; ".join(outcome.notes)),
    )
    return f"| {' | '.join(cells)} |"


_HEAD = "store", "fault", "answered", "what else clients saw", "wrong", "torn", "lost", "half", "missed"
_HEAD_TIMES = "read, s", "write, s", "last no, s", "longest, s", "besides"


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=["sqlite"])
    parser.add_argument("--only", nargs="+", choices=sorted(one.name for one in FAULTS), help="these faults")
    given = parser.parse_args()
    print(f"{CLIENTS} writers, {READERS} readers, each with pauses of 0 to {2 * PAUSE_SECONDS:g} s; one subscriber\n")
    head = (*_HEAD, *_HEAD_TIMES)
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    wrong: list[str] = []
    for store in given.stores:
        with ExitStack() as stack:
            server = None
            if store == "neo4j":
                os.environ.pop("ATLAS_TEST_NEO4J_URI", None)  # one that is ours to kill
                server = stack.enter_context(neo4j_server.running())
            for outcome in _tried(store, server, given.only):
                print(row(outcome), flush=True)
                wrong += (f"{store}, {outcome.fault.name}: {one}" for one in outcome.faults)
    print("".join(f"\n  {one}" for one in wrong[:50]))
    return 1 if wrong else 0


def _tried(store: str, server: neo4j_server.Server | None, only: Sequence[str] | None) -> Iterator[Outcome]:
    for one in FAULTS:
        if store in one.stores and (not only or one.name in only):
            with tempfile.TemporaryDirectory(prefix="atlas-faults-") as folder:
                yield asyncio.run(Trial(one, store, Path(folder), server).run())


if __name__ == "__main__":
    sys.exit(main())
