"""What the parsing child is given and says; its limits and its end are tested with `first_parse`."""

import json
import os
import subprocess
import sys

import pytest

from tests.registry.conftest import ROOT
from trady2.registry import Version
from trady2.registry.integrity import Sealed, read_sealed
from trady2.registry.parse_child import packed, said_of

# Runs the child's own main and tells which limits it has set, and which modules it has not imported.
LIMITS = """
import json, resource, sys
from trady2.registry import parse_child
parse_child.main()
limits = [resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] for name in ("CORE", "FSIZE", "CPU", "AS")]
print(json.dumps([limits, [name for name in ("pandas", "sklearn") if sys.modules.get(name)],
                  open("/proc/self/oom_score_adj").read().strip()]))
"""


@pytest.fixture
def sealed(three: list[Version]) -> Sealed:
    """The checked bytes of a version with two heads."""
    return read_sealed(three[0].path, name="trady2", folder=three[0].folder)


def test_a_good_version_leaves_nothing_to_say(sealed: Sealed) -> None:
    """A whole version passes, from a parcel that holds what is parsed and nothing else."""
    parcel = packed(sealed, "trady2:1.0.0")
    assert said_of(parcel) is None
    assert sealed.files["model.joblib"] not in parcel
    assert sealed.files["model_down.txt"] in parcel


def test_what_is_wrong_is_told_with_its_values(sealed: Sealed) -> None:
    """A missing second head is told with version, file and reason; what is no plain value is left out."""
    files = {name: content for name, content in sealed.files.items() if name != "model_down.txt"}
    told = said_of(packed(Sealed(sealed.manifest, "", files), "trady2:1.0.0"))
    assert told["values"]["file"] == "model_down.txt"
    assert told["message"].startswith("trady2:1.0.0: model_down.txt is missing")


def test_another_shape_is_told_as_well(sealed: Sealed) -> None:
    """Whatever else goes wrong becomes a refusal of the version by name."""
    told = said_of(packed(Sealed({**sealed.manifest, "golden": None}, "", sealed.files), "trady2:1.0.0"))
    assert told["message"].startswith("trady2:1.0.0: model.txt or model_down.txt or calibrator.json cannot be parsed")


def test_the_child_sets_its_limits_before_it_reads(sealed: Sealed) -> None:
    """No core dump, no file, a cap of processor time and memory; first to go where memory runs out; no pandas."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITS, str(1 << 30), "20"],
        input=packed(sealed, "trady2:1.0.0"),
        capture_output=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        check=True,
    )
    said, told = (json.loads(line) for line in done.stdout.splitlines())
    assert said is None
    assert told == [[0, 0, 20, 1 << 30], [], "1000"]
