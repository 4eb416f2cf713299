"""`threadmock serve`."""

import contextlib
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import click
from threadmock.mockserver.agents.scheduler import Scheduler
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.cli.greeting import greeting
from threadmock.mockserver.fault_points import planted
from threadmock.mockserver.faults.table import find_faults
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.server.app import serving
from threadmock.mockserver.server.granian_process import Address, PortTaken, claimed
from threadmock.mockserver.server.granian_process import serve as run_server
from threadmock.mockserver.server.rsgi import RsgiApplication
from threadmock.mockserver.world import World
from threadmock.specs.contract import Contract
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import LAYERS, builtin_names, load
from threadmock.specs.schemas.formats import system_now
from threadmock.specs.wire.hosts import is_local

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.conversations import Dataset


@dataclass(frozen=True)
class Settings:
    """All that a running mock was told; picklable, since it travels to the worker process."""

    sources: tuple[str, ...]
    layer: str = "documented"
    auth: str = "present"
    seed: int = 0
    origins: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    guard_host: bool = True
    quiet: bool = False
    data: "Dataset | None" = None
    scripts: Scripts | None = None
    speed: float = 1.0


def load_all(sources: Sequence[str], layer: str) -> list[Contract]:
    """The contracts of the sources, or of all built-in providers where none is given. SpecError for equal names."""
    contracts = [load(source, layer=layer) for source in (sources or builtin_names())]
    named: dict[str, str] = {}
    for contract, source in zip(contracts, sources or builtin_names(), strict=True):
        if contract.name in named:
            what = f"{named[contract.name]} and {source} would both be named {contract.name!r}."
            raise SpecError(what, fix="Rename one of the files.")
        named[contract.name] = str(source)
    return contracts


def build_gateway(settings: Settings) -> Gateway:
    """The gateway of these settings, with a world of its own. SpecError where they can't be met."""
    world = World(
        settings.seed,
        auth=settings.auth,
        faults=planted(find_faults(settings.faults)),
        scheduler=Scheduler(speed=settings.speed),
        scripts=settings.scripts or read_scripts(),
    )
    return Gateway(
        load_all(settings.sources, settings.layer),
        world,
        origins=settings.origins,
        guard_host=settings.guard_host,
        log=None if settings.quiet else _log,
        data=settings.data,
    )


def begin_with(source: str) -> "Dataset":
    """The data of a set or a file, if they lie before now. The worker fills; what is wrong is told before."""
    from threadmock.mockserver.datasets.conversation_files import read_data  # noqa: PLC0415
    from threadmock.mockserver.datasets.conversations import begin_times  # noqa: PLC0415 - few servers begin with data

    data = read_data(source)
    begin_times(data, system_now())
    return data


def _log(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")


class _Worker:
    """The gateway is built in the worker; the greeting needs it too."""

    def __init__(self, settings: Settings, address: Address) -> None:
        self.settings = settings
        self.address = address
        self.gateway: Gateway | None = None

    def build(self) -> RsgiApplication:
        self.gateway = build_gateway(self.settings)
        return serving(self.gateway)

    def greet(self) -> None:
        if self.gateway:
            for line in greeting(self.gateway, self.address.url):
                click.echo(line)
            sys.stdout.flush()


@click.command()
@click.argument("sources", nargs=-1, metavar="[PROVIDER | FILE | FOLDER]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4040, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--as", "layer", type=click.Choice(LAYERS), default="documented", show_default=True, help="Which layer to obey."
)
@click.option(
    "--auth", default="present", show_default=True, metavar="off|present|TOKEN", help="Which credentials are asked for."
)
@click.option("--seed", type=int, help="Same seed and clock: same bytes. Random, and printed, where it is left out.")
@click.option(
    "--allow-origin", "origins", multiple=True, metavar="ORIGIN", help="A page that may call, beside those on loopback."
)
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME", help="Plant a deviation; `threadmock checks` lists them."
)
@click.option(
    "--data",
    metavar="empty|typical|long|extreme|FILE",
    help="Begin with these threads and messages, in every provider. A FILE (YAML or JSON) holds `threads`, each with "
    "title, created, metadata, archived and messages; see the README.",
)
@click.option(
    "--script",
    metavar="NAME|FILE",
    help="What agents say: awkward, echo (the default), empty, failing, human, long, slow, tool, or a FILE of yours. "
    "A message that begins with /NAME chooses another script for one reply.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="What the delays of scripts are multiplied by; 0 for none.",
)
@click.option("--quiet", is_flag=True, help="No log line for each request.")
def serve(  # noqa: PLR0913, PLR0917 - one parameter for each option
    sources: tuple[str, ...],
    host: str,
    port: int,
    layer: str,
    auth: str,
    seed: int | None,
    origins: tuple[str, ...],
    faults: tuple[str, ...],
    data: str | None,
    script: str | None,
    speed: float,
    quiet: bool,
) -> None:
    """Serve stand-ins for thread APIs: all built-in providers, or those named, or your own OpenAPI documents.

    Every provider answers below /NAME/, and at its true paths at the root as long as no two share a route.
    """
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    settings = Settings(sources, layer, auth, seed, frozenset(origins), faults, is_local(host), quiet, speed=speed)
    if not host:
        raise click.UsageError("--host needs an address, such as 127.0.0.1, or 0.0.0.0 for all of this machine's.")
    if not auth:
        raise click.UsageError("--auth needs off, present or a token.")
    try:
        settings = replace(settings, scripts=read_scripts(script))
        build_gateway(settings)
        if data is not None:
            settings = replace(settings, data=begin_with(data))
        with claimed(Address(host, port)) as address:
            worker = _Worker(settings, address)
            run_server(address, partial(_Worker.build, worker), ready=partial(_Worker.greet, worker))
    except SpecError as error:
        raise click.UsageError(str(error)) from None
    except PortTaken as error:
        raise click.ClickException(f"{error} Choose another with --port, or 0 for any free one.") from None
