"""A case keeps since when, and until when, its client had what waited for a yes; what waits now counts from its asking.

Written by a trigger on the row's own `reply_state`, because replies come to wait and are decided by many ways, one and
hundreds at once: no statement of ours is more. Where an agency has a rule about the client's time, what such a span
does to the other clocks is worked out as the case is ranked again, which the trigger asks for.
"""

from __future__ import annotations

from alembic import op

revision = "0102"
down_revision = "0104"

TRIGGER = """
create function client_has_it() returns trigger language plpgsql
set search_path = public, pg_temp as $$
declare
    moment timestamptz;
    spans jsonb := coalesce(new.clocks -> 'client', '[]');
begin
    select max(r.state_since) into moment from reply r
    where r.agency_id = new.agency_id and r.brand_id = new.brand_id and r.conversation_id = new.id;
    if exists (select from conversation p where p.agency_id = new.agency_id and p.merged_into_id = new.id) then
        select greatest(moment, max(r.state_since)) into moment
        from conversation p join reply r on r.agency_id = p.agency_id and r.brand_id = p.brand_id
            and r.conversation_id = p.id
        where p.agency_id = new.agency_id and p.merged_into_id = new.id;
    end if;
    moment := coalesce(moment, now());
    if new.reply_state = 'awaiting_approval' then
        spans := spans || jsonb_build_object('from', moment);
        if exists (select from clock_rules k where k.agency_id = new.agency_id
                and k.rules @? '$[*][0] ? (@ starts with "client")') then
            new.rerank_at := '2000-01-01';
        end if;
    else
        if spans @? '$[*].rule' then
            new.rerank_at := '2000-01-01';
        end if;
        select coalesce(jsonb_agg(case when one ? 'until' then one
                else one || jsonb_build_object('until', greatest(moment, (one ->> 'from')::timestamptz)) end
                order by place), '[]')
            into spans from jsonb_array_elements(spans) with ordinality as given(one, place);
    end if;
    new.clocks := jsonb_set(new.clocks, '{client}', spans);
    return new;
end $$;
create trigger client_has_it before update of reply_state on conversation for each row
when (new.clocks <> '{}' and (old.reply_state is not distinct from 'awaiting_approval')
    <> (new.reply_state is not distinct from 'awaiting_approval'))
execute function client_has_it();
"""


def upgrade() -> None:
    """A trigger, and what waits now; the owner is under the row policies, too."""
    op.execute("alter table conversation no force row level security, disable trigger user")
    op.execute("alter table reply no force row level security")
    op.execute(
        """
        update conversation c set clocks = jsonb_set(c.clocks, '{client}',
            jsonb_build_array(jsonb_build_object('from', found.since)))
        from (
            select agency_id, brand_id, conversation_id, min(state_since) as since from reply
            where state = 'awaiting_approval' group by 1, 2, 3) found
        where c.agency_id = found.agency_id and c.brand_id = found.brand_id and c.id = found.conversation_id
            and c.reply_state = 'awaiting_approval' and c.clocks <> '{}'
        """
    )
    op.execute("alter table reply force row level security")
    op.execute("alter table conversation force row level security, enable trigger user")
    op.execute(TRIGGER)
