"""Who may do what: roles, actions, the one permission table; pure, asked by every query and service."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.errors import Forbidden, NotFound


class Role(StrEnum):
    """Granted to a person on a node of the organisation; holds for the whole sub-tree."""

    VIEWER = "viewer"
    EDITOR = "editor"
    MANAGER = "manager"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done; the table below says from which role upwards."""

    VIEW = "view"
    EDIT_READINGS = "edit_readings"
    HANDLE_ALERT = "handle_alert"
    IMPORT = "import"
    SET_TARGET = "set_target"
    SEND_REPORT = "send_report"
    CLOSE_MONTH = "close_month"
    MANAGE_ORGANISATION = "manage_organisation"
    MANAGE_PEOPLE = "manage_people"


_ORDER = (Role.VIEWER, Role.EDITOR, Role.MANAGER, Role.ADMIN)

LEAST_ROLE: dict[Action, Role] = {
    Action.VIEW: Role.VIEWER,
    Action.EDIT_READINGS: Role.EDITOR,
    Action.HANDLE_ALERT: Role.EDITOR,
    Action.IMPORT: Role.MANAGER,
    Action.SET_TARGET: Role.MANAGER,
    Action.SEND_REPORT: Role.MANAGER,
    Action.CLOSE_MONTH: Role.MANAGER,
    Action.MANAGE_ORGANISATION: Role.ADMIN,
    Action.MANAGE_PEOPLE: Role.ADMIN,
}


def allows(role: Role, action: Action) -> bool:
    """Tell whether this role suffices for this action."""
    return _ORDER.index(role) >= _ORDER.index(LEAST_ROLE[action])


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `roles` has the strongest role for each unit id that the grants reach, sub-trees spelled out.

    `root_ids` are the top units of the organisation: what belongs to nobody's sub-tree in particular (sources, people,
    settings) asks for a role there.
    """

    user_id: int | None
    login: str
    roles: dict[int, Role] = field(default_factory=dict)
    root_ids: frozenset[int] = frozenset()
    system: bool = False

    def units(self, action: Action = Action.VIEW) -> frozenset[int]:
        """Give the units on which this actor may do this (the scope); empty for a stranger."""
        return frozenset(unit for unit, role in self.roles.items() if allows(role, action))

    def may(self, action: Action, unit_id: int) -> bool:
        """Tell whether the actor may do this to this unit."""
        return self.system or (unit_id in self.roles and allows(self.roles[unit_id], action))

    def may_everywhere(self, action: Action) -> bool:
        """Tell whether the actor may do this to the organisation as a whole."""
        return self.system or any(self.may(action, unit) for unit in self.root_ids)

    def require(self, action: Action, unit_id: int) -> None:
        """Refuse: NotFound where the unit may not even be seen, Forbidden where only the action is not allowed."""
        if self.may(action, unit_id):
            return
        if not self.may(Action.VIEW, unit_id):
            raise NotFound("NOT_FOUND", "There is no such unit, or you may not see it.")
        raise Forbidden("FORBIDDEN", "Your role on this unit does not allow this.")

    def require_everywhere(self, action: Action) -> None:
        """Refuse unless the action is allowed on the organisation as a whole; strangers learn nothing."""
        if self.may_everywhere(action):
            return
        if not self.roles:
            raise NotFound("NOT_FOUND", "There is no such thing, or you may not see it.")
        raise Forbidden("FORBIDDEN", "Your role on this unit does not allow this.")


NOBODY = Actor(None, "")
SYSTEM = Actor(None, "system", system=True)


def scope_of(actor: Actor, wanted: Iterable[int], action: Action = Action.VIEW) -> frozenset[int]:
    """Keep of `wanted` what the actor may see; the system sees all."""
    return frozenset(wanted) if actor.system else frozenset(wanted) & actor.units(action)


def may_approve(actor: Actor, unit_id: int, parent_id: int | None) -> bool:
    """Tell whether the actor may approve a unit's target: who sets targets of the unit above, or the unit's administrator."""
    above = parent_id is not None and actor.may(Action.SET_TARGET, parent_id)
    return above or actor.may(Action.MANAGE_ORGANISATION, unit_id)
