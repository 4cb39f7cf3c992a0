"""Cuts the fonts of printed documents from Debian's fonts-noto-core: `python -m tools.fonts`.

What documents can print is what these subsets hold, so the ranges here and in `shared/printing/scripts.py`
are one and the same. Run again only to change them.
"""

from pathlib import Path

from fontTools import subset  # pyright: ignore[reportMissingTypeStubs]

from shared.printing.scripts import FONTS

SOURCE = Path("/usr/share/fonts/truetype/noto")
TARGET = Path(__file__).resolve().parent.parent / "layers" / "documents" / "fonts"


def main() -> None:
    for font in FONTS:
        options = subset.Options(hinting=False, layout_features=["*"], name_IDs=["*"], notdef_outline=True)
        options.drop_tables += ["DSIG", "FFTM", "STAT", "MERG"]
        source = subset.load_font(str(SOURCE / font.file), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=font.characters())
        cutter.subset(source)
        subset.save_font(source, str(TARGET / font.file), options)
        print(f"{font.file}: {(TARGET / font.file).stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
