"""The interface as a page: it is complete, and its examples work as shown."""

import html
import json
import re
import shlex
import shutil
import subprocess
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from serving import client, running

import riskmodel

LABELS = """
format: 1
id: mine
indicators:
  mood: {scale: {levels: {calm: 0, "it's tense": 0.6, crisis: 1}}}
  x: {scale: {goalposts: [1, 1000], curve: log}, lever: {}}
  y: {scale: {goalposts: [0, 0.001]}}
scores:
  s: {better: high, weights: {mood: 1, x: 3, y: 2}}
"""


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


def commands(page):
    """The commands of a page by the path that they ask for."""
    shown = re.findall(r'<pre class="command"[^>]*><code>(.*?)</code></pre>', page, re.DOTALL)
    texts = [html.unescape(text) for text in shown]
    return {urlsplit(shlex.split(text)[-1]).path: text for text in texts}


def test_every_operation_parameter_and_type_is_on_the_page(service):
    document, page = service.get("/openapi.json").json(), service.get("/docs").text
    text = html.unescape(re.sub(r"<[^>]*>", "", page))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert path in text
            assert operation["summary"] in text
            for parameter in operation.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in page
            for status in operation["responses"]:
                assert status == "200" or f"<strong>{status}</strong>" in page
    for name, schema in document["components"]["schemas"].items():
        assert f'id="type-{name}"' in page
        for key in schema.get("properties", {}):
            assert f"<code>{key}</code>" in page
    assert set(commands(page)) == set(document["paths"])


@pytest.mark.parametrize("text", [None, LABELS])
def test_every_example_is_a_valid_request(default_model, write, text):
    model = default_model if text is None else riskmodel.load_model(write("m.yaml", text))
    with client(model) as app_client:
        document = app_client.app.openapi()
        for path, operations in document["paths"].items():
            if "post" not in operations:
                continue
            operation = operations["post"]
            (media,) = operation["requestBody"]["content"].values()
            body = media["example"]
            if isinstance(body, dict):
                jsonschema.validate(body, {**media["schema"], "components": document["components"]})
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            query = {given["name"]: given["example"] for given in operation.get("parameters", ()) if "example" in given}
            answer = app_client.post(path, content, params=query)
            if path == "/api/outlook" and model is not default_model and answer.status_code == 422:
                pytest.fail(answer.text)
            assert answer.status_code == 200, (path, answer.text)
            assert "problem" not in answer.text.splitlines()[-1][:20]


def test_the_examples_are_those_of_the_document(service):
    document, shown = service.get("/openapi.json").json(), commands(service.get("/docs").text)
    for path, operations in document["paths"].items():
        words = shlex.split(shown[path])
        query = dict(parse_qsl(urlsplit(words[-1]).query))
        if "post" not in operations:
            assert words == ["curl", f"http://localhost{path}"]
            continue
        (media,) = operations["post"]["requestBody"]["content"].values()
        given = [item for item in operations["post"].get("parameters", ()) if "example" in item]
        examples = {item["name"]: item["example"] for item in given}
        assert query == {name: value[0] if isinstance(value, list) else value for name, value in examples.items()}
        if isinstance(media["example"], str):
            pipe = words.index("|")
            assert "\n".join(words[2:pipe]) + "\n" == media["example"]
        else:
            assert json.loads(words[words.index("-d") + 1]) == media["example"]


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_commands_work_as_shown(write):
    key = "k" * 24
    path = write("keys.txt", f"desk {key}\n")
    with running("--api-key-file", path) as service:
        page = service.client.get("/docs", headers={"X-API-Key": key}).text
        assert "needs a key" in html.unescape(re.sub(r"<[^>]*>", "", page))
        for path, command in commands(page).items():
            done = subprocess.run(
                ["sh", "-ec", command.replace("curl ", "curl -sS --fail-with-body ", 1)],
                capture_output=True,
                text=True,
                env={"KEY": key, "PATH": "/usr/bin:/bin"},
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, (path, done.stdout, done.stderr)
            assert done.stdout.startswith(("{", "["))
