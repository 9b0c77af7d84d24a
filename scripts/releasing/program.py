"""The program: static, small, with the list of its crates inside, and the same bytes from the same source."""

import os
import sys
from pathlib import Path

from . import project
from .project import BUILD, ROOT, TOOLS, Target, run

# The newest of each; both are built once below target/.
AUDITABLE = ("cargo-auditable", "0.7.7")
CYCLONEDX = ("cargo-cyclonedx", "0.5.9")


def tool(name: str, version: str) -> Path:
    """A tool of crates.io, in exactly this version."""
    root = TOOLS / f"{name}-{version}"
    program = root / "bin" / (f"{name}.exe" if os.name == "nt" else name)
    if not program.exists():
        run("cargo", "install", "--quiet", "--locked", "--root", root, f"{name}@{version}")
    return program


def environment(target: Target) -> dict[str, str]:
    """Without a path or a time of this computer: they would be in the program."""
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    places = {ROOT: "/wxcast", cargo_home: "/cargo", BUILD: "/build"}
    # The last that fits counts, so the outer folders come first.
    flags = [f"--remap-path-prefix={place}={name}" for place, name in sorted(places.items())]
    env = dict(os.environ)
    env["SOURCE_DATE_EPOCH"] = str(project.epoch())
    env["CARGO_TARGET_DIR"] = str(BUILD)
    env["CARGO_INCREMENTAL"] = "0"
    env["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join([*flags, *target.flags])
    if not target.triple.endswith("-msvc"):
        c = " ".join(f"-ffile-prefix-map={place}={name}" for place, name in sorted(places.items()))
        variable = "CFLAGS_" + target.triple.replace("-", "_")
        env[variable] = f"{env.get(variable, '')} {c}".strip()
    return env


def build(target: Target, zig: bool) -> Path:
    """Builds the program."""
    auditable = tool(*AUDITABLE)
    env = environment(target)
    command = [auditable, "auditable", "zigbuild" if zig else "build", "--release", "--locked", "--bin", "wxcast"]
    if not project.has_std(target.triple):
        # The standard library is built along, from the sources that some Rust toolchains bring. Officially that is
        # for nightly toolchains only.
        print(f"release: this Rust has no std for {target.triple}, so it is built too", file=sys.stderr)
        env["RUSTC_BOOTSTRAP"] = "1"
        command += ["-Zbuild-std=std,panic_unwind"]
    run(*command, "--target", target.triple, env=env)
    return BUILD / target.triple / "release" / target.program


def runs_here(target: Target) -> bool:
    here = project.host()
    same = {here, here.replace("-gnu", "-musl"), here.replace("-musl", "-gnu")}
    return target.triple in same


def helper(target: Target, built: Path) -> Path:
    """A program that runs on this computer and prints completions and manual pages."""
    if runs_here(target):
        return built
    run("cargo", "build", "--quiet", "--locked", "--bin", "wxcast")
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return folder / "debug" / ("wxcast.exe" if os.name == "nt" else "wxcast")


def bill_of_materials(target: Target, into: Path) -> None:
    """Writes what the program is made of, as CycloneDX."""
    cyclonedx = tool(*CYCLONEDX)
    name = target.folder + ".cdx"
    made = ROOT / f"{name}.json"
    env = dict(os.environ, SOURCE_DATE_EPOCH=str(project.epoch()))
    run(
        cyclonedx,
        "cyclonedx",
        "--format",
        "json",
        "--spec-version",
        "1.5",
        "--no-build-deps",
        "--target",
        target.triple,
        "--override-filename",
        name,
        env=env,
    )
    # It has a random serial number, and paths of this computer.
    text = made.read_text("utf-8").replace(ROOT.as_uri(), "file:///wxcast")
    made.unlink()
    lines = [line for line in text.splitlines() if '"serialNumber"' not in line]
    into.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
