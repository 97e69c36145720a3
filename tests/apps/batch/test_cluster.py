"""`stf label --cluster`: a Ray cluster of several nodes, all of them on this machine."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import DEMO, ROOT, copy_video, finish, start_process
from data.videos import write_video
from label_runs import start_label, tree

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

cluster_utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed")
pytestmark = pytest.mark.skipif(cluster_utils.cluster_not_supported, reason="Ray has no local clusters here")

ENDINGS = (".poses.npz", ".segments.csv", ".stf.json", ".stf.npz")
QUICK = {"health_check_period_ms": 500, "health_check_timeout_ms": 10_000, "health_check_failure_threshold": 4}


@pytest.fixture(scope="module")
def cluster() -> "Iterator[Cluster]":
    """A head without processors and two nodes with one each, which talk through the loopback interface only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # 15 otherwise, which waits for the tests beside these
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # else Ray takes 127.0.0.1 for the machine's address
        node = {"node_ip_address": "127.0.0.1", "object_store_memory": 80_000_000}
        head = {**node, "num_cpus": 0, "include_dashboard": False, "_system_config": QUICK}
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            cluster.add_node(num_cpus=1, **node)
        yield cluster
        cluster.shutdown()


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of 140 s, of few frames, and a short one."""
    folder = tmp_path_factory.mktemp("videos") / "in"
    folder.mkdir()
    copy_video(DEMO, folder / "a.mp4", 466, slower=9)
    write_video(folder / "b.mp4", 20)
    return folder


def test_a_cluster_that_is_gone_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "a.mp4")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")  # as the file that `ray start` leaves names one after a crash
    outcome = finish(start_process(tmp_path, "label", "a.mp4", "-o", "out", "--cluster", "auto"))
    assert "there is no Ray cluster at 'auto'" in outcome.sentence
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_cluster_puts_at_an_address_what_one_process_does(
    cluster: "Cluster",
    tmp_path: Path,
    pose_model: Path,  # noqa: ARG001
) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    (tmp_path / "in").mkdir()
    copy_video(DEMO, tmp_path / "in" / "a.mp4", 40)
    write_video(tmp_path / "in" / "b.mp4", 20)
    for address, more in (("one", ()), ("many", ("--cluster", cluster.address))):
        outcome = finish(start_label(tmp_path / "in", f"file://{tmp_path}/{address}", *more))
        assert outcome.code == 0, outcome
    assert set(tree(tmp_path / "many")) == {f"{name}{ending}" for name in "ab" for ending in ENDINGS}
    assert tree(tmp_path / "many") == tree(tmp_path / "one")


@pytest.mark.slow
def test_a_cluster_that_loses_a_machine_writes_what_one_process_does(
    cluster: "Cluster",
    videos: Path,
    pose_model: Path,  # noqa: ARG001
) -> None:
    folder = videos.parent
    process = start_process(
        folder, "label", "in", "-o", "many", "--format", "csv,npz", "--cluster", cluster.address, "--show", "json"
    )
    until = time.monotonic() + 120
    while not list(folder.glob("many/.stf-*.minutes/*.npz")):
        assert time.monotonic() < until
        assert process.poll() is None, finish(process)
        time.sleep(0.05)
    cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
    outcome = finish(process)
    assert outcome.code == 0, outcome
    assert [json.loads(line)["status"] for line in outcome.out.splitlines()] == ["done", "done"]
    assert finish(start_process(folder, "label", "in", "-o", "one", "--format", "csv,npz")).code == 0
    assert tree(folder / "many") == tree(folder / "one")
