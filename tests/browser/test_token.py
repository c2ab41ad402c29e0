"""The token of forms: in the frame alone, added by the browser to what changes something on this site, to nothing else."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit

SENT = """([method, action, field]) => {
  const form = document.createElement("form");
  form.setAttribute("method", method);
  form.setAttribute("action", action);
  const input = document.createElement("input");
  input.name = field;
  input.value = "x";
  form.append(input);
  document.body.append(form);
  const sent = new FormData(form).get("csrf");
  form.remove();
  return [sent, document.getElementById("csrf").value];
}"""


@pytest.mark.parametrize("field", ["unit", "action", "method"])  # a field of such a name hides the form's own
def test_the_token_goes_with_what_changes_this_site_and_nowhere_else(visit: Callable[..., Visit], field: str) -> None:
    opened = visit("admin")
    opened.open("/targets")
    sent = {
        (method, action): opened.page.evaluate(SENT, [method, action, field])
        for method in ("POST", "GET")
        for action in ("/targets/set", "https://evil.example/targets/set", "//evil.example/", "")
    }
    token = sent["POST", ""][1]

    assert len(token) > 20
    assert {key for key, (given, _) in sent.items() if given == token} == {("POST", "/targets/set"), ("POST", "")}
    assert {given for given, _ in sent.values()} == {token, None}
    assert opened.page.locator("#content input[name=csrf]").count() == 0
