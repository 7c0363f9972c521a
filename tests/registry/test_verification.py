"""The strictest check asks the ledger as well."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.registry.conftest import BORN
from trady2.errors import IntegrityError
from trady2.learning.model import Model
from trady2.registry import Ledger, Version, activate, load, publish, verify


def test_a_whole_version_verifies(three: list[Version]) -> None:
    """Every published version passes, under either spelling."""
    for version in three:
        verify("trady2", version.version)
        verify("trady2", version.folder)


def test_a_forgery_in_agreement_with_itself_is_found_by_the_ledger(
    three: list[Version], models: tuple[Model, ...], golden: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, manifest and card of another model under the same name load, but do not verify and cannot be activated."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("BENTOML_HOME", str(tmp_path / "forger"))
        forged = publish(
            "trady2", "1.0.0", models[2].files(), {}, golden=golden, actor="eve", born=BORN.replace(hour=12)
        )
    assert forged.version == three[0].version
    shutil.rmtree(three[0].path)
    shutil.copytree(forged.path, three[0].path)
    load("trady2", three[0].version)
    with pytest.raises(IntegrityError, match=r"calibrator\.json does not have the SHA-256 that the ledger holds"):
        verify("trady2", three[0].version)
    with pytest.raises(IntegrityError, match="that the ledger holds"):
        activate("trady2", three[0].version, reason="test", actor="eve", force=True)


def test_without_a_ledger_the_folder_speaks_for_itself(three: list[Version]) -> None:
    """A version that no ledger knows, as after an import, verifies by its own digests."""
    Ledger()._file.unlink()
    verify("trady2", three[0].version)
