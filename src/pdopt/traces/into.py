"""Workloads put into a copy of a fleet file; everything else of it, comments too, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from pdopt.fleet.faults import did_you_mean
from pdopt.traces.block import BEGINS, ENTRY, HEADING, Slo, entries, heading
from pdopt.traces.classes import Workloads
from pdopt.traces.periods import hourly, names, period_lines
from pdopt.traces.source import complaint

Pair = tuple[yaml.Node, yaml.Node]
Sections = dict[str, Pair]


def put_into(fleet: Path, found: Workloads, model: str, slo: Slo, replace: bool = False) -> str:
    """Give the text of a fleet file with the workloads of a trace added.

    Parameters
    ----------
    fleet : pathlib.Path
    replace : bool
        Leave out the workloads of the same LLM that the file has.

    Raises
    ------
    FleetFaults
        The file cannot be read, does not have the LLM, has workloads of the same names or in braces, or periods
        that are not the hours of the trace.
    """
    text, sections = _sections(fleet)
    _check_model(fleet, sections, model)
    lines = [*text.splitlines(), *_periods(fleet, sections, found)]
    if "workloads" not in sections:
        return "\n".join([*lines, "", *heading(found), "workloads:", *entries(found, model, slo, "  ")]) + "\n"
    key, value = sections["workloads"]
    known = _known(fleet, key, value)
    dropped = {str(name.value) for name, entry in known if replace and _model_of(entry) == model}
    taken = {known_class.name for known_class in found.classes} & {str(name.value) for name, _ in known} - dropped
    if taken:
        sentence = f"has workloads {', '.join(sorted(taken))} already; use --replace or --prefix"
        raise complaint(fleet, sentence, key.start_mark.line + 1)
    spans = list(_spans(lines, known))
    gone = {line for name, start, end in spans if name in dropped for line in range(start, end)}
    gone |= set(_old_headings(lines, spans, dropped))
    last = spans[-1][2] if spans else key.start_mark.line + 1
    kept = [line for i, line in enumerate(lines[:last]) if i not in gone]
    if not known:
        kept[-1] = re.sub(r":\s*(\{\s*\}|null|~)", ":", kept[-1])
    indent = " " * (known[0][0].start_mark.column if known else 2)
    added = [*(indent + line for line in heading(found)), *entries(found, model, slo, indent)]
    return "\n".join([*kept, *added, *lines[last:]]) + "\n"


def _periods(fleet: Path, sections: Sections, found: Workloads) -> list[str]:
    """Give the section ``periods`` if the workloads need one and the file has none."""
    if not hourly(found):
        return []
    if "periods" not in sections:
        return list(period_lines(found))
    key, value = sections["periods"]
    known = value.value if isinstance(value, yaml.MappingNode) else []
    if [(str(name.value), str(hours.value)) for name, hours in known] != [(name, "1") for name in names(found)]:
        sentence = "has periods other than the hours of the trace; take them out, or leave --periods out"
        raise complaint(fleet, sentence, key.start_mark.line + 1)
    return []


def _sections(fleet: Path) -> tuple[str, Sections]:
    try:
        text = fleet.read_text(encoding="utf-8")
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise complaint(fleet, f"cannot be read ({str(error).splitlines()[0]}); run pdopt check on it") from None
    if not isinstance(top, yaml.MappingNode):
        raise complaint(fleet, "is no fleet; run pdopt check on it")
    return text, {str(key.value): (key, value) for key, value in top.value}


def _known(fleet: Path, key: yaml.Node, value: yaml.Node) -> list[Pair]:
    on_one_line = value.end_mark.line == key.start_mark.line
    if isinstance(value, yaml.MappingNode) and (not value.flow_style or (not value.value and on_one_line)):
        return list(value.value)
    if isinstance(value, yaml.ScalarNode) and value.tag == "tag:yaml.org,2002:null":
        return []
    raise complaint(fleet, "workloads must be a mapping, one name below the other", key.start_mark.line + 1)


def _check_model(fleet: Path, sections: Sections, model: str) -> None:
    models = sections["models"][1] if "models" in sections else None
    names = [str(name.value) for name, _ in models.value] if isinstance(models, yaml.MappingNode) else []
    if model not in names:
        raise complaint(fleet, f"--model {model} is not one of its models; {did_you_mean(model, names)}")


def _model_of(entry: yaml.Node) -> str | None:
    fields = entry.value if isinstance(entry, yaml.MappingNode) else []
    return next((str(value.value) for key, value in fields if key.value == "model"), None)


def _spans(lines: list[str], known: list[Pair]) -> Iterator[tuple[str, int, int]]:
    """Give the lines of each workload, without the comments and empty lines that follow it."""
    starts = [name.start_mark.line for name, _ in known]
    for (name, entry), follower in zip(known, [*starts, len(lines)][1:], strict=True):
        in_braces = getattr(entry, "flow_style", True)
        end = min(follower, entry.end_mark.line + (1 if in_braces else 0))
        while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
            end -= 1
        yield str(name.value), name.start_mark.line, end


def _old_headings(lines: list[str], spans: list[tuple[str, int, int]], dropped: set[str]) -> Iterator[int]:
    """Give the lines of headings whose workloads all go: the written ones between a heading and the next."""
    starts = [i for i, line in enumerate(lines) if line.lstrip().startswith(BEGINS)]
    for start, follower in zip(starts, [*starts, len(lines)][1:], strict=True):
        below = [span for span in spans if start < span[1] < follower]
        written = [span for span in below if any(ENTRY.match(line.lstrip()) for line in lines[span[1] : span[2]])]
        if below and all(name in dropped for name, *_ in written or below):
            end = start
            while end < follower and HEADING.match(lines[end].lstrip()):
                yield end
                end += 1
