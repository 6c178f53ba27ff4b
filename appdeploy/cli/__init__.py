"""The command line: `appdeploy COMMAND`. Each command is a module of its own, loaded when it is asked for."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from appdeploy.cli.commands import TOP_LEVEL, Group
from appdeploy.model.debug import DEBUG_VARIABLE
from appdeploy.model.errors import AppdeployError, described
from appdeploy.model.outcome import ExitCode
from appdeploy.model.suggestion import did_you_mean
from appdeploy.render.errors import marked
from appdeploy.render.fitting import fitted

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _LazyGroup(click.Group):
    """Commands by name; a command's module is imported only when that command runs or is asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(TOP_LEVEL)

    def invoke(self, ctx: click.Context) -> Any:
        if ctx.params["debug"]:
            os.environ[DEBUG_VARIABLE] = "1"
        # Not at the start: `--help` needs no logging.
        from appdeploy.cli.warning_lines import show_warnings

        show_warnings()
        return super().invoke(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in TOP_LEVEL:
            return None
        command = import_module(f"appdeploy.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            raise click.UsageError(f"No such command {args[0]!r}.{did_you_mean(args[0], TOP_LEVEL)}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # click would load every command for its summary.
        for group in Group:
            with formatter.section(group.value):
                formatter.write_dl([(name, row.summary) for name, row in TOP_LEVEL.items() if row.group is group])


_EPILOG = """\b
Examples:
  appdeploy status -e staging
  appdeploy deploy -e staging --service agent --version v1.2.0
  appdeploy rollback -e staging --service agent

\b
APPDEPLOY_ENVIRONMENT names the environment where -e does not."""


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from appdeploy.cli.version import version_text

        click.echo(version_text())
        context.exit()


@click.group(cls=_LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--debug",
    is_flag=True,
    help="Show each call to AWS on standard error: operation, status, time, request id; never a value. Before the command; or "
    f"set {DEBUG_VARIABLE}=1.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show tool, commit and schemas, and exit.",
)
def cli(debug: bool) -> None:
    """Release AxonFlow on ECS: the application tier, without touching the infrastructure."""


def main() -> NoReturn:
    """The console script."""
    # Nearly all that a start makes stays to the end. To look for garbage among it, on the way and at the exit, costs a
    # fifth of a short command.
    gc.set_threshold(100_000, 50, 100)
    # We use none of pydantic's plugins, and to look for them reads the metadata of every installed distribution
    # (docs.pydantic.dev/latest/concepts/plugins).
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
    # A CI runner that gives up sends SIGTERM: it ends every command as Ctrl-C does, with a line that says what was changed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status. Every error is one line on standard error, never a traceback."""
    as_json = "--json" in arguments
    try:
        return int(cli.main(list(arguments), prog_name="appdeploy", standalone_mode=False, obj=arguments) or ExitCode.OK)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        _complain(_usage(error))
        return error.exit_code
    except click.Abort:
        return _end(KeyboardInterrupt(), as_json=as_json)
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            return _end(error, as_json=as_json)
        from appdeploy.render.plain import write_no_more

        write_no_more(sys.stdout, error)  # It was click that wrote, which writes help and nothing else.
        return ExitCode.OK
    except (KeyboardInterrupt, Exception) as error:
        return _end(error, as_json=as_json)


def _end(error: BaseException, *, as_json: bool) -> int:
    if as_json and not getattr(error, "printed", False):
        from appdeploy.render.json_line import command_error, json_line
        from appdeploy.render.plain import write

        write(sys.stdout, [json_line(command_error(error), None)])
    elif not as_json and isinstance(error, AppdeployError) and error.details:
        from appdeploy.render.plain import write

        write(sys.stdout, error.details if error.in_short is None else filter(None, [error.in_short]))
    code, lines = described(error)
    for line in lines:
        _complain(line)
    return code


def _complain(line: str) -> None:
    for part in fitted(marked([line]), sys.stderr):
        click.echo(part, err=True)


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see {context.command_path} --help)" if context else ""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption) and context:  # click names all that are a little like it.
        options = (option for each in context.command.params for option in each.opts if option.startswith("--"))
        message = f"{error.message}{did_you_mean(error.option_name, options)}"
    return f"{' '.join(message.split())}{hint}"
