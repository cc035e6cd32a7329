"""Bank, plan and history -> the questions of a session. Pure."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime

from coach.errors import InterviewError
from coach.schema import Card, Plan


def fits(card: Card, plan: Plan) -> bool:
    """Whether the card belongs to the company and topic that were chosen."""
    if plan.company is not None and all(origin.company != plan.company for origin in card.source):
        return False
    return plan.topic is None or plan.topic in card.topics


def choose(
    cards: Sequence[Card], plan: Plan, *, ranked: Sequence[str], last_asked: Mapping[str, datetime]
) -> tuple[str, ...]:
    """Ids of the cards to ask, in order, at most `plan.questions`.

    With a focus the search order `ranked` decides. Without one, questions never asked come first, then those asked
    longest ago; among equals the seed decides, and the chosen ones are put from easier to harder.
    Raises InterviewError when nothing fits.
    """
    fitting = {card.id: card for card in cards if fits(card, plan)}
    if not fitting:
        wanted = " and ".join(name for name in (plan.company, plan.topic) if name)
        companies = sorted({origin.company for card in cards for origin in card.source if origin.company})
        topics = sorted({topic for card in cards for topic in card.topics})
        raise InterviewError(
            f"no question for {wanted or 'this choice'}: the bank has companies {', '.join(companies) or '(none)'}"
            f" and topics {', '.join(topics) or '(none)'}"
        )
    if plan.focus.strip():
        found = tuple(dict.fromkeys(name for name in ranked if name in fitting))[: plan.questions]
        if not found:
            raise InterviewError(f"no question found for {plan.focus!r}: try other words, or leave the focus empty")
        return found
    order = sorted(fitting)
    random.Random(plan.seed).shuffle(order)
    order.sort(key=lambda name: last_asked[name].timestamp() if name in last_asked else float("-inf"))
    chosen = order[: plan.questions]
    return tuple(sorted(chosen, key=lambda name: (fitting[name].difficulty, chosen.index(name))))
