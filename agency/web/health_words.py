"""What people read of an account's health: for each state its word, one sentence, what is safe, and one action."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from agency.web.language import per_language
from agency.web.looks import StateLook
from channels.health import KINDS, Action, State


@dataclass(frozen=True, slots=True)
class HealthWords:
    """`%(place)s` and `%(when)s` may stand in the sentences."""

    word: str
    icon: str
    sentence: str
    safe: str = ""
    then: str = ""


@per_language
def health_words() -> dict[State, HealthWords]:
    """One line per state of `channels.health.KINDS`."""
    waits = _("What came in before is here, and approved replies wait.")
    found = _("Nothing is lost: we find everything by looking, some minutes later.")
    return {
        "healthy": HealthWords(_("Alive"), "pulse", _("Everything arrives.")),
        "needs_reconnect": HealthWords(
            _("Needs a new connection"),
            "unplugged",
            _("%(place)s no longer accepts our connection."),
            waits,
            _("Connect again; we read what came meanwhile."),
        ),
        "access_lost": HealthWords(
            _("Access lost"),
            "unplugged",
            _("The sign-in still works, but no longer for this account: a role or a permission was taken away."),
            waits,
            _("Have the role given back at %(place)s, then connect again with every permission ticked."),
        ),
        "no_allowance": HealthWords(
            _("No allowance"),
            "ban",
            _("%(place)s gives this installation's project no calls at all."),
            waits,
            _("Whoever runs Onbrand has to ask %(place)s for access; connecting anew changes nothing."),
        ),
        "key_missing": HealthWords(
            _("Key missing"),
            "key",
            _("A key is missing on our side, so this account's access cannot be opened."),
            _("Nothing is lost: approved replies wait, and we read what came meanwhile."),
            _("Tell whoever runs Onbrand to give the key again; you need not connect anew."),
        ),
        "writes_paused": HealthWords(
            _("May not write"),
            "ban",
            _("%(place)s lets this account write nothing for now: it took something for abuse."),
            _("Nothing is lost: what customers write arrives, and approved replies wait."),
            _("It is tried again by itself. See at %(place)s why it is so; there you can object."),
        ),
        "failing": HealthWords(
            _("Not answering"),
            "alert",
            _("%(place)s does not answer as it should."),
            _("Nothing is lost: we go on asking."),
            _("You need not do anything now."),
        ),
        "throttled": HealthWords(
            _("Slowed down"),
            "hourglass",
            _("%(place)s asked us to slow down."),
            _("Nothing is lost: what is new there stays there."),
            _("It goes on by itself. You need not do anything now."),
        ),
        "expiring": HealthWords(
            _("Ends soon"),
            "hourglass",
            _("This access ends on %(when)s."),
            _("Until then everything works."),
            _("Connect again before that day."),
        ),
        "limited": HealthWords(
            _("Limited"),
            "info",
            _("The account lacks something at %(place)s itself."),
            _("What %(place)s lets us read arrives and approved replies are kept; some may be refused or not shown."),
            _("Mend it there; we look again each day."),
        ),
        "unsubscribed": HealthWords(
            _("No events"),
            "half",
            _("%(place)s does not tell us what is new here."),
            found,
            _("Ask for events again."),
        ),
        "webhook_deaf": HealthWords(
            _("Events missing"),
            "half",
            _("%(place)s should tell us what is new here, and lately did not."),
            found,
            _("Ask for events again."),
        ),
        "silent": HealthWords(
            _("Unusually quiet"),
            "moon",
            _("Nothing has come for much longer than usual here."),
            _("As far as we can see the connection works."),
            _("Look at the platform whether something is there, or check the connection."),
        ),
        "disconnected": HealthWords(_("Disconnected"), "ban", _("It was disconnected here.")),
    }


@per_language
def action_words() -> dict[Action, str]:
    """What the one button says; nothing for what is only waited for."""
    return {
        "reconnect": _("Connect again"),
        "subscribe": _("Ask for events again"),
        "look": _("Check the connection"),
        "ask_platform": _("Check again"),
        "connect": _("Connect"),
        "ask_operator": "",
        "wait": "",
        "none": "",
    }


@per_language
def reason_words() -> dict[str, str]:
    """Our own short words for why, in full. What is not here is the platform's and is not shown."""
    return {
        "invalid": _("The access was ended."),
        "expired": _("The access ran out."),
        "password_changed": _("The password was changed."),
        "checkpoint": _("The platform wants the person to prove who they are."),
        "unconfirmed_person": _("The person's account there is not confirmed."),
        "app_removed": _("The person removed our app there."),
        "access_withdrawn": _("The person took the access back."),
        "permission_missing": _("A permission is missing."),
        "page_role_lost": _("The person has no role on the page any more."),
        "access_lost": _("The account is not shown to this sign-in any more."),
        "other_account": _("The access belongs to another account."),
        "quota_zero": _("The allowance is zero."),
        "service_disabled": _("The service is switched off in the project."),
        "app_unproven": _("It does not accept our application's secret."),
        "not_verified": _("The location is not verified."),
        "verification_waits": _("The location's verification is under way."),
        "ownership_conflict": _("Somebody else claims the location, too."),
        "location_suspended": _("The location is suspended."),
        "location_disabled": _("The location is disabled."),
        "no_voice": _("The owner has no say over the location yet."),
        "platform_down": _("It answered with an error of its own."),
        "not_sent": _("It could not be reached."),
        "outcome_unknown": _("Its answer was not clear."),
        "refused": _("It refused our question."),
        "item_gone": _("It does not find what we ask for."),
        "channel_error": _("What came could not be stored."),
        "credential_unreadable": _("Its stored access is damaged and cannot be opened."),
        "not_renewed": _("The platform did not lengthen this access."),
        "not_subscribed": _("We are not subscribed."),
        "fields_missing": _("We are not subscribed to everything."),
        "not_set": _("No notifications are set there."),
        "types_missing": _("The notifications there leave reviews out."),
        "other_topic": _("The notifications there go to another tool; we never take them over."),
        "no_rights": _("This sign-in may not see the notification setting."),
    }


@per_language
def health_looks() -> dict[str, StateLook]:
    """The badge of each state."""
    return {
        state: StateLook(state, words.word, words.icon, KINDS[state].tone) for state, words in health_words().items()
    }
