"""Copies a safetensors file and adds to its metadata: python describe.py IN OUT KEY=VALUE ..."""

import json
import struct
import sys
from pathlib import Path


def main():
    source, target, *entries = sys.argv[1:]
    raw = Path(source).read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    header["__metadata__"] = header.get("__metadata__", {}) | dict(e.split("=", 1) for e in entries)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(target).write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + size :])


if __name__ == "__main__":
    main()
