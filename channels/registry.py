"""Which platforms there are: one line each."""

from __future__ import annotations

from typing import TypeVar, cast

from channels.facebook.adapter import FacebookAdapter
from channels.google_business.adapter import GoogleBusinessAdapter
from channels.instagram.adapter import InstagramAdapter
from channels.protocol import ChannelAdapter, ChannelTraits

ADAPTERS: dict[str, ChannelAdapter] = {
    "facebook": FacebookAdapter(),
    "instagram": InstagramAdapter(),
    "google_business": GoogleBusinessAdapter(),
}

Capability = TypeVar("Capability")


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


def able(platform: str, capability: type[Capability]) -> Capability | None:
    """The platform's adapter where it has this capability (a protocol of `channels.capabilities`), else None.

    Raises `UnknownPlatform`.
    """
    adapter = adapter_for(platform)
    return cast(Capability, adapter) if isinstance(adapter, capability) else None
