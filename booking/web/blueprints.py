"""Every page of the house, by audience."""

from flask import Blueprint, Flask

from booking.web import guards
from booking.web.citizen import appointments, booking_steps, health_contacts, own_data, refusals, start
from booking.web.login import choose_person, views
from booking.web.practitioner import day, visit, visit_refusals
from booking.web.public import front, municipality_pages, pages


def register(app: Flask, *, test_login: bool, others: tuple[Blueprint, ...] = ()) -> None:
    """Register the pages, and those of ``others`` that app.py brings. Raises LookupError when a view names no guard."""
    for module in (front, municipality_pages, pages):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(views.blueprint)
    if test_login:
        app.register_blueprint(choose_person.blueprint)
    for module in (start, booking_steps, appointments, health_contacts, own_data):
        app.register_blueprint(module.blueprint)
    for blueprint in (day.blueprint, visit.blueprint, *others):
        app.register_blueprint(blueprint)
    visit_refusals.install(app)
    refusals.install(app)
    for endpoint in app.view_functions:
        guards.guard_of(app, endpoint)
