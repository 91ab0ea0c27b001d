"""The floor: the least that Flask, SQLAlchemy, Jinja and PostgreSQL can do for a page, and for a saved form.

One ORM query by primary key and a page of 10 kB; one ORM insert and a commit. No login, no CSRF, no languages, no
logging: whatever the product does beyond this is what it is compared for.
"""

import sqlalchemy as sa
from flask import Flask, redirect, render_template, request
from flask_compress import Compress
from jinja2 import DictLoader
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

LINES = 97
"""Lines of the floor's page, which make it 10 kB."""

PAGE = """<!doctype html>
<html lang="nb">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{ row.title }}</title>
</head>
<body>
  <main>
    <h1>{{ row.title }}</h1>
    <p>{{ row.body }}</p>
    <ul class="lines">
      {% for number in range(lines) %}
      <li class="line"><a href="/page/{{ number }}">{{ row.title }}, number {{ number }}</a> {{ row.body }}</li>
      {% endfor %}
    </ul>
  </main>
</body>
</html>
"""


class Base(DeclarativeBase):
    """The floor's own tables, beside the product's in the same database."""


class FloorPage(Base):
    """What is read."""

    __tablename__ = "floor_page"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


class FloorNote(Base):
    """What is written."""

    __tablename__ = "floor_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def create_floor(database_url: str, *, compressed: bool) -> tuple[Flask, sa.Engine]:
    """The floor's app and its engine, with its tables made and filled; ``compressed`` as the product does it."""
    app = Flask("benchmarks.floor")
    if compressed:
        app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=6)
        Compress(app)
    engine = sa.create_engine(database_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(FloorPage(title=f"A page {n}", body="A line & its text.") for n in range(1000))
        session.commit()
    app.jinja_loader = DictLoader({"page.html": PAGE})

    @app.get("/page/<int:page_id>")
    def page(page_id: int) -> str:
        with Session(engine) as session:
            row = session.get_one(FloorPage, page_id)
            return render_template("page.html", row=row, lines=LINES)

    @app.post("/note")
    def note() -> object:
        with Session(engine) as session:
            session.add(FloorNote(text=request.form["reason"]))
            session.commit()
        return redirect("/page/1", 303)

    return app, engine
