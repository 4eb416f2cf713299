"""The command line: `threadmock serve`, `verify`, `replay`, `cleanup`, `explain`, `init`, `checks`.

Each verb is loaded when it is used: `serve` never loads Hypothesis or pytest.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click
from threadmock.specs.errors import SpecError
from threadmock.specs.text import write_any_text

verbs: Mapping[str, tuple[str, str]] = {
    "serve": ("threadmock.mockserver.cli.serve:serve", "Serve stand-ins for thread APIs."),
    "verify": (
        "threadmock.contracts.cli.verify:verify",
        "Check that a deployment, or the mock, does what its documents say.",
    ),
    "cleanup": (
        "threadmock.contracts.cli.cleanup:cleanup",
        "Remove from a deployment what a run made there and could not remove.",
    ),
    "explain": (
        "threadmock.contracts.cli.explain:explain",
        "Tell operations and rules, their evidence, and what is guessed.",
    ),
    "init": ("threadmock.contracts.cli.init:init", "Write an overlay of what is inferred, for you to correct."),
    "replay": ("threadmock.contracts.cli.replay:replay", "Send a saved finding again: does it still hold?"),
    "checks": (
        "threadmock.contracts.cli.checks:checks",
        "List every check: what it asserts, and its source.",
    ),
}
"""Verb to where its command is, and its line in the help."""


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in verbs:
            return None
        module, _, name = verbs[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from threadmock.specs.errors import nearest  # noqa: PLC0415

        if args and not args[0].startswith("-") and args[0] not in verbs:
            ctx.fail(f"There is no verb {args[0]!r}. {nearest(args[0], verbs)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in verbs.items()])


def _print_version(context: click.Context, _: click.Parameter, value: Any) -> None:
    if value and not context.resilient_parsing:
        from threadmock.specs import version  # noqa: PLC0415 - only who asks for it loads it

        click.echo(f"threadmock {version}")
        context.exit()


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def threadmock() -> None:
    """A stand-in backend and a contract tester for conversation-thread APIs.

    Built in: five providers. Any OpenAPI 3.0 or 3.1 document of your own works the same way.
    """


def main() -> None:
    """The console command. Exit status 2 for usage, 4 for a fault of ours; no traceback reaches a user."""
    write_any_text()
    sys.exit(run(lambda: threadmock.main(prog_name="threadmock", standalone_mode=False)))


def run(command: Callable[[], Any]) -> int:  # noqa: PLR0911 - one for each way to end
    """Run a click command; the exit status."""
    try:
        status = command()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SpecError as error:
        from threadmock.contracts.settings import shown_in_flags  # noqa: PLC0415

        click.echo(f"Error: {shown_in_flags(error)}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        # whoever read our output has gone: nothing is left to say, and closing must not complain either
        sys.stdout = None
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence
        click.echo(f"threadmock failed: {type(error).__name__}: {error}\nPlease report this.", err=True)
        return 4
    return status if isinstance(status, int) else 0
