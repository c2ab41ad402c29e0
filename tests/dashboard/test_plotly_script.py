"""The part of plotly that pages need is served in place of the whole."""

import gzip
import re
from importlib.metadata import distribution
from pathlib import Path

from dashboard import plotlyjs
from tests.dashboard.conftest import Web

VERSION = re.compile(rb"plotly\.js (?:\(cartesian - minified\) )?v([\d.]+)")


def test_the_cartesian_part_is_of_the_version_that_the_plotly_package_carries() -> None:
    packaged = Path(str(distribution("plotly").locate_file("plotly/package_data/plotly.min.js")))
    with packaged.open("rb") as stream:
        [whole] = VERSION.findall(stream.read(300))
    [part] = VERSION.findall(gzip.decompress(plotlyjs.FILE.read_bytes())[:300])
    assert part == whole, "take plotly.js-cartesian-dist-min of this version over: docs/decisions/dependencies.md"


def test_the_script_is_small_kept_by_browsers_and_known_again(web: Web) -> None:
    client = web.client("admin")
    answer = client.get(plotlyjs.ADDRESS, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert len(answer.data) < 520_000
    assert "max-age=" in answer.headers["Cache-Control"]
    again = client.get(plotlyjs.ADDRESS, headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    plain = client.get(plotlyjs.ADDRESS, headers={"Accept-Encoding": "identity"})
    assert plain.data == gzip.decompress(answer.data)


def test_charts_are_of_kinds_that_the_part_has() -> None:
    folder = Path(plotlyjs.__file__).parent
    kinds = {
        kind
        for path in folder.glob("components/*.py")
        for kind in re.findall(r'"type": "([a-z0-9]+)"', path.read_text(encoding="utf-8"))
    }
    assert kinds - {"category", "line", "filter", "explain"} == {"bar", "scatter", "heatmap"}
