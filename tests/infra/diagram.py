"""The diagram of docs/architecture.md, drawn from what the program declares: `python -m tests.infra.diagram` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.infra.declared import as_declared
from tests.infra.mocked import ROOT, Recording

DOCUMENT = ROOT / "docs" / "architecture.md"
STACK = "production"
"""It has every component; staging lacks some."""
_BLOCK = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)
_COMPONENT = re.compile(r"axonflow:platform:(\w+)")

Edges = set[tuple[str, str]]


def drawn() -> str:
    """The components of the production stack as a Mermaid block."""
    recording = as_declared(STACK)
    return "\n".join(["```mermaid", "flowchart LR", *_lines(recording), "```", ""])


def _lines(recording: Recording) -> Iterator[str]:
    inside = _inside(recording)
    names: dict[str, list[str]] = {}
    for resource in recording.resources:
        kind = _component(resource.type)
        if kind and kind not in inside:
            names.setdefault(kind, []).append(resource.name)
    # Sorted, because the order of registration is the event loop's.
    for kind, several in sorted(names.items()):
        yield f'    {kind}["{kind}' + (f"<br/>{', '.join(sorted(several))}" if len(several) > 1 else "") + '"]'
    for needed, needing in sorted(_direct(_edges(recording, inside))):
        yield f"    {needed} --> {needing}"


def _component(text: str) -> str | None:
    """The innermost component that a type or URN names."""
    found = _COMPONENT.findall(text)
    return found[-1] if found else None


def _inside(recording: Recording) -> dict[str, str | None]:
    """Components that are a part of another one, with that one; None where several have such a part.

    A mocked URN names the nearest component alone, so that a shared part does not tell whose it is.
    """
    inside: dict[str, str | None] = {}
    for resource in recording.resources:
        part, whole = _component(resource.type), _component(resource.parent)
        if part and whole:
            inside[part] = whole if inside.get(part, whole) == whole else None
    return inside


def _edges(recording: Recording, inside: Mapping[str, str | None]) -> Edges:
    """Which component's resources are made with those of which other one; a part counts as the whole."""
    edges = set()
    for resource in recording.resources:
        for urn in resource.depends_on:
            needed, owner = _component(urn), _component(resource.parent)
            if needed and owner:
                edges.add((inside.get(needed, needed), inside.get(owner, owner)))
    return {(needed, owner) for needed, owner in edges if needed and owner and needed != owner}


def _direct(edges: Edges) -> Edges:
    """Without those that a longer way says too: what is needed by something needed."""
    return {(start, end) for start, end in edges if not _reaches(start, end, edges - {(start, end)})}


def _reaches(start: str, end: str, edges: Edges) -> bool:
    """Whether a way leads from one to the other; raises RecursionError if components need each other in a circle."""
    return any(there == end or _reaches(there, end, edges) for here, there in edges if here == start)


def committed(document: Path = DOCUMENT) -> str:
    """The block in the document; fails unless there is exactly one."""
    [block] = _BLOCK.findall(document.read_text())
    return str(block)


def write(document: Path = DOCUMENT) -> None:
    """Put the present diagram into the document."""
    document.write_text(document.read_text().replace(committed(document), drawn()))


if __name__ == "__main__":
    write()
