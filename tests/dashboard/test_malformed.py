"""Whatever a signed-in browser sends to the callback address, the answer is never a failure of ours."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard import guards
from tests.dashboard.conftest import Web

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OUTPUTS = (guards.ROUTER, "..explain.opened...explained.children..", "..upload-goes.href...upload-answer.children..")


def parts(app_inputs: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
    """Give inputs of the right shape with any values, or of no shape at all."""
    right = st.tuples(
        *(
            st.fixed_dictionaries({"id": st.just(one["id"]), "property": st.just(one["property"]), "value": JSON})
            for one in app_inputs
        )
    )
    return right.map(list) | JSON


def test_no_body_makes_the_server_fail(web: Web) -> None:
    client = web.client("admin")
    shapes = {output: web.app.callback_map[output] for output in OUTPUTS}

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        output = data.draw(st.sampled_from(OUTPUTS))
        body = {
            "output": output,
            "outputs": data.draw(JSON),
            "inputs": data.draw(parts(shapes[output]["inputs"])),
            "state": data.draw(parts(shapes[output]["state"])),
            "changedPropIds": data.draw(st.lists(st.text(max_size=10), max_size=2) | JSON),
        }
        answer = client.post(guards.ENDPOINT, json=body)

        assert answer.status_code < 500, (answer.status_code, body)
        assert "Traceback" not in answer.text

    check()
