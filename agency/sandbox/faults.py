"""The page on which a person picks what goes wrong, account by account; and the one of people who gave access."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.sandbox import misbehaviour, people, tokens
from agency.sandbox.content import NotThere
from agency.sandbox.customers import LABELS
from agency.sandbox.meta_webhooks import Webhooks, fields_of
from agency.sandbox.store import Account
from agency.sandbox.world import World

ROWS_PER_PAGE = 40
SUBCODES = {458: "application removed", 459: "checkpoint", 460: "password changed", 463: "expired"} | {
    464: "unconfirmed person",
    467: "invalid",
    492: "role on the Page lost",
}
# What is done once, beside the standing orders.
DEEDS = {
    "forget_webhooks": "forget the webhook subscription, silently",
    "kill_tokens": "kill every token for good",
}


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("faults", __name__)

    def rows(page: int, sought: str) -> tuple[list[dict[str, Any]], bool]:
        orders = misbehaviour.current(world.store)
        found = [
            account
            for account in world.store.accounts()
            if sought.casefold() in f"{account.name} {account.external_id}".casefold()
        ]
        start = (page - 1) * ROWS_PER_PAGE
        shown = [
            {
                "account": account,
                "label": LABELS[account.platform],
                "kinds": misbehaviour.kinds_for(account.platform),
                "orders": [one for one in orders if one.account == account.external_id],
                "subscribed": bool(fields_of(account)),
            }
            for account in found[start : start + ROWS_PER_PAGE]
        ]
        return shown, len(found) > start + ROWS_PER_PAGE

    def show(problem: str | None = None) -> ResponseReturnValue:
        page, sought = max(1, request.args.get("page", 1, type=int)), request.args.get("sought", "")
        shown, more = rows(page, sought)
        answer = render_template(
            "faults.html",
            rows=shown,
            more=more,
            page=page,
            sought=sought,
            subcodes=SUBCODES,
            deeds=DEEDS,
            for_all=[one for one in misbehaviour.current(world.store) if one.account is None],
            problem=problem,
        )
        return answer, 400 if problem else 200

    def back() -> ResponseReturnValue:
        kept = {name: request.args[name] for name in ("page", "sought") if request.args.get(name)}
        return redirect(url_for("faults.faults") + (f"?{urlencode(kept)}" if kept else ""), 303)

    def account_or_404(number: int) -> Account:
        account = world.store.account_by_id(number)
        if account is None:
            abort(404)
        return account

    @doors.get("/faults")
    def faults() -> ResponseReturnValue:
        return show()

    @doors.post("/faults/<int:number>")
    def pick(number: int) -> ResponseReturnValue:
        account = account_or_404(number)
        wish = {name: value for name, value in request.form.items() if value}
        try:
            if wish.get("kind") not in misbehaviour.kinds_for(account.platform):
                raise ValueError(f"{LABELS[account.platform]} does not do that")
            misbehaviour.add(world.store, {**wish, "account": account.external_id})
        except ValueError as error:
            return show(str(error))
        return back()

    @doors.post("/faults/<int:number>/stop")
    def stop(number: int) -> ResponseReturnValue:
        order = request.form.get("order", type=int)
        misbehaviour.clear(world.store, order, account_or_404(number).external_id)
        return back()

    @doors.post("/faults/<int:number>/deed")
    def deed(number: int) -> ResponseReturnValue:
        account = account_or_404(number)
        if request.form.get("deed") == "forget_webhooks":
            world.store.save_account(account.platform, account.external_id, None, {"subscribed_apps": []})
        elif request.form.get("deed") == "kill_tokens":
            tokens.kill_account(world.store, account.id, request.form.get("subcode", 460, type=int))
        else:
            return show("There is no such deed.")
        return back()

    @doors.get("/people")
    def who() -> ResponseReturnValue:
        return render_template("people.html", people=list(people.everybody(world).values()), problem=None)

    @doors.post("/people/<any(meta, instagram):app>/<person_id>")
    def take_back(app: str, person_id: str) -> ResponseReturnValue:
        form, webhooks = request.form, Webhooks.of(world)
        try:
            if form.get("scope"):
                people.revoke_scope(world, webhooks, person_id, form["scope"])
            else:
                people.remove_app(world, webhooks, app, person_id, delete_data=form.get("action") == "delete")
        except NotThere as error:
            known = list(people.everybody(world).values())
            return render_template("people.html", people=known, problem=str(error)), 404
        return redirect(url_for("faults.who"), 303)

    return doors
