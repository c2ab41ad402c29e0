"""What a report says of the units below: their ranking, and what needs attention."""

from monitor.i18n import N_
from monitor.reports.blocks import Block, bullets, cell, heading, left, paragraph, run, table, text
from monitor.reports.numbers import Data
from monitor.reports.voice import Voice
from monitor.reports.words import COLOURS, INDICATOR

KINDS = {
    "rise": N_("Rise in the month"),
    "fall": N_("Fall in the month"),
    "silent": N_("Silent meters"),
}


def ranking(voice: Voice) -> list[Block]:
    """Give the section on the ranking, resource by resource; who is not judged has no rank."""
    t, found = voice.t, [heading(2, voice.section(4, voice.t(N_("Ranking by distance to the own target"))))]
    rankings = voice.data["board"]["rankings"]
    for one in rankings:
        found += [heading(3, voice.resource(one["resource"])), _ranked(voice, one)]
    if rankings:
        said = N_(
            "Distance: used so far against allowed by now; minus is below the allowance. Units that are not judged have no rank. For internal use."
        )
        found.append(paragraph(t(said), style="note"))
    else:
        found.append(paragraph(t(N_("No unit directly below has a target of its own.")), style="note"))
    return found


def _ranked(voice: Voice, one: Data) -> Block:
    t, code = voice.t, one["resource"]
    head = [
        cell(t(N_("Rank"))),
        left(t(N_("Unit"))),
        left(t(N_("Status"))),
        cell(f"{t(N_('Used so far'))} ({voice.measure(code)})"),
        cell(t(N_("Allowed by now"))),
        cell(t(N_("Distance"))),
        cell(t(N_("Coverage"))),
    ]
    rows = [
        [
            cell(str(row["rank"])),
            left(voice.name(row["unit"])),
            left(text(voice.status(row["status"]))),
            cell(voice.bare(row["used"]["quantity"], code)),
            cell(voice.bare(row["allowed"], code)),
            cell(voice.change(row["distance"])),
            cell(voice.covered(row["used"]["coverage"])),
        ]
        for row in one["rows"]
    ]
    for row in one["unranked"]:
        why = " ".join(voice.reasons(row["reasons"])) or t(N_("no comparable figure"))
        line = [
            cell("–", grey=True),
            left(voice.name(row["unit"]), grey=True),
            left(text(voice.status("not_judged")), grey=True),
            cell(voice.bare(row["used"]["quantity"], code), grey=True),
            left(why, span=2, grey=True),
            cell(voice.covered(row["used"]["coverage"]), grey=True),
        ]
        rows.append(line)
    return table(head, rows)


def attention(voice: Voice) -> list[Block]:
    """Give the section on what needs attention: amount, period and evidence of each."""
    t, found = voice.t, voice.data["exceptions"]
    title = heading(2, voice.section(5, t(N_("What needs attention"))))
    if not found["items"]:
        said = N_("Nothing: every judged target is kept, no month jumps, all meters reported.")
        return [title, paragraph(t(said), style="note")]
    blocks = [title, bullets([_exception(voice, item) for item in found["items"]], ordered=True)]
    more = found["count"] - len(found["items"])
    if more > 0:
        blocks.append(paragraph(t(N_("and {count} more, see the overview page"), count=more), style="note"))
    return blocks


def _exception(voice: Voice, item: Data) -> list[list[dict[str, str]]]:
    named = f"{voice.name(item['unit'])} · {voice.resource(item['resource'])}"
    if "target" in item:
        named += f" · {voice.word(INDICATOR, item['target']['indicator'])}"
        state = voice.status(item["code"])
    else:
        state = run(voice.t(KINDS[item["code"]]), "b", COLOURS.get(item["code"], ""))
    return [text(run(named, "b"), "  ", state), text(voice.joined(voice.sentences(item)))]
