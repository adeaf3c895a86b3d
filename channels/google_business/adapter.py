"""The Google Business adapter: reviews, the one answer each may have, and notices of the business's own."""

from __future__ import annotations

from channels.google_business import oauth
from channels.google_business.events import ReviewEvents
from channels.google_business.find_together import FindsByList
from channels.google_business.notices import LONGEST_NOTICE, Notices
from channels.google_business.notifications import Notifications
from channels.google_business.our_answers import OurAnswers
from channels.google_business.replies import DEEDS, LONGEST_REPLY, Replies
from channels.google_business.review_history import ReviewHistory
from channels.google_business.review_poll import ReviewPolls
from channels.google_business.reviews_together import MOST_LOCATIONS, ReviewsTogether
from channels.google_business.standing import Standing
from channels.protocol import ChannelTraits

TRAITS = ChannelTraits(
    platform="google_business",
    label="Google",
    kinds=("review",),
    scopes=(oauth.SCOPE,),
    reply_window=None,
    longest_reply=LONGEST_REPLY,
    batch_size=MOST_LOCATIONS,
    deeds=DEEDS,
    longest_notice=LONGEST_NOTICE,
)


class GoogleBusinessAdapter(
    ReviewPolls,
    ReviewsTogether,
    ReviewHistory,
    ReviewEvents,
    Replies,
    FindsByList,
    OurAnswers,
    Notices,
    Notifications,
    Standing,
):
    """See `channels.protocol.ChannelAdapter`, and `channels.capabilities` for what else it can do:

    `ReadsEvents`, `PollsTogether`, `ReadsHistory`, `Subscribes`, `ChecksAccess`, `PublishesNotices`, `ReadsOurAnswers`,
    `FindsTogether`.
    """

    traits = TRAITS
