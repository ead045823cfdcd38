"""Targets: what stands behind a code at each of its levels, ours first, then what the producer added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.i18n import Text, _
from traceability.links.addresses import fill_template, places_of
from traceability.links.keys import Anchor
from traceability.links.models import ProducerLink
from traceability.lots.models import LotState
from traceability.resolver.digital_link import Link
from traceability.resolver.service import Story

OWN_LANGUAGES = ("vi", "en")
PAGE_TYPE = "text/html"


@dataclass(frozen=True)
class Target:
    """One link: its GS1 type (a word of the GS1 Web Vocabulary) and where it leads.

    `href` is a path of ours or a whole address; `title` is our own words or what a producer wrote.
    """

    link_type: str
    href: str
    title: Text | str
    hreflang: tuple[str, ...] = OWN_LANGUAGES
    media_type: str | None = PAGE_TYPE
    context: tuple[str, ...] = ()
    fwqs: bool = True
    is_public: bool = True


Levels = dict[Anchor, list[Target]]
"""What stands at each level of a code, the widest level (the key itself) first."""


@dataclass(frozen=True)
class Doors:
    """Paths of other rooms: the shop's page of the product, the checking of labels, the visits, the recall of the lot.

    None: there are none, or it was not recalled.
    """

    product: str
    verify: str
    visits: str | None
    recall: str | None


def list_targets(story: Story, *, link: Link, doors: Doors) -> Levels:
    """List what stands behind a link at every level up to the key, the widest level first.

    A lot or label that is not ours has no level.
    """
    lot = story.lot
    key = Link(link.gtin)
    found: Levels = {key.anchor: _product_targets(story, key, doors)}
    if lot is None:
        return found
    for level in Link(link.gtin, lot.code, link.serial).levels[1:]:
        targets = [Target("traceability", level.trace_path, _("Nguồn gốc của lô hàng"))]
        if lot.state is LotState.RECALLED:
            targets.append(
                Target("recallStatus", doors.recall or level.trace_path, _("Lô này đã bị thu hồi"))
            )
        if level.serial is None:
            targets.append(Target("productPassport", level.passport_path, _("Hộ chiếu số của lô hàng")))
            if story.papers:
                targets.append(
                    Target("certificationInfo", f"{level.trace_path}#papers", _("Giấy chứng nhận"))
                )
        found[level.anchor] = targets
    return found


def _product_targets(story: Story, key: Link, doors: Doors) -> list[Target]:
    found = [Target("traceability", key.trace_path, _("Nguồn gốc"))]
    if story.is_on_sale:
        found += [
            Target("pip", doors.product, _("Trang sản phẩm")),
            Target("purchaseSuppliesOrAccessories", doors.product, _("Mua thêm")),
        ]
    else:
        found.append(Target("pip", key.trace_path, _("Trang sản phẩm")))
    if story.papers:
        found.append(Target("certificationInfo", f"{key.trace_path}#papers", _("Giấy chứng nhận")))
    found += [
        Target("productPassport", key.passport_path, _("Hộ chiếu số của sản phẩm")),
        Target("verificationService", doors.verify, _("Kiểm tra nhãn")),
    ]
    if doors.visits is not None:
        found.append(Target("eventsInfo", doors.visits, _("Đi thăm nơi làm ra")))
    return found


def add_links(levels: Levels, links: Mapping[Anchor, Sequence[ProducerLink]], *, scanned: Anchor) -> Levels:
    """Put the producer's links behind ours; one whose places the scanned code cannot fill is left out."""
    values = places_of(scanned)
    found = {level: list(targets) for level, targets in levels.items()}
    for level, added in links.items():
        for link in added:
            href = fill_template(link.href, values)
            if href is not None:
                found.setdefault(level, []).append(_added(link, href))
    return found


def _added(link: ProducerLink, href: str) -> Target:
    return Target(
        link.link_type,
        href,
        link.title,
        hreflang=tuple(link.hreflang),
        media_type=link.media_type,
        context=tuple(link.context),
        fwqs=link.fwqs,
        is_public=link.is_public,
    )


def find_default(levels: Levels, *, link_type: str | None = None) -> tuple[Anchor, Target] | None:
    """The one default link: the first public one of the level that is closest to what was scanned.

    For a product it is the story (`link_type` traceability); for any other key whatever its producer hung there first.
    """
    for level, targets in reversed(levels.items()):
        for target in targets:
            if target.is_public and link_type in {None, target.link_type}:
                return level, target
    return None
