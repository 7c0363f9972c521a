from pathlib import Path

import pytest

from trady2.registry.processor import processor

X86 = "processor\t: 0\nmodel name\t: AMD EPYC 9R14\nflags\t\t: fpu sse4_2 avx avx2 fma avx512f\n\nprocessor\t: 1\n"
ARM = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd sve\nCPU part\t: 0xd40\n"


@pytest.mark.parametrize(
    ("text", "model", "units"),
    [(X86, "AMD EPYC 9R14", ["avx", "avx2", "avx512f", "fma", "sse4_2"]), (ARM, "0xd40", ["asimd", "sve"])],
    ids=["x86", "arm"],
)
def test_linux_tells_model_and_vector_units(tmp_path: Path, text: str, model: str, units: list[str]) -> None:
    """The first processor's name and the units that numeric libraries choose their code by are read."""
    (tmp_path / "cpuinfo").write_text(text)
    found = processor(tmp_path / "cpuinfo")
    assert (found["model"], sorted(found["vector_units"])) == (model, units)
    assert found["cores"] >= 1


def test_elsewhere_little_is_known(tmp_path: Path) -> None:
    """Without the file there are no vector units, and nothing fails."""
    assert processor(tmp_path / "none")["vector_units"] == []
