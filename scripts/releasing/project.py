"""What is known of the project and of the targets it is released for."""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
# Its own folder: the flags of a release would throw away what other builds have compiled.
BUILD = ROOT / "target" / "release-builds"
TOOLS = ROOT / "target" / "release-tools"

PACKAGE = tomllib.loads((ROOT / "Cargo.toml").read_text("utf-8"))["package"]
VERSION = PACKAGE["version"]


@dataclass(frozen=True)
class Target:
    """One kind of computer: how Rust, PyPI and npm call it."""

    triple: str
    wheel: str
    npm: str
    # What makes the program one file that needs no other. Only musl is so by itself.
    flags: tuple[str, ...] = ()

    @property
    def windows(self) -> bool:
        return "windows" in self.triple

    @property
    def program(self) -> str:
        return "wxcast.exe" if self.windows else "wxcast"

    @property
    def folder(self) -> str:
        """The one folder inside the archive, and the name of what belongs to it."""
        return f"wxcast-{VERSION}-{self.triple}"

    @property
    def archive(self) -> str:
        return self.folder + (".zip" if self.windows else ".tar.gz")


STATIC = ("-Ctarget-feature=+crt-static",)


def linux(arch: str) -> str:
    """A static program runs wherever the oldest tags of both families are taken."""
    return f"manylinux2014_{arch}.manylinux_2_17_{arch}.musllinux_1_1_{arch}"


TARGETS = {
    target.triple: target
    for target in (
        Target("x86_64-unknown-linux-musl", linux("x86_64"), "linux-x64"),
        Target("aarch64-unknown-linux-musl", linux("aarch64"), "linux-arm64"),
        Target("riscv64gc-unknown-linux-musl", "manylinux_2_31_riscv64.musllinux_1_2_riscv64", "linux-riscv64"),
        Target(
            "loongarch64-unknown-linux-musl", "manylinux_2_36_loongarch64.musllinux_1_2_loongarch64", "linux-loong64"
        ),
        Target("x86_64-apple-darwin", "macosx_10_12_x86_64", "darwin-x64"),
        Target("aarch64-apple-darwin", "macosx_11_0_arm64", "darwin-arm64"),
        Target("x86_64-pc-windows-msvc", "win_amd64", "win32-x64", STATIC),
        Target("aarch64-pc-windows-msvc", "win_arm64", "win32-arm64", STATIC),
        # Where musl's or Microsoft's libraries are not to be had; never published.
        Target("x86_64-unknown-linux-gnu", linux("x86_64"), "linux-x64", STATIC),
        Target("x86_64-pc-windows-gnu", "win_amd64", "win32-x64", STATIC),
    )
}


def run(*command: object, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Runs a command and ends everything if it fails."""
    words = [str(word) for word in command]
    print("+", " ".join(words), file=sys.stderr, flush=True)
    if subprocess.run(words, env=env, cwd=cwd, check=False).returncode != 0:
        sys.exit(f"release: {words[0]} failed")


def output(*command: object, env: dict[str, str] | None = None) -> bytes:
    words = [str(word) for word in command]
    return subprocess.run(words, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


@cache
def epoch() -> int:
    """The time that everything in the release bears: that of the commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or output("git", "log", "-1", "--format=%ct"))


def host() -> str:
    version = output("rustc", "-vV").decode()
    return next(line.removeprefix("host: ") for line in version.splitlines() if line.startswith("host: "))


def has_std(triple: str) -> bool:
    """Whether this Rust has the standard library of a target."""
    folder = Path(output("rustc", "--print", "target-libdir", "--target", triple).decode().strip())
    return any(folder.glob("libstd-*"))


def native() -> Target:
    """The target for computers like this one; on Linux, musl before glibc."""
    here = host()
    musl = here.replace("-gnu", "-musl")
    if here.endswith("-linux-gnu") and musl in TARGETS and has_std(musl):
        return TARGETS[musl]
    if here not in TARGETS:
        sys.exit(f"release: nothing is released for {here}")
    return TARGETS[here]


@cache
def crates(triple: str, macros: bool) -> list[dict]:
    """The crates that are in the program for a target, sorted by name; build tools and tests are not. Macros leave
    only what they write there, but with `macros` they and theirs are counted too."""
    metadata = json.loads(output("cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", triple))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    seen: set[str] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        is_macro = any("proc-macro" in target["kind"] for target in packages[node]["targets"])
        if node in seen or (is_macro and not macros):
            continue
        seen.add(node)
        for dependency in nodes[node]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                todo.append(dependency["pkg"])
    found = [packages[node] for node in seen if node != root]
    return sorted(found, key=lambda package: (package["name"], package["version"]))
