"""Which platforms there are: one line each."""

from __future__ import annotations

from channels.facebook.adapter import FacebookAdapter
from channels.google_business.adapter import GoogleBusinessAdapter
from channels.instagram.adapter import InstagramAdapter
from channels.protocol import ChannelAdapter, ChannelTraits

ADAPTERS: dict[str, ChannelAdapter] = {
    "facebook": FacebookAdapter(),
    "instagram": InstagramAdapter(),
    "google_business": GoogleBusinessAdapter(),
}


class UnknownPlatform(LookupError):
    """No adapter of that name."""


def adapter_for(platform: str) -> ChannelAdapter:
    """Raises `UnknownPlatform`."""
    try:
        return ADAPTERS[platform]
    except KeyError:
        raise UnknownPlatform("There is no such platform.") from None


def traits_of(platform: str) -> ChannelTraits:
    """What is fixed about a platform. Raises `UnknownPlatform`."""
    return adapter_for(platform).traits
