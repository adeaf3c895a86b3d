"""Who has a case, as its page says it and as the page asks again: the loser of a race and whoever lost a case are told
where they stand.
"""

from __future__ import annotations

from hashlib import blake2b

from flask_babel import gettext as _

from agency.inbox.desk import CLAIM_MINUTES, Case
from agency.web.contexts import ClaimLook
from agency.web.inbox_address import Address
from agency.web.language import time_of_day
from tenants import clock
from tenants.permissions import Actor, Permission


def claim_look(case: Case, actor: Actor, address: Address) -> ClaimLook:
    """The claim as this person sees it, with the deeds that are open to them."""
    now, may_work = clock.now(), actor.may(Permission.CONVERSATION_WORK)
    held = case.is_held(now)
    mine = held and case.holder_id == actor.user_id
    take_url = claim_url = release_url = title = ""
    if mine:
        words = _("You have this case")
        title = _("It goes back to the queue after %(n)s minutes without a deed of yours.", n=CLAIM_MINUTES)
        release_url = address.deed_url(case.id, "release") if may_work else ""
    elif held:
        words = held_words(case)
        is_idle = case.free_from is not None and case.free_from <= now
        if actor.may(Permission.CONVERSATION_REASSIGN) or (may_work and is_idle):
            take_url = address.deed_url(case.id, "take-over")
        if is_idle:
            words = _("%(who)s, and does nothing now", who=words)
    else:
        words = _("Nobody has this case")
        claim_url = address.deed_url(case.id, "claim") if may_work and case.status != "closed" else ""
    lost = _lost(case, held=held) if case.held_before_id == actor.user_id and not mine else ""
    shown = (words, lost, claim_url, release_url, take_url)
    tag = blake2b(repr(shown).encode("utf-8"), digest_size=6).hexdigest()
    url = address.deed_url(case.id, "holder")
    return ClaimLook(
        words=words,
        title=title,
        lost=lost,
        mine=mine,
        claim_url=claim_url,
        release_url=release_url,
        take_url=take_url,
        look_url=f"{url}{'&' if '?' in url else '?'}seen={tag}" if may_work else "",
        tag=tag,
    )


def held_words(case: Case) -> str:
    """Who has it and since when, in the reader's time."""
    name = case.holder_name or _("Somebody")
    if case.held_since is None:
        return _("%(name)s has this case", name=name)
    return _("%(name)s has this case since %(time)s", name=name, time=time_of_day(case.held_since))


def _lost(case: Case, *, held: bool) -> str:
    """For whoever had it until it was taken, ran out, was resolved or told within another: what became of it."""
    if case.merged_into_id is not None:
        return _("It is told within another case now. What you wrote is kept and stands there.")
    if held and case.hold_reason:
        return _("Taken from you: %(reason)s. What you wrote is kept.", reason=case.hold_reason.rstrip("."))
    if held:
        return _("It is no longer yours. What you wrote is kept.")
    if case.status == "open":
        return _("It went back to the queue, because nothing was done. What you wrote is kept.")
    return _("A lead closed it or put it off. What you wrote is kept.")
