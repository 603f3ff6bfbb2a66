"""The reference of serve.py: FastAPI endpoints that return their input and do nothing else.

    python benchmarks/echo.py

It prints its address, like `riskmodel serve`, and is run by uvicorn with the same settings.
"""

import sys

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from riskmodel.web.server import Server, listen, url

app = FastAPI()


class Situation(BaseModel):
    """The minimal structure of a situation."""

    title: str | None = None
    values: dict[str, float | str | None]


@app.post("/situation")
async def situation(body: Situation) -> Situation:
    """Parse the body, validate it, and serialise it again."""
    return body


@app.post("/bytes")
async def plain(request: Request) -> Response:
    """Return the body unchanged."""
    return Response(await request.body(), media_type="application/octet-stream")


if __name__ == "__main__":
    with listen("127.0.0.1", 0) as listening:
        print(url(listening), file=sys.stderr, flush=True)
        Server(app).run(sockets=[listening])
