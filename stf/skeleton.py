"""Skeleton layouts: the only place where joint numbers are written.

Every other module asks a `SkeletonLayout` for its joints by name. Names are lower case with the side first
(`left_elbow`); numbers are 0-based.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from stf.errors import UserError

Edge = tuple[int, int]


@dataclass(frozen=True)
class SkeletonLayout:
    """A fixed set of named joints and the bones between them.

    Attributes:
        name: short identifier, stored in checkpoints (`ntu25`).
        joints: V joint names; a joint's number is its place here.
        edges: bones as (child, parent), every joint except the centre being the child of exactly one bone in a
            tree layout; layouts that only describe landmarks (MediaPipe) may have cycles.
        centre: the joint that bones lead towards, and the joint with no bone of its own.
        limbs: joint numbers grouped for display and for body-part dropout, together covering every joint once.
        channels: what the C numbers of a joint are: coordinates, and `score` where the layout carries one.
    """

    name: str
    joints: tuple[str, ...]
    edges: tuple[Edge, ...]
    centre: int
    limbs: Mapping[str, tuple[int, ...]]
    channels: tuple[str, ...] = ("x", "y", "z")

    @property
    def num_joints(self) -> int:
        """V, the number of joints."""
        return len(self.joints)

    @property
    def num_coordinates(self) -> int:
        """How many of the channels are coordinates (they come first): 3 in space, 2 in the image plane."""
        return len(self.channels) - ("score" in self.channels)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.joints)}

    def index(self, name: str) -> int:
        """The number of the joint called `name`.

        Raises:
            KeyError: if the layout has no such joint.
        """
        return self._number[name]

    def indices(self, *names: str) -> list[int]:
        """The numbers of several joints, in the order given."""
        return [self._number[name] for name in names]

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """The parent of each joint; the centre is its own parent."""
        parent = {self.centre: self.centre}
        for child, end in self.edges:
            parent.setdefault(child, end)
        return tuple(parent.get(joint, joint) for joint in range(self.num_joints))

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """The joint numbers after left and right change places: `joints[..., mirror, :]` swaps the sides."""
        other = {"left": "right", "right": "left"}
        swapped = []
        for name in self.joints:
            side, _, rest = name.partition("_")
            swapped.append(self._number[f"{other[side]}_{rest}"] if side in other else self._number[name])
        return tuple(swapped)


def _layout(
    name: str, joints: str, bones: str, centre: str, limbs: Mapping[str, str], channels: str = "x y z"
) -> SkeletonLayout:
    """Build a layout from words: `bones` is a list of child>parent pairs."""
    names = tuple(joints.split())
    number = {joint: n for n, joint in enumerate(names)}
    edges = []
    for bone in bones.split():
        child, parent = bone.split(">")
        edges.append((number[child], number[parent]))
    groups = {limb: tuple(number[joint] for joint in members.split()) for limb, members in limbs.items()}
    return SkeletonLayout(name, names, tuple(edges), number[centre], groups, tuple(channels.split()))


NTU25 = _layout(
    "ntu25",
    """spine_base spine_mid neck head
    left_shoulder left_elbow left_wrist left_hand right_shoulder right_elbow right_wrist right_hand
    left_hip left_knee left_ankle left_foot right_hip right_knee right_ankle right_foot
    spine_shoulder left_hand_tip left_thumb right_hand_tip right_thumb""",
    """spine_base>spine_mid spine_mid>spine_shoulder neck>spine_shoulder head>neck
    left_shoulder>spine_shoulder left_elbow>left_shoulder left_wrist>left_elbow left_hand>left_wrist
    right_shoulder>spine_shoulder right_elbow>right_shoulder right_wrist>right_elbow right_hand>right_wrist
    left_hip>spine_base left_knee>left_hip left_ankle>left_knee left_foot>left_ankle
    right_hip>spine_base right_knee>right_hip right_ankle>right_knee right_foot>right_ankle
    left_hand_tip>left_thumb left_thumb>left_hand right_hand_tip>right_thumb right_thumb>right_hand""",
    "spine_shoulder",
    {
        "trunk": "head neck spine_shoulder spine_mid spine_base",
        "left arm": "left_shoulder left_elbow left_wrist left_hand left_hand_tip left_thumb",
        "right arm": "right_shoulder right_elbow right_wrist right_hand right_hand_tip right_thumb",
        "left leg": "left_hip left_knee left_ankle left_foot",
        "right leg": "right_hip right_knee right_ankle right_foot",
    },
)
"""NTU RGB+D (Kinect v2), 25 joints; bones and centre as ST-GCN, 2s-AGCN and CTR-GCN use them."""

KINETICS18 = _layout(
    "kinetics18",
    """nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist
    right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye left_eye right_ear left_ear""",
    """right_wrist>right_elbow right_elbow>right_shoulder left_wrist>left_elbow left_elbow>left_shoulder
    left_ankle>left_knee left_knee>left_hip right_ankle>right_knee right_knee>right_hip
    left_hip>left_shoulder right_hip>right_shoulder left_shoulder>neck right_shoulder>neck nose>neck
    right_eye>nose left_eye>nose right_ear>right_eye left_ear>left_eye""",
    "neck",
    {
        "head": "nose neck right_eye left_eye right_ear left_ear",
        "left arm": "left_shoulder left_elbow left_wrist",
        "right arm": "right_shoulder right_elbow right_wrist",
        "left leg": "left_hip left_knee left_ankle",
        "right leg": "right_hip right_knee right_ankle",
    },
    channels="x y score",
)
"""Kinetics-Skeleton (OpenPose), 18 joints in the image plane with a score each: x to the image's right and y down, as
fractions of its width and height minus 0.5; score in [0, 1]."""

KINECT20 = _layout(
    "kinect20",
    """spine_base spine_mid spine_shoulder head
    left_shoulder left_elbow left_wrist left_hand right_shoulder right_elbow right_wrist right_hand
    left_hip left_knee left_ankle left_foot right_hip right_knee right_ankle right_foot""",
    """spine_base>spine_mid spine_mid>spine_shoulder head>spine_shoulder
    left_shoulder>spine_shoulder left_elbow>left_shoulder left_wrist>left_elbow left_hand>left_wrist
    right_shoulder>spine_shoulder right_elbow>right_shoulder right_wrist>right_elbow right_hand>right_wrist
    left_hip>spine_base left_knee>left_hip left_ankle>left_knee left_foot>left_ankle
    right_hip>spine_base right_knee>right_hip right_ankle>right_knee right_foot>right_ankle""",
    "spine_shoulder",
    {
        "trunk": "head spine_shoulder spine_mid spine_base",
        "left arm": "left_shoulder left_elbow left_wrist left_hand",
        "right arm": "right_shoulder right_elbow right_wrist right_hand",
        "left leg": "left_hip left_knee left_ankle left_foot",
        "right leg": "right_hip right_knee right_ankle right_foot",
    },
)
"""Kinect v1, 20 joints (N-UCLA, PRECOG; UTD-MHAD after reordering). Hip centre is called `spine_base`, shoulder
centre `spine_shoulder`, as in NTU-25."""

COCO17 = _layout(
    "coco17",
    """nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow
    left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle""",
    """left_ankle>left_knee left_knee>left_hip left_hip>left_shoulder left_wrist>left_elbow left_elbow>left_shoulder
    right_ankle>right_knee right_knee>right_hip right_hip>right_shoulder right_wrist>right_elbow
    right_elbow>right_shoulder left_shoulder>nose right_shoulder>nose
    left_ear>left_eye left_eye>nose right_ear>right_eye right_eye>nose""",
    "nose",
    {
        "head": "nose left_eye right_eye left_ear right_ear",
        "left arm": "left_shoulder left_elbow left_wrist",
        "right arm": "right_shoulder right_elbow right_wrist",
        "left leg": "left_hip left_knee left_ankle",
        "right leg": "right_hip right_knee right_ankle",
    },
    channels="x y score",
)
"""COCO (HRNet and most 2D estimators), 17 joints in the image plane with a score each, in the units of KINETICS18;
bones and centre as PYSKL uses them."""

MEDIAPIPE33 = _layout(
    "mediapipe33",
    """nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear
    left_mouth right_mouth left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist
    left_pinky right_pinky left_index right_index left_thumb right_thumb left_hip right_hip left_knee right_knee
    left_ankle right_ankle left_heel right_heel left_foot_index right_foot_index""",
    """left_eye_inner>nose left_eye>left_eye_inner left_eye_outer>left_eye left_ear>left_eye_outer
    right_eye_inner>nose right_eye>right_eye_inner right_eye_outer>right_eye right_ear>right_eye_outer
    left_mouth>right_mouth left_shoulder>right_shoulder left_elbow>left_shoulder left_wrist>left_elbow
    left_pinky>left_wrist left_index>left_wrist left_thumb>left_wrist left_index>left_pinky
    right_elbow>right_shoulder right_wrist>right_elbow
    right_pinky>right_wrist right_index>right_wrist right_thumb>right_wrist right_index>right_pinky
    left_hip>left_shoulder right_hip>right_shoulder left_hip>right_hip
    left_knee>left_hip left_ankle>left_knee left_heel>left_ankle left_foot_index>left_heel left_foot_index>left_ankle
    right_knee>right_hip right_ankle>right_knee right_heel>right_ankle right_foot_index>right_heel
    right_foot_index>right_ankle""",
    "nose",
    {
        "head": """nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer
        left_ear right_ear left_mouth right_mouth""",
        "left arm": "left_shoulder left_elbow left_wrist left_pinky left_index left_thumb",
        "right arm": "right_shoulder right_elbow right_wrist right_pinky right_index right_thumb",
        "left leg": "left_hip left_knee left_ankle left_heel left_foot_index",
        "right leg": "right_hip right_knee right_ankle right_heel right_foot_index",
    },
)
"""MediaPipe Pose, 33 landmarks; the edges are the ones drawn, not a tree."""

PENN13 = _layout(
    "penn13",
    """head right_shoulder left_shoulder right_elbow left_elbow right_wrist left_wrist
    right_hip left_hip right_knee left_knee right_ankle left_ankle""",
    """right_wrist>right_elbow right_elbow>right_shoulder left_wrist>left_elbow left_elbow>left_shoulder
    right_ankle>right_knee right_knee>right_hip left_ankle>left_knee left_knee>left_hip
    left_hip>left_shoulder right_hip>right_shoulder left_shoulder>head right_shoulder>head""",
    "head",
    {
        "head": "head",
        "left arm": "left_shoulder left_elbow left_wrist",
        "right arm": "right_shoulder right_elbow right_wrist",
        "left leg": "left_hip left_knee left_ankle",
        "right leg": "right_hip right_knee right_ankle",
    },
    channels="x y score",
)
"""Penn Action, 13 joints in the image plane with a score each; sides are the person's own."""

HDM31 = _layout(
    "hdm31",
    """root left_hip left_knee left_ankle left_ball left_toes right_hip right_knee right_ankle right_ball right_toes
    lower_back upper_back thorax lower_neck upper_neck head
    left_shoulder left_elbow left_forearm left_wrist left_hand left_fingers left_thumb
    right_shoulder right_elbow right_forearm right_wrist right_hand right_fingers right_thumb""",
    """left_hip>root left_knee>left_hip left_ankle>left_knee left_ball>left_ankle left_toes>left_ball
    right_hip>root right_knee>right_hip right_ankle>right_knee right_ball>right_ankle right_toes>right_ball
    root>lower_back lower_back>upper_back upper_back>thorax lower_neck>thorax upper_neck>lower_neck head>upper_neck
    left_shoulder>thorax left_elbow>left_shoulder left_forearm>left_elbow left_wrist>left_forearm
    left_hand>left_wrist left_fingers>left_hand left_thumb>left_wrist
    right_shoulder>thorax right_elbow>right_shoulder right_forearm>right_elbow right_wrist>right_forearm
    right_hand>right_wrist right_fingers>right_hand right_thumb>right_wrist""",
    "thorax",
    {
        "trunk": "root lower_back upper_back thorax lower_neck upper_neck head",
        "left arm": "left_shoulder left_elbow left_forearm left_wrist left_hand left_fingers left_thumb",
        "right arm": "right_shoulder right_elbow right_forearm right_wrist right_hand right_fingers right_thumb",
        "left leg": "left_hip left_knee left_ankle left_ball left_toes",
        "right leg": "right_hip right_knee right_ankle right_ball right_toes",
    },
)
"""HDM05 (Vicon), 31 joints: the root and the far end of every bone, in the order of the ASF files. The forearm has a
joint in its middle, where it twists."""

PRMD22 = _layout(
    "prmd22",
    """waist spine chest neck head head_tip left_collar left_shoulder left_elbow left_wrist
    right_collar right_shoulder right_elbow right_wrist
    left_hip left_knee left_ankle left_toes right_hip right_knee right_ankle right_toes""",
    """waist>spine spine>chest neck>chest head>neck head_tip>head
    left_collar>chest left_shoulder>left_collar left_elbow>left_shoulder left_wrist>left_elbow
    right_collar>chest right_shoulder>right_collar right_elbow>right_shoulder right_wrist>right_elbow
    left_hip>waist left_knee>left_hip left_ankle>left_knee left_toes>left_ankle
    right_hip>waist right_knee>right_hip right_ankle>right_knee right_toes>right_ankle""",
    "chest",
    {
        "trunk": "waist spine chest neck head head_tip",
        "left arm": "left_collar left_shoulder left_elbow left_wrist",
        "right arm": "right_collar right_shoulder right_elbow right_wrist",
        "left leg": "left_hip left_knee left_ankle left_toes",
        "right leg": "right_hip right_knee right_ankle right_toes",
    },
)
"""UI-PRMD (Kinect v2 through an animation program), 22 joints in the order of its files."""

CMU22 = _layout(
    "cmu22",
    """hips spine chest neck head head_top left_shoulder left_elbow left_wrist left_hand
    right_shoulder right_elbow right_wrist right_hand
    left_hip left_knee left_ankle left_toe right_hip right_knee right_ankle right_toe""",
    """hips>spine spine>chest neck>chest head>neck head_top>head
    left_shoulder>chest left_elbow>left_shoulder left_wrist>left_elbow left_hand>left_wrist
    right_shoulder>chest right_elbow>right_shoulder right_wrist>right_elbow right_hand>right_wrist
    left_hip>hips left_knee>left_hip left_ankle>left_knee left_toe>left_ankle
    right_hip>hips right_knee>right_hip right_ankle>right_knee right_toe>right_ankle""",
    "chest",
    {
        "trunk": "hips spine chest neck head head_top",
        "left arm": "left_shoulder left_elbow left_wrist left_hand",
        "right arm": "right_shoulder right_elbow right_wrist right_hand",
        "left leg": "left_hip left_knee left_ankle left_toe",
        "right leg": "right_hip right_knee right_ankle right_toe",
    },
)
"""The CMU motion capture trials at 30 Hz, 22 joints in the order of their file."""

LAYOUTS: Mapping[str, SkeletonLayout] = {
    layout.name: layout for layout in (NTU25, KINETICS18, KINECT20, COCO17, MEDIAPIPE33, PENN13, HDM31, PRMD22, CMU22)
}


def get_layout(name: str) -> SkeletonLayout:
    """The layout called `name`.

    Raises:
        UserError: if there is none.
    """
    try:
        return LAYOUTS[name]
    except KeyError:
        raise UserError(f"there is no skeleton layout '{name}'; known are {', '.join(sorted(LAYOUTS))}") from None
