"""Commands: `flask --app app seed`, `flask --app app tidy`, `flask --app app rekey`."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from booking.db import db
from booking.seed.load import is_seeded, seed
from booking.services.rekeying import left_to_seal, redigest, reseal, sealed_columns
from booking.services.tidying import tidy


def install(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(seed_command)
    app.cli.add_command(tidy_command)
    app.cli.add_command(rekey_command)


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
@with_appcontext
def tidy_command() -> None:
    """Delete everything whose time is over (booking/domain/retention.py); run it once an hour."""
    tidy(now=current_app.extensions["clock"]())


@click.command("rekey")
@with_appcontext
@click.option("--check", is_flag=True, help="Change nothing; say how much older keys still hold.")
def rekey_command(check: bool) -> None:
    """Seal old rows with the newest key, in small batches, while the product runs. May be stopped and begun again."""
    if not check:
        done: dict[str, int] = {}
        for column, rows in [*reseal(), *redigest()]:
            done[column] = done.get(column, 0) + rows
        for column, rows in sorted(done.items()):
            click.echo(f"{column}: {rows} made new")
    left = sum(left_to_seal(db.session, column) for column in sealed_columns())
    click.echo(f"Sealed with an older key: {left}")
    if left:
        raise click.exceptions.Exit(1)
