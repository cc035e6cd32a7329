"""The person's own cards beside those that came with the coach; one of the same id stands in for its original.

    own folder/
      <topic>/<slug>.yaml     as the person wrote it

The folder with the originals is never written to.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from coach.bank.cards import CardFiles, parse_card, read_cards
from coach.bank.files import replace_text
from coach.errors import CardChanged, ContentError, Problem
from coach.schema import Card, CardId

Origin = Literal["shipped", "changed", "own"]
"""Whose a card is: it came with the coach, stands in for one that did, or there was none."""
UNCHECKED = "TODO"
"""A reference that begins so was not checked by a person yet."""


def version_of(text: str) -> str:
    """What tells one state of a file from another: a hash of its text, without the space around it."""
    return hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).hexdigest()


def text_of(path: Path) -> str:
    """The YAML in the file of a card. Raises ContentError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError((Problem(str(path), 0, f"cannot be read: {error}"),)) from error


def ready(text: str, *, shown_as: str) -> Card:
    """The card in `text` when it may be asked and graded against. Raises ContentError with every problem."""
    card, problems = parse_card(text, shown_as=shown_as)
    if card is not None and card.draft:
        problems = (*problems, Problem(shown_as, 0, "draft: take this line away once the card is right"))
    if card is not None and any(one.startswith(UNCHECKED) for one in card.references):
        message = "references: add the primary source that you checked it against"
        problems = (*problems, Problem(shown_as, 0, message))
    if card is None or problems:
        raise ContentError(problems)
    return card


@dataclass(frozen=True)
class OwnCards:
    """The folder of the person's own cards over that of the shipped ones."""

    shipped: Path
    own: Path
    _writing: Lock = field(default_factory=Lock, repr=False, compare=False)

    def read(self, *, notes: Path | None = None, caches: Path | None = None) -> CardFiles:
        """All cards, one's own after the others and in place of those they stand in for; and all problems.

        A card of one's own that is wrong is left out and its original, if there is one, stays. With `notes` the
        provenance of the shipped cards is checked; with `caches`, a folder of ours, unchanged cards are not read again.
        """
        cache = caches / "cards.json" if caches is not None else None
        shipped = read_cards(self.shipped, notes=notes, cache=cache)
        if not self.own.is_dir():
            return shipped
        own = read_cards(self.own, cache=caches / "own-cards.json" if caches is not None else None)
        cards = {card.id: card for card in shipped.cards} | {card.id: card for card in own.cards}
        drafts = tuple(
            Problem(str(self._own(card.id)), 0, "draft: is left out; take this line away once the card is right")
            for card in own.drafts
        )
        return CardFiles(tuple(cards.values()), (*shipped.problems, *own.problems, *drafts), shipped.drafts)

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What changes whenever a file of one's own was written, by any process."""
        if not self.own.is_dir():
            return ()
        found = []
        for path in sorted(self.own.rglob("*.yaml")):
            state = path.stat()
            found.append((path.as_posix(), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def origins(self) -> dict[CardId, Origin]:
        """Whose each card is of which there is a file of one's own, by the path of the file."""
        names = (path.relative_to(self.own).with_suffix("").as_posix() for path in self.own.rglob("*.yaml"))
        return {name: self.origin(name) for name in sorted(names)}

    def origin(self, card_id: CardId) -> Origin:
        """Whose the card of that id is."""
        if not self._own(card_id).exists():
            return "shipped"
        return "changed" if self._shipped(card_id).exists() else "own"

    def text(self, card_id: CardId) -> str:
        """The YAML of a card as it is in force. Raises ContentError when there is none, or it cannot be read."""
        path = self._own(card_id)
        return text_of(path if path.exists() else self._shipped(card_id))

    def save(self, text: str, *, opened: CardId | None, seen: str) -> Card:
        """The card in `text`, written as one's own.

        `opened` is the card that was being edited and `seen` the `version_of` its text then; with another id in the
        text it is a new card. Raises ContentError with every problem, and when a new card's id is taken; CardChanged
        when the card was written since by somebody else. Nothing is written then.
        """
        card = ready(text, shown_as=f"{opened or 'new card'}")
        with self._writing:
            if card.id == opened:
                self._unchanged(card.id, seen)
            elif self._own(card.id).exists() or self._shipped(card.id).exists():
                message = "is in the bank already: give the new card another id, or open that card to change it"
                raise ContentError((Problem(card.id, 0, message),), "taken", card=card.id)
            path = self._own(card.id)
            _written(path, lambda: replace_text(path, f"{text.strip()}\n"))
        return card

    def take(self, text: str, *, shown_as: str) -> Path:
        """Where a card that is in neither folder yet was written.

        Raises ContentError with every problem of the text, and when its id is taken.
        """
        card = ready(text, shown_as=shown_as)
        path = self._own(card.id)
        with self._writing:
            if self._shipped(card.id).exists() or path.exists():
                taken = path if path.exists() else self._shipped(card.id)
                problem = Problem(str(taken), 0, "is in the bank already: change the draft's id")
                raise ContentError((problem,), "taken", card=card.id)
            _written(path, lambda: replace_text(path, text))
        return path

    def remove(self, card_id: CardId, *, seen: str) -> Origin:
        """Whose the card was, `changed` or `own`, before the person's file was deleted; an original shows again.

        Raises ContentError when the person has no such card, CardChanged when it was written since it was `seen`.
        """
        with self._writing:
            whose = self.origin(card_id)
            if whose == "shipped":
                problem = Problem(card_id, 0, "is as it came: there is no change to take back")
                raise ContentError((problem,), "as_it_came", card=card_id)
            self._unchanged(card_id, seen)
            _written(self._own(card_id), self._own(card_id).unlink)
        return whose

    def _own(self, card_id: CardId) -> Path:
        return _below(self.own, card_id)

    def _shipped(self, card_id: CardId) -> Path:
        return _below(self.shipped, card_id)

    def _unchanged(self, card_id: CardId, seen: str) -> None:
        if version_of(self.text(card_id)) != seen:
            message = "was saved in another tab or window since you opened it: open it again and repeat your change"
            raise CardChanged((Problem(card_id, 0, message),), "changed", name=card_id)


def _below(folder: Path, card_id: CardId) -> Path:
    path = folder / f"{card_id}.yaml"
    if not path.resolve().is_relative_to(folder.resolve()):
        problem = Problem(card_id, 0, "is no id of a card: it leads out of the folder")
        raise ContentError((problem,), "no_id", card=card_id)
    return path


def _written(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        problem = Problem(str(path), 0, f"cannot be written: {error.strerror}")
        raise ContentError((problem,), "not_written") from error
