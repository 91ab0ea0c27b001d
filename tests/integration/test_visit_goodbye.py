"""A page that is closed says goodbye for its own connections, however late the word comes."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.integrations.video_node.port import NodeUnreachable
from tests.page_client import PageClient
from tests.visits import Stage, make_stage


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit that starts in four minutes: its door is open."""
    return make_stage(app, session, another_client, minutes=4)


def test_a_goodbye_that_comes_after_one_is_in_again_puts_nobody_out(stage: Stage) -> None:
    stage.both_in()
    old = stage.nodes.live
    new = stage.offer(stage.patient)[1]["connection"]
    assert new not in ("", old)
    stage.post(stage.patient, stage.page("forlat"), expect=204, connection=old)
    assert stage.state(stage.patient)["state"] == "in"
    stage.post(stage.patient, stage.page("forlat"), expect=204, connection=new)
    assert stage.state(stage.patient)["state"] == "left"


def test_a_goodbye_counts_when_the_video_server_does_not_answer(stage: Stage) -> None:
    stage.both_in()
    stage.nodes.fails = NodeUnreachable("no answer")
    stage.post(stage.patient, stage.page("forlat"), expect=204, connection=stage.nodes.live)
    assert stage.state(stage.patient)["state"] == "left"
