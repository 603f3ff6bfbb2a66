"""`riskmodel serve`: the what-if page and the JSON API."""

import math
import threading
import webbrowser
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from riskmodel.cli.inputs import Selection
from riskmodel.cli.options import model_option
from riskmodel.cli.output import echo
from riskmodel.errors import RiskmodelError

if TYPE_CHECKING:
    from riskmodel.web.settings import Limits, Settings


@click.command("serve")
@click.argument("situation", required=False, metavar="[SITUATION]")
@model_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    metavar="N",
    help="Port; 0 selects a free one.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of worker processes.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Accept requests for this host name, for example behind a proxy.",
)
@click.option("--max-upload", type=click.IntRange(1), metavar="MB", help="Largest table in megabytes. Default: 64.")
@click.option(
    "--max-seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    help="Time limit of an analysis in seconds. Default: 30.",
)
@click.option(
    "--api-key-file",
    "key_file",
    metavar="FILE",
    help="Serve only clients with a key of this file, which has a line NAME KEY for each.",
)
@click.option(
    "--access-log",
    metavar="FILE",
    help="Append a line of JSON for each request to this file; - is standard output.",
)
@click.option(
    "--forwarded-allow-ips",
    "proxies",
    metavar="ADDRESSES",
    help="Log the clients that a proxy at these addresses or networks (or *) names in X-Forwarded-For.",
)
def serve(
    situation: str | None,
    model_name: str | None,
    host: str,
    port: int,
    opens: bool,
    workers: int,
    hosts: tuple[str, ...],
    max_upload: int | None,
    max_seconds: float | None,
    key_file: str | None,
    access_log: str | None,
    proxies: str | None,
) -> None:
    """Serve the what-if page, which begins with SITUATION, and a JSON API.

    Listens on localhost by default. See docs/deployment.md before you make it reachable for others: it has no TLS, and
    serves anyone unless --api-key-file is given. Ctrl-C stops it once the requests in progress are finished.
    """
    from riskmodel.extras import require

    require("serve")
    from riskmodel.web.access_log import check_target
    from riskmodel.web.keys import Keys
    from riskmodel.web.server import host_name, is_public, listen, proxy_addresses, run, url

    if max_seconds is not None and not math.isfinite(max_seconds):
        raise RiskmodelError(f"--max-seconds: should be a finite number; got {max_seconds}")
    names = frozenset([host_name(host, "--host"), *(host_name(name, "--allow-host") for name in hosts)])
    settings = replace(
        _settings(situation, model_name, names, _limits(max_upload, max_seconds)),
        key_file=key_file,
        access_log=access_log,
        proxies=None if proxies is None else proxy_addresses(proxies),
    )
    keys = Keys(key_file) if key_file is not None else None
    if access_log is not None:
        check_target(access_log)
    with listen(host.removeprefix("[").removesuffix("]"), port) as listening:
        echo(url(listening), err=True)
        if not hosts and is_public(listening):
            echo("requests from other machines are rejected until --allow-host names this one", err=True)
        if keys is not None and keys.is_readable_by_others:
            echo(f"{key_file}: other users of this machine can read the keys; chmod 600 prevents it", err=True)
        if opens:
            # With some browsers, `open` returns only when they are closed.
            threading.Thread(target=webbrowser.open, args=(url(listening),), daemon=True).start()
        run(settings, listening, workers)


def _limits(max_upload: int | None, max_seconds: float | None) -> "Limits":
    from riskmodel.web.settings import Limits

    limits = Limits()
    if max_upload is not None:
        upload = max_upload * 1_000_000
        unpacked = upload * limits.unpacked_bytes // limits.upload_bytes
        limits = limits.model_copy(update={"upload_bytes": upload, "unpacked_bytes": unpacked})
    if max_seconds is not None:
        batch = max_seconds * limits.batch_seconds / limits.analysis_seconds
        limits = limits.model_copy(update={"analysis_seconds": max_seconds, "batch_seconds": batch})
    return limits


def _settings(file: str | None, model_name: str | None, hosts: frozenset[str], limits: "Limits") -> "Settings":
    from riskmodel.model import load_model
    from riskmodel.web.settings import Settings, check_servable, detached

    if file is None:
        model = load_model(model_name) if model_name else load_model()
        check_servable(model)
        return Settings(model.spec, None, hosts, limits)
    resolved = Selection(files=(file,), model_names=(model_name,) if model_name else ()).resolve()
    for model, _ in resolved:
        check_servable(model)
    if len(resolved) > 1:
        raise RiskmodelError(f"{file}: has {len(resolved)} situations; the page begins with a single one")
    ((model, situation),) = resolved
    return Settings(model.spec, detached(situation), hosts, limits)
