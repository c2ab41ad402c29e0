"""The waterfall of the Unit page: what the change against last year comes from."""

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import views
from dashboard.components.layout import facts, graph, panel
from dashboard.components.links import export
from dashboard.components.tables import shown
from dashboard.components.waterfall import waterfall
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.resources import from_quantity
from monitor.i18n import N_

CHANGE = N_("What the change against last year comes from")
CHANGE_RULE = N_(
    "People: what their number alone would have made of last year's use; workdays: the same for the calendar; the rest is everything else (weather, habits, equipment)."
)
NO_CHANGE = N_("Last year has no use on these days to compare with.")
NO_PEOPLE = N_("Head count and area are not known for both years; what they did is in the rest.")


def change(session: Session, here: Context, view: View, amount: Amount) -> Component:
    """Draw what the change against last year comes from, or say why that cannot be told."""
    found = views.changed(session, here, view)
    behind = views.change_steps(here, view, found)
    title, below = here.say(CHANGE), facts(here, view.resource, view.span, amount)
    if not behind.rows:
        why = [i18n.translate(one.template, here.language, **one.data) for one in found.reasons] or [
            here.say(NO_CHANGE)
        ]
        return panel(here, title, [html.P(line, className="reason") for line in why], below=below, span=6)
    labels = [str(row[0]) for row in behind.rows]
    values = [float(from_quantity(row[1], view.resource)) for row in behind.rows]
    texts = [shown(row[1], behind.columns[1], here.language) for row in behind.rows]
    texts[1:-1] = [text if text.startswith(("-", "−", "0")) else f"+{text}" for text in texts[1:-1]]
    measure = i18n.measure_name(view.resource, here.language)
    drawn = waterfall(labels, values, texts, measure=measure, theme=here.theme)
    notes = [here.say(NO_PEOPLE)] if found.unknown else []
    inside = [
        graph(drawn, f"{title}, {below}", here),
        *[html.P(note, className="barnote") for note in (*notes, here.say(CHANGE_RULE))],
    ]
    link = export("change", **view.query)
    return panel(here, title, inside, below=below, behind=behind, csv=link, span=6)
