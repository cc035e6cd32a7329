"""Start the page: the one way for `coach serve` and `app.py`."""

import contextlib
import io
import ipaddress
import os
import secrets
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from coach.errors import SettingsError
from coach.settings import Settings
from coach.ui.people import People
from coach.wiring import Coach

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio import Blocks


SWITCH_S = 0.0005
"""Seconds after which a thread that waits is let in. With Python's own 5 ms a busy page makes whoever writes an answer
to disk wait that long at each statement: 25 ms an append instead of 5, measured with six writers."""


def serve(settings: Settings) -> None:
    """Serve the page over these settings until the process is stopped. Raises as `launch` does."""
    coach = Coach(settings)
    for problem in coach.problems:
        print(f"left out: {problem}", file=sys.stderr)
    launch(coach)


def launch(coach: Coach) -> None:
    """Serve the page until the process is stopped.

    Raises StoreError when the sessions on disk are damaged, SettingsError when the address cannot be used, or would
    let strangers in without `open`.
    """
    people = people_of(coach.settings)
    check_open(coach.settings, people)
    coach.store.latest()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["GRADIO_TEMP_DIR"] = str(coach.settings.page_dir)
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(sys.maxsize)  # else statistics are made after every event
    sys.setswitchinterval(SWITCH_S)
    from coach.ui import api, quick, shell

    quick.install()
    page = shell.build(coach, secret=_secret(coach))
    with page:
        api.build(coach)
    page.queue(default_concurrency_limit=64, max_size=coach.settings.queue_most, api_open=False)
    has_mcp = find_spec("mcp") is not None
    with contextlib.redirect_stdout(io.StringIO()):  # Gradio announces its MCP server even when told to be quiet
        _serve(page, coach, people, has_mcp=has_mcp)
    host = f"[{coach.settings.host}]" if ":" in coach.settings.host else coach.settings.host
    address = f"http://{host}:{page.server_port}"
    print(f"MCP tools: {address}/gradio_api/mcp/" if has_mcp else "no MCP tools: pip install interview-coach[mcp]")
    print(f"Interview coach: {address}", flush=True)
    threading.Thread(target=coach.warm, name="warm", daemon=True).start()
    page.block_thread()


def people_of(settings: Settings) -> People | None:
    """Those who may sign in; None when nobody has to. Raises SettingsError."""
    if settings.auth is not None and settings.auth_file is not None:
        raise SettingsError("COACH_AUTH and COACH_AUTH_FILE are both set: keep one")
    if settings.auth_file is not None:
        return People.read(settings.auth_file)
    return People.of(settings.auth.get_secret_value()) if settings.auth is not None else None


def check_open(settings: Settings, people: People | None) -> None:
    """Nothing, when the page is for this machine, or asks who comes, or is open on purpose. Raises SettingsError."""
    if people is not None or settings.open or is_loopback(settings.host):
        return
    raise SettingsError(
        f"on {settings.host} everybody in the network could open the page, read what was practised and use the model"
        " at your cost. Let people sign in (coach serve --add-user NAME FILE, then --auth FILE, or COACH_AUTH), or say"
        " --open (COACH_OPEN=1) when that is what you want: see docs/deploy.md"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(page: "Blocks", coach: Coach, people: People | None, *, has_mcp: bool) -> None:
    from starlette.middleware import Middleware

    from coach.ui import speak
    from coach.ui.guarded import Door, Guarded, script_hashes
    from coach.ui.kept import Kept
    from coach.ui.theme import HEAD, theme
    from coach.ui.words import I18N

    settings = coach.settings
    names = {name.lower().rstrip(".") for name in (*settings.allowed_hosts, settings.host)}
    door = Door(names=frozenset(names), people=people, scripts=script_hashes(HEAD.encode()))
    try:
        page.launch(
            server_name=settings.host,
            server_port=settings.port,
            quiet=True,
            prevent_thread_lock=True,
            share=False,
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            footer_links=[],
            max_file_size=f"{settings.upload_mb}mb",
            mcp_server=has_mcp,
            auth=cast("Callable[[str, str], bool] | None", people and people.check),  # awaited by Gradio
            theme=theme(),
            head=HEAD,
            i18n=I18N,
            app_kwargs={
                "middleware": [Middleware(Guarded, door=door), Middleware(Kept)],
                "routes": speak.routes(coach.speaking),
            },
        )
    except OSError as error:
        raise SettingsError(
            f"the page cannot be served on {settings.host}:{settings.port}: another one may be running there;"
            " set COACH_PORT, or coach serve --port"
        ) from error


def _secret(coach: Coach) -> str:
    """The key of what the browser remembers, kept in the data folder so that a restart can still read it."""
    path = coach.settings.data_dir / "page-secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16), encoding="ascii")
    return path.read_text(encoding="ascii")
