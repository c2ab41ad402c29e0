"""The sign-in page: plain HTML in Chinese and English, without a script."""

from html import escape
from urllib.parse import urlencode

from monitor.i18n import N_, translate

_PAGE = """<!doctype html>
<html lang="{lang}" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/assets/login.css"><link rel="icon" href="/assets/favicon.svg"></head>
<body><main>
<img src="/assets/favicon.svg" alt="" width="56" height="56">
<h1>节约 <span>Jieyue</span></h1>
<p class="what">{what}</p>
{failed}
<form method="post" action="/login" autocomplete="on">
<input type="hidden" name="csrf" value="{csrf}"><input type="hidden" name="next" value="{goal}">
<label for="login">{login}</label>
<input id="login" name="login" autocomplete="username" autocapitalize="none" required autofocus maxlength="200">
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1000">
<button type="submit">{submit}</button>
</form>
<nav class="language" aria-label="语言 · Language">{languages}</nav></main></body></html>
"""

NAME, PASSWORD, SUBMIT = N_("User name"), N_("Password"), N_("Sign in")
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


def render(language: str, theme: str, *, goal: str, csrf: str, failed: str = "") -> str:
    """Give the page; labels in both languages, the reader's first, everything escaped."""
    order = (language, "en" if language == "zh" else "zh")

    def label(sentence: str) -> str:
        return " · ".join(escape(translate(sentence, one)) for one in order)

    return _PAGE.format(
        lang="zh-CN" if language == "zh" else "en",
        theme=theme,
        title=label(SUBMIT),
        what="<br>".join(escape(translate(WHAT, one)) for one in order),
        failed=f'<p class="failed" role="alert">⚠ {label(failed)}</p>' if failed else "",
        csrf=escape(csrf),
        goal=escape(goal),
        login=label(NAME),
        password=label(PASSWORD),
        submit=label(SUBMIT),
        languages=_languages(language, goal),
    )
