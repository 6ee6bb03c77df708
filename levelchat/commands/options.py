"""Options that several commands share, and the settings they lead to."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from levelchat.service import settings as service_settings
from levelchat.service.settings import ServerSettings, Settings

DEFAULT_FILE = Path("levelchat.toml")


def data(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`."""
    return click.option(
        "--data", metavar="DIR", help="Folder of everything that is kept [default: ./data]."
    )(function)


def config(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--config FILE`."""
    return click.option(
        "--config",
        "file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Settings file [default: ./levelchat.toml if it exists].",
    )(function)


def json_output(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def load(file: Path | None, **server: object) -> Settings:
    """The settings in force; *server* is what the command line says, None where it is silent."""
    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    said = {key: value for key, value in server.items() if value is not None}
    return service_settings.load(file, os.environ, {"server": said})


def data_folder(data: str | None) -> Path:
    """Where keys and everything else are kept."""
    return Path(load(None, data=data).section("server", ServerSettings).data)
