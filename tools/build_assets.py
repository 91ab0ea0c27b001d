"""Make what is served but not committed: .mo files from translations, .br and .gz beside each static file.

Only what is older than its source is made again, so this is cheap to call before every run and every test.
"""

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from whitenoise.compress import Compressor

PROJECT = Path(__file__).resolve().parent.parent
SIBLINGS = (".br", ".gz")


def compile_translations(folder: Path) -> int:
    """Write messages.mo beside every newer messages.po in ``folder``; how many were written."""
    written = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        # Renamed into place: a running process never reads half a catalogue.
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)
        written += 1
    return written


def compress_static(folder: Path) -> int:
    """Write .br and .gz beside every newer file in ``folder``, remove those without a source; how many were written."""
    compressor = Compressor(quiet=True)
    written = 0
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if file.suffix in SIBLINGS:
            if not file.with_suffix("").exists():
                file.unlink()
        elif compressor.should_compress(file.name) and not _siblings_fresh(file):
            for suffix in SIBLINGS:
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            written += len(compressor.compress(str(file)))
    return written


def _siblings_fresh(file: Path) -> bool:
    """WhiteNoise gives a compressed file its source's time, so another time means another source."""
    sibling = file.with_name(file.name + ".br")
    return sibling.exists() and abs(sibling.stat().st_mtime - file.stat().st_mtime) < 0.001


def main() -> int:
    made = compile_translations(PROJECT / "translations") + compress_static(PROJECT / "static")
    if made:
        print(f"Made {made} files from translations/ and static/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
