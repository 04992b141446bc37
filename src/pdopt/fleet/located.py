"""YAML read with the line of every key, so that a complaint can point at it."""

from __future__ import annotations

import hashlib
from pathlib import Path as FilePath
from typing import Any

import yaml

from pdopt.fleet.faults import Complaints, Path

MOST_VALUES, DEEPEST = 1_000_000, 50  # a longer text may hold as many values as characters: it repeats none
Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(Fast):  # type: ignore[misc]
    """YAML's safe loader, which finds out once per text what kind of scalar it is: profiles repeat keys and numbers."""

    def __init__(self, text: str):
        super().__init__(text)
        self._tags: dict[tuple[Any, ...], Any] = {}

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Give the tag of a node that states none."""
        key = (kind, value, implicit)
        if key not in self._tags:
            self._tags[key] = super().resolve(kind, value, implicit)
        return self._tags[key]


def read_yaml(file: FilePath) -> tuple[Any, Complaints]:
    """Read a YAML file.

    Parameters
    ----------
    file : pathlib.Path

    Returns
    -------
    value : object
        Plain dicts (keys as text), lists and scalars.
    complaints : Complaints
        Knows the line of every path; holds a fault for every key that is given twice.

    Raises
    ------
    FleetFaults
        The file cannot be read or is not YAML.
    """
    complaints = Complaints(str(file))
    text = read_text(file, complaints, "the fleet file")
    complaints.sha256 = hashlib.sha256(text.encode()).hexdigest()
    return _parse(text, complaints), complaints


def read_text(file: FilePath, complaints: Complaints, what: str) -> str:
    """Read a file that should be there and hold text; `what` it is.

    Raises
    ------
    FleetFaults
        It cannot be read.
    """
    text = ""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        complaints.add((), "no such file; check the path")
    except IsADirectoryError:
        complaints.add((), f"is a folder; name {what} in it")
    except (OSError, UnicodeDecodeError) as error:
        complaints.add((), f"cannot be read as UTF-8 text ({error.__class__.__name__}); check the file")
    complaints.raise_any()
    return text


def _parse(text: str, complaints: Complaints) -> Any:
    loader = None
    try:
        loader = Loader(text)  # may refuse characters at once
        node = loader.get_single_node()
        value = _Walk(loader, complaints, max(MOST_VALUES, len(text))).value(node, ()) if node else None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        complaints.add((), f"not valid YAML: {problem}; mend the syntax here", line=mark.line + 1 if mark else None)
        complaints.raise_any()
    finally:
        if loader is not None:
            loader.dispose()
    return value


class _Walk:
    """Turns composed nodes into plain values and notes the line of each path."""

    def __init__(self, loader: Any, complaints: Complaints, most: int):
        self.loader, self.complaints, self.most = loader, complaints, most
        self.open_nodes: set[int] = set()
        self.seen = 0
        self.known: dict[tuple[str, str], Any] = {}

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.complaints.lines.setdefault(path, node.start_mark.line + 1)
        self.seen += 1
        if self.seen > self.most or len(path) > DEEPEST:
            raise yaml.YAMLError("holds far more values, or nests far deeper, than a fleet does")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.open_nodes:
            self.complaints.add(path, "refers to itself; write the values out")
            return None
        self.open_nodes.add(id(node))
        value = self._mapping(node, path) if isinstance(node, yaml.MappingNode) else self._sequence(node, path)
        self.open_nodes.discard(id(node))
        return value

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        key = (node.tag, node.value)
        if key not in self.known:
            value = self._read(node, path)
            if value is None:
                return None
            self.known[key] = value
        return self.known[key]

    def _read(self, node: yaml.ScalarNode, path: Path) -> Any:
        if node.tag.endswith(":bool") and node.value.lower() not in ("true", "false"):
            return node.value  # yes, no, on and off are words, as in YAML 1.2
        try:
            return self.loader.construct_object(node, deep=True)
        except (ValueError, LookupError):  # a date such as 2024-13-45, or a tag that the text does not fit
            kind = node.tag.rpartition(":")[2]
            self.complaints.add(path, f"{node.value!r} is not a {kind}; mend it, or put it in quotes")
            return None

    def _sequence(self, node: yaml.Node, path: Path) -> list[Any]:
        return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        own = {key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"}
        written = [key.value for key, _ in node.value]
        self.loader.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key, item in node.value:
            name = str(key.value)  # as written: 7 and no are names, not a number and a false
            if name in result and name in own and written.count(key.value) > 1:
                self.complaints.add((*path, name), "is given twice; keep one", line=key.start_mark.line + 1)
                continue
            self.complaints.lines[(*path, name)] = key.start_mark.line + 1
            result[name] = self.value(item, (*path, name))
        return result
