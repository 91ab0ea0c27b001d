"""Tables, one file an aggregate, every constraint named."""

from booking.models.appointment import Appointment, AppointmentEvent
from booking.models.draft import Draft
from booking.models.municipality import Municipality, MunicipalitySpelling
from booking.models.parked import ParkedText
from booking.models.person import LoginSession, Person
from booking.models.schedule import Absence, ClosedDay, Practitioner, Schedule
from booking.models.screening import ScreeningTally
from booking.models.service import Service, ServiceArea
from booking.models.slot import Slot
from booking.models.visit import GuestInvitation, Visit, VisitEvent, VisitParticipant

__all__ = [
    "Absence",
    "Appointment",
    "AppointmentEvent",
    "ClosedDay",
    "Draft",
    "GuestInvitation",
    "LoginSession",
    "Municipality",
    "MunicipalitySpelling",
    "ParkedText",
    "Person",
    "Practitioner",
    "Schedule",
    "ScreeningTally",
    "Service",
    "ServiceArea",
    "Slot",
    "Visit",
    "VisitEvent",
    "VisitParticipant",
]
