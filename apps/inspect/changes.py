"""The changes of a window that can be tried, by `stf.edits`; which is imported when one is made, for it needs SciPy."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.inspect.data import Edit
from stf.skeleton import SkeletonLayout

if TYPE_CHECKING:
    from stf.datasets.clip import Clip


def switch_off(layout: SkeletonLayout, joints: Iterable[int]) -> Edit:
    """Let joints move no more."""
    off = frozenset(joints)

    def apply(clip: "Clip", _: float) -> "Clip":
        from stf import edits  # noqa: PLC0415

        return edits.switch_off(clip, off)

    return Edit(f"{_named(layout, off)} off", apply, off)


def freeze(first: float, last: float) -> Edit:
    """Let everybody stand still from one moment of the video to another, as far as the window shows that."""

    def apply(clip: "Clip", start: float) -> "Clip":
        from stf import edits  # noqa: PLC0415

        begin, end = max(first - start, 0.0), min(last - start, clip.seconds)
        return edits.freeze(clip, begin, end) if end - begin > 1 / clip.fps else clip

    return Edit(f"frozen from {first:.2f} to {last:.2f} s", apply)


def mirror() -> Edit:
    """Let left and right change places."""

    def apply(clip: "Clip", _: float) -> "Clip":
        from stf import edits  # noqa: PLC0415

        return edits.mirror(clip)

    return Edit("mirrored", apply)


def rotate(degrees: float) -> Edit:
    """Turn everybody about the vertical."""

    def apply(clip: "Clip", _: float) -> "Clip":
        from stf import edits  # noqa: PLC0415

        return edits.rotate(clip, math.radians(degrees))

    return Edit(f"turned by {degrees:g}\N{DEGREE SIGN}", apply)


def slow_down(factor: float) -> Edit:
    """Let everything take so many times as long; the window then shows the middle of it."""

    def apply(clip: "Clip", _: float) -> "Clip":
        from stf import edits  # noqa: PLC0415

        return edits.slow_down(clip, factor)

    return Edit(f"{factor:g} times as long", apply)


def swap_people() -> Edit:
    """Let the first two people change places."""

    def apply(clip: "Clip", _: float) -> "Clip":
        from stf import edits  # noqa: PLC0415

        return edits.swap_people(clip)

    return Edit("people swapped", apply)


def switched_off(edits: Sequence[Edit]) -> frozenset[int]:
    """All joints that are off."""
    return frozenset[int]().union(*(edit.off for edit in edits))


def switched_on(edits: Sequence[Edit], layout: SkeletonLayout, joints: Iterable[int]) -> tuple[Edit, ...]:
    """The changes without these joints being off."""
    on = frozenset(joints)
    kept = []
    for edit in edits:
        if not edit.off & on:
            kept.append(edit)
        elif edit.off - on:
            kept.append(switch_off(layout, edit.off - on))
    return tuple(kept)


def in_layout(edits: Iterable[Edit], layout: SkeletonLayout, other: SkeletonLayout) -> tuple[Edit, ...]:
    """The same changes of skeletons of another layout; joints that this one lacks are left out of them."""
    if layout is other:
        return tuple(edits)
    found = []
    for edit in edits:
        names = [layout.joints[joint] for joint in edit.off]
        there = [other.joints.index(name) for name in names if name in other.joints]
        if there:
            found.append(replace(switch_off(other, there), words=edit.words))
        elif not edit.off:
            found.append(edit)
    return tuple(found)


def _named(layout: SkeletonLayout, joints: frozenset[int]) -> str:
    """The limbs that joints make up, and the names of the rest."""
    words, left = [], set(joints)
    for limb, members in layout.limbs.items():
        if left >= set(members):
            words.append(limb)
            left -= set(members)
    return ", ".join(words + [layout.joints[joint].replace("_", " ") for joint in sorted(left)])
