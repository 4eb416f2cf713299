"""The smallest valid file of each common media type, built by its specification. Bytes, the same each time."""

import base64
import functools
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ANYTHING = b"\x00\x01\x02\x03"


def file_of(media_type: str) -> bytes:
    """A small valid file of a type; four bytes where the type is not known."""
    return _file(_SAME.get(media_type, media_type))


def is_file_of(data: bytes, media_type: str) -> bool:
    """Whether bytes begin as files of a type do; True for a type without a mark of its own."""
    kind = _SAME.get(media_type, media_type)
    return kind not in _MARKS or data.startswith(_MARKS[kind])


def decoded(text: str) -> bytes | None:
    """The bytes that a text writes in base64; None where it is none."""
    try:
        return base64.b64decode(text, validate=True) if text else None
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)
def _file(kind: str) -> bytes:
    build = _BUILDERS.get(kind)
    return build() if build else _ANYTHING


def _png() -> bytes:
    """One transparent pixel (PNG, third edition, 5)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(5))) + chunk(b"IEND", b"")


def _gif() -> bytes:
    """One black pixel (GIF89a): LZW codes of three bits: clear, colour 0, end."""
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"


def _jpeg() -> bytes:
    """One grey pixel (ITU-T T.81, baseline): each Huffman table has one code, so that the scan is two bits."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    one_code = bytes([1, *([0] * 15), 0])
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00" + struct.pack(">HBHHBB", 0x0101, 0, 1, 1, 0, 0)),
            segment(0xDB, b"\x00" + bytes([1] * 64)),
            segment(0xC0, struct.pack(">BHHBBBB", 8, 1, 1, 1, 1, 0x11, 0)),
            segment(0xC4, b"\x00" + one_code),
            segment(0xC4, b"\x10" + one_code),
            segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0])),
            b"\x3f\xff\xd9",
        )
    )


def _webp() -> bytes:
    """One pixel (WebP, lossless): five simple prefix codes of one symbol each."""
    bits = "0" * 28 + "1" + "000" + "000" + "1000" * 5  # both sizes less one, alpha, version, no transforms, the codes
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    data = b"\x2f" + bytes(int(padded[at : at + 8][::-1], 2) for at in range(0, len(padded), 8))
    data += b"\x00" * (len(data) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _bmp() -> bytes:
    """One pixel (BITMAPINFOHEADER)."""
    form = struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + form + bytes(4)


def _ico() -> bytes:
    png = _png()
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 1, 1, 0, 0, 1, 32, len(png), 22) + png


def _tiff() -> bytes:
    """One black pixel (TIFF 6.0, bilevel)."""
    entries = ((256, 1), (257, 1), (258, 1), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1))
    table = b"".join(struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in entries)
    return b"II*\x00" + struct.pack("<I", 10) + b"\x00\x00" + struct.pack("<H", len(entries)) + table + bytes(4)


def _wav() -> bytes:
    """A tenth of a millisecond of silence, 8 bit, mono."""
    data = b"\x80\x80"
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _mp3() -> bytes:
    """One silent frame: MPEG-1 layer III, 128 kbit/s, 44.1 kHz."""
    return b"\xff\xfb\x90\x00" + bytes(413)


def _mp4() -> bytes:
    """A file type and an empty movie header (ISO/IEC 14496-12)."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data) + 8) + kind + data

    unity = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, 0, 0x10000, 0x100) + unity + bytes(24) + struct.pack(">I", 1)
    return box(b"ftyp", b"isom\x00\x00\x02\x00isommp41") + box(b"moov", box(b"mvhd", head))


def _pdf() -> bytes:
    """One empty page (ISO 32000-1, 7.5)."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    )
    made = b"%PDF-1.4\n"
    offsets = []
    for number, each in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def _zip(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return buffer.getvalue()


_PACKAGES = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def _relations(base: str, target: str, name: str) -> str:
    inner = f'<Relationship Id="rId1" Type="{base}/{name}" Target="{target}"/>'
    return f'{_HEAD}<Relationships xmlns="{_PACKAGES}/relationships">{inner}</Relationships>'


def _office(part: str, kind: str, text: str, **more: str) -> bytes:
    """An Office Open XML package (ECMA-376) with one part."""
    types = f'{_HEAD}<Types xmlns="{_PACKAGES}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/></Types>'  # fmt: skip  # noqa: E501
    files = {"[Content_Types].xml": types, "_rels/.rels": _relations(_OFFICE, part, "officeDocument")}
    return _zip(**files, **{part: f"{_HEAD}{text}"}, **more)


def _docx() -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f'<w:document xmlns:w="{space}"><w:body><w:p/></w:body></w:document>'
    return _office("word/document.xml", "wordprocessingml.document.main", text)


def _xlsx() -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = f'<workbook xmlns="{space}" xmlns:r="{_OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'  # fmt: skip  # noqa: E501
    sheet = f'{_HEAD}<worksheet xmlns="{space}"><sheetData/></worksheet>'
    relations = _relations(_OFFICE, "worksheets/sheet1.xml", "worksheet")
    more = {"xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": sheet}
    return _office("xl/workbook.xml", "spreadsheetml.sheet.main", book, **more)


_BUILDERS: Mapping[str, Callable[[], bytes]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/bmp": _bmp,
    "image/x-icon": _ico,
    "image/tiff": _tiff,
    "audio/wav": _wav,
    "audio/mpeg": _mp3,
    "video/mp4": _mp4,
    "application/pdf": _pdf,
    "application/zip": _zip,
    "application/gzip": lambda: gzip.compress(b"", mtime=0),
    "application/x-tar": lambda: bytes(10240),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _docx,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _xlsx,
}
_SAME: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/vnd.microsoft.icon": "image/x-icon",
    "image/x-ms-bmp": "image/bmp",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/mp4": "video/mp4",
    "video/quicktime": "video/mp4",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "application/java-archive": "application/zip",
    "application/vnd.android.package-archive": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/x-gtar": "application/x-tar",
    "application/tar": "application/x-tar",
}
_MARKS: Mapping[str, bytes] = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF8",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "image/bmp": b"BM",
    "image/x-icon": b"\x00\x00\x01\x00",
    "image/tiff": b"II*\x00",
    "audio/wav": b"RIFF",
    "audio/mpeg": b"\xff\xfb",
    "video/mp4": b"\x00\x00\x00",
    "application/pdf": b"%PDF-",
    "application/zip": b"PK",
    "application/gzip": b"\x1f\x8b",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": b"PK",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK",
}
