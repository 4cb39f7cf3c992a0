"""Whether a file that has arrived is the recording that was announced."""

from decimal import ROUND_UP, Decimal

from functions.recording_uploads.models import AnnouncedRecording

FEWEST_MB = Decimal("0.01")


def failure_of(announced: AnnouncedRecording, size_bytes: int, beginning: bytes) -> str | None:
    """Why it is not, None when it is."""
    if announced.file_size_bytes not in (None, size_bytes):
        return f"{size_bytes} bytes arrived of {announced.file_size_bytes} announced"
    if container_of(beginning) != announced.content_type:
        return f"The file is no {announced.content_type}"
    return None


def container_of(beginning: bytes) -> str | None:
    """By the first bytes: ISO/IEC 14496-12 (a file type box), RFC 9559 (the EBML header)."""
    if beginning[4:8] == b"ftyp":
        return "video/mp4"
    return "video/webm" if beginning.startswith(b"\x1a\x45\xdf\xa3") else None


def megabytes(size_bytes: int) -> Decimal:
    """Of 1,000,000 bytes, never 0."""
    return max(FEWEST_MB, (Decimal(size_bytes) / 1_000_000).quantize(FEWEST_MB, ROUND_UP))
