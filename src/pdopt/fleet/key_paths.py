"""Keys of a fleet file by dotted names, wildcards included: ``workloads.*.slo.ttft_mean_ms``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import Any

from pdopt.fleet.document import Document
from pdopt.fleet.faults import Path, did_you_mean
from pdopt.fleet.fleet import Fleet, Sku
from pdopt.fleet.price_choice import KEYS as PRICE_KEYS
from pdopt.fleet.read import KEYS

GLOB = re.compile(r"[*?]")
OF_NAMES = ("skus", "models", "workloads", "sites", "quotas", "scenarios", "periods")


class UnknownKeyError(ValueError):
    """Raised when a dotted name fits no key of a fleet file; says what is there instead."""


def matching(raw: dict[str, Any], pattern: str) -> list[Path]:
    """Give the paths that a dotted name stands for.

    Names may hold dots themselves (``models.llama-3.1-8b.engine``). The last key need not be written yet (the reader
    knows which there are), nor a whole section such as ``margins``; all other keys must be there. ``*`` and ``?`` stand
    for any characters of one key.

    Raises
    ------
    UnknownKeyError
        Nothing of that name is there.
    """
    text = re.sub(r"\[(\d+|\*)\]", r".\1", pattern.strip()).strip(".")
    found = [path for path in dict.fromkeys(_descend(raw, text, ())) if path]
    if not found:
        raise UnknownKeyError(_why_none(raw, text))
    return found if GLOB.search(text) else found[:1]


def as_if_written(document: Document, fleet: Fleet) -> dict[str, Any]:
    """Give what a document holds, with the SKUs that it takes from a price list as if they stood in it."""
    raw: dict[str, Any] = document.raw
    skus = raw.get("skus")
    if not isinstance(skus, dict) or "from" not in skus:
        return raw
    return {**raw, "skus": {**skus, **{name: _entry(sku, skus.get(name)) for name, sku in fleet.skus.items()}}}


def _entry(sku: Sku, written: dict[str, Any] | None) -> dict[str, Any]:
    """Give what is written of a SKU, with the prices of the list where none are."""
    entry = written or {}
    if not sku.terms:
        return {"usd_per_hour": sku.usd_per_h, **entry}
    own = entry.get("terms") or {}
    terms = {term.name: {"usd_per_hour": term.usd_per_h, **(own.get(term.name) or {})} for term in sku.terms}
    return {**entry, "terms": terms}


def _descend(node: Any, text: str, path: Path) -> Iterator[Path]:
    if not text:
        yield path
        return
    if isinstance(node, list):
        head, _, rest = text.partition(".")
        for i in range(len(node)):
            if fnmatchcase(str(i), head):
                yield from _descend(node[i], rest, (*path, i))
        return
    if not isinstance(node, dict):
        if node is None and len(path) > 1 and "." not in text:  # an entry without anything, such as models: {a: }
            yield (*path, text)
        return
    matched = False
    for head, rest in _splits(text):
        for key in [key for key in node if fnmatchcase(key, head)]:
            below = list(_descend(node[key], rest, (*path, key)))
            matched = matched or bool(below)
            yield from below
    if not matched:
        yield from _unwritten(text, path, node)


def _unwritten(text: str, path: Path, node: dict[str, Any]) -> Iterator[Path]:
    """Take a last key that is not written, unless it would name a new SKU, or a section that is known."""
    if path == ("skus",) and "from" in node and text in PRICE_KEYS:
        yield (*path, text)
    if GLOB.search(text):
        return
    section, _, rest = text.partition(".")
    if not path and section in KEYS and section not in OF_NAMES and rest:
        yield (section, *rest.split("."))
    elif not path and text in KEYS:
        yield (text,)
    elif path and "." not in text and not (len(path) == 1 and path[0] in OF_NAMES):
        yield (*path, text)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Cut a dotted text into a first key and the rest, the longest key first."""
    steps = text.split(".")
    for count in range(len(steps), 0, -1):
        yield ".".join(steps[:count]), ".".join(steps[count:])


def _why_none(raw: dict[str, Any], text: str) -> str:
    """Say at which step nothing fits, and what is there."""
    node: Any = raw
    done: list[str] = []
    while isinstance(node, dict):
        key = next((head for head, _ in _splits(text) if head in node), None)
        if key is None:
            break
        done.append(key)
        node, text = node[key], text[len(key) + 1 :]
    where, step = ".".join(done), text.partition(".")[0]
    if GLOB.search(step):
        return f"nothing in {where or 'the file'} fits {text}"
    if isinstance(node, list):
        return f"{where} has {len(node)} entries, numbered from 0"
    if not isinstance(node, dict):
        return f"{where} holds no keys"
    known = list(node) if done else sorted({*node, *KEYS})
    wanted = _nearest(text, known) if where in OF_NAMES else step
    return f"there is no {wanted} in {where or 'a fleet file'}; {did_you_mean(wanted, known)}"


def _nearest(text: str, known: list[str]) -> str:
    """Give as much of a dotted text as is most like a known key."""
    heads = [head for head, _ in _splits(text)]
    return max(heads, key=lambda head: max((SequenceMatcher(None, head, k).ratio() for k in known), default=0.0))
