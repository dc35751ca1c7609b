"""What a profile means to the parts that are wired together: rules, faces, lifecycle. Nothing else asks its name."""

from gateway.app.lanes_events import callbacks_of
from gateway.app.settings import Settings
from gateway.canonical.profile import PROFILES, Profile
from gateway.faces.aliases import PROFILE_HEADER, prefix_aliases
from gateway.faces.application import SPOKES
from gateway.faces.settings import FaceSettings
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.rule_set import Binding, RuleSet, Scope
from gateway.vocabulary.landscape import Landscape

__all__ = ["face_settings", "profile_of", "rules_of"]


def profile_of(settings: Settings, landscape: Landscape) -> Profile:
    """Return the profile to serve: that of the process where it names one, else the landscape's."""
    profile = landscape.profile if settings.profile is None else PROFILES[settings.profile]
    wanted = settings.prefix_aliases
    return profile if wanted is None else profile.with_prefix_aliases(wanted=wanted)


def rules_of(profile: Profile) -> RuleSet:
    """Return the bindings that hold where an operator's rule set says nothing."""
    bindings = tuple(Binding(Scope(code), Mode.WARN) for code in sorted(profile.warned))
    return RuleSet(name=profile.name, bindings=bindings)


def face_settings(settings: Settings, profile: Profile) -> FaceSettings:
    """Return the settings of the faces."""
    most = settings.max_page_size or profile.max_page_size
    partial = {} if profile.partial_status is None else dict.fromkeys(("v4", "v5"), profile.partial_status)
    return FaceSettings(
        public_url=settings.public_url or "",
        max_body_bytes=settings.max_body_bytes,
        page_size=min(settings.page_size, most),
        max_page_size=most,
        max_in_flight=settings.max_in_flight,
        max_in_flight_of_one_client=settings.max_in_flight_of_one_client,
        aliases=prefix_aliases(spoke.base for spoke in SPOKES) if profile.prefix_aliases else {},
        headers={PROFILE_HEADER: profile.name},
        callbacks=callbacks_of(settings),
        order_item_alias=profile.order_item_alias,
        partial_status={**partial, **settings.partial_status},
    )
