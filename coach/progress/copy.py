"""Every session of one store -> another store, as when a file gives way to a server. Nothing is taken away."""

from collections.abc import Iterator

from coach.errors import Conflict, StoreError, UnknownSession
from coach.progress.store import Kept, Store


def copied(source: Store, target: Store) -> Iterator[tuple[str, bool]]:
    """The id of each session, the oldest first, once it is in the target, and whether it was not there before.

    Raises Conflict before anything is written when the target has one of the same id that is not the same in events,
    title and draft. Each session goes over as a whole and is read back; what broke off goes on when it is done again.
    """
    names = tuple(info.session for info in source.every())[::-1]
    other = tuple(name for name in names if not _is_in(target, source.kept(name), missing=True))
    if other:
        told = ", ".join(name[:8] for name in other[:5]) + (" …" if len(other) > 5 else "")
        raise Conflict(
            f"{len(other)} of {len(names)} sessions are in the target already, and differ there: {told}."
            " Nothing was copied; delete them in the place that is out of date",
            "differ",
            differ=len(other),
            all=len(names),
            sessions=told,
        )
    for name in names:
        kept = source.kept(name)
        new = not _is_in(target, kept, missing=False)
        if new:
            target.keep(kept)
            if not _is_in(target, kept, missing=False):
                raise StoreError(
                    f"session {name!r} is another one when it is read back: do not use the target",
                    "copied_wrong",
                    session=name,
                )
        yield name, new


def _is_in(target: Store, kept: Kept, *, missing: bool) -> bool:
    """Whether the target has the very same session; `missing` when it has none of that id."""
    try:
        return target.kept(str(kept.line["session"])) == kept
    except UnknownSession:
        return missing
