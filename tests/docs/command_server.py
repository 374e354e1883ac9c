"""Run `framework-atlas` for the shell commands of the pages: one process imports the service and forks for each command.

An import of the service takes two seconds, and the pages have dozens of commands.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLIENT = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(request)
    sys.exit(server.recv(1)[0])
"""


@contextmanager
def command_server(folder: Path) -> Iterator[Path]:
    """Start the process; gives the path of a program that runs `framework-atlas` with its arguments."""
    address, program = folder / "commands", folder / "framework-atlas"
    program.write_text(f"#!{sys.executable} -SE\n{CLIENT.format(address=str(address))}", "utf-8")
    program.chmod(0o755)
    with subprocess.Popen([sys.executable, "-m", __name__, str(address)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it listens
        yield program
        process.terminate()


def serve(address: str) -> None:
    from service.cli.main import main  # noqa: PLC0415 - the tests, which import this module, do not need it

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system removes commands that have ended
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("listening", flush=True)
        while True:
            connection, _ = server.accept()
            size, files, _, _ = socket.recv_fds(connection, 4, 3)
            if os.fork():
                for file in files:
                    os.close(file)
                connection.close()
                continue
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            arguments, folder, environment = json.loads(_read(connection, int.from_bytes(size, "big")))
            for file, standard in zip(files, (0, 1, 2), strict=True):
                os.dup2(file, standard)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            code = _run(main, arguments)
            connection.sendall(bytes([code]))
            os._exit(0)


def _run(main: object, arguments: list[str]) -> int:
    assert callable(main)
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - what the interpreter would do
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0 if code is None else 1


def _read(connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        read += connection.recv(size - len(read))
    return read


if __name__ == "__main__":
    serve(sys.argv[1])
