"""Field masks of v1 locations: which paths there are, which are refused, and what a mask leaves of a location.

The paths are those of the discovery document mybusinessbusinessinformation.v1. A path may go below a message, never
below a repeated field; the service refuses such a mask although the document does not say so.
"""

from __future__ import annotations

from typing import Any

from agency.sandbox.google_errors import invalid_argument

# field -> the paths below it; None where nothing may follow (a plain value or a repeated field).
Fields = dict[str, "Fields | None"]


def _flat(*names: str) -> Fields:
    return dict.fromkeys(names)


LOCATION_FIELDS: Fields = {
    **_flat("name", "languageCode", "storeCode", "title", "websiteUri", "labels", "serviceItems", "moreHours"),
    "phoneNumbers": _flat("primaryPhone", "additionalPhones"),
    "categories": {"primaryCategory": None, "additionalCategories": None},
    "storefrontAddress": _flat(
        *("revision", "regionCode", "languageCode", "postalCode", "sortingCode", "administrativeArea", "locality"),
        *("sublocality", "addressLines", "recipients", "organization"),
    ),
    "regularHours": _flat("periods"),
    "specialHours": _flat("specialHourPeriods"),
    "serviceArea": {"businessType": None, "regionCode": None, "places": _flat("placeInfos")},
    "adWordsLocationExtensions": _flat("adPhone"),
    "latlng": _flat("latitude", "longitude"),
    "openInfo": {"status": None, "canReopen": None, "openingDate": _flat("year", "month", "day")},
    "metadata": _flat(
        *("hasGoogleUpdated", "hasPendingEdits", "canDelete", "canOperateLocalPost", "canModifyServiceList"),
        *("canHaveFoodMenus", "canOperateHealthData", "canOperateLodgingData", "placeId", "duplicateLocation"),
        *("mapsUri", "newReviewUri", "canHaveBusinessCalls", "hasVoiceOfMerchant"),
    ),
    "profile": _flat("description"),
    "relationshipData": {"parentLocation": _flat("placeId", "relationType"), "childrenLocations": None}
    | _flat("parentChain"),
}
LOCATION_FIELDS["categories"] = {
    "primaryCategory": _flat("name", "displayName", "serviceTypes", "moreHoursTypes"),
    "additionalCategories": None,
}
# Written together or not at all: their parts are no masks of their own in an update.
WHOLE_IN_UPDATES = ("phoneNumbers", "categories")
OUTPUT_ONLY = ("name", "metadata")
EMPTY: tuple[Any, ...] = (None, "", False, 0, [], {})


def read_mask(text: str | None, field: str = "read_mask") -> list[list[str]]:
    """The mask's paths, each as its parts. Raises GoogleError 400 for none and for one that the service refuses."""
    if not text or not text.strip():
        raise invalid_argument(field, "Field is required")
    paths = [path.strip().split(".") for path in text.split(",")]
    for path in paths:
        below: Fields | None = LOCATION_FIELDS
        for part in path:
            if below is None or part not in below:
                raise invalid_argument(field, "Invalid field mask provided")
            below = below[part]
    return paths


def update_mask(text: str | None) -> list[list[str]]:
    """As `read_mask`, and without what is for reading only. Raises GoogleError 400."""
    paths = read_mask(text, "update_mask")
    for path in paths:
        if path[0] in OUTPUT_ONLY or (path[0] in WHOLE_IN_UPDATES and len(path) > 1):
            raise invalid_argument("update_mask", "Invalid field mask provided")
    return paths


def masked(whole: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    """What the mask leaves; what is empty, zero or false has no key (proto3)."""
    kept: dict[str, Any] = {}
    for path in paths:
        source: Any = whole
        for part in path:
            source = source.get(part) if isinstance(source, dict) else None
        if (source := _pruned(source)) in EMPTY:
            continue
        target = kept
        for part in path[:-1]:
            target = target.setdefault(part, {})
        target[path[-1]] = source
    return kept


def _pruned(value: Any) -> Any:
    """A copy without empty keys. Lists stay as they are: a time of day without keys there is midnight."""
    if not isinstance(value, dict):
        return value
    return {name: kept for name, one in value.items() if (kept := _pruned(one)) not in EMPTY}


def merged(whole: dict[str, Any], change: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    """`whole` with the mask's paths taken from `change`; a path that is missing there is emptied."""
    result = dict(whole)
    for path in paths:
        source: Any = change
        for part in path:
            source = source.get(part) if isinstance(source, dict) else None
        target = result
        for part in path[:-1]:
            target[part] = dict(target.get(part) or {})
            target = target[part]
        if source is None:
            target.pop(path[-1], None)
        else:
            target[path[-1]] = source
    return result
