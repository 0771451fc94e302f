"""Serving on loopback from a thread, for a program that has something else to do."""

import socket
from threading import Thread
from typing import Self

import uvicorn
from fastapi import FastAPI


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to that port, or to a free one when it is taken; OSError when the host cannot be bound."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.bind((host, 0))
    bound.listen()
    return bound


def address(bound: socket.socket) -> str:
    """The http address of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server:
    """An application served in a thread of its own, until the `with` block ends."""

    def __init__(self, app: FastAPI, bound: socket.socket) -> None:
        self._bound = bound
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        )
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [bound]}, name="page", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=3)
        self._bound.close()
