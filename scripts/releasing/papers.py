"""What lies beside the program: examples, manuals, completions, licences."""

import os
import re
from pathlib import Path

from . import project
from .project import PACKAGE, ROOT, Target, output

SHELLS = {
    "bash": "wxcast.bash",
    "zsh": "_wxcast",
    "fish": "wxcast.fish",
    "elvish": "wxcast.elv",
    "powershell": "_wxcast.ps1",
}
# What examples hold once somebody has tried them, and no file of the repository is.
LEFT_OVERS = re.compile(r"\.results\.csv$|\.rehearsal\.csv$|\.xlsx\.tmp$")
LICENCE = re.compile(r"^(un)?licen[sc]e|^copying|^notice|^copyright", re.IGNORECASE)


def papers(target: Target, helper: Path) -> dict[str, bytes]:
    """Every file beside the program by its path in the archive."""
    found = {}
    for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"):
        found[name] = (ROOT / name).read_bytes()
    for folder in ("campaigns", "scenarios", "docs"):
        for file in tracked(folder):
            found[file] = (ROOT / file).read_bytes()
    found["schemas/campaign.schema.json"] = said(helper, "schema", "campaign")
    for shell, file in SHELLS.items():
        found[f"completions/{file}"] = said(helper, "completions", shell)
    for name, page in manual_pages(helper).items():
        found[f"man/man1/{name}.1"] = page
    found["THIRD-PARTY-LICENSES.txt"] = third_party(target).encode()
    if target.windows:
        text = (ROOT / "scripts/releasing/windows-start.zh-CN.txt").read_text("utf-8")
        # Editor and command line of older Windows want the mark and both characters at the end of a line.
        found["开始.txt"] = text.replace("\n", "\r\n").encode("utf-8-sig")
    return found


def tracked(folder: str) -> list[str]:
    """The files of a folder that belong to the repository."""
    files = output("git", "ls-files", "-z", "--", folder).decode().split("\0")
    return [file for file in files if file and not LEFT_OVERS.search(file)]


def said(helper: Path, *words: str) -> bytes:
    """What the program prints, in English whoever releases it."""
    return output(helper, *words, env=dict(os.environ, WXCAST_LANG="en"))


def manual_pages(helper: Path) -> dict[str, bytes]:
    """The page of the program, and those of the commands that it and they name, dated as the release is."""
    pages = {}
    wanted: list[tuple[str, ...]] = [()]
    while wanted:
        command = wanted.pop()
        page = output(
            helper, "man", *command, env=dict(os.environ, WXCAST_LANG="en", SOURCE_DATE_EPOCH=str(project.epoch()))
        )
        title = "-".join(("wxcast", *command))
        assert re.search(rb"(?m)^\.TH " + title.encode() + rb" 1 ", page), f"wxcast man {command} is no such page"
        pages[title] = page
        name = "\\-".join(("wxcast", *command, ""))
        below = re.findall(rb"(?m)^" + re.escape(name.encode()) + rb"([a-z]+)\(1\)$", page)
        wanted += [(*command, one.decode()) for one in below]
    assert len(pages) > 10, "wxcast man no longer names its commands"
    return pages


def third_party(target: Target) -> str:
    """The licences of all crates in the program. Equal texts stand once, below all who bear them."""
    texts: dict[str, list[str]] = {}
    for crate in project.crates(target.triple, macros=True):
        name = f"{crate['name']} {crate['version']} ({crate['license']})"
        for text in licence_texts(crate):
            texts.setdefault(text, []).append(name)
    parts = [
        f"wxcast {PACKAGE['version']} for {target.triple} is made of these crates, which come with these licences.\n"
        "SQLite, which rusqlite brings along, is in the public domain.\n"
    ]
    for text, names in sorted(texts.items(), key=lambda item: item[1]):
        parts.append("\n".join(names) + "\n\n" + text + "\n")
    return ("\n" + "=" * 100 + "\n\n").join(parts)


def licence_texts(crate: dict) -> list[str]:
    folder = Path(crate["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and LICENCE.match(file.name))
    if crate["license_file"]:
        files.append(folder / crate["license_file"])
    if files:
        read = (file.read_text("utf-8", errors="replace").replace("\r\n", "\n").strip() for file in files)
        return list(dict.fromkeys(read))
    # Some crates name their licence and forget the text. All of them so far are under MIT, among others; its text
    # needs the holders' names, which are those who are named as authors.
    assert "MIT" in re.split(r"\W+", crate["license"]), f"{crate['name']} has no text of its licence {crate['license']}"
    holders = ", ".join(crate["authors"]) or f"the authors of {crate['name']}"
    mit = (ROOT / "LICENSE-MIT").read_text("utf-8")
    return [re.sub(r"(?m)^Copyright .*$", f"Copyright (c) {holders}", mit, count=1).strip()]
