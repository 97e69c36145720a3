"""The MediaPipe pose bundle: a stored zip of two networks; checked, and built from the mediapipe 0.10.21 wheel.

The wheel (Apache-2.0) comes through the user's own pip configuration and is read as a zip, never installed; one wheel
serves every platform.
"""

import hashlib
import importlib.util
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from stf.errors import UserError

DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"
ZIP_HEADER_BYTES = 30  # of a member, before its name
ALIGNMENT_BYTES = 16  # TensorFlow Lite copies tensors that are not aligned, and warns

WHEEL = "mediapipe==0.10.21"
WHEEL_TAGS = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64")
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
BUILT_FROM = f"built from {WHEEL}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One network of the wheel: its path there, its SHA-256, and how its input picture of 0..255 is normalised."""

    path: str
    sha256: str
    mean: float
    std: float


WHEEL_PARTS = {
    DETECTOR: _Part(
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        mean=127.5,
        std=127.5,
    ),
    LANDMARKS: _Part(
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        mean=0.0,
        std=255.0,
    ),
}


def damage(bundle: Path | BytesIO) -> str | None:
    """What is wrong with a bundle, in a few words; None where both networks are there and whole."""
    try:
        with zipfile.ZipFile(bundle) as archive:
            for member in (DETECTOR, LANDMARKS):
                if archive.read(member)[4:8] != b"TFL3":
                    return f"its {member} is not a TensorFlow Lite model"
    except KeyError as error:
        return str(error.args[0])
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        return str(error)
    return None


def is_built(path: Path) -> bool:
    """Whether a sound bundle was built here rather than by Google."""
    with zipfile.ZipFile(path) as archive:
        return archive.comment.decode() == BUILT_FROM


def build() -> bytes:
    """Build the full bundle from the mediapipe wheel, byte for byte the same every time.

    Raises:
        UserError: if pip is missing or cannot get the wheel, or if the wheel is not the one known here.
    """
    if importlib.util.find_spec("pip") is None:
        raise UserError(
            f"the pose model 'full' cannot be built because this Python has no pip to get {WHEEL} with; "
            "run 'python -m ensurepip' (with uv: 'uv pip install pip') and try again"
        )
    with tempfile.TemporaryDirectory(prefix="stf-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-input", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run(  # noqa: S603  # a fixed command line
            [*command, *WHEEL_TAGS, "--dest", folder, WHEEL],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
            raise UserError(
                f"the pose model 'full' cannot be built because pip does not get {WHEEL} "
                f"({errors[-1].removeprefix('ERROR: ') if errors else 'no reason given'}); "
                "go online once or give the path of a .task file"
            )
        _expect(WHEEL_SHA256, wheel.read_bytes(), wheel.name)
        with zipfile.ZipFile(wheel) as archive:
            parts = {name: archive.read(part.path) for name, part in WHEEL_PARTS.items()}
    for name, part in WHEEL_PARTS.items():
        _expect(part.sha256, parts[name], part.path)
        parts[name] = _with_normalisation(parts[name], part.mean, part.std)
    return _pack(parts)


def _expect(sha256: str, content: bytes, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise UserError(
            f"{name} is not the file known here (SHA-256 {found}, not {sha256}); "
            "check which package index pip is set up to use"
        )


def _with_normalisation(network: bytes, mean: float, std: float) -> bytes:
    """The network with the metadata that tells MediaPipe Tasks to feed it (pixel - mean) / std.

    The schemas are MediaPipe's own; its MetadataPopulator, which would do the same, cannot be imported in 1.2.
    """
    import flatbuffers  # noqa: PLC0415  # comes with mediapipe, whose import takes half a second
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata  # noqa: PLC0415
    from mediapipe.tasks.metadata import schema_py_generated as schema  # noqa: PLC0415

    unit = metadata.ProcessUnitT()
    unit.optionsType = metadata.ProcessUnitOptions.NormalizationOptions
    unit.options = metadata.NormalizationOptionsT()
    unit.options.mean, unit.options.std = [mean], [std]
    tensor = metadata.TensorMetadataT()
    tensor.processUnits = [unit]
    subgraph = metadata.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [tensor]
    facts = metadata.ModelMetadataT()
    facts.subgraphMetadata = [subgraph]
    builder = flatbuffers.Builder()
    builder.Finish(facts.Pack(builder), b"M001")

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(network, 0))
    buffer = schema.BufferT()
    buffer.data = builder.Output()
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers)
    model.metadata = [old for old in model.metadata if old.name != entry.name.encode()] + [entry]
    model.buffers.append(buffer)
    builder = flatbuffers.Builder(len(network))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _pack(parts: dict[str, bytes]) -> bytes:
    """A stored zip of `parts` with each of them aligned, and without a time of day."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = BUILT_FROM.encode()
        for name, content in parts.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3  # the same bytes on Windows
            start = buffer.tell() + ZIP_HEADER_BYTES + len(name) + 4
            padding = -start % ALIGNMENT_BYTES
            info.extra = struct.pack("<HH", 0xD935, padding) + bytes(padding)  # the id of Android's zipalign
            archive.writestr(info, content)
    return buffer.getvalue()
