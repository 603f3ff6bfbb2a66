"""The load of serve.py: send one request repeatedly over persistent connections.

    python benchmarks/load.py HOST PORT PATH FILE CONNECTIONS SECONDS [KEY]

FILE is the body, KEY that of a service that asks for keys. It prints the number and rate of responses as JSON, and
exits at a response other than 200.
"""

import asyncio
import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Run with the command-line arguments."""
    host, port, path, file, connections, seconds, *keys = sys.argv[1:]
    body = Path(file).read_bytes()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"Authorization: Bearer {key}" for key in keys),
    ]
    request = "\r\n".join([*lines, "", ""]).encode() + body
    result = asyncio.run(_measure(host, int(port), request, int(connections), float(seconds)))
    print(json.dumps(result))


async def _measure(host: str, port: int, request: bytes, connections: int, seconds: float) -> dict[str, float]:
    start = time.perf_counter()
    counts = await asyncio.gather(*(_repeat(host, port, request, start + seconds) for _ in range(connections)))
    return {"responses": sum(counts), "per_second": sum(counts) / (time.perf_counter() - start)}


async def _repeat(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 24)
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        await _read_response(reader)
        count += 1
    writer.close()
    return count


async def _read_response(reader: asyncio.StreamReader) -> None:
    """Read one response completely."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"a response is {head.decode(errors='replace')}")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    if b"content-length" in headers:
        await reader.readexactly(int(headers[b"content-length"]))
        return
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()


if __name__ == "__main__":
    main()
