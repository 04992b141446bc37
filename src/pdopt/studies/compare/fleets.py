"""The fleets that are compared: pure functions Fleet → Fleet that leave out where instances may not run."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from pdopt.fleet.fleet import Fleet
from pdopt.fleet.rules import Rule

APART = ("encode", "prefill", "decode")
ROLES = (*APART, "mixed")


def only(fleet: Fleet, where: dict[str, Container[str]]) -> Fleet:
    """Give the fleet with the instances of each role named kept to some SKUs; all other SKUs host none of it.

    Nodes that are held in any case stay paid for.
    """
    forbidden = (Rule(role=role, sku=sku) for role, kept in where.items() for sku in fleet.skus if sku not in kept)
    return replace(fleet, forbid=(*fleet.forbid, *forbidden))


def alone(fleet: Fleet, sku: str) -> Fleet:
    """Give the fleet with everything on one SKU."""
    return only(fleet, dict.fromkeys(ROLES, (sku,)))


def pair(fleet: Fleet, prefill_sku: str, decode_sku: str) -> Fleet:
    """Give the fleet with prefill on one SKU and decode on another; images are encoded on either."""
    either = (prefill_sku, decode_sku)
    return only(fleet, {"encode": either, "prefill": (prefill_sku,), "decode": (decode_sku,), "mixed": ()})


def without(fleet: Fleet, roles: Iterable[str]) -> Fleet:
    """Give the fleet without instances of some roles."""
    return only(fleet, dict.fromkeys(roles, ()))
