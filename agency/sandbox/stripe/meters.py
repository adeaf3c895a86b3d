"""Meters and their events: taken at once and counted later; what is wrong with one comes as an error event."""

from __future__ import annotations

import re
import secrets
from typing import Any

from agency.sandbox.stripe import calls, usage
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.errors import StripeError, unfit
from agency.sandbox.stripe.happenings import tell
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS, HOUR_SECONDS

OLDEST_SECONDS = 35 * DAY_SECONDS
AHEAD_SECONDS = 300
UNIQUE_SECONDS = 24 * HOUR_SECONDS
WHOLE_VALUE = re.compile(r"-?[0-9]{1,15}")
SENTENCES = {
    "meter_event_customer_not_found": "The customer of the event does not exist.",
    "meter_event_no_customer_defined": "The event names no customer.",
    "meter_event_invalid_value": "The event's value is no whole number.",
    "meter_event_value_not_found": "The event has no value.",
    "archived_meter": "The meter is inactive.",
    "no_meter": "No meter has this event name.",
    "timestamp_in_future": "The event's time lies ahead.",
    "timestamp_too_far_in_past": "The event's time lies more than 35 days back.",
}


@call("POST", "/billing/meters", display_name="text", event_name="text", default_aggregation="map",
      customer_mapping="map", value_settings="map", event_time_window="text")  # fmt: skip
def create_meter(merchant: Merchant, given: Obj) -> Obj:
    calls.required(given, "display_name", "event_name", "default_aggregation")
    for other in merchant.all("billing.meter"):
        if other["event_name"] == given["event_name"] and other["status"] == "active":
            raise unfit("An active meter with this event_name exists.", "event_name", "resource_already_exists")
    formula = calls.one_of(
        given["default_aggregation"].get("formula"), ("sum", "count", "last"), "default_aggregation[formula]"
    )
    mapping, value = given.get("customer_mapping") or {}, given.get("value_settings") or {}
    made = merchant.add(
        "billing.meter",
        {
            "customer_mapping": {
                "event_payload_key": mapping.get("event_payload_key", "stripe_customer_id"),
                "type": "by_id",
            },
            "default_aggregation": {"formula": formula},
            "display_name": given["display_name"],
            "event_name": given["event_name"],
            "event_time_window": given.get("event_time_window"),
            "status": "active",
            "status_transitions": {"deactivated_at": None},
            "updated": merchant.now(),
            "value_settings": {"event_payload_key": value.get("event_payload_key", "value")},
        },
    )
    tell(merchant, "billing.meter.created", made)
    return made


@call("POST", "/billing/meters/{id}", display_name="text")
def update_meter(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.edit("billing.meter", id_)
    one.update({name: given[name] for name in ("display_name",) if name in given})
    return one


@call("GET", "/billing/meters/{id}")
def get_meter(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("billing.meter", id_)


@call("GET", "/billing/meters", is_list=True, status="text")
def list_meters(merchant: Merchant, given: Obj) -> Listed:
    found = [one for one in merchant.all("billing.meter") if given.get("status") in (None, one["status"])]
    return Listed("/v1/billing/meters", found)


def _standing(merchant: Merchant, id_: str, status: str) -> Obj:
    one = merchant.edit("billing.meter", id_)
    one["status"] = status
    one["status_transitions"] = {"deactivated_at": merchant.now() if status == "inactive" else None}
    return one


@call("POST", "/billing/meters/{id}/deactivate")
def deactivate(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return _standing(merchant, id_, "inactive")


@call("POST", "/billing/meters/{id}/reactivate")
def reactivate(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return _standing(merchant, id_, "active")


@call("POST", "/billing/meter_events", event_name="text", payload="map", identifier="text", timestamp="whole")
def take_event(merchant: Merchant, given: Obj) -> Obj:
    """Taken, not counted. A known identifier of the last day is refused; its time is checked here and when counting."""
    calls.required(given, "event_name", "payload")
    now = merchant.now()
    identifier = given.get("identifier") or secrets.token_hex(16)
    if len(identifier) > 100:
        raise unfit("An identifier has up to 100 characters.", "identifier")
    known = merchant.objects.get("identifier", {}).get(identifier)
    if known is not None and known["at"] > now - UNIQUE_SECONDS:
        raise StripeError(
            400,
            f"An event already exists with identifier {identifier}.",
            code="resource_already_exists",
            param="identifier",
        )
    at = given.get("timestamp", now)
    customer = merchant.find("customer", given["payload"].get("stripe_customer_id"))
    theirs = now if customer is None else merchant.now(customer["_clock"])
    if at < theirs - OLDEST_SECONDS:
        raise unfit("The timestamp must be within the past 35 days.", "timestamp", "timestamp_too_far_in_past")
    if at > theirs + AHEAD_SECONDS:
        raise unfit("The timestamp can be at most 5 minutes ahead.", "timestamp", "timestamp_in_future")
    merchant.mark("identifier", identifier, {"id": identifier, "at": now})
    made = merchant.add(
        "billing.meter_event",
        {
            "event_name": given["event_name"],
            "identifier": identifier,
            "payload": given["payload"],
            "timestamp": at,
            "_state": "waiting",
            "_meter": None,
            "_customer": None,
            "_value": None,
        },
    )
    merchant.mark("waiting", made["id"], {"id": made["id"], "at": now})
    return {name: value for name, value in made.items() if name != "id"}


def settle(merchant: Merchant, before: int | None = None) -> int:
    """Count what waits, or what was taken before a second; how many. Wrong ones are told, by meter and reason."""
    waiting = [
        one["id"] for one in merchant.objects.get("waiting", {}).values() if before is None or one["at"] < before
    ]
    wrong: dict[tuple[str | None, str], list[Obj]] = {}
    for id_ in waiting:
        merchant.remove("waiting", id_)
        one = merchant.edit("billing.meter_event", id_)
        meter, reason = _judge(merchant, one)
        one["_state"] = "counted" if reason is None else "refused"
        if reason is not None:
            wrong.setdefault((None if meter is None else meter["id"], reason), []).append(one)
    for (meter_id, reason), events in wrong.items():
        _tell_wrong(merchant, meter_id, reason, events)
    return len(waiting)


def _judge(merchant: Merchant, one: Obj) -> tuple[Obj | None, str | None]:
    meters = [each for each in merchant.all("billing.meter") if each["event_name"] == one["event_name"]]
    meter = next((each for each in meters if each["status"] == "active"), meters[0] if meters else None)
    if meter is None:
        return None, "no_meter"
    if meter["status"] != "active":
        return meter, "archived_meter"
    customer_id = one["payload"].get(meter["customer_mapping"]["event_payload_key"])
    if not customer_id:
        return meter, "meter_event_no_customer_defined"
    customer = merchant.find("customer", customer_id)
    if customer is None or customer.get("deleted"):
        return meter, "meter_event_customer_not_found"
    value = one["payload"].get(meter["value_settings"]["event_payload_key"])
    if value is None and meter["default_aggregation"]["formula"] != "count":
        return meter, "meter_event_value_not_found"
    if value is not None and not WHOLE_VALUE.fullmatch(str(value)):
        return meter, "meter_event_invalid_value"
    one["_meter"], one["_customer"], one["_value"] = meter["id"], customer_id, int(value or 0)
    return meter, None


def _tell_wrong(merchant: Merchant, meter_id: str | None, reason: str, events: list[Obj]) -> None:
    type_ = "v1.billing.meter.no_meter_found" if meter_id is None else "v1.billing.meter.error_report_triggered"
    now = merchant.now()
    samples = [{"error_message": SENTENCES[reason], "request": {"identifier": one["identifier"]}} for one in events[:5]]
    data: Obj = {
        "developer_message_summary": f"{len(events)} events could not be counted.",
        "reason": {
            "error_count": len(events),
            "error_types": [{"code": reason, "error_count": len(events), "sample_errors": samples}],
        },
        "validation_start": now - 10,
        "validation_end": now,
    }
    related: Any = None
    if meter_id is not None:
        related = {"id": meter_id, "type": "billing.meter", "url": f"/v1/billing/meters/{meter_id}"}
    merchant.add("v2.core.event", {"type": type_, "data": data, "related_object": related, "context": None})


@call("POST", "/billing/meter_event_adjustments", event_name="text", type="text", cancel="map")
def adjust(merchant: Merchant, given: Obj) -> Obj:
    """Takes one event back, within a day; what a finalized invoice says stays."""
    calls.one_of(given.get("type"), ("cancel",), "type")
    identifier = (given.get("cancel") or {}).get("identifier")
    for one in merchant.all("billing.meter_event"):
        if one["identifier"] == identifier and one["created"] > merchant.now() - UNIQUE_SECONDS:
            merchant.edit("billing.meter_event", one["id"])["_state"] = "canceled"
            return {
                "object": "billing.meter_event_adjustment",
                "cancel": {"identifier": identifier},
                "event_name": given.get("event_name"),
                "livemode": False,
                "status": "pending",
                "type": "cancel",
            }
    raise unfit("No event of the last 24 hours has this identifier.", "cancel[identifier]", "resource_missing")


@call("GET", "/billing/meters/{id}/event_summaries", is_list=True, customer="text", start_time="whole",
      end_time="whole", value_grouping_window="text")  # fmt: skip
def summaries(merchant: Merchant, given: Obj, id_: str) -> Listed:
    calls.required(given, "customer", "start_time", "end_time")
    start, end = given["start_time"], given["end_time"]
    window = given.get("value_grouping_window")
    if window is not None:
        calls.one_of(window, ("hour", "day"), "value_grouping_window")
    lengths: dict[str | None, int] = {None: 60, "hour": HOUR_SECONDS, "day": DAY_SECONDS}
    length = lengths[window]
    if start % length or end % length or end <= start:
        raise unfit("Times must be aligned with the window and in order.", "start_time")
    if window is None:
        spans = [(start, end)]
    else:
        spans = [(at, at + length) for at in range(start, end, length)]
    found = []
    for begins, ends in spans:
        value = usage.counted(merchant, id_, given["customer"], begins, ends)
        if value or window is None:
            found.append(
                {
                    "id": f"mtrusg_{id_[4:]}_{begins}",
                    "object": "billing.meter_event_summary",
                    "aggregated_value": value,
                    "created": begins,
                    "end_time": ends,
                    "livemode": False,
                    "meter": id_,
                    "start_time": begins,
                }
            )
    return Listed(f"/v1/billing/meters/{id_}/event_summaries", found)
