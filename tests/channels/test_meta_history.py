"""One conversation's past is read down to its horizon however long it is; a live poll leaves that to history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.meta_conversations import ConversationReading, messages
from channels.protocol import Exchange
from channels.scripted_transport import json_answer
from tests.channels.stand_ins import START, account_of, meta_time

ACCOUNT, HORIZON = account_of("facebook"), START - timedelta(days=365)


@pytest.mark.parametrize(("page", "is_history", "goes_on"), [(20, True, True), (500, True, True), (20, False, False)])
def test_a_long_conversation_is_history_to_its_end(page: int, is_history: bool, goes_on: bool) -> None:
    purpose = {"person": "900", "page": str(page), "since": HORIZON.isoformat()}
    asked = messages(ACCOUNT, "t_1", detail=0, after=str(page), purpose=purpose)
    said = {"id": "m_1", "message": "Hi", "created_time": meta_time(START), "from": {"id": "900"}}
    paging = {"cursors": {"after": str(page + 1)}, "next": "https://graph.example/next"}
    answer = json_answer({"data": [said], "paging": paging})
    reading = ConversationReading(HORIZON if is_history else None)
    found = reading.read(ACCOUNT, None, [Exchange(asked, answer)], START)
    assert [item.external_id for item in found.items] == ["m_1"]
    assert [one.params["after"] for one in found.more] == ([str(page + 1)] if goes_on else [])
