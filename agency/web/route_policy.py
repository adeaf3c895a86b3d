"""Who may ask for which page: one line an endpoint. The door enforces it; permission page and grid tests read it.

A rule without a line here stops the start of the app, so a new page cannot be open by accident.
"""

from __future__ import annotations

from enum import StrEnum

from tenants.permissions import Permission


class Audience(StrEnum):
    """Who may ask where no single permission says it."""

    PUBLIC = "public"
    """Anybody; nobody is looked up and no scope is entered."""
    PERSON = "person"
    """Somebody signed in, even before an agency is chosen or a demanded second factor is set up."""
    SIGNED_IN = "signed_in"
    """A member at work: signed in, agency chosen, second factor in place where the role needs one."""


Policy = Audience | Permission

PUBLIC, PERSON, SIGNED_IN = Audience.PUBLIC, Audience.PERSON, Audience.SIGNED_IN

ROUTE_POLICY: dict[str, Policy] = {
    # the door itself
    "files.static": PUBLIC,
    "theme.choose_theme": PUBLIC,
    "health.healthz": PUBLIC,
    "health.metrics": PUBLIC,
    "language.choose_language": PUBLIC,
    # parts.py: local only, invented cases
    "parts.show_parts": PUBLIC,
    "parts.show_page": PUBLIC,
    "parts.check_sample": PUBLIC,
    "parts.keep_sample": PUBLIC,
    "parts.newer_sample": PUBLIC,
    # sign_in.py
    "sign_in.front": PERSON,
    "sign_in.sign_in": PUBLIC,
    "sign_in.sign_in_post": PUBLIC,
    "sign_in.sign_out": PUBLIC,
    "sign_in.agencies": PERSON,
    "sign_in.choose_agency": PERSON,
    # second_factor.py
    "second_factor.ask": PUBLIC,
    "second_factor.answer": PUBLIC,
    "second_factor.set_up": PERSON,
    "second_factor.confirm": PERSON,
    "second_factor.new_recovery_codes": PERSON,
    "second_factor.turn_off": PERSON,
    # links.py: doors opened by a mailed link
    "links.forgotten": PUBLIC,
    "links.send_reset": PUBLIC,
    "links.reset": PUBLIC,
    "links.set_password": PUBLIC,
    "links.invitation": PUBLIC,
    "links.accept_invitation": PUBLIC,
    # account_page.py: a person's own settings
    "account_page.account": PERSON,
    "account_page.save": PERSON,
    "account_page.change_password": PERSON,
    "account_page.end_session": PERSON,
    "account_page.end_all_sessions": PERSON,
    "account_page.create_token": SIGNED_IN,
    "account_page.revoke_token": SIGNED_IN,
    # people.py
    "people.people": Permission.PEOPLE_READ,
    "people.invite": Permission.PEOPLE_MANAGE,
    "people.resend_invitation": Permission.PEOPLE_MANAGE,
    "people.withdraw_invitation": Permission.PEOPLE_MANAGE,
    "people.person": Permission.PEOPLE_MANAGE,
    "people.change_person": Permission.PEOPLE_MANAGE,
    "people.remove_person": Permission.PEOPLE_MANAGE,
    "people.roles_needing_second_factor": Permission.PEOPLE_MANAGE,
    # mailbox.py: local only
    "mailbox.mailbox": PUBLIC,
    "mailbox.mail": PUBLIC,
    "mailbox.mail_html": PUBLIC,
}
"""Endpoint → who. Authors of further pages add theirs below their module's name."""
