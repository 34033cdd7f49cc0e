"""The file: a zip of one entry a table, the kept files, and a manifest with the hash of each, written last."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Self

import msgspec

from app.backup.portable import TableFacts
from app.backup.rules import FORMAT, BackupDamaged, NotABackup

MANIFEST: Final = "manifest.json"
BLOCK: Final = 1 << 20


class FileFacts(msgspec.Struct):
    """One kept file, by its path inside the instance folder."""

    path: str
    sha256: str


class Manifest(msgspec.Struct):
    """What a backup says about itself."""

    product: str
    format: int
    revision: str | None
    taken_at: datetime
    tables: list[TableFacts]
    files: list[FileFacts]


class Writer:
    """Writes a backup, entry after entry."""

    def __init__(self, file: BinaryIO, revision: str | None, taken_at: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._manifest = Manifest("zhangshi", FORMAT, revision, taken_at, [], [])

    def add_table(self, facts: TableFacts, lines: Iterable[bytes]) -> None:
        """Write a table's lines."""
        facts.sha256 = self._add(_entry(facts.name), lines)
        self._manifest.tables.append(facts)

    def add_file(self, folder: Path, path: Path) -> None:
        """Write a kept file of *folder*."""
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as file:
            self._manifest.files.append(FileFacts(name, self._add(name, iter(lambda: file.read(BLOCK), b""))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def finish(self) -> Manifest:
        """Write the manifest: without it the file is no backup."""
        self._zip.writestr(MANIFEST, json.dumps(msgspec.to_builtins(self._manifest), ensure_ascii=False, indent=1))
        return self._manifest

    def _add(self, name: str, parts: Iterable[bytes]) -> str:
        total = sha256()
        with self._zip.open(name, "w", force_zip64=True) as entry:
            for part in parts:
                total.update(part)
                entry.write(part)
        return total.hexdigest()


class Reader:
    """Reads a backup; each entry's hash is checked when its last byte was read."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = msgspec.json.decode(self._zip.read(MANIFEST), type=Manifest)
        except (OSError, KeyError, zipfile.BadZipFile, msgspec.DecodeError) as error:
            raise NotABackup(path=path) from error
        if (self.manifest.product, self.manifest.format) != ("zhangshi", FORMAT):
            raise NotABackup(path=path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def lines(self, table: TableFacts) -> Iterator[bytes]:
        """Yield the lines of a table."""
        total = sha256()
        try:
            with self._zip.open(_entry(table.name)) as entry:
                for line in entry:
                    total.update(line)
                    yield line
        except (KeyError, zipfile.BadZipFile) as error:
            raise BackupDamaged(where=table.name) from error
        if total.hexdigest() != table.sha256:
            raise BackupDamaged(where=table.name)

    def content(self, file: FileFacts) -> bytes:
        """Return a kept file's content."""
        try:
            content = self._zip.read(file.path)
        except (KeyError, zipfile.BadZipFile) as error:
            raise BackupDamaged(where=file.path) from error
        if sha256(content).hexdigest() != file.sha256:
            raise BackupDamaged(where=file.path)
        return content


def _entry(table: str) -> str:
    return f"tables/{table}.jsonl"
