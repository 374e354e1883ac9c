"""Every name of uvicorn that `service.server` overrides or uses, documented or not, exists in the pinned version.

If this fails after an update of uvicorn: compare uvicorn's old and new source of the names, adapt service/server, and run tests/server.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState
from uvicorn.supervisors import multiprocess

from service.server.config import ServerConfig
from service.server.http_protocol import HttpProtocol
from service.server.shutdown import GracefulServer
from service.server.workers import Supervisor, Worker

OVERRIDDEN: dict[type, set[str]] = {
    ServerConfig: set(),
    GracefulServer: {"shutdown"},
    Worker: {"is_alive", "join", "server"},
    Supervisor: {"handle_ttin", "init_processes", "keep_subprocess_alive", "restart_all", "terminate_all"},
    HttpProtocol: {
        "_start_asgi_task",
        "connection_lost",
        "connection_made",
        "data_received",
        "handle_websocket_upgrade",
        "on_body",
        "on_header",
        "on_headers_complete",
        "on_message_begin",
        "on_message_complete",
        "on_response_complete",
        "on_url",
        "pause_writing",
        "resume_writing",
        "send_400_response",
        "shutdown",
        "timeout_keep_alive_handler",
    },
}
USED: dict[type, set[str]] = {
    ServerConfig: set(),
    GracefulServer: {"config", "force_exit", "lifespan", "server_state", "servers"},
    Worker: {"_server", "config", "parent_conn", "pid", "process"},
    Supervisor: {"config", "processes", "processes_num", "should_exit", "sockets"},
    HttpProtocol: {
        "_should_upgrade",
        "app",
        "config",
        "connections",
        "cycle",
        "headers",
        "loop",
        "parser",
        "pipeline",
        "transport",
    },
}
USED_OF_OTHERS: dict[type, set[str]] = {
    RequestResponseCycle: {
        "disconnected",
        "keep_alive",
        "message_event",
        "response_complete",
        "response_started",
        "scope",
    },
    ServerState: {"connections"},
    multiprocess.Process: {"exitcode", "is_alive", "join", "kill", "start", "terminate", "wait_until_ready"},
    uvicorn.Config: {"timeout_graceful_shutdown", "timeout_worker_healthcheck", "workers"},
}


@pytest.mark.parametrize("subclass", OVERRIDDEN, ids=lambda subclass: subclass.__name__)
def test_the_lists_name_everything_that_a_subclass_overrides_or_uses(subclass: type) -> None:
    ours = {name for name in vars(subclass) if not name.startswith("__")} | set(_assigned(subclass))
    theirs = set(dir(subclass.__base__)) | _instance_names(subclass.__base__)
    used = {name for name in _names_of_self(subclass) if name not in ours and not name.startswith("__")}

    assert OVERRIDDEN[subclass] == {name for name in vars(subclass) if name in theirs and not name.startswith("__")}
    assert USED[subclass] == used
    assert used <= theirs


@pytest.mark.parametrize("subclass", OVERRIDDEN, ids=lambda subclass: subclass.__name__)
def test_overriding_methods_have_the_parameters_of_uvicorn(subclass: type) -> None:
    for name in OVERRIDDEN[subclass]:
        original, override = getattr(subclass.__base__, name), getattr(subclass, name)
        if not isinstance(original, property):
            assert list(inspect.signature(override).parameters) == list(inspect.signature(original).parameters), name


@pytest.mark.parametrize("class_", USED_OF_OTHERS, ids=lambda class_: class_.__name__)
def test_attributes_of_other_classes_exist(class_: type) -> None:
    assert USED_OF_OTHERS[class_] <= set(dir(class_)) | _instance_names(class_)


def test_a_protocol_is_created_with_these_arguments() -> None:
    assert list(inspect.signature(HttpToolsProtocol).parameters) == ["config", "server_state", "app_state", "_loop"]


def _names_of_self(class_: type) -> set[str]:
    """The attributes of `self` and `super()` in the source of a class."""
    names = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(class_)))):
        if isinstance(node, ast.Attribute):
            value = node.value
            is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
            if is_super or (isinstance(value, ast.Name) and value.id == "self"):
                names.add(node.attr)
    return names


def _assigned(class_: type) -> set[str]:
    """The attributes that our own `__init__` sets or that the class declares."""
    names = set(vars(class_).get("__annotations__", {})) - {"config"}
    if "__init__" in vars(class_):
        names |= _instance_names(class_)
    return names


def _instance_names(class_: Any) -> set[str]:
    """The attributes that the methods of a class set on `self`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(class_))))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
