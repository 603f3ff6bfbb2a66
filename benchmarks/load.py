"""The load of serve.py, as a program of its own: asks one thing again and again over connections that stay open.

    python benchmarks/load.py HOST PORT PATH FILE CONNECTIONS SECONDS

FILE is the body. It prints the answers a second, as JSON with how many there were. An answer that is not 200 ends it.
"""

import asyncio
import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Do what the arguments say."""
    host, port, path, file, connections, seconds = sys.argv[1:]
    body = Path(file).read_bytes()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    asked = asyncio.run(_ask(host, int(port), head.encode() + body, int(connections), float(seconds)))
    print(json.dumps(asked))


async def _ask(host: str, port: int, request: bytes, connections: int, seconds: float) -> dict[str, float]:
    began = time.perf_counter()
    counts = await asyncio.gather(*(_repeat(host, port, request, began + seconds) for _ in range(connections)))
    return {"answers": sum(counts), "per_second": sum(counts) / (time.perf_counter() - began)}


async def _repeat(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 24)
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        await _answer(reader)
        count += 1
    writer.close()
    return count


async def _answer(reader: asyncio.StreamReader) -> None:
    """Read one answer to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"an answer is {head.decode(errors='replace')}")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    if b"content-length" in headers:
        await reader.readexactly(int(headers[b"content-length"]))
        return
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()


if __name__ == "__main__":
    main()
