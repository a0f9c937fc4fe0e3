# SPDX-License-Identifier: GPL-2.0-or-later
"""What a report takes besides results: sweeps, traces with their timeline, ablations. Text and pictures as they were
made."""
from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from .plots import inline

# What makes a folder one of these: the file with its text, and what it is called.
_KINDS = (("sweep.md", "A sweep"), ("trace.txt", "One operation, crossing by crossing"),
          ("ablation.txt", "Which axis a saving comes from"))


_TIMELINE = ("One fork of latency/fork on one axis, a lane a mode: who worked when, and each crossing by its kind.\n"
             "'make demo' (coopbench demo) measures it and draws it again.\n")


@dataclass(frozen=True)
class Extra:
    """One of them, numbered from 1, with its pictures by name."""

    number: int
    title: str
    text: str
    pictures: dict[str, str]

    @property
    def folder_name(self) -> str:
        """The folder of its pictures within the report."""
        return f"plots/extra-{self.number}"


def read_extra(folder: Path, number: int) -> Extra | None:
    """The folder as an extra; None when it is none."""
    for name, title in _KINDS:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            if name == "sweep.md":
                text = text.partition("```\n")[2].rpartition("```")[0]
            pictures = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.svg"))}
            return Extra(number, f"{title} ({folder.name})", text, pictures)
    return None


def read_timeline(folder: Path, number: int) -> list[Extra]:
    """The timeline of one fork that is kept in 'folder', where it is."""
    path = folder / "fork-timeline.svg"
    if not path.is_file():
        return []
    return [Extra(number, "One fork, mode beside mode", _TIMELINE, {path.stem: path.read_text(encoding="utf-8")})]


def render_extra_html(extra: Extra) -> str:
    """A section of the page."""
    parts = [f'<section id="x{extra.number}"><h2>{escape(extra.title)}</h2>',
             f'<div class="wide"><pre>{escape(extra.text)}</pre></div>']
    parts += [f'<figure>{inline(svg, f"x{extra.number}-{name}", f"{extra.title}: {name}")}</figure>'
              for name, svg in extra.pictures.items()]
    return "\n".join([*parts, "</section>"])


def render_extra_markdown(extra: Extra) -> list[str]:
    """The same as Markdown, with the pictures beside it."""
    pictures = [f"![{name}]({extra.folder_name}/{name}.svg)  " for name in extra.pictures]
    return [f"## {extra.title}", "", "```", *extra.text.rstrip().split("\n"), "```", "", *pictures, ""]


def write_pictures(extra: Extra, folder: Path) -> None:
    """Copies the pictures into the report."""
    place = folder / extra.folder_name
    place.mkdir(parents=True, exist_ok=True)
    for name, svg in extra.pictures.items():
        (place / f"{name}.svg").write_text(svg, encoding="utf-8")
