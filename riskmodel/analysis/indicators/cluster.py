"""Read files of events on a Dask cluster, one task for each file; the counts are the same to the bit."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from riskmodel.analysis.indicators.counts import ActCounter, Wanted
from riskmodel.analysis.indicators.event_files import EventFile, FileTally, Part, ReadEvents, collect, read_file
from riskmodel.batch.cluster import check_installed, cluster_client
from riskmodel.errors import SituationError

_AHEAD = 64
"""Files under way at a time, whose acts may wait for those before them."""


def dask_reader(scheduler: str | None) -> ReadEvents:
    """Return a function that reads files of events on a cluster, whose workers must be able to read the same paths.

    Parameters
    ----------
    scheduler : the address of a scheduler; None starts a cluster on this machine.
    """
    check_installed()

    def read(
        files: Sequence[EventFile],
        wanted: Wanted,
        counters: dict[str, ActCounter],
        *,
        skip_bad_files: bool,
        on_file: Callable[[int], None],
    ) -> list[FileTally]:
        parts = _parts(scheduler, files, wanted)
        return collect(parts, files, counters, skip_bad_files=skip_bad_files, on_file=on_file)

    return read


def _parts(scheduler: str | None, files: Sequence[EventFile], wanted: Wanted) -> Iterator[Part]:
    """Yield the parts of the files in their order."""
    from distributed import KilledWorker

    with cluster_client(scheduler) as client:
        shared = client.scatter(wanted, broadcast=True)
        submit = partial(client.submit, read_file, wanted=shared, pure=False)
        # A worker may run in another folder.
        absolute = [file._replace(file=file.file._replace(path=os.path.abspath(file.file.path))) for file in files]
        under_way = [submit(file) for file in absolute[:_AHEAD]]
        try:
            for number in range(len(absolute)):
                future = under_way.pop(0)
                if number + _AHEAD < len(absolute):
                    under_way.append(submit(absolute[number + _AHEAD]))
                yield from future.result()
        except KilledWorker as error:
            raise SituationError(f"the cluster lost workers repeatedly while reading one file: {error}") from None
        finally:
            client.cancel(under_way)
