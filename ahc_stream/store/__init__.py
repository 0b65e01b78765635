"""Where data and weights live on this machine, and how a missing file comes here with its hash checked.

`places` knows the folders, `sources` what a file can be fetched from, `transfer` moves bytes over HTTP, `download`
brings one file to its place, `registry` fetches the archives of package registries, `archive` unpacks them, `disk` and
`atomic` know how to write. `folders` is where a run's folder may lie, an object store among others.
"""

from ahc_stream.store.disk import locked, storage_errors
from ahc_stream.store.fetch import fetch
from ahc_stream.store.folders import Folder, RemoteFolder, folder_of, is_url
from ahc_stream.store.places import find, home, roots, searched
from ahc_stream.store.progress import Progress
from ahc_stream.store.sources import Finding, Member, RegistryMember, Source, Url, sha256_of

__all__ = [
    "Finding",
    "Folder",
    "Member",
    "Progress",
    "RegistryMember",
    "RemoteFolder",
    "Source",
    "Url",
    "fetch",
    "find",
    "folder_of",
    "home",
    "is_url",
    "locked",
    "roots",
    "searched",
    "sha256_of",
    "storage_errors",
]
