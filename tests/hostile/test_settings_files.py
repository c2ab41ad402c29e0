"""Site files and profiles that are broken or mean harm: refused with file and reason, by an error of ours."""

from contextlib import suppress
from pathlib import Path

import pytest

from monitor.errors import ConfigurationError
from monitor.i18n import translate
from monitor.intake import registry
from monitor.services.setup import load_site
from tests.hostile.mutate import mutated

SITE = (
    '[[units]]\ncode = "hq"\nzh = "总部"\nen = "Headquarters"\n\n[[units.facts]]\nkind = "head_count"\nvalue = "120"\n'
)
PROFILE = '[meter]\ncolumn = "m"\n[time]\ncolumn = "t"\ninterval = "1h"\n[value]\ncolumn = "v"\n'
BROKEN = {
    "nothing that is TOML": b"<html>", "NULs": bytes(100), "UTF-16": SITE.encode("utf-16"), "GBK": SITE.encode("gbk"), "cut": SITE.encode()[:-4],
    "5,000 brackets": b"a = " + b"[" * 5000, "5,000 tables": b"a = " + b"{b = " * 5000, "5,000 digits": b"a = " + b"9" * 5000,
    "a key twice": b"a = 1\na = 2", "a day that is none": b"a = 2026-02-30", "an unknown key": b"nobody = 1", "a list for a table": b"units = 1",
    "a number for a code": SITE.replace('"hq"', "1e999").encode(), "5,000 dots": b"x." * 2000 + b"a = 1", "a NUL in a name": SITE.replace("总部", "\\u0000").encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_site_file_that_is_broken_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "SITE.toml"
    path.write_bytes(BROKEN[name])
    if name == "a NUL in a name":  # it is taken out where it is stored
        assert load_site(path)
        return
    with pytest.raises(ConfigurationError) as caught:
        load_site(path)
    for language in ("zh", "en"):
        assert "SITE.toml" in translate(caught.value.template, language, **caught.value.data)


@pytest.mark.parametrize("name", [name for name in BROKEN if name != "a NUL in a name"])
def test_a_profile_that_is_broken_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "profile.toml"
    path.write_bytes(BROKEN[name])

    with pytest.raises(ConfigurationError):
        registry.build("tabular", {"profile": str(path)})


def test_no_damage_makes_them_fail(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for seed in range(300):
        path.write_bytes(mutated((SITE if seed % 2 else PROFILE).encode(), seed))
        with suppress(ConfigurationError):
            if seed % 2:
                load_site(path)
            else:
                registry.build("tabular", {"profile": str(path)})
