"""The npm packages: one for each platform with the program, and `wxcast`, which picks the one that was installed."""

import json
from pathlib import Path

from .bundle import tarred
from .project import PACKAGE, ROOT, TARGETS, VERSION, Target

SCOPE = "@wxcast"
COMMON = {
    "version": VERSION,
    "description": PACKAGE["description"],
    "license": PACKAGE["license"],
    "keywords": PACKAGE["keywords"],
}
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")


def platform_package(target: Target, program: bytes, papers: dict[str, bytes], dist: Path) -> Path:
    """The program for one platform. npm installs it where `os` and `cpu` fit and nowhere else."""
    system, cpu = target.npm.split("-")
    manifest = {"name": f"{SCOPE}/{target.npm}", **COMMON, "os": [system], "cpu": [cpu], "files": ["bin"]}
    files = {f"bin/{target.program}": program}
    for name in (*LICENCES, "THIRD-PARTY-LICENSES.txt"):
        files[name] = papers[name]
    return pack(f"wxcast-{target.npm}-{VERSION}.tgz", manifest, files, f"bin/{target.program}", dist)


def main_package(dist: Path) -> Path:
    """The package that people name. It holds no program and downloads none."""
    platforms = sorted({f"{SCOPE}/{target.npm}" for target in TARGETS.values()})
    manifest = {
        "name": "wxcast",
        **COMMON,
        "bin": {"wxcast": "wxcast.js"},
        "engines": {"node": ">=18"},
        "optionalDependencies": {name: VERSION for name in platforms},
    }
    files = {name: (ROOT / name).read_bytes() for name in LICENCES}
    files["wxcast.js"] = (ROOT / "scripts/releasing/npm/wxcast.js").read_bytes()
    files["README.md"] = (ROOT / "scripts/releasing/package-readme.md").read_bytes()
    return pack(f"wxcast-npm-{VERSION}.tgz", manifest, files, "wxcast.js", dist)


def pack(name: str, manifest: dict, files: dict[str, bytes], program: str, dist: Path) -> Path:
    files = {**files, "package.json": (json.dumps(manifest, indent=2) + "\n").encode()}
    made = dist / name
    made.write_bytes(tarred({f"package/{file}": content for file, content in files.items()}, {f"package/{program}"}))
    return made
