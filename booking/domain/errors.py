"""Refusals. Each names the broken rule and carries what the page needs to say what to do now."""

from datetime import datetime


class BookingRefused(Exception):
    """A rule said no. Nothing was changed."""


class NotFound(BookingRefused):
    """It does not exist, or is not yours: the same answer, so that ids cannot be probed."""


class StepNotOpen(BookingRefused):
    """A step of the booking was asked for before the ones it builds on are done."""

    def __init__(self, open_step: str) -> None:
        super().__init__(open_step)
        self.open_step = open_step


class SlotTaken(BookingRefused):
    """Somebody else holds or has booked the time; ``nearest`` are free starts (UTC), nearest first."""

    def __init__(self, start: datetime, nearest: tuple[datetime, ...] = ()) -> None:
        super().__init__(start.isoformat())
        self.start = start
        self.nearest = nearest


class SlotPassed(SlotTaken):
    """The time has been, or is so near that nobody could make it."""


class TimeChanged(BookingRefused):
    """Another tab chose another time than the page showed that was sent."""


class OverlapsOwnAppointment(BookingRefused):
    """The citizen has another appointment at that time; ``start`` is that one's."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start.isoformat())
        self.start = start


class TooManyAppointments(BookingRefused):
    """The citizen already has as many coming appointments at the service as the rule allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class NotResident(BookingRefused):
    """The service is not for residents of the citizen's municipality."""


class NeedsConsent(BookingRefused):
    """Too young to book alone without a parent's consent."""


class TooLateToChange(BookingRefused):
    """The appointment has begun; it can no longer be cancelled or moved."""


class AlreadyEnded(BookingRefused):
    """The appointment is cancelled or over."""


class SeatRefused(BookingRefused):
    """Somebody cannot go there from where they are; ``state`` is a SeatState's word, or absent."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class VisitOver(BookingRefused):
    """The doctor has ended the visit."""


class NoShowRefused(BookingRefused):
    """Not a no-show: the patient ``came``, or it is too ``early`` to tell."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class OutcomeSettled(BookingRefused):
    """What came of the visit was said, and the time in which that can be corrected is over."""


class RoomFull(BookingRefused):
    """Every guest's seat is given away."""


class CodeRefused(BookingRefused):
    """A guest's code that is wrong, used or too old: the same answer, so that codes cannot be probed."""


class FieldRefused(BookingRefused):
    """What was typed into ``field`` cannot be used; ``why`` is missing, long or wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why
