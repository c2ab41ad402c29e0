"""The sign-in page: plain HTML in Chinese and English, without a script."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from monitor.i18n import N_, translate
from monitor.settings_parts import OidcSettings

_PAGE = """<!doctype html>
<html lang="{lang}" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/assets/login.css"><link rel="icon" href="/assets/favicon.svg"></head>
<body><main>
<img src="/assets/favicon.svg" alt="" width="56" height="56">
<h1>节约 <span>Jieyue</span></h1>
<p class="what">{what}</p>
{failed}
{provider}
{form}
<nav class="language" aria-label="语言 · Language">{languages}</nav></main></body></html>
"""
_FORM = """<form method="post" action="/login" autocomplete="on">
<input type="hidden" name="csrf" value="{csrf}"><input type="hidden" name="next" value="{goal}">
<label for="login">{login}</label>
<input id="login" name="login" autocomplete="username" autocapitalize="none" required autofocus maxlength="200">
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1000">
<button type="submit">{submit}</button>
</form>"""
_NOTICE = """<!doctype html>
<html lang="{lang}" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{at_once}
<title>{plain}</title><link rel="stylesheet" href="/assets/login.css"><link rel="icon" href="/assets/favicon.svg"></head>
<body><main>
<img src="/assets/favicon.svg" alt="" width="56" height="56">
<h1 class="notice">{title}</h1>
{said}
{links}</main></body></html>
"""

NAME, PASSWORD, SUBMIT = N_("User name"), N_("Password"), N_("Sign in")
BY_PASSWORD = N_("Administrators: with a password")
WHAT = N_("Water, power and paper against saving targets")


LANGUAGE_NAMES = {"zh": "中文", "en": "English"}


def _languages(language: str, goal: str) -> str:
    """Give a link for each language, the present one marked; the way back is kept."""
    links = []
    for code, name in LANGUAGE_NAMES.items():
        target = escape("/login?" + urlencode({"language": code, "next": goal}))
        now = ' aria-current="true"' if code == language else ""
        links.append(f'<a href="{target}" lang="{code}"{now}>{name}</a>')
    return " · ".join(links)


def _both(language: str) -> tuple[str, str]:
    return (language, "en" if language == "zh" else "zh")


def render(
    language: str,
    theme: str,
    *,
    goal: str,
    csrf: str,
    failed: str = "",
    button: OidcSettings | None = None,
    by_password: bool = True,
) -> str:
    """Give the page; labels in both languages, the reader's first, everything escaped.

    `button` is the identity provider to offer; without `by_password` the form hides behind a link.
    """

    def label(sentence: str) -> str:
        return " · ".join(escape(translate(sentence, one)) for one in _both(language))

    form = _FORM.format(
        csrf=escape(csrf), goal=escape(goal), login=label(NAME), password=label(PASSWORD), submit=label(SUBMIT)
    )
    if not by_password:
        there = escape("/login?" + urlencode({"password": "1", "next": goal}))
        form = f'<p class="other"><a href="{there}">{label(BY_PASSWORD)}</a></p>'
    return _PAGE.format(
        lang="zh-CN" if language == "zh" else "en",
        theme=theme,
        title=label(SUBMIT),
        what="<br>".join(escape(translate(WHAT, one)) for one in _both(language)),
        failed=f'<p class="failed" role="alert">⚠ {label(failed)}</p>' if failed else "",
        provider="" if button is None else _provider(language, button, goal, alone=not by_password),
        form=form,
        languages=_languages(language, goal),
    )


def _provider(language: str, settings: OidcSettings, goal: str, *, alone: bool) -> str:
    """Give the button that leads to the identity provider, before the form and what separates them."""
    labels = {"zh": settings.label_zh, "en": settings.label_en}
    there = escape("/login/oidc?" + urlencode({"next": goal}))
    shown = "<br>".join(escape(labels[one]) for one in _both(language))
    return f'<a class="button" href="{there}">{shown}</a>' + ("" if alone else '<hr aria-hidden="true">')


def notice(
    language: str,
    theme: str,
    *,
    title: str,
    said: Sequence[tuple[str, Mapping[str, object]]] = (),
    code: str = "",
    link: tuple[str, str],
    other: tuple[str, str] | None = None,
    at_once: bool = False,
) -> str:
    """Give a page that says something and leads on: `link` as a button, `other` below it; `at_once` goes there by itself."""
    titles = [escape(translate(title, one)) for one in _both(language)]
    lines = [f"<p>{escape(translate(sentence, one, **data))}</p>" for one in _both(language) for sentence, data in said]
    if code:
        lines.append(f'<p class="code">{escape(code)}</p>')
    links = [f'<a class="button" href="{escape(link[0])}">{_spoken(link[1], language)}</a>']
    if other is not None:
        links.append(f'<p class="other"><a href="{escape(other[0])}">{_spoken(other[1], language)}</a></p>')
    return _NOTICE.format(
        lang="zh-CN" if language == "zh" else "en",
        theme=theme,
        at_once=f'<meta http-equiv="refresh" content="0;url={escape(link[0])}">' if at_once else "",
        plain=titles[0],
        title="<br>".join(titles),
        said="\n".join(lines),
        links="\n".join(links),
    )


def _spoken(sentence: str, language: str) -> str:
    return " · ".join(escape(translate(sentence, one)) for one in _both(language))
