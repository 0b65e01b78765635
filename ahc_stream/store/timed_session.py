"""HTTP that ends in time. A socket's timeout is for one read, so a server that sends a byte now and then, of its
headers or of the handshake, never runs into it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import PoolManager


class TimedSession(requests.Session):
    """A session whose connections are shut at a moment, whatever waits for them then. A request raises requests.Timeout
    if it was not through; what still reads a body finds its end there, and must ask `is_over`.

    deadline:  a time of the monotonic clock.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._watch = _Watch(deadline)
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(self._watch))

    @property
    def is_over(self) -> bool:
        """Whether the deadline has come."""
        return self._watch.is_over

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        """As `requests.Session`, which takes headers that break off for whole ones."""
        answer = super().send(request, **settings)
        if self.is_over:
            answer.close()
            raise requests.Timeout("the deadline has come", request=request)
        return answer

    def move(self, deadline: float) -> None:
        """Another deadline, in place of one that has not come yet."""
        self._watch.move(deadline)

    def close(self) -> None:
        """Ends all connections, and the watch over them."""
        super().close()
        self._watch.stop()


class _Watch:
    """Shuts sockets at the deadline, in a thread of its own."""

    def __init__(self, deadline: float) -> None:
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(0, self._shut)
        self.move(deadline)

    def move(self, deadline: float) -> None:
        self._timer.cancel()
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._shut)
        self._timer.daemon = True
        self._timer.start()

    def add(self, connected: socket.socket) -> None:
        """A duplicate is watched: TLS takes the descriptor out of the socket that it is given."""
        with self._lock:
            self._sockets.append(connected.dup())
        if self.is_over:
            self._shut()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            for duplicate in self._sockets:
                duplicate.close()
            self._sockets.clear()

    def _shut(self) -> None:
        with self._lock:
            self.is_over = True
            for duplicate in self._sockets:
                with suppress(OSError):  # the other side was quicker
                    duplicate.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """What connects, also through a proxy, and has each connection watched."""

    def __init__(self, watch: _Watch) -> None:
        self._watch = watch
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _have_watched(self.poolmanager, self._watch)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        is_known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not is_known:
            _have_watched(manager, self._watch)
        return manager


def _have_watched(manager: PoolManager, watch: _Watch) -> None:
    """Each kind of connection is replaced by one that has its socket watched as soon as it is connected, before TLS
    (urllib3's own SOCKS connections replace the same method)."""
    manager.pool_classes_by_scheme = {
        scheme: _watched_pool(pool, watch) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _watched_pool(pool: Any, watch: _Watch) -> Any:
    connection = pool.ConnectionCls

    def connect(self: Any) -> socket.socket:
        connected: socket.socket = connection._new_conn(self)
        watch.add(connected)
        return connected

    watched = type(connection.__name__, (connection,), {"_new_conn": connect})
    return type(pool.__name__, (pool,), {"ConnectionCls": watched})
