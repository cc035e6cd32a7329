"""Start the page."""

import os
import secrets
import threading
from typing import TYPE_CHECKING

from coach.errors import SettingsError
from coach.wiring import Coach

if TYPE_CHECKING:
    from gradio import Blocks


def launch(coach: Coach) -> None:
    """Serve the page until the process is stopped.

    Raises StoreError when the sessions on disk are damaged, SettingsError when the address cannot be used.
    """
    coach.store.latest()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(coach.settings.page_dir)
    from coach.ui.shell import build

    page = build(coach, secret=_secret(coach))
    page.queue(default_concurrency_limit=64, max_size=512, api_open=False)
    _serve(page, coach)
    print(f"Interview coach: http://{coach.settings.host}:{page.server_port}", flush=True)
    threading.Thread(target=coach.warm, name="warm", daemon=True).start()
    page.block_thread()


def _serve(page: "Blocks", coach: Coach) -> None:
    from starlette.middleware import Middleware

    from coach.ui.theme import CSS, HEAD, Guarded, theme
    from coach.ui.words import I18N

    host, port = coach.settings.host, coach.settings.port
    try:
        page.launch(
            server_name=host,
            server_port=port,
            quiet=True,
            prevent_thread_lock=True,
            share=False,
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            footer_links=[],
            max_file_size="1mb",
            theme=theme(),
            css=CSS,
            head=HEAD,
            i18n=I18N,
            app_kwargs={"middleware": [Middleware(Guarded)]},
        )
    except OSError as error:
        raise SettingsError(
            f"the page cannot be served on {host}:{port}: another one may be running there; set COACH_PORT"
        ) from error


def _secret(coach: Coach) -> str:
    """The key of what the browser remembers, kept in the data folder so that a restart can still read it."""
    path = coach.settings.data_dir / "page-secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex(16), encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii")
