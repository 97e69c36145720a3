"""Other people's arms and legs, for actions that are what they are whatever these do."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from stf.errors import UserError
from stf.skeleton import SkeletonLayout
from stf.transforms import Batch, known_joints


@dataclass(frozen=True, slots=True)
class Mixing:
    """In a batch, other people's arms or legs for some, with the labels that they have (ours).

    Where few people show an action, all of them with the arms held alike, a network learns the arms: of people who
    squat with other arms than those it knows it says something else. Whoever does what legs tell gets the arms of
    somebody who does nothing that arms tell, or anybody's, held as they are at some moment; and the other way round.

    Attributes:
        share: probability of each clip that can be mixed; one half of them get limbs that are held.
        by_legs: classes that are told by legs and trunk.
        by_arms: classes that are told by the arms.
    """

    share: float = 0.5
    by_legs: tuple[str, ...] = ()
    by_arms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError("the share of clips that are mixed is from 0 to 1")
        if both := set(self.by_legs) & set(self.by_arms):
            raise ValueError(f"'{min(both)}' is told by the legs or by the arms, not by both")

    def absent(self, classes: Sequence[str]) -> list[str]:
        """Those classes that data of other ones lacks; nobody is mixed for them."""
        return [name for name in (*self.by_legs, *self.by_arms) if name not in classes]

    def among(self, classes: Sequence[str], layout: SkeletonLayout) -> "Mixer":
        """The same for the numbers of classes, but for the `absent` ones.

        Raises:
            UserError: if the layout lacks arms or legs.
        """
        legs, arms = (torch.tensor([name in told for name in classes]) for told in (self.by_legs, self.by_arms))
        limbs = (_limbs(layout, limb, root) for limb, root in (("arm", "shoulder"), ("leg", "hip")))
        return Mixer(self.share, legs, arms, layout.num_coordinates, *limbs)


def _limbs(layout: SkeletonLayout, name: str, root: str) -> dict[int, list[int]]:
    """For each root of a limb the other joints of that limb."""
    limbs = {}
    for side in ("left", "right"):
        joints = layout.limbs.get(f"{side} {name}")
        if joints is None or f"{side}_{root}" not in layout.joints:
            raise UserError(f"the layout '{layout.name}' has no {side} {name} to be mixed")
        first = layout.index(f"{side}_{root}")
        limbs[first] = [joint for joint in joints if joint != first]
    return limbs


@dataclass(frozen=True, slots=True)
class Mixer:
    """What `Mixing` does, by class numbers.

    Attributes:
        share: as of `Mixing`.
        by_legs, by_arms: (K,) which classes these are.
        coordinates: how many of the channels are.
        arms, legs: as of `_limbs`.
    """

    share: float
    by_legs: Bool[Tensor, " K"]
    by_arms: Bool[Tensor, " K"]
    coordinates: int
    arms: dict[int, list[int]]
    legs: dict[int, list[int]]

    def __call__(self, x: Batch, labels: Int[Tensor, " N"], generator: torch.Generator | None = None) -> Batch:
        """Mix people of a batch (N, C, T, V, M) who are of one size and face one way; missing joints are zero.

        Args:
            x: by `normalise_body`.
            labels: class numbers; negative ones are nobody's who is mixed.
            generator: of the chances.
        """
        named = labels.clamp(min=0)
        by_legs, by_arms = (told.to(x.device)[named] & (labels >= 0) for told in (self.by_legs, self.by_arms))
        mixed = self._swapped(x, by_legs, ~by_arms, self.arms, generator)
        return self._swapped(mixed, by_arms, ~by_legs, self.legs, generator)

    def _swapped(
        self,
        x: Batch,
        takers: Bool[Tensor, " N"],
        givers: Bool[Tensor, " N"],
        limbs: dict[int, list[int]],
        generator: torch.Generator | None,
    ) -> Batch:
        """Some takers with the limbs of givers, or with anybody's that are held, at their own shoulders or hips."""
        count, frames = len(x), x.shape[2]
        chance, hold, moment = torch.rand(3, count, generator=generator).to(x.device)
        order = torch.rand(count, count, generator=generator).to(x.device)
        held = hold < 0.5
        order = torch.where(held[:, None] | givers, order, -1).fill_diagonal_(-1)
        taken = takers & (chance < self.share) & (order.amax(dim=1) >= 0)
        frame = torch.where(held[:, None], (moment * frames).long()[:, None], torch.arange(frames, device=x.device))
        giver = x[order.argmax(dim=1)].gather(2, frame[:, None, :, None, None].expand_as(x))
        known, given = known_joints(x), known_joints(giver)
        mixed = x.clone()
        for root, joints in limbs.items():
            moved = giver[:, :, :, joints]
            moved[:, : self.coordinates] += (x - giver)[:, : self.coordinates, :, [root]]
            there = given[:, :, :, joints] & given[:, :, :, [root]] & known[:, :, :, [root]]
            mixed[:, :, :, joints] = torch.where(there, moved, 0.0)
        return torch.where(taken[:, None, None, None, None], mixed, x)
