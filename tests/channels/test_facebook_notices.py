"""A notice on a Facebook Page at the sandbox: posted, found once, refused where it must be, taken away."""

from __future__ import annotations

import pytest

from channels.capabilities import PublishesNotices
from channels.errors import ChannelError, WritesPaused
from channels.items import ReadBack
from channels.registry import able
from tests.channels import test_meta_whole
from tests.channels.test_meta_whole import Scene

scene = test_meta_whole.scene
WORDS = "Dziś zamknięte — przepraszamy! 🎉"

pytestmark = pytest.mark.parametrize("scene", ["facebook"], indirect=True)


def notices() -> PublishesNotices:
    found = able("facebook", PublishesNotices)  # type: ignore[type-abstract]
    assert found is not None
    return found


def test_a_notice_is_posted_found_among_others_and_taken_away(scene: Scene) -> None:
    before = scene.now()

    def found() -> ReadBack:
        requests = notices().plan_find_notice(scene.account, WORDS, sent_at=before)
        exchanges = scene.transport.fetch(requests)
        return notices().read_find_notice(scene.account, WORDS, exchanges, sent_at=before)

    scene.write("posts", "Another post of the page", author=None)
    assert found().state == "absent"
    request = notices().publish_notice(scene.account, WORDS, "https://pennywell.example/status")
    posted = notices().read_notice(scene.account, WORDS, scene.transport.send(request))
    assert found().platform_ids == (posted.platform_id,)
    assert scene.truth(posted.platform_id)["text"] == WORDS
    answer = scene.transport.send(request)
    with pytest.raises(ChannelError) as unclear:
        notices().read_notice(scene.account, WORDS, answer)
    assert unclear.value.code == "outcome_unknown", "the same words twice may be our own first try"
    assert found().platform_ids == (posted.platform_id,)
    assert scene.transport.send(notices().withdraw_notice(scene.account, posted.platform_id)).status == 200
    assert found().state == "absent"


def test_a_blocked_page_refuses_a_notice_and_nothing_stands(scene: Scene) -> None:
    order = {"kind": "block_writes", "account": scene.account.external_id}
    scene.control("POST", "/misbehaviour", order)
    answer = scene.transport.send(notices().publish_notice(scene.account, WORDS, None))
    with pytest.raises(WritesPaused):
        notices().read_notice(scene.account, WORDS, answer)
    looks = scene.transport.fetch(notices().plan_find_notice(scene.account, WORDS, sent_at=scene.now()))
    assert notices().read_find_notice(scene.account, WORDS, looks, sent_at=scene.now()).state == "absent"
