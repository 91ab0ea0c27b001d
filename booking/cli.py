"""Commands: `flask --app app seed`, `flask --app app tidy`."""

import click
from flask import Flask, current_app

from booking.db import db
from booking.seed.load import is_seeded, seed
from booking.services.tidying import tidy


def install(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(seed_command)
    app.cli.add_command(tidy_command)


@click.command("seed")
def seed_command() -> None:
    """Fill an empty database with all municipalities and invented people; a filled one is left alone."""
    if is_seeded(db.session):
        click.echo("The data are already there.")
        return
    if current_app.extensions["settings"].environment == "production":
        raise click.ClickException("the seed is invented people: it does not belong in production")
    seed(db.session, current_app.extensions["clock"]())
    click.echo("Made invented people, doctors and free times.")


@click.command("tidy")
def tidy_command() -> None:
    """Throw away holds that ran out, bookings given up and old sessions; run it once an hour."""
    tidy(now=current_app.extensions["clock"]())
