"""Worker processes, and the supervisor that restarts those that die.

uvicorn waits up to `timeout_worker_healthcheck` for the answer of one worker before it looks at the next one. Here the supervisor
looks at all of them without waiting, so that a dead worker is replaced at once, even while another one starts slowly.
"""

from __future__ import annotations

import logging
import time

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from service.server.shutdown import GracefulServer
from service.telemetry import metrics

log = logging.getLogger("atlas")


class Worker(multiprocess.Process):
    """A process that serves requests."""

    _pinged_at: float | None = None
    """The time of a ping that has no answer yet."""

    def is_alive(self, timeout: float = 5) -> bool:
        """Return whether the process runs and has answered its last ping, or may still do so within the timeout."""
        if not self.process.is_alive():
            return False
        try:
            if self._pinged_at is None:
                self.parent_conn.send(b"ping")
                self._pinged_at = time.monotonic()
            if self.parent_conn.poll():
                self.parent_conn.recv()
                self._pinged_at = None
        except (OSError, EOFError):
            return False
        return self._pinged_at is None or time.monotonic() < self._pinged_at + timeout

    def join(self) -> None:
        super().join()
        if self.pid is not None:
            metrics.forget_process(self.pid)

    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = GracefulServer(self.config)
        return self._server


class Supervisor(multiprocess.Multiprocess):
    """The parent process.

    uvicorn's methods create instances of its own `Process`; these are copies of them that create a `Worker`.
    """

    def init_processes(self) -> None:
        self.processes = [self._start_worker() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        for index, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.is_alive(timeout=self.config.timeout_worker_healthcheck):
                continue
            worker.kill()  # it may hang
            worker.join()
            if worker.exitcode == STARTUP_FAILURE:  # it would fail again
                log.error("worker %s failed to start; stopping", worker.pid)
                self.should_exit.set()
                return
            log.warning("worker %s died; starting another one", worker.pid)
            self.processes[index] = self._start_worker()

    def restart_all(self) -> None:
        """Replace each worker by a new one that is ready."""
        for index, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            new = self._start_worker()
            if not new.wait_until_ready(self.config.timeout_worker_healthcheck, self.should_exit):
                new.kill()
                new.join()
                log.error("worker %s was not ready in time; keeping worker %s", new.pid, worker.pid)
                return
            worker.terminate()
            worker.join()
            self.processes[index] = new

    def handle_ttin(self) -> None:
        self.processes_num += 1
        self.processes.append(self._start_worker())

    def terminate_all(self) -> None:
        for listening in self.sockets:  # otherwise the kernel would queue connections that no worker accepts
            listening.close()
        super().terminate_all()

    def _start_worker(self) -> Worker:
        worker = Worker(self.config, self.sockets)
        worker.start()
        return worker
