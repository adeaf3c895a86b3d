"""Who may ask for which page: one line an endpoint. The door enforces it; permission page and grid tests read it.

A rule without a line here stops the start of the app, so a new page cannot be open by accident.
"""

from __future__ import annotations

from enum import StrEnum

from agency.web.route_policy_billing import BILLING_POLICY
from agency.web.route_policy_desk import DESK_POLICY
from tenants.permissions import Permission


class Audience(StrEnum):
    """Who may ask where no single permission says it."""

    PUBLIC = "public"
    """Anybody; nobody is looked up and no scope is entered."""
    BY_LINK = "by_link"
    """Whoever holds a link: what it may do follows from its token alone, no cookie is read, so no form token either."""
    PERSON = "person"
    """Somebody signed in, even before an agency is chosen or a demanded second factor is set up."""
    SIGNED_IN = "signed_in"
    """A member at work: signed in, agency chosen, second factor in place where the role needs one."""


Policy = Audience | Permission

PUBLIC, PERSON, SIGNED_IN = Audience.PUBLIC, Audience.PERSON, Audience.SIGNED_IN
BY_LINK = Audience.BY_LINK

ROUTE_POLICY: dict[str, Policy] = {
    **BILLING_POLICY,
    **DESK_POLICY,
    # the door itself
    "files.static": PUBLIC,
    "theme.choose_theme": PUBLIC,
    "keys_page.sheet": PUBLIC,
    "health.healthz": PUBLIC,
    "health.metrics": PUBLIC,
    "language.choose_language": PUBLIC,
    # parts.py: local only, invented cases
    "parts.show_parts": PUBLIC,
    "parts.show_page": PUBLIC,
    "parts.check_sample": PUBLIC,
    "parts.keep_sample": PUBLIC,
    "parts.voice_sample": PUBLIC,
    "parts.people_sample": PUBLIC,
    "parts.beside_sample": PUBLIC,
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
    # sign_up.py: where ONBRAND_SIGN_UP is `open`
    "sign_up.form": PUBLIC,
    "sign_up.ask": PUBLIC,
    "sign_up.confirm": PUBLIC,
    "sign_up.open_agency": PUBLIC,
    # approval_link.py: the client's yes from a mail
    "approval_link.show": BY_LINK,
    "approval_link.decide": BY_LINK,
    # day_link.py: all that waits for somebody today, from a mail
    "day_link.show": BY_LINK,
    "day_link.press": BY_LINK,
    "day_link.reply": BY_LINK,
    "day_link.decide": BY_LINK,
    # day_place.py: what else that link opens, to be read
    "day_place.decided": BY_LINK,
    "day_place.published": BY_LINK,
    "day_place.promises": BY_LINK,
    "day_place.receipt": BY_LINK,
    "day_place.keep_receipt": BY_LINK,
    "day_place.guide": BY_LINK,
    "day_place.month": BY_LINK,
    # notices_page.py, notice_settings_page.py: what the person was told of, and how they want to be
    "notices_page.notices": SIGNED_IN,
    "notices_page.open_notice": SIGNED_IN,
    "notices_page.read_all": SIGNED_IN,
    "notice_settings_page.settings": SIGNED_IN,
    "notice_settings_page.save_ways": SIGNED_IN,
    "notice_settings_page.save_quiet": SIGNED_IN,
    "notice_settings_page.mails_arrive": SIGNED_IN,
    "notice_stop.show": BY_LINK,
    "notice_stop.stop": BY_LINK,
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
    # inbox.py, conversation.py: the deeds ask the desk again, with the conversation's brand
    "inbox.inbox": Permission.CONVERSATION_READ,
    "inbox.case": Permission.CONVERSATION_READ,
    "brand_switch.brands": Permission.CONVERSATION_READ,
    "inbox_filters.filters": Permission.CONVERSATION_READ,
    # palette.py: lists what the role may open, and no more
    "palette.page": SIGNED_IN,
    "more_page.more": SIGNED_IN,
    "palette.found": Permission.CONVERSATION_READ,
    # live.py: what keeps an open page as things are
    "live.pulse": Permission.CONVERSATION_READ,
    "live.rows": Permission.CONVERSATION_READ,
    "live.newer": Permission.CONVERSATION_READ,
    # loop_link.py: whoever is asked in a loop, from a mail
    "loop_link.show": BY_LINK,
    "loop_link.press": BY_LINK,
    # bulk_page.py, spam_page.py: a press asks the rules again for each case
    "bulk_page.choose": Permission.CONVERSATION_WORK,
    "bulk_page.press": Permission.CONVERSATION_WORK,
    "bulk_page.presses": Permission.CONVERSATION_WORK,
    "bulk_page.one_press": Permission.CONVERSATION_WORK,
    "bulk_page.undo": Permission.CONVERSATION_WORK,
    # desk_rules_page.py: the room asks again, with the brand or for every brand
    "desk_rules_page.rules": Permission.CONVERSATION_WORK,
    "desk_rules_page.new": Permission.GUIDE_WRITE,
    "desk_rules_page.create": Permission.GUIDE_WRITE,
    "desk_rules_page.rule": Permission.GUIDE_WRITE,
    "desk_rules_page.change": Permission.GUIDE_WRITE,
    "desk_rules_page.switch": Permission.GUIDE_WRITE,
    "desk_rules_page.move": Permission.GUIDE_WRITE,
    "desk_rules_page.archive": Permission.GUIDE_WRITE,
    # customer_page.py, customer_links.py, customers_page.py: people who write
    "customers_page.customers": Permission.CONTACT_READ,
    "customer_page.person": Permission.CONTACT_READ,
    "customer_page.vip": Permission.CONTACT_WRITE,
    "customer_page.birthday": Permission.CONTACT_WRITE,
    "customer_page.weight": Permission.CONTACT_WRITE,
    "customer_page.add_note": Permission.NOTE_WRITE,
    "customer_page.change_note": Permission.NOTE_WRITE,
    "customer_links.link": Permission.CONTACT_LINK,
    "customer_links.make": Permission.CONTACT_LINK,
    "customer_links.undo": Permission.CONTACT_LINK,
    "customer_links.confirm": Permission.CONTACT_LINK,
    "customer_data.export": Permission.CONTACT_EXPORT,
    "customer_data.download": Permission.CONTACT_EXPORT,
    "customer_data.erase": Permission.CONTACT_ERASE,
    "customer_data.order": Permission.CONTACT_ERASE,
    "customer_data.erasure": Permission.CONTACT_ERASE,
    "people_export_page.people_export": Permission.CONTACT_EXPORT,
    "people_export_page.order": Permission.CONTACT_EXPORT,
    "people_export_page.fetch": Permission.CONTACT_EXPORT,
    "beside.beside": Permission.CONVERSATION_READ,
    "kept_media.copy": Permission.CONVERSATION_READ,
    "conversation.moderate": Permission.MESSAGE_MODERATE,
    "reading_page.menu": Permission.CONVERSATION_WORK,
    "reading_page.correct": Permission.CONVERSATION_WORK,
    "conversation.note": Permission.NOTE_WRITE,
    "conversation.tell_client": Permission.REPLY_WRITE,
    # composer.py
    "composer.reply": Permission.REPLY_WRITE,
    "composer.check": Permission.REPLY_WRITE,
    "composer.withdraw": Permission.REPLY_WRITE,
    "composer.drop": Permission.REPLY_WRITE,
    "composer.take_back": Permission.REPLY_WRITE,
    "composer.reply_state": Permission.REPLY_READ,
    # sending.py
    "sending.change_time": Permission.REPLY_WRITE,
    "sending.check_now": Permission.REPLY_WRITE,
    "sending.try_again": Permission.REPLY_WRITE,
    # acknowledgement_page.py
    "acknowledgement_page.texts": Permission.GUIDE_READ,
    "acknowledgement_page.change": Permission.GUIDE_WRITE,
    # clocks_page.py: of every brand only who leads all may change
    "clocks_page.of_agency": Permission.RANKING_MANAGE,
    "clocks_page.change_of_agency": Permission.RANKING_MANAGE,
    "clocks_page.of_brand": Permission.RANKING_MANAGE,
    "clocks_page.change_of_brand": Permission.RANKING_MANAGE,
    # hours_page.py
    "hours_page.hours": Permission.BRAND_READ,
    "hours_page.change": Permission.BRAND_MANAGE,
    # agency_page.py: what holds for every brand
    "agency_page.agency": Permission.BRAND_MANAGE,
    "agency_page.change": Permission.BRAND_MANAGE,
    # drafts.py
    "drafts.autosave": Permission.REPLY_WRITE,
    "drafts.versions_page": Permission.REPLY_READ_DRAFT,
    "drafts.choose": Permission.REPLY_WRITE,
    # owner.py: decisions on replies
    "owner.waiting": Permission.REPLY_READ,
    "owner.approve_many": Permission.REPLY_APPROVE,
    "owner.reply": Permission.REPLY_READ,
    "owner.decide": Permission.REPLY_APPROVE,
    # receipts.py
    "receipts.receipt": Permission.REPLY_READ,
    "receipts.signed": Permission.REPLY_READ,
    "receipts.keys": PUBLIC,
    "receipts.resolve": Permission.REPLY_RESOLVE,
    # brands_page.py
    "brands_page.brands": Permission.BRAND_READ,
    "brands_page.open_brand": Permission.BRAND_MANAGE,
    "brands_page.brand": Permission.BRAND_READ,
    "brands_page.change": Permission.BRAND_MANAGE,
    "brands_page.change_queue": Permission.RANKING_MANAGE,
    "brands_page.pause": Permission.BRAND_MANAGE,
    "brands_page.archive": Permission.BRAND_MANAGE,
    # ranking_page.py
    "ranking_page.why": Permission.CONVERSATION_READ,
    "ranking_page.weights": Permission.RANKING_MANAGE,
    "ranking_page.look": Permission.RANKING_MANAGE,
    "ranking_page.save": Permission.RANKING_MANAGE,
    "ranking_page.back": Permission.RANKING_MANAGE,
    # guide.py
    "guide.guide": Permission.GUIDE_READ,
    "guide.voice": Permission.GUIDE_READ,
    "guide.compare": Permission.GUIDE_READ,
    "guide.save": Permission.GUIDE_WRITE,
    "guide.try_text": Permission.GUIDE_READ,
    # guide_proposals.py
    "guide_proposals.proposal": Permission.GUIDE_READ,
    "guide_proposals.decide": Permission.GUIDE_APPROVE,
    "guide_proposals.propose": Permission.GUIDE_PROPOSE,
    "guide_proposals.call_back": Permission.GUIDE_PROPOSE,
    "guide_proposals.put_in_force": Permission.GUIDE_PUT_IN_FORCE,
    # guide_head.py
    "guide_head.head": Permission.GUIDE_WRITE,
    "guide_head.save": Permission.GUIDE_WRITE,
    # guide_rules.py
    "guide_rules.new": Permission.GUIDE_WRITE,
    "guide_rules.add": Permission.GUIDE_WRITE,
    "guide_rules.rule": Permission.GUIDE_WRITE,
    "guide_rules.change": Permission.GUIDE_WRITE,
    "guide_rules.remove": Permission.GUIDE_WRITE,
    # guide_files.py
    "guide_files.templates": Permission.GUIDE_WRITE,
    "guide_files.begin": Permission.GUIDE_WRITE,
    "guide_files.export_yaml": Permission.GUIDE_READ,
    "guide_files.export_markdown": Permission.GUIDE_READ,
    # guide_trial.py
    "guide_trial.trial": Permission.REPLY_READ,
    # guidelines_page.py
    "guidelines_page.guidelines": Permission.GUIDE_READ,
    "guidelines_page.new": Permission.GUIDE_WRITE,
    "guidelines_page.create": Permission.GUIDE_WRITE,
    "guidelines_page.guideline": Permission.GUIDE_WRITE,
    "guidelines_page.change": Permission.GUIDE_WRITE,
    "guidelines_page.delete": Permission.GUIDE_WRITE,
    # client_sheet_page.py
    "client_sheet_page.sheet": Permission.GUIDE_READ,
    "client_sheet_page.form": Permission.GUIDE_WRITE,
    "client_sheet_page.change": Permission.GUIDE_WRITE,
    # quiz.py
    "quiz.quizzes": Permission.REPLY_WRITE,
    "quiz.gate": Permission.QUIZ_MANAGE,
    "quiz.quiz": Permission.REPLY_WRITE,
    "quiz.begin": Permission.REPLY_WRITE,
    "quiz.answer": Permission.REPLY_WRITE,
    "quiz.people": Permission.QUIZ_MANAGE,
    # policy_page.py
    "policy_page.policy": Permission.BRAND_READ,
    "policy_page.form": Permission.POLICY_PROPOSE,
    "policy_page.change": Permission.POLICY_PROPOSE,
    "policy_page.propose": Permission.POLICY_PROPOSE,
    "policy_page.call_back": Permission.POLICY_PROPOSE,
    "policy_page.discard": Permission.POLICY_PROPOSE,
    "policy_page.sign": Permission.POLICY_SIGN,
    "policy_page.paper": Permission.POLICY_PROPOSE,
    "policy_page.allow_paper": Permission.BRAND_MANAGE,
    # policy_week.py
    "policy_week.week": Permission.REPLY_READ,
    # topics_page.py
    "topics_page.topics": Permission.GUIDE_READ,
    "topics_page.new": Permission.GUIDE_WRITE,
    "topics_page.create": Permission.GUIDE_WRITE,
    "topics_page.topic": Permission.GUIDE_WRITE,
    "topics_page.change": Permission.GUIDE_WRITE,
    "topics_page.archive": Permission.GUIDE_WRITE,
    "topics_page.restore": Permission.GUIDE_WRITE,
    # facts_page.py
    "facts_page.facts": Permission.GUIDE_READ,
    "facts_page.new": Permission.GUIDE_WRITE,
    "facts_page.create": Permission.GUIDE_WRITE,
    "facts_page.fact": Permission.GUIDE_WRITE,
    "facts_page.change": Permission.GUIDE_WRITE,
    "facts_page.archive": Permission.GUIDE_WRITE,
    "facts_page.restore": Permission.GUIDE_WRITE,
    # empowerment_page.py
    "empowerment_page.empowerment": Permission.EMPOWERMENT_READ,
    "empowerment_page.export": Permission.EMPOWERMENT_READ,
    # empowerment_limits_page.py
    "empowerment_limits_page.limits": Permission.EMPOWERMENT_LIMIT,
    "empowerment_limits_page.change_limits": Permission.EMPOWERMENT_LIMIT,
    # giving.py
    "giving.card": Permission.EMPOWERMENT_READ,
    "giving.give": Permission.EMPOWERMENT_GIVE,
    "giving.take_back": Permission.EMPOWERMENT_GIVE,
    # saved_replies_page.py
    "saved_replies_page.saved_replies": Permission.GUIDE_READ,
    "saved_replies_page.new": Permission.SAVED_REPLY_WRITE,
    "saved_replies_page.create": Permission.SAVED_REPLY_WRITE,
    "saved_replies_page.saved_reply": Permission.GUIDE_READ,
    "saved_replies_page.change": Permission.SAVED_REPLY_WRITE,
    "saved_replies_page.archive": Permission.SAVED_REPLY_WRITE,
    "saved_replies_page.restore": Permission.SAVED_REPLY_WRITE,
    # quality.py, quality_results.py: leads judge; everybody reads what was found of their own
    "quality.quality": Permission.QUALITY_READ_OWN,
    "quality.sheet": Permission.QUALITY_JUDGE,
    "quality.judge": Permission.QUALITY_JUDGE,
    "quality_results.mine": Permission.QUALITY_READ_OWN,
    "quality_results.trends": Permission.QUALITY_JUDGE,
    "reading_page.reading": Permission.QUALITY_JUDGE,
    # accounts_page.py
    "accounts_page.accounts": Permission.ACCOUNT_READ,
    "accounts_page.accounts_of_brand": Permission.ACCOUNT_READ,
    "accounts_page.set_aside": Permission.ACCOUNT_READ,
    "accounts_page.connect": Permission.ACCOUNT_CONNECT,
    "accounts_page.ask_reconnect": Permission.ACCOUNT_CONNECT,
    "accounts_page.reconnect": Permission.ACCOUNT_CONNECT,
    "accounts_page.ask_disconnect": Permission.ACCOUNT_CONNECT,
    "accounts_page.disconnect": Permission.ACCOUNT_CONNECT,
    "accounts_page.check": Permission.ACCOUNT_CONNECT,
    # history_page.py, import_page.py: earlier conversations
    "history_page.history": Permission.ACCOUNT_READ,
    "history_page.state": Permission.ACCOUNT_READ,
    "history_page.begin": Permission.HISTORY_BRING,
    "history_page.stop": Permission.HISTORY_BRING,
    "history_page.go_on": Permission.HISTORY_BRING,
    "import_page.imports": Permission.HISTORY_BRING,
    "import_page.look_through": Permission.HISTORY_BRING,
    "import_page.file": Permission.HISTORY_BRING,
    "import_page.report": Permission.HISTORY_BRING,
    "import_page.state": Permission.HISTORY_BRING,
    "import_page.begin": Permission.HISTORY_BRING,
    "import_page.stop": Permission.HISTORY_BRING,
    # connecting.py: the way back is bound to the browser that left; the walk says who and for which brand
    "connecting.start": Permission.ACCOUNT_CONNECT,
    "connecting.leave": Permission.ACCOUNT_CONNECT,
    "connecting.leave_again": Permission.ACCOUNT_CONNECT,
    "connecting.back": PUBLIC,
    "connecting.choose": Permission.ACCOUNT_CONNECT,
    "connecting.connect": Permission.ACCOUNT_CONNECT,
    "connecting.connected": Permission.ACCOUNT_CONNECT,
    # reconnecting.py: opened by a mailed link
    "reconnecting.mend": PUBLIC,
    "reconnecting.leave": PUBLIC,
    "reconnecting.mended": PUBLIC,
    # deletion_page.py: followed by whoever asked Meta to have their data deleted
    "deletion_page.deletion": PUBLIC,
    # done_page.py: of the client's own brands alone
    "done_page.done": Permission.REPLY_APPROVE,
    # record_page.py
    "record_page.record": Permission.AUDIT_READ,
    "record_page.record_file": Permission.AUDIT_READ,
    # permissions_page.py
    "permissions_page.permissions": SIGNED_IN,
    # mailbox.py: local only
    "mailbox.mailbox": PUBLIC,
    "mailbox.mail": PUBLIC,
    "mailbox.mail_html": PUBLIC,
}
"""Endpoint → who. Authors of further pages add theirs below their module's name."""
