"""An inferred rule with its member names as on the wire: the parsers do the same for declared ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key, Setting, Source, Within
from threadmock.specs.members import steps_of
from threadmock.specs.operations.spelling import as_written


def spell_rule(rule: Rule, spell: Spell) -> Rule:
    """The rule; its members are spelled as on the wire, names of parameters and headers stay."""
    if spell is as_written:
        return rule
    listing = rule.listing
    return replace(
        rule,
        key=_key(rule.key, spell),
        within=_within(rule.within, spell),
        set=_settings(rule.set, spell),
        touch=_settings(rule.touch, spell),
        headers={name: _setting(each, spell) for name, each in rule.headers.items()},
        reply=_setting(rule.reply, spell) if rule.reply else None,
        unique=tuple(replace(each, member=spell(each.member)) for each in rule.unique),
        nulls=_named(rule.nulls, spell),
        progress=_named(rule.progress, spell),
        prune=replace(rule.prune, keys=_source(rule.prune.keys, spell)) if rule.prune else None,
        conditions=tuple(
            replace(each, when=tuple((place, tuple(map(spell, steps)), value) for place, steps, value in each.when))
            for each in rule.conditions
        ),
        listing=replace(
            listing,
            items=listing.items and spell(listing.items),
            by=spell(listing.by),
            filters=tuple(replace(each, member=spell(each.member)) for each in listing.filters),
        )
        if listing
        else None,
    )


def _named(found: Mapping[str, Any], spell: Spell) -> dict[str, Any]:
    return {spell(name): value for name, value in found.items()}


def _settings(settings: Mapping[str, Setting], spell: Spell) -> dict[str, Setting]:
    return {spell(name): _setting(each, spell) for name, each in settings.items()}


def _setting(setting: Setting, spell: Spell) -> Setting:
    return replace(
        setting,
        sources=tuple(_source(each, spell) for each in setting.sources),
        steps=tuple(map(spell, setting.steps)),
        plus_item=_source(setting.plus_item, spell) if setting.plus_item else None,
        minus_item=_source(setting.minus_item, spell) if setting.minus_item else None,
        members=tuple((spell(name), _setting(each, spell)) for name, each in setting.members),
        otherwise=_setting(setting.otherwise, spell) if setting.otherwise else None,
    )


def _source(source: Source, spell: Spell) -> Source:
    return replace(source, steps=tuple(map(spell, source.steps))) if source.place == "body" else source


def _key(key: Key | None, spell: Spell) -> Key | None:
    if key is None:
        return None
    member = ".".join(map(spell, steps_of(key.member)))
    return replace(key, member=member, source=_source(key.source, spell) if key.source else None)


def _within(within: Within | None, spell: Spell) -> Within | None:
    if within is None:
        return None
    return replace(within, source=_source(within.source, spell), within=_within(within.within, spell))
