"""Where data and weights live on this machine, and how a missing file comes here with its hash checked.

`places` knows the folders, `sources` what a file can be fetched from, `transfer` moves bytes over HTTP, `download`
brings one file to its place, `registry` fetches the archives of package registries, `archive` unpacks them, `disk` and
`atomic` know how to write.
"""

from ahc_stream.store.disk import locked, storage_errors
from ahc_stream.store.fetch import fetch
from ahc_stream.store.places import find, home, roots, searched
from ahc_stream.store.progress import Progress
from ahc_stream.store.sources import Finding, Member, RegistryMember, Source, Url, sha256_of

__all__ = [
    "Finding",
    "Member",
    "Progress",
    "RegistryMember",
    "Source",
    "Url",
    "fetch",
    "find",
    "home",
    "locked",
    "roots",
    "searched",
    "sha256_of",
    "storage_errors",
]
