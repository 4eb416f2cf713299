"""`threadmock init`: an overlay with everything that was inferred from a document, for its user to correct."""

import sys
from pathlib import Path

import click
from threadmock.contracts.cli.options import run_options
from threadmock.contracts.cli.written_overlay import overlay_text
from threadmock.specs import loader
from threadmock.specs.contract import Contract

_STANDARD_OUTPUT = "-"


@click.command()
@click.argument("document", metavar="FILE|FOLDER|PROVIDER")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to write it; - for standard output.  [default: NAME.overlay.yaml beside NAME.yaml; in a folder,"
    " behaviour.overlay.yaml]",
)
@run_options("ref_root")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(document: str, output: str | None, ref_root: str | None, *, force: bool) -> None:
    """Write an overlay that says what was inferred from a document, with comments, for you to correct.

    A mock with the overlay answers as one without it, until you change something.
    """
    contract = loader.load(document, ref_root=ref_root)
    inferred = sum(operation.rule.inferred for operation in contract.operations)
    if not inferred:
        click.echo(f"{contract.name}: every operation has a rule already, so there is nothing to write.", err=True)
        return
    text = overlay_text(contract, document)
    if output == _STANDARD_OUTPUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())  # a file of YAML is UTF-8, whatever the console takes
        return
    path = Path(output) if output else _beside(document)
    _write(path, text, force=force)
    click.echo(f"Wrote {path}: {_counted(contract)}.")
    click.echo(f"Correct it, then: threadmock explain {_use(document, path, ref_root)}")


def _beside(document: str) -> Path:
    """Where the overlay of a source is looked for: in a folder under its usual name, else next to the file."""
    path = Path(document)
    if document in loader.builtin_names():
        return Path(f"{document}.overlay.yaml")
    return path / "behaviour.overlay.yaml" if path.is_dir() else path.with_name(f"{path.stem}.overlay.yaml")


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(
            f"{path} is there already, and nothing was written. Choose another with -o, or write over it with --force."
        ) from None
    except OSError as error:
        raise click.UsageError(f"{path} can't be written: {error.strerror or error}. Choose another with -o.") from None


def _counted(contract: Contract) -> str:
    rules = [operation.rule for operation in contract.operations if operation.rule.inferred]
    kept = sum(rule.action != "fixed" for rule in rules)
    return f"{kept} inferred rules, and {len(rules) - kept} operations of which nothing could be inferred"


def _use(document: str, path: Path, ref_root: str | None) -> str:
    """The arguments that make a command use the overlay. A folder's is found by itself."""
    found = Path(document).is_dir() and path.parent == Path(document)
    return document + ("" if found else f" --overlay {path}") + (f" --ref-root {ref_root}" if ref_root else "")
