"""What serve.py measures the service against: FastAPI endpoints that send back what they get, and do nothing else.

    python benchmarks/echo.py

It prints its address, as `riskmodel serve` does, and is run by uvicorn with the same settings.
"""

import sys

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from riskmodel.web.server import Server, listen, url

app = FastAPI()


class Situation(BaseModel):
    """What a situation has at least."""

    title: str | None = None
    values: dict[str, float | str | None]


@app.post("/situation")
async def situation(body: Situation) -> Situation:
    """The body, read and checked, and written anew."""
    return body


@app.post("/bytes")
async def plain(request: Request) -> Response:
    """The body as it came."""
    return Response(await request.body(), media_type="application/octet-stream")


if __name__ == "__main__":
    with listen("127.0.0.1", 0) as listening:
        print(url(listening), file=sys.stderr, flush=True)
        Server(app).run(sockets=[listening])
