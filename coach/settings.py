"""The only reader of the environment and of `.env`."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from coach.errors import SettingsError


def _content_root() -> Path:
    """The folder with `knowledge/` and `prompts/`: the checkout, or the copy inside the installed package."""
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "knowledge").is_dir() else Path(__file__).resolve().parent / "content"


class Settings(BaseSettings):
    """Every setting, from `COACH_…` variables or `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="COACH_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(default_factory=lambda: user_data_path("interview-coach", appauthor=False))
    """Where sessions and the index live; the platform's own place unless set."""
    database_url: Annotated[str | None, Field(repr=False)] = None
    """A database for the sessions, such as `postgresql+psycopg://user:password@host/coach`; unless set, they are in
    the SQLite file `sessions.db` in `data_dir`. See docs/practice.md."""
    content_dir: Path = Field(default_factory=_content_root)
    """The folder that holds `knowledge/` and `prompts/`."""
    model: str | None = None
    """A chat model such as `openai:gpt-4.1-mini`, or nothing for the offline judge."""
    openai_api_key: Annotated[
        SecretStr | None, Field(validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY"))
    ] = None
    openai_base_url: Annotated[
        str | None, Field(validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL", "OPENAI_API_BASE"))
    ] = None
    model_method: Literal["auto", "json_schema", "function_calling", "json_mode", "text"] = "auto"
    """How the model is asked for structured output; `auto` takes what the provider is known for."""
    model_budget_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Seconds one look at an answer may take in all, retries included."""
    judge_second_look: Literal["off", "marginal"] = "off"
    """Whether the model is asked again, in one more call, about doubtful and heavy verdicts."""
    price_in: Annotated[float, Field(ge=0)] | None = None
    """US dollars per million tokens sent to the model; without it and `price_out` the cost of a grade is unknown."""
    price_out: Annotated[float, Field(ge=0)] | None = None
    """US dollars per million tokens that the model writes."""
    price_cached: Annotated[float, Field(ge=0)] | None = None
    """US dollars per million tokens read from the provider's cache; `price_in` unless set."""
    model_stall_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Seconds between two pieces of a streamed reply."""
    probe_wording: Literal["model", "card"] = "model"
    """Who words the follow-up: the model, when there is one, or always the card."""
    critique: Literal["model", "card"] = "model"
    """Who writes the critique of a closed question: the model, when there is one, or always the card."""
    embedder: str = "lexical"
    """What search compares meanings with: `lexical`, `openai:<model>` or `folder:<path>`; see docs/models.md."""
    embeddings_base_url: str | None = None
    """Where `openai:<model>` embeds; the base URL of the chat model unless set."""
    transcriber: str | None = None
    """What turns speech into words: `openai:gpt-4o-mini-transcribe`, `whisper:small`, `folder:<path>`, or nothing."""
    transcriber_base_url: str | None = None
    """Where `openai:<model>` listens; the base URL of the chat model unless set."""
    transcriber_budget_s: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """Seconds that turning one recording into words may take in all, retries included."""
    keep_audio: bool = True
    """Whether recordings are kept until their session is deleted; else each goes once its words are there."""
    speaker: str = "browser"
    """Who reads the interviewer's sentences aloud: `browser`, `openai:gpt-4o-mini-tts`, `espeak` or `off`."""
    speaker_base_url: str | None = None
    """Where `openai:<model>` speaks; the base URL of the chat model unless set."""
    speaker_voice: str | None = None
    """A voice of that model, or of the browser."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 7860
    auth: Annotated[SecretStr | None, Field(repr=False)] = None
    """One person who may sign in to the page, `name:password`; for several, or a hash instead of a password, see
    `auth_file`."""
    auth_file: Path | None = None
    """A file of people who may sign in to the page, made with `coach serve --add-user NAME FILE`."""
    open: bool = False
    """Whether the page may be served beyond this machine to anybody who reaches it, without signing in."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names this server is called by besides `localhost` and IP addresses, separated by commas."""
    upload_mb: Annotated[int, Field(ge=1, le=1024)] = 64
    """Most megabytes of one uploaded file; ten minutes of recorded speech have 53."""
    queue_most: Annotated[int, Field(ge=1, le=100_000)] = 512
    """Most steps that wait for their turn on the page; whoever comes then is told at once that it is busy."""

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _by_commas(cls, written: object) -> object:
        return [name.strip() for name in written.split(",") if name.strip()] if isinstance(written, str) else written

    @model_validator(mode="after")
    def _prices_belong_together(self) -> Self:
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("COACH_PRICE_IN and COACH_PRICE_OUT belong together: set both or neither")
        return self

    @property
    def page_dir(self) -> Path:
        """The page's own files: reports to download, cleaned when the page stops."""
        return self.data_dir / "page"

    @property
    def recordings_dir(self) -> Path:
        """What was recorded, in one folder for each session."""
        return self.data_dir / "recordings"

    @property
    def misheard_file(self) -> Path:
        """What speech recognisers make of our terms."""
        return self.content_dir / "knowledge" / "misheard.yaml"

    @property
    def cards_dir(self) -> Path:
        """The folder of cards that come with the coach; never written to."""
        return self.content_dir / "knowledge" / "cards"

    @property
    def own_cards_dir(self) -> Path:
        """The folder of the person's own cards, and of those that stand in for one that came with the coach."""
        return self.data_dir / "cards"

    @property
    def drafts_dir(self) -> Path:
        """The folder of draft cards, which wait for a person."""
        return self.data_dir / "drafts"

    @property
    def notes_dir(self) -> Path:
        """The folder of source notes."""
        return self.content_dir / "knowledge" / "notes"

    @property
    def glossary_file(self) -> Path:
        """The bilingual glossary."""
        return self.content_dir / "knowledge" / "glossary.yaml"

    @property
    def everyday_file(self) -> Path:
        """The bilingual thesaurus of everyday words, for search."""
        return self.content_dir / "knowledge" / "everyday.yaml"

    @property
    def calibration_file(self) -> Path:
        """The thresholds of the offline judge with the numbers that made them."""
        return self.content_dir / "knowledge" / "calibration.yaml"

    @property
    def prompts_dir(self) -> Path:
        """The folder of prompts."""
        return self.content_dir / "prompts"


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError naming every wrong one."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "\n".join(
            f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsError(f"wrong settings (environment or .env):\n{faults}") from error
