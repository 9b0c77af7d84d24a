"""Archives and wheels whose bytes depend on their files alone: names in order, one time, no owner."""

import base64
import gzip
import hashlib
import io
import tarfile
import time
import zipfile
from pathlib import Path

from . import project
from .project import PACKAGE, VERSION, Target


def zipped(files: dict[str, bytes], programs: set[str]) -> bytes:
    buffer = io.BytesIO()
    # A zip knows no time before 1980.
    date = time.gmtime(max(project.epoch(), 315532800))[:6]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if name in programs else 0o100644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], programs: set[str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mtime = project.epoch()
            entry.mode = 0o755 if name in programs else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)


def archive(target: Target, program: bytes, papers: dict[str, bytes], dist: Path) -> Path:
    """The archive for people who download: everything in one folder."""
    files = {f"{target.folder}/{name}": content for name, content in papers.items()}
    files[f"{target.folder}/{target.program}"] = program
    write = zipped if target.windows else tarred
    made = dist / target.archive
    made.write_bytes(write(files, {f"{target.folder}/{target.program}"}))
    return made


# On PyPI the name wxcast belongs to a weather program.
PYPI_NAME = "wxcast-cli"


def wheel(target: Target, program: bytes, papers: dict[str, bytes], sbom: bytes, dist: Path) -> Path:
    """The wheel: the same program, which pip puts where it puts commands. There is no Python in it."""
    module = PYPI_NAME.replace("-", "_")
    info = f"{module}-{VERSION}.dist-info"
    command = f"{module}-{VERSION}.data/scripts/{target.program}"
    licences = ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES.txt")
    metadata = "\n".join(
        [
            "Metadata-Version: 2.4",
            f"Name: {PYPI_NAME}",
            f"Version: {VERSION}",
            f"Summary: {PACKAGE['description']}",
            f"Keywords: {','.join(PACKAGE['keywords'])}",
            f"License-Expression: {PACKAGE['license']}",
            *(f"License-File: {name}" for name in licences),
            "Description-Content-Type: text/markdown; charset=UTF-8",
            "",
            (project.ROOT / "scripts/releasing/package-readme.md").read_text("utf-8"),
        ]
    )
    tags = [f"Tag: py3-none-{platform}" for platform in target.wheel.split(".")]
    generator = ["Wheel-Version: 1.0", "Generator: wxcast scripts/release", "Root-Is-Purelib: false", *tags, ""]
    files = {
        command: program,
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": "\n".join(generator).encode(),
        f"{info}/sboms/wxcast.cdx.json": sbom,
    }
    for name in licences:
        files[f"{info}/licenses/{name}"] = papers[name]
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    made = dist / f"{module}-{VERSION}-py3-none-{target.wheel}.whl"
    made.write_bytes(zipped(files, {command}))
    return made


def record(files: dict[str, bytes], itself: str) -> bytes:
    lines = []
    for name, content in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{itself},,", ""]).encode()
