"""`threadmock serve`."""

import contextlib
import datetime
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.cli.greeting import greeting
from threadmock.mockserver.cli.network import hosts_of
from threadmock.mockserver.control.moments import read_moment
from threadmock.mockserver.mock import MOST_SPEED, Mock, create_mock
from threadmock.mockserver.pipeline.hosts import read_hosts
from threadmock.mockserver.pipeline.origins import read_origins
from threadmock.mockserver.server.control_access import read_token
from threadmock.mockserver.server.granian_process import Address, PortTaken, claimed
from threadmock.mockserver.server.granian_process import serve as run_server
from threadmock.mockserver.server.rsgi import RsgiApplication
from threadmock.specs.contract import Contract
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import LAYERS
from threadmock.specs.schemas.formats import system_now
from threadmock.specs.text import write_any_text

if TYPE_CHECKING:
    from threadmock.mockserver.cli.watch import Watched
    from threadmock.mockserver.datasets.conversations import Dataset


def _past_data(source: str | None, now: datetime.datetime | None, contracts: Sequence[Contract]) -> "Dataset | None":
    """The worker fills the mock; errors are reported before."""
    if source is None:
        return None
    from threadmock.mockserver.datasets.conversation_files import read_past_data  # noqa: PLC0415 - few begin with data
    from threadmock.mockserver.datasets.snapshots import check_data  # noqa: PLC0415 - see above

    data = read_past_data(source, now)
    check_data(data, contracts)
    return data


def _watched() -> "type[Watched]":
    from threadmock.mockserver.cli.watch import Watched  # noqa: PLC0415 - few servers watch

    return Watched


def _log(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")


class _Worker:
    """The mock is built in the worker process; the greeting needs it too. create: picklable, since it travels there."""

    def __init__(self, create: Callable[[], Mock], address: Address, watched: "Watched | None" = None) -> None:
        self.create = create
        self.address = address
        self.watched = watched
        self.mock: Mock | None = None

    def build(self) -> RsgiApplication:
        write_any_text()  # where processes are not forked, this one has streams of its own
        self.mock = self.create()
        application = self.mock.rsgi()
        if self.watched:
            from threadmock.mockserver.cli.watch import Watch  # noqa: PLC0415 - few servers watch

            Watch(self.mock, application, self.watched, _log).start()
        return application

    def greet(self) -> None:
        if self.mock:
            for line in greeting(self.mock.gateway, self.address.url):
                click.echo(line)
            sys.stdout.flush()


@click.command()
@click.argument("sources", nargs=-1, metavar="[PROVIDER | FILE | FOLDER]...")
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="One more overlay of the one document that is named, applied last; several in their order.",
)
@click.option(
    "--ref-root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder below which $ref may name files.  [default: that of the document]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4040, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--as", "layer", type=click.Choice(LAYERS), default="documented", show_default=True, help="Which layer to obey."
)
@click.option(
    "--auth", default="present", show_default=True, metavar="off|present|TOKEN", help="Which credentials are asked for."
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    help="Same seed and clock: same bytes. Random, and printed, where it is left out.",
)
@click.option(
    "--clock",
    metavar="MOMENT",
    help="Let the clock stand still, such as at 2026-01-31T09:00:00Z: with a seed, all answers of two runs are equal.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A page that may call, besides those on loopback, such as https://app.example; lan for those of private "
    "addresses, null for those without an origin (opened from a file), * for all others. May be repeated.",
)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="A name by which this server may be asked, besides its own, such as 10.0.2.2. May be repeated.",
)
@click.option(
    "--control-token",
    metavar="TOKEN",
    help="Let other machines use /_mock/, with the header X-Threadmock-Control: TOKEN.  [default: this one alone]",
)
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME", help="Plant a deviation; `threadmock checks` lists them."
)
@click.option(
    "--data",
    metavar="empty|typical|long|extreme|FILE",
    help="Begin with these threads and messages, in every provider. A FILE (YAML or JSON) holds `threads`, each with "
    "title, created, metadata, archived and messages (see the README), or is a snapshot.",
)
@click.option(
    "--script",
    metavar="NAME|FILE",
    help="What agents say: approval, awkward, blocks, echo (the default), empty, failing, human, inbox, long, planner, "
    "slow, team, tool, or a FILE of yours. "
    "A message that begins with /NAME chooses another script for one reply.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, MOST_SPEED),
    help="What the delays of scripts are multiplied by; 0 for none.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Read documents, overlays, script and data again when they change. What is stored stays where its shape does.",
)
@click.option("--quiet", is_flag=True, help="No log line for each request.")
def serve(  # noqa: PLR0913, PLR0917 - one parameter for each option
    sources: tuple[str, ...],
    overlays: tuple[Path, ...],
    ref_root: Path | None,
    host: str,
    port: int,
    layer: str,
    auth: str,
    seed: int | None,
    clock: str | None,
    origins: tuple[str, ...],
    allow_hosts: tuple[str, ...],
    control_token: str | None,
    faults: tuple[str, ...],
    data: str | None,
    script: str | None,
    speed: float,
    watch: bool,
    quiet: bool,
) -> None:
    """Serve stand-ins for thread APIs: all built-in providers, or those named, or your own OpenAPI documents.

    Every provider answers below /NAME/, and at its true paths at the root as long as no two share a route.
    """
    if not host:
        raise click.UsageError("--host needs an address, such as 127.0.0.1, or 0.0.0.0 for all of this machine's.")
    if not auth:
        raise click.UsageError("--auth needs off, present or a token.")
    try:
        read_origins(origins)
        read_token(control_token)
        moment = None if clock is None else read_moment(clock, "--clock")
        create = partial(
            create_mock,
            *sources,
            layer=layer,
            overlays=overlays,
            ref_root=ref_root,
            script=read_scripts(script),
            auth=auth,
            faults=faults,
            speed=speed,
            origins=origins,
            guard_host=hosts_of(host, read_hosts(allow_hosts)),
            control_token=control_token,
            log=None if quiet else _log,
            clock=moment or system_now,
        )
        tried = create(seed=seed)  # also shows what is wrong, before anything listens
        create = partial(create, seed=tried.seed, data=_past_data(data, moment, tried.gateway.contracts))
        with claimed(Address(host, port)) as address:
            watched = _watched()(sources, layer, overlays, script, data, ref_root) if watch else None
            worker = _Worker(create, address, watched)
            run_server(address, partial(_Worker.build, worker), ready=partial(_Worker.greet, worker))
    except SpecError as error:
        raise click.UsageError(str(error)) from None
    except PortTaken as error:
        raise click.ClickException(f"{error} Choose another with --port, or 0 for any free one.") from None
