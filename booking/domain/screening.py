"""The question before a booking, and which answer lets one on.

Source: seed text «Trenger du fysisk undersøkelse, vanedannende medisiner eller sykmelding?».
"""

from enum import StrEnum


class Answer(StrEnum):
    """What the citizen answered. Only NO leads on: the rest needs a doctor who can examine."""

    NO = "no"
    YES = "yes"


def leads_on(answer: str | None) -> bool:
    """Whether the booking may go on.

    >>> leads_on("no"), leads_on("yes"), leads_on(None), leads_on("No")
    (True, False, False, False)
    """
    return answer == Answer.NO
