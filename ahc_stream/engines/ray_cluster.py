"""Ray: connected to, or started and stopped here. The one module that imports it."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ahc_stream.core.errors import ClusterError, MissingExtra
from ahc_stream.core.threads import processors
from ahc_stream.engines.workers import Workers

if TYPE_CHECKING:
    from types import ModuleType

OBJECT_STORE_BYTES = 128 << 20
"""Of a local Ray. What crosses processes is orders and names of files, never a frame."""
NAMESPACE = "ahc-stream"


def imported() -> ModuleType:
    """Ray. Raises MissingExtra with the install line."""
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingExtra.of("ray", "ray") from error
    return ray


@contextmanager
def cluster(address: str | None, workers: Workers) -> Iterator[ModuleType]:
    """Ray, connected to the cluster at `address`. Without an address, one of this machine that ends with the block.

    Who is connected already stays so. Raises ClusterError where there is none to connect to.
    """
    ray = imported()
    if ray.is_initialized():
        yield ray
        return
    settings: dict[str, Any] = {"namespace": NAMESPACE, "log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        settings |= local_settings(max(processors(), math.ceil((workers.most or 0) * workers.cpus)))
    try:
        ray.init(address or "local", **settings)
    except (ConnectionError, ValueError, RuntimeError) as error:
        todo = "start one (ray start --head), check the address, or leave --address out for a local one"
        raise ClusterError(f"a Ray cluster at {address or 'this machine'}", str(error), todo) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def local_settings(cpus: int) -> dict[str, Any]:
    """`ray.init`'s, of a Ray on this machine with so many processors: little memory, no dashboard, and workers that are
    not nicer to other processes than one process would be."""
    return {
        "num_cpus": cpus,
        "object_store_memory": OBJECT_STORE_BYTES,
        "include_dashboard": False,
        "_system_config": {"worker_niceness": 0},
    }


def places(ray: ModuleType, workers: Workers) -> int:
    """How many workers there are at most: as many as were asked for, or as the cluster has room for now."""
    if workers.most:
        return workers.most
    room = ray.cluster_resources()
    by_cpus = room.get("CPU", 0.0) / workers.cpus
    by_gpus = room.get("GPU", 0.0) / workers.gpus if workers.gpus else math.inf
    return max(1, int(min(by_cpus, by_gpus)))
