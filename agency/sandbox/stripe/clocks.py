"""Test clocks: time of their own for the customers that are made with one."""

from __future__ import annotations

from agency.sandbox.stripe import calls, collecting, meters, passing
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.changes import ENDED
from agency.sandbox.stripe.errors import unfit
from agency.sandbox.stripe.happenings import tell
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS

KEPT_DAYS = 30
KIND = "test_helpers.test_clock"


@call("POST", "/test_helpers/test_clocks", frozen_time="whole", name="text")
def create_clock(merchant: Merchant, given: Obj) -> Obj:
    calls.required(given, "frozen_time")
    made = merchant.add(
        KIND,
        {
            "deletes_after": merchant.now() + KEPT_DAYS * DAY_SECONDS,
            "frozen_time": given["frozen_time"],
            "name": given.get("name"),
            "status": "ready",
            "status_details": {"advancing": None},
        },
    )
    tell(merchant, f"{KIND}.created", made)
    return made


@call("POST", "/test_helpers/test_clocks/{id}/advance", frozen_time="whole")
def advance(merchant: Merchant, given: Obj, id_: str) -> Obj:
    """All that is due until then happens before this answers, so it answers `ready`; Stripe takes its time."""
    calls.required(given, "frozen_time")
    known = merchant.get(KIND, id_)
    until = given["frozen_time"]
    if until <= known["frozen_time"]:
        raise unfit("The test clock can only be advanced to a time after its frozen time.", "frozen_time")
    tell(merchant, f"{KIND}.advancing", {**known, "status": "advancing"})
    meters.settle(merchant)
    merchant.run(id_, until, lambda kind, one: passing.act(merchant, kind, one))
    one = merchant.edit(KIND, id_)
    one["frozen_time"] = until
    tell(merchant, f"{KIND}.ready", one)
    return one


@call("GET", "/test_helpers/test_clocks/{id}")
def get_clock(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get(KIND, id_)


@call("GET", "/test_helpers/test_clocks", is_list=True)
def list_clocks(merchant: Merchant, given: Obj) -> Listed:
    return Listed("/v1/test_helpers/test_clocks", list(merchant.all(KIND)))


@call("DELETE", "/test_helpers/test_clocks/{id}")
def delete_clock(merchant: Merchant, given: Obj, id_: str) -> Obj:
    """Its customers go with it."""
    merchant.get(KIND, id_)
    for one in merchant.all("customer"):
        if one["_clock"] == id_:
            for held in merchant.all("subscription"):
                if held["customer"] == one["id"] and held["status"] not in ENDED:
                    collecting.end(merchant, held["id"], "cancellation_requested")
            merchant.edit("customer", one["id"])["deleted"] = True
    merchant.remove(KIND, id_)
    return {"id": id_, "object": KIND, "deleted": True}
