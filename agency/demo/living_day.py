"""What makes the demo's day one of many: hours, clocks and words of the brands, a team whose shifts lie around the
moment of seeding, a handover that waits and one that nobody answered, an incident that is open, days that are over.

Shifts are told in hours before and after that moment, so that somebody is at work whenever a demo is started.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from agency.demo.last_weeks import write_last_weeks
from agency.demo.messages import account_of, message_came
from agency.inbox import absences, clock_versions, comebacks, desk, handovers, team
from agency.inbox.incidents.opening import open_incident
from agency.inbox.loops import asking, named
from agency.replies import acknowledgement_versions
from agency.replies.holdings import hand_over, holdings_of
from tenants import brand_hours, clock
from tenants.database import new_id
from tenants.opening_hours import DAY_MINUTES
from tenants.permissions import Actor

LISTED = Path(__file__).parent / "data" / "living_day.json"
DAYS_OFF: Final = (3, 4)
"""Days after the one of seeding on which nobody of the demo works; and so each week."""

People = Mapping[str, Actor]
Ids = Mapping[str, UUID]


def write_living_day(people: People, brand_ids: Ids) -> None:
    """Write all of it. `people` may do what they did in their past."""
    day = json.loads(LISTED.read_text(encoding="utf-8"))
    admin, lead = people["imogen"], people["casimir"]
    clock_versions.begin_with_usual_rules(admin.agency_id, admin.user_id, admin.name)
    for key, brand in day["brands"].items():
        _write_brand(admin, brand_ids[key], brand)
    for one in day["handed_over"]:
        _hand_over(people, brand_ids, one)
    for one in day["loops"]:
        _ask_and_answer(people, brand_ids, one)
    for one in day["comes_back"]:
        _comes_back(people, brand_ids, one)
    for key, shift in day["team"].items():
        written = {name: shift.get(name) for name in ("languages", "skills", "most_cases")}
        team.save_member(lead, people[key].user_id, {**written, **_week(shift, clock.now())}, based_on=0)
    for one in day["absences"]:
        today = clock.now().date()
        first, last = (today + timedelta(days=one[name]) for name in ("from_day", "to_day"))
        stand_in = people[one["stand_in"]].user_id if "stand_in" in one else None
        absences.write_absence(people[one["by"]], people[one["who"]].user_id, first, last, stand_in_id=stand_in)
    for one in day["incidents"]:
        with clock.stopped_at(clock.now() - timedelta(minutes=one["minutes_ago"])):
            given = {name: one[name] for name in ("name", "words", "post")}
            open_incident(people[one["by"]], brand_ids[one["brand"]], given)
    write_last_weeks(lead.agency_id, brand_ids)


def _write_brand(actor: Actor, brand_id: UUID, brand: dict[str, Any]) -> None:
    brand_hours.set_hours(
        actor,
        brand_id,
        days=[[[start * 60, end * 60] for start, end in day] for day in brand["hours"]],
        zone=brand["zone"],
        sends_in_hours=False,
        country=brand["country"],
    )
    if brand["clocks"]:
        clock_versions.save_rules(actor, brand_id, brand["clocks"], based_on=0)
    texts = [{"language": language, "text": words} for language, words in brand["heard"].items()]
    acknowledgement_versions.save_texts(actor, brand_id, texts, brand["other_ways"], based_on=0)


def _week(shift: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Spans of seven days so that a shift lies around `now`; its end is the next day's where it goes over midnight."""
    here = now.astimezone(ZoneInfo(shift["zone"]))
    days: list[list[list[int]]] = [[] for _ in range(7)]
    for ahead in range(7):
        if ahead in DAYS_OFF:
            continue
        begins = (here.hour + shift["from_hours"]) * 60 + ahead * DAY_MINUTES
        ends = (here.hour + shift["to_hours"]) * 60 + ahead * DAY_MINUTES
        while begins < ends:
            day, start = divmod(begins, DAY_MINUTES)
            end = min(ends, (day + 1) * DAY_MINUTES)
            days[(here.weekday() + day) % 7].append([start, end - day * DAY_MINUTES])
            begins = end
    return {"zone": shift["zone"], "days": [sorted(day) for day in days]}


def _hand_over(people: People, brand_ids: Ids, one: dict[str, Any]) -> None:
    """What somebody held is offered to a colleague; `hours_ago` so long ago that nobody answered in time."""
    giver, brand_id = people[one["by"]], brand_ids[one["brand"]]
    account = account_of(brand_id, one["platform"])
    if account is None:
        return
    now = clock.now().replace(microsecond=0)
    with clock.stopped_at(now - timedelta(hours=one["hours_ago"])):
        notes: dict[UUID, str] = {}
        for said in one["cases"]:
            at = clock.now() - timedelta(minutes=said["minutes_before"])
            case = message_came(account, said["person"], said["name"], said["says"], at).conversation_id
            desk.claim(giver, case)
            notes[case] = said.get("note", "")
        chosen = [case.conversation_id for case in holdings_of(giver).cases if case.conversation_id in notes]
        hand_over(giver, new_id(), people[one["to"]].user_id, chosen, notes, "")
    handovers.lapse()


def _ask_and_answer(people: People, brand_ids: Ids, one: dict[str, Any]) -> None:
    brand_id = brand_ids[one["brand"]]
    account = account_of(brand_id, one["platform"])
    if account is None:
        return
    at = clock.now().replace(microsecond=0) - timedelta(hours=one["hours_ago"])
    case = message_came(account, one["person"], one["name"], one["says"], at).conversation_id
    loop_id = named.create_loop(people["casimir"], brand_id, one["loop"])
    with clock.stopped_at(at + timedelta(minutes=20)) as move_to:
        asked = asking.ask(people[one["by"]], case, loop_id, one["question"])
        move_to(at + timedelta(minutes=65))
        asking.answer(asking.locked_asking(asked), one["answer"], how="mail")


def _comes_back(people: People, brand_ids: Ids, one: dict[str, Any]) -> None:
    account = account_of(brand_ids[one["brand"]], one["platform"])
    if account is None:
        return
    now = clock.now().replace(microsecond=0)
    at = now - timedelta(hours=one["hours_ago"])
    case = message_came(account, one["person"], one["name"], one["says"], at).conversation_id
    comes_at = now + timedelta(minutes=one["in_minutes"])
    comebacks.put(people[one["by"]], case, comes_at, one["why"], one["draft"])
