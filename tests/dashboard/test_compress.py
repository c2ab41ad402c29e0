"""Answers are gzipped for those who ask, and say the same."""

import gzip

import pytest

from tests.dashboard.conftest import Web

ASKED = {"Accept-Encoding": "gzip, deflate"}


@pytest.mark.parametrize(
    "address", ["/_dash-layout", "/assets/jieyue.css", "/export/days.csv?unit=finance", "/_dash-dependencies"]
)
def test_a_compressed_answer_says_the_same(web: Web, address: str) -> None:
    client = web.client("admin")
    plain, packed = client.get(address, buffered=True), client.get(address, headers=ASKED, buffered=True)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data)
    assert int(packed.headers["Content-Length"]) == len(packed.data)


def test_a_short_answer_goes_as_it_is(web: Web) -> None:
    assert "Content-Encoding" not in web.client("").get("/healthz", headers=ASKED).headers


def test_one_person_never_gets_what_was_packed_for_another(web: Web) -> None:
    own, parent = web.client("own"), web.client("parent")
    address = "/export/days.csv"

    assert own.get(address, headers=ASKED).data != parent.get(address, headers=ASKED).data
