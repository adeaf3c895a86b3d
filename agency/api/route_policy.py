"""Who may ask for which route of the API: one line an endpoint. The door enforces it before a view runs; the document
at `/api/v1/openapi.json` and the grid tests read it.

An endpoint without a line here stops the start of the app, so a new route cannot be open by accident.
"""

from __future__ import annotations

from typing import Final, Literal

from tenants.permissions import Permission as P

Policy = P | Literal["public", "signed_in"]
"""`public`: anybody, nobody is looked up. `signed_in`: any working token. A permission: a token whose role has it."""

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed_in"

API_ROUTE_POLICY: dict[str, Policy] = {
    "api_document.openapi": PUBLIC,
    # brands.py
    "api_brands.list_brands": P.BRAND_READ,
    "api_brands.open_brand": P.BRAND_MANAGE,
    "api_brands.get_brand": P.BRAND_READ,
    "api_brands.change_brand": P.BRAND_MANAGE,
    # accounts.py
    "api_accounts.list_accounts": P.ACCOUNT_READ,
    "api_accounts.connect_account": P.ACCOUNT_CONNECT,
    "api_accounts.get_account": P.ACCOUNT_READ,
    "api_accounts.disconnect_account": P.ACCOUNT_CONNECT,
    "api_accounts.reconnect_account": P.ACCOUNT_CONNECT,
    "api_accounts.make_reconnect_link": P.ACCOUNT_CONNECT,
    "api_accounts.list_platforms": P.ACCOUNT_READ,
    # conversations.py
    "api_conversations.list_conversations": P.CONVERSATION_READ,
    "api_conversations.get_conversation": P.CONVERSATION_READ,
    "api_conversations.get_media": P.CONVERSATION_READ,
    "api_conversations.claim_conversation": P.CONVERSATION_WORK,
    "api_conversations.release_conversation": P.CONVERSATION_WORK,
    "api_conversations.tell_client": P.REPLY_WRITE,
    "api_conversations.moderate": P.MESSAGE_MODERATE,
    "api_conversations.correct_reading": P.CONVERSATION_WORK,
    # presses.py
    "api_presses.press": P.CONVERSATION_WORK,
    "api_presses.get_press": P.CONVERSATION_WORK,
    "api_presses.undo": P.CONVERSATION_WORK,
    "api_presses.merge": P.CONVERSATION_WORK,
    "api_presses.take_apart": P.CONVERSATION_WORK,
    "api_presses.split": P.CONVERSATION_WORK,
    "api_presses.list_spam_marks": P.CONVERSATION_WORK,
    "api_presses.lift": P.CONVERSATION_REASSIGN,
    # contacts.py
    "api_contacts.list_contacts": P.CONTACT_READ,
    "api_contacts.get_contact": P.CONTACT_READ,
    "api_contacts.change_contact": P.CONTACT_WRITE,
    "api_contacts.write_note": P.NOTE_WRITE,
    "api_contacts.link_contact": P.CONTACT_LINK,
    "api_contacts.unlink_contact": P.CONTACT_LINK,
    "api_contacts.export_contact": P.CONTACT_EXPORT,
    "api_contacts.erase_contact": P.CONTACT_ERASE,
    "api_contacts.get_erasure": P.CONTACT_ERASE,
    # earlier_answers.py
    "api_earlier_answers.list_earlier_answers": P.REPLY_WRITE,
    # replies.py
    "api_replies.start_reply": P.REPLY_WRITE,
    "api_replies.get_reply": P.REPLY_READ,
    "api_replies.edit_reply": P.REPLY_WRITE,
    "api_replies.submit_reply": P.REPLY_WRITE,
    "api_replies.approve_reply": P.REPLY_APPROVE,
    "api_replies.change_and_approve_reply": P.REPLY_APPROVE,
    "api_replies.decline_reply": P.REPLY_APPROVE,
    "api_replies.ask_for_changes": P.REPLY_APPROVE,
    "api_replies.withdraw_reply": P.REPLY_WRITE,
    "api_replies.drop_reply": P.REPLY_WRITE,
    "api_replies.change_reply": P.REPLY_WRITE,
    "api_replies.take_back_reply": P.REPLY_WRITE,
    "api_replies.release_reply": P.REPLY_RELEASE,
    "api_replies.resolve_reply": P.REPLY_RESOLVE,
    "api_replies.list_variants": P.REPLY_READ,
    "api_replies.keep_variants": P.REPLY_WRITE,
    "api_replies.let_go_reply": P.REPLY_LET_GO,
    "api_replies.list_requests": P.REPLY_READ,
    "api_replies.get_receipt": P.REPLY_READ,
    "api_replies.get_signed_receipt": P.REPLY_READ,
    # style_guides.py
    "api_style_guides.get_guide_in_force": P.GUIDE_READ,
    "api_style_guides.list_versions": P.GUIDE_READ,
    "api_style_guides.draft_version": P.GUIDE_WRITE,
    "api_style_guides.import_version": P.GUIDE_WRITE,
    "api_style_guides.export_version": P.GUIDE_READ,
    "api_style_guides.get_version": P.GUIDE_READ,
    "api_style_guides.list_steps": P.GUIDE_READ,
    "api_style_guides.try_on_last_replies": P.REPLY_READ,
    "api_style_guides.put_in_force": P.GUIDE_PUT_IN_FORCE,
    "api_style_guides.propose": P.GUIDE_PROPOSE,
    "api_style_guides.call_back": P.GUIDE_PROPOSE,
    "api_style_guides.approve": P.GUIDE_APPROVE,
    "api_style_guides.answer": P.GUIDE_APPROVE,
    # guidelines.py
    "api_guidelines.list_guidelines": P.GUIDE_READ,
    "api_guidelines.create_guideline": P.GUIDE_WRITE,
    "api_guidelines.get_guideline": P.GUIDE_READ,
    "api_guidelines.change_guideline": P.GUIDE_WRITE,
    "api_guidelines.delete_guideline": P.GUIDE_WRITE,
    # client_sheets.py
    "api_client_sheets.get_client_sheet": P.GUIDE_READ,
    "api_client_sheets.change_client_sheet": P.GUIDE_WRITE,
    # notices.py: the caller's own
    "api_notices.list_notices": SIGNED_IN,
    "api_notices.read_notice": SIGNED_IN,
    # labels.py, saved_views.py: the rooms ask again, with the brand or for sharing
    "api_labels.list_labels": P.CONVERSATION_READ,
    "api_labels.create_label": P.LABEL_MANAGE,
    "api_labels.change_label": P.LABEL_MANAGE,
    "api_labels.archive_label": P.LABEL_MANAGE,
    "api_labels.restore_label": P.LABEL_MANAGE,
    "api_labels.merge_label": P.LABEL_MANAGE,
    "api_labels.put_label_on": P.CONVERSATION_WORK,
    "api_labels.take_label_off": P.CONVERSATION_WORK,
    "api_saved_views.list_views": P.CONVERSATION_READ,
    "api_saved_views.create_view": P.CONVERSATION_READ,
    "api_saved_views.change_view": P.CONVERSATION_READ,
    "api_saved_views.delete_view": P.CONVERSATION_READ,
    "api_saved_views.restore_view": P.CONVERSATION_READ,
    # policies.py
    "api_policies.get_policy": P.BRAND_READ,
    "api_policies.list_policies": P.BRAND_READ,
    "api_policies.draft_policy": P.POLICY_PROPOSE,
    "api_policies.get_policy_version": P.BRAND_READ,
    "api_policies.try_policy_on_last_week": P.REPLY_READ,
    "api_policies.propose_policy": P.POLICY_PROPOSE,
    "api_policies.call_policy_back": P.POLICY_PROPOSE,
    "api_policies.sign_policy": P.POLICY_SIGN,
    "api_policies.answer_policy": P.POLICY_SIGN,
    "api_policies.record_policy_on_paper": P.POLICY_PROPOSE,
    # saved_replies.py
    "api_saved_replies.list_saved_replies": P.GUIDE_READ,
    "api_saved_replies.create_saved_reply": P.SAVED_REPLY_WRITE,
    "api_saved_replies.get_saved_reply": P.GUIDE_READ,
    "api_saved_replies.change_saved_reply": P.SAVED_REPLY_WRITE,
    "api_saved_replies.archive_saved_reply": P.SAVED_REPLY_WRITE,
    "api_saved_replies.restore_saved_reply": P.SAVED_REPLY_WRITE,
    "api_saved_replies.suggest_saved_replies": P.REPLY_WRITE,
    # figures.py
    "api_figures.get_figures": P.REPORT_READ,
    # wall.py, loops.py, comebacks.py
    "api_wall.get_wall": P.WALL_READ,
    "api_loops.list_loops": P.NOTE_READ,
    "api_loops.list_loop_questions": P.NOTE_READ,
    "api_loops.ask_in_loop": P.CONVERSATION_WORK,
    "api_loops.get_loop_question": P.NOTE_READ,
    "api_loops.withdraw_loop_question": P.CONVERSATION_WORK,
    "api_comebacks.list_comebacks": P.CONVERSATION_WORK,
    "api_comebacks.set_comeback": P.CONVERSATION_WORK,
    "api_comebacks.end_comeback": P.CONVERSATION_WORK,
    "api_comebacks.get_birthday": P.CONTACT_READ,
    "api_comebacks.set_birthday": P.CONTACT_WRITE,
    "api_comebacks.end_birthday": P.CONTACT_WRITE,
    # team.py: the room asks again for everybody's
    "api_team.list_team": P.CONVERSATION_WORK,
    "api_team.list_absences": P.CONVERSATION_WORK,
    "api_team.list_handovers": P.CONVERSATION_WORK,
    # empowerment.py
    "api_empowerment.get_limits": P.EMPOWERMENT_READ,
    "api_empowerment.change_limits": P.EMPOWERMENT_LIMIT,
    "api_empowerment.list_ledger": P.EMPOWERMENT_READ,
    "api_empowerment.get_goodwill": P.EMPOWERMENT_READ,
    "api_empowerment.give": P.EMPOWERMENT_GIVE,
    "api_empowerment.take_back": P.EMPOWERMENT_GIVE,
    # record.py
    "api_record.list_record": P.AUDIT_READ,
    # desk_rules.py: the room asks again, with the brand or for every brand
    "api_rules.list_rules": P.CONVERSATION_WORK,
    "api_rules.create_rule": P.GUIDE_WRITE,
    "api_rules.try_new_rule": P.GUIDE_WRITE,
    "api_rules.get_rule": P.CONVERSATION_WORK,
    "api_rules.change_rule": P.GUIDE_WRITE,
    "api_rules.try_changed_rule": P.GUIDE_WRITE,
    "api_rules.switch_rule": P.GUIDE_WRITE,
    "api_rules.move_rule": P.GUIDE_WRITE,
    "api_rules.archive_rule": P.GUIDE_WRITE,
    "api_rules.restore_rule": P.GUIDE_WRITE,
    # incidents.py: the rooms ask again, with the brand
    "api_incidents.list_incidents": P.CONVERSATION_WORK,
    "api_incidents.open_incident": P.CONVERSATION_REASSIGN,
    "api_incidents.get_incident": P.CONVERSATION_WORK,
    "api_incidents.end_incident": P.CONVERSATION_REASSIGN,
    # topics.py
    "api_topics.list_topics": P.GUIDE_READ,
    "api_topics.create_topic": P.GUIDE_WRITE,
    "api_topics.get_topic": P.GUIDE_READ,
    "api_topics.change_topic": P.GUIDE_WRITE,
    "api_topics.archive_topic": P.GUIDE_WRITE,
    "api_topics.restore_topic": P.GUIDE_WRITE,
    # facts.py
    "api_facts.list_facts": P.GUIDE_READ,
    "api_facts.create_fact": P.GUIDE_WRITE,
    "api_facts.get_fact": P.GUIDE_READ,
    "api_facts.change_fact": P.GUIDE_WRITE,
    "api_facts.archive_fact": P.GUIDE_WRITE,
    "api_facts.restore_fact": P.GUIDE_WRITE,
    # quizzes.py: others' are a lead's to see
    "api_quizzes.list_quizzes": P.REPLY_WRITE,
    "api_quizzes.get_quiz_gate": P.REPLY_WRITE,
    "api_quizzes.set_quiz_gate": P.QUIZ_MANAGE,
    # sending.py
    "api_sending.change_time": P.REPLY_WRITE,
    "api_sending.check_now": P.REPLY_WRITE,
    "api_sending.try_again": P.REPLY_WRITE,
    "api_sending.get_hours": P.BRAND_READ,
    "api_sending.set_hours": P.BRAND_MANAGE,
    "api_sending.get_undo_time": P.REPLY_WRITE,
    "api_sending.set_undo_time": P.BRAND_MANAGE,
    # ranking.py
    "api_ranking.get_weights": P.RANKING_MANAGE,
    "api_ranking.change_weights": P.RANKING_MANAGE,
    "api_ranking.list_versions": P.RANKING_MANAGE,
    "api_ranking.look": P.RANKING_MANAGE,
    # clock_rules.py: of every brand only who leads all may change
    "api_clock_rules.get_rules": P.RANKING_MANAGE,
    "api_clock_rules.change_rules": P.RANKING_MANAGE,
    "api_clock_rules.get_rules_of_brand": P.RANKING_MANAGE,
    "api_clock_rules.change_rules_of_brand": P.RANKING_MANAGE,
    # acknowledgement_texts.py
    "api_acknowledgement_texts.get_texts": P.GUIDE_READ,
    "api_acknowledgement_texts.change_texts": P.GUIDE_WRITE,
    # quality.py
    "api_quality.get_sample": P.QUALITY_JUDGE,
    "api_quality.judge_reply": P.QUALITY_JUDGE,
    "api_quality.list_my_judgements": P.QUALITY_READ_OWN,
    # check.py
    "api_check.check": P.GUIDE_READ,
    # webhooks.py, meta_requests.py: other programs, each with a signature of its own
    "api_webhooks.verify_meta": PUBLIC,
    "api_webhooks.receive_meta": PUBLIC,
    "api_webhooks.verify_instagram": PUBLIC,
    "api_webhooks.receive_instagram": PUBLIC,
    "api_webhooks.receive_google": PUBLIC,
    "api_webhooks.receive_stripe": PUBLIC,
    "api_webhooks.receive_mail": PUBLIC,
    "api_webhooks.deauthorize": PUBLIC,
    "api_webhooks.data_deletion": PUBLIC,
}
