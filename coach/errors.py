"""Every error the coach raises on purpose.

    CoachError
    ├── ContentError            a card, note, prompt, suite or transcript file is wrong (all problems at once)
    │   └── CardChanged         another tab or process saved this card since it was opened
    ├── SettingsError           a setting is missing or impossible
    ├── IndexFault              the bank's index cannot be used or rebuilt
    ├── InterviewError          this step is not possible at this point of the interview (`code` names which way)
    ├── CodeNotRun              the candidate's code was not run: there is no sandbox to contain it
    ├── StoreError              the session store failed; nothing was acknowledged
    │   ├── Conflict            another tab or process wrote this session first
    │   └── UnknownSession      no such session
    ├── SpeechError             a recording cannot be used, or nothing said aloud (`code` names which way)
    │   ├── SpeakerMissing          not_installed, broken, unknown
    │   ├── RecordingRefused        empty, corrupt, foreign, too_long
    │   ├── NothingHeard            silence, noise, no_words, other_script
    │   └── TranscriberMissing      not_configured, not_installed, not_fetched, no_model
    └── ModelError              the chat model gave no usable reply (`code` names which way)
        ├── ModelNotConfigured      not_configured    no model or no key
        ├── ModelUnreachable        unreachable       no connection, or it was cut before a reply
        ├── ModelTimeout            timeout           the time budget of the turn ran out
        ├── ModelRateLimited        rate_limited      429 for longer than the budget
        ├── ModelQuotaExhausted     quota             429 because there is no credit left
        ├── ModelKeyRejected        key_rejected      401 or 403
        ├── ModelRequestRejected    request_rejected  another 4xx
        ├── ModelServerFault        server_fault      5xx on every try
        ├── ModelNotAnEndpoint      not_an_endpoint   200, but not a chat completion
        ├── ModelRefused            refused           the model declined
        ├── ModelFiltered           filtered          the provider's content filter cut in
        ├── ModelTruncated          truncated         the reply hit its length limit
        ├── ModelOffSchema          off_schema        the reply did not fit the schema, even after a repair
        └── ModelStreamCut          stream_cut        a stream ended without saying it was complete

A message says what, where, the value and what to do next; `coach.faults` says the same in Chinese. A failure never
becomes a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass


class CoachError(Exception):
    """Root of every error raised on purpose.

    `code` names which way it went wrong, and `given` holds the values in the message, for whoever says it in another
    language.
    """

    code = ""

    def __init__(self, message: str = "", code: str = "", **given: str | int) -> None:
        self.code = code or self.code
        self.given: Mapping[str, str | int] = given
        super().__init__(message)


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place of one file."""

    path: str
    line: int
    """1-based; 0 when the problem is the file as a whole."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


class ContentError(CoachError):
    """One or more content files are wrong; `problems` lists all of them."""

    def __init__(self, problems: tuple[Problem, ...], code: str = "", **given: str | int) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems), code, **given)


class CardChanged(ContentError):
    """Another tab or process saved this card since it was opened; nothing was written over."""


class SettingsError(CoachError):
    """A setting is missing or impossible."""


class IndexFault(CoachError):
    """The bank's index cannot be used or rebuilt."""


class InterviewError(CoachError):
    """This step is not possible at this point of the interview."""


class CodeNotRun(CoachError):
    """The candidate's code was not run: there is no sandbox to contain it, or the sandbox broke."""


class StoreError(CoachError):
    """The session store failed; nothing was acknowledged."""


class Conflict(StoreError):
    """Another tab or process wrote this session first."""


class UnknownSession(StoreError):
    """No such session."""

    @classmethod
    def named(cls, session: str) -> "UnknownSession":
        """The error for an id that nothing is stored under, and for one of somebody else's, word for word the same."""
        return cls(
            f"no session {session!r}: it may have been deleted, or belong to another person or data folder",
            "named",
            session=session,
        )


class SpeechError(CoachError):
    """A recording cannot be used or put into words, or nothing said aloud; `code` names which way."""


class SpeakerMissing(SpeechError):
    """The speaker that was asked for is not there, or makes no sound."""


class RecordingRefused(SpeechError):
    """The file is not a recording that can be kept."""


class NothingHeard(SpeechError):
    """Nobody speaks in the recording, or no words came of it."""


class TranscriberMissing(SpeechError):
    """There is no transcriber, or the one that was asked for is not there."""


@dataclass(frozen=True)
class Spent:
    """What a call to a model has cost, also when it failed in the end."""

    calls: int = 0
    """Requests sent, failed ones included."""
    tokens_in: int | None = None
    """Over all answered requests; None when none was, or one of them did not say."""
    tokens_cached: int | None = None
    """The part of `tokens_in` that the provider read from its cache."""
    tokens_out: int | None = None
    cost_usd: float | None = None
    """None without prices or tokens, never 0."""


class ModelError(CoachError):
    """The chat model gave no usable reply."""

    code = "model_error"
    spent = Spent()


class ModelNotConfigured(ModelError):
    """No model is set, or its key is missing."""

    code = "not_configured"


class ModelUnreachable(ModelError):
    """No connection, or it was cut before a whole reply arrived."""

    code = "unreachable"


class ModelTimeout(ModelError):
    """The time budget of the turn ran out."""

    code = "timeout"


class ModelRateLimited(ModelError):
    """The provider asked to slow down for longer than the budget."""

    code = "rate_limited"


class ModelQuotaExhausted(ModelError):
    """The account has no credit left; trying again does not help."""

    code = "quota"


class ModelKeyRejected(ModelError):
    """The key is wrong or not allowed to use this model."""

    code = "key_rejected"


class ModelRequestRejected(ModelError):
    """The provider did not accept the request."""

    code = "request_rejected"


class ModelServerFault(ModelError):
    """The provider failed on every try."""

    code = "server_fault"


class ModelNotAnEndpoint(ModelError):
    """The address answered, but not with a chat completion."""

    code = "not_an_endpoint"


class ModelRefused(ModelError):
    """The model declined to answer."""

    code = "refused"


class ModelFiltered(ModelError):
    """The provider's content filter cut in."""

    code = "filtered"


class ModelTruncated(ModelError):
    """The reply hit its length limit."""

    code = "truncated"


class ModelOffSchema(ModelError):
    """The reply did not fit the schema, even after one repair."""

    code = "off_schema"


class ModelStreamCut(ModelError):
    """A stream ended without saying it was complete; `partial` holds what came."""

    code = "stream_cut"

    def __init__(self, message: str, partial: str = "") -> None:
        self.partial = partial
        super().__init__(message)
