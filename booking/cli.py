"""Commands: `flask --app app seed`."""

import click
from flask import Flask, current_app

from booking.db import db
from booking.seed.load import is_seeded, seed


def install(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(seed_command)


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
