"""What the alerts page does: acknowledge, set rules, make channels and test them; undo an import from its receipt."""

from dash import Dash

from dashboard.admin.answers import Answer, Posted, everywhere, route, somewhere
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.domain.alerts import RULES
from monitor.i18n import LANGUAGES, N_
from monitor.scheduling import messages
from monitor.services import alerts, channels, corrections
from monitor.services.channels import ChannelSpec

CHANNEL_KINDS = {
    "mail": N_("E-mail"),
    "webhook": N_("Webhook (JSON)"),
    "wecom": N_("WeCom robot"),
    "dingtalk": N_("DingTalk robot"),
    "feishu": N_("Feishu robot"),
}
TESTED = N_("The test message was taken.")


def register(app: Dash) -> None:
    """Add the routes."""
    admins = everywhere(Action.MANAGE_ORGANISATION)
    beside = {"NOTE_MISSING": "note", "MAIL_ADDRESS": "address", "WEBHOOK_ADDRESS": "address"}
    route(app, "alerts/acknowledge", _acknowledge, somewhere(Action.HANDLE_ALERT), fields=beside)
    route(app, "alerts/rule", _rule, admins)
    route(app, "alerts/channel", _channel, admins, fields=beside)
    route(app, "imports/undo", _undo, everywhere(Action.IMPORT), fields={"REASON_MISSING": "reason"})


def _acknowledge(here: Context, posted: Posted) -> Answer:
    number, note = posted.whole("alert", -1), posted.text("note", most=2000, need=True)
    posted.done()
    with here.session(write=True) as session:
        alerts.acknowledge(session, here.actor, number, note, now=here.now())
    return {"go": address("/alerts", alert=number, message="acknowledged")}


def _rule(here: Context, posted: Posted) -> Answer:
    kind = posted.choice("kind", RULES)
    posted.done()
    limits = {limit.key: posted.raw(limit.key) for limit in RULES[kind].limits}
    with here.session(write=True) as session:
        alerts.set_rule(session, here.actor, kind, enabled=posted.check("enabled"), limits=limits, now=here.now())
    return {"go": address("/alerts", message="saved")}


def _channel(here: Context, posted: Posted) -> Answer:
    """Save a channel, remove it, or send it a test message."""
    number = posted.whole("channel") or None
    if number is not None and posted.step in {"remove", "test"}:
        return _remove(here, number) if posted.step == "remove" else _test(here, number)
    unit = posted.raw("unit")
    spec = {
        "kind": posted.choice("kind", CHANNEL_KINDS),
        "language": posted.choice("language", LANGUAGES),
        "address": posted.text("address", most=1000, need=number is None),
        "rules": tuple(kind for kind in RULES if posted.check(f"rule.{kind}")),
        "enabled": posted.check("enabled"),
    }
    posted.done()
    with here.session(write=True) as session:
        if number is not None and not spec["address"]:
            spec["address"] = channels.address_of(session, here.actor, number)[1]
        made = ChannelSpec(unit_id=int(unit) if unit.isascii() and unit.isdigit() else None, **spec)  # type: ignore[arg-type]
        channels.save_channel(session, here.actor, made, channel_id=number, now=here.now())
    return {"go": address("/alerts", message="saved")}


def _remove(here: Context, number: int) -> Answer:
    with here.session(write=True) as session:
        channels.remove_channel(session, here.actor, number, now=here.now())
    return {"go": address("/alerts", message="removed")}


def _test(here: Context, number: int) -> Answer:
    with here.session() as session:
        kind, goal, language = channels.address_of(session, here.actor, number)
    messages.send_test(here.site.settings, kind, goal, language)
    return {"message": here.say(TESTED), "tone": "good"}


def _undo(here: Context, posted: Posted) -> Answer:
    """Undo a run with a reason and show its receipt again."""
    number, reason = posted.whole("run", -1), posted.text("reason", most=2000, need=True)
    posted.done()
    with here.session(write=True) as session:
        corrections.undo_run(session, here.actor, number, reason, now=here.now())
    return {"go": address("/receipt", run=number)}
