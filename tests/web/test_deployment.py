"""The recipes of docs/deployment: nginx in front of the service, the image, and the unit of systemd."""

import json
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import click
import httpx
import needs
import pytest
from browsing import free_port
from serving import CORE, ROOT, client, running

from riskmodel.cli.serve import serve
from riskmodel.web.keys import Keys

FOLDER = ROOT / "docs" / "deployment"
DYADS = (ROOT / "examples" / "dyad_months.csv").read_bytes()
KEY = "k" * 24
NAME = "risk.example"


def options_of(words):
    """The options of a command line of `riskmodel serve`, parsed by the command itself."""
    context = click.Context(serve)
    serve.parse_args(context, [word for word in words if word])
    return context.params


# nginx


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a self-signed certificate and its key."""
    needs.tools(("nginx", "openssl"), "RISKMODEL_NEEDS_PROXY")
    folder = tmp_path_factory.mktemp("certificate")
    path, key = folder / "site.pem", folder / "site.key"
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run(
        [*command, "-days", "2", "-keyout", key, "-out", path, *subject], check=True, capture_output=True, timeout=60
    )
    return path, key


class Proxy:
    """nginx with the recipe, in front of a port of this machine."""

    def __init__(self, folder, certificate, backend):
        self.port, self.plain_port = free_port(), free_port()
        recipe = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
        for text, replacement in {
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "/etc/ssl/risk.example.pem": str(certificate[0]),
            "/etc/ssl/risk.example.key": str(certificate[1]),
            "http://127.0.0.1:8000": f"http://127.0.0.1:{backend}",
        }.items():
            assert text in recipe
            recipe = recipe.replace(text, replacement)
        paths = "\n".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy"))
        main = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        path = folder / "nginx.conf"
        path.write_text(f"{main}http {{\naccess_log off;\n{paths}\n{recipe}}}\n", encoding="utf-8")
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", path, "-e", folder / "error.log"])
        self.context = ssl.create_default_context(cafile=certificate[0])
        until = time.monotonic() + 15
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            assert self.process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)

    @property
    def host(self):
        return f"{NAME}:{self.port}"

    def client(self, source=None):
        """A client whose requests come from an address of this machine."""
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Host": self.host},
            transport=_Named(verify=self.context, local_address=source),
            timeout=30,
        )

    def connected(self, name=NAME):
        """A TLS connection, for a host name."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context.wrap_socket(plain, server_hostname=name)


class _Named(httpx.HTTPTransport):
    """Asks for the certificate of the site."""

    def handle_request(self, request):
        request.extensions["sni_hostname"] = NAME
        return super().handle_request(request)


@contextmanager
def proxy_before(port, folder, certificate):
    proxy = Proxy(folder, certificate, port)
    try:
        yield proxy
    finally:
        proxy.process.terminate()
        proxy.process.wait(15)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, certificate):
    """A service with keys and a log behind the proxy."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "keys").write_text(f"desk {KEY}\n", encoding="utf-8")
    (folder / "keys").chmod(0o600)
    options = ("--allow-host", NAME, "--forwarded-allow-ips", "127.0.0.1", "--api-key-file", folder / "keys")
    with (
        running(*options, "--access-log", folder / "log") as service,
        proxy_before(service.port, folder, certificate) as proxy,
    ):
        proxy.service, proxy.log = service, folder / "log"
        yield proxy


KEYED = {"X-API-Key": KEY}


def test_page_and_scores_are_served_by_tls(guarded):
    with guarded.client() as http:
        page = http.get("/", headers=KEYED)
        assert page.status_code == 200
        assert "max-age" in page.headers["strict-transport-security"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert http.get("/static/main.js", headers=KEYED).status_code == 200
        # As the page in a browser sends it.
        origin = {"Origin": f"https://{guarded.host}", "Sec-Fetch-Site": "same-origin"}
        scored = http.post("/api/score", json={"values": CORE}, headers={**KEYED, **origin})
        assert scored.json()["scores"]["escalation"]["reported"] == 64.8
        foreign = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
        assert http.post("/api/score", json={"values": CORE}, headers={**KEYED, **foreign}).status_code == 403
        assert f"https://{guarded.host}/api/score" in http.get("/docs", headers=KEYED).text


def test_keys_are_needed_behind_the_proxy(guarded):
    with guarded.client() as http:
        refused = http.get("/")
        assert refused.status_code == 401
        assert "Basic" in refused.headers["www-authenticate"]
        assert http.get("/health/ready").status_code == 200
        assert http.get("/api/model", auth=("desk", KEY)).status_code == 200


def test_a_table_is_that_of_the_service(guarded):
    with guarded.client() as http:
        through = http.post("/api/batch", content=DYADS, headers=KEYED)
    direct = guarded.service.client.post("/api/batch", content=DYADS, headers=KEYED)

    def scored(answer):
        return "".join(json.loads(line).get("scored", "") for line in answer.text.splitlines())

    assert through.status_code == 200
    assert scored(through) == scored(direct) != ""
    assert "done" in json.loads(through.text.splitlines()[-1])


def test_a_table_beyond_the_limit_is_refused_by_the_service(guarded):
    head = f"POST /api/batch HTTP/1.1\r\nHost: {guarded.host}\r\nX-API-Key: {KEY}\r\nContent-Length: 64000001\r\n\r\n"
    with guarded.connected() as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer


def test_other_names_get_no_certificate(guarded):
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        guarded.connected("other.example")
    with guarded.connected() as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n")
        answer = connection.recv(65536)
    assert not answer.startswith(b"HTTP/1.1 200")


def test_plain_requests_are_sent_to_tls(guarded):
    answer = httpx.get(f"http://127.0.0.1:{guarded.plain_port}/docs", headers={"Host": NAME}, timeout=30)
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/docs")


def test_the_log_has_the_clients_of_the_proxy(guarded):
    with guarded.client("127.0.0.5") as http:
        http.get("/api/model", headers={**KEYED, "X-Forwarded-For": "203.0.113.9"})
    until = time.monotonic() + 5
    clients = set()
    while "127.0.0.5" not in clients:
        assert time.monotonic() < until
        lines = guarded.log.read_text(encoding="utf-8").splitlines()
        clients = {json.loads(line)["client"] for line in lines}
        time.sleep(0.02)
    assert "203.0.113.9" not in clients
    assert KEY not in "".join(lines)


class Stepwise(BaseHTTPRequestHandler):
    """Answers a first line when the first part of a body has come, and the rest when the client has that line."""

    protocol_version = "HTTP/1.1"
    seen = threading.Event()

    def do_POST(self):
        first = self.rfile.read(6)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"7\r\n" + first + b"\n\r\n")
        self.wfile.flush()
        assert self.seen.wait(20)
        self.rfile.read(6)
        self.wfile.write(b"5\r\nlast\n\r\n0\r\n\r\n")

    def log_message(self, *given):
        pass


def test_tables_and_rows_are_passed_on_as_they_arrive(tmp_path, certificate):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stepwise) as backend:
        threading.Thread(target=backend.serve_forever, daemon=True).start()
        with (
            proxy_before(backend.server_address[1], tmp_path, certificate) as proxy,
            proxy.connected() as connection,
        ):
            head = f"POST /api/batch HTTP/1.1\r\nHost: {proxy.host}\r\nContent-Length: 12\r\n\r\n"
            connection.sendall(head.encode() + b"first,")
            received = b""
            while b"first," not in received:
                part = connection.recv(4096)
                assert part, received
                received += part
            assert b"last" not in received
            Stepwise.seen.set()
            connection.sendall(b"second")
            while b"last" not in received:
                received += connection.recv(4096)
        backend.shutdown()


# The page of the docs

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def test_the_keys_of_the_page_are_a_valid_file(write):
    (text,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    keys = Keys(str(write("keys.txt", text)))
    for line in text.splitlines()[1:]:
        name, key = line.split()
        assert keys.owner({b"x-api-key": key.encode()}) == name


def test_the_line_of_the_log_on_the_page_is_one_of_the_service(tmp_path):
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    with client(access_log=str(tmp_path / "log")) as app_client:
        app_client.get("/health/live")
    (line,) = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    shown, logged = json.loads(text), json.loads(line)
    assert [(name, type(value)) for name, value in shown.items() if name != "key"] == [
        (name, type(value)) for name, value in logged.items() if name != "key"
    ]
    assert list(shown) == list(logged)


def test_the_command_of_the_page_has_the_options_that_the_recipe_expects():
    (line,) = re.findall(r"^riskmodel serve (.*)$", PAGE, re.MULTILINE)
    options = options_of(line.split())
    assert (options["hosts"], options["proxies"]) == ((NAME,), "127.0.0.1")
    (run_line,) = re.findall(r"^docker run .* riskmodel (.*)$", PAGE, re.MULTILINE)
    assert options_of(run_line.split())["hosts"] == (NAME,)


# The image


def instructions():
    """The instructions of the Dockerfile, as pairs of a word and its arguments."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_image_copies_what_the_build_needs():
    copied = {
        word
        for instruction, words in instructions()
        if instruction == "COPY" and not words.startswith("--from")
        for word in words.split()[:-1]
    }
    assert all((ROOT / name).exists() for name in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "pyproject.toml"}
    needed |= {*project["project"]["license-files"], "constraints.txt"}
    assert {path.split("/")[0] for path in needed} <= copied


def test_the_image_runs_as_a_user_without_rights_and_is_checked():
    words = [instruction for instruction, _ in instructions()]
    last = dict(instructions()[len(words) - 1 - words[::-1].index("FROM") :])
    assert words.count("FROM") == 2, "what builds is not in the image"
    assert int(last["USER"]) >= 1000
    entry = json.loads(last["ENTRYPOINT"])
    assert entry[0].endswith("/riskmodel")
    assert entry[1] == "serve"
    assert options_of(entry[2:])["host"] == "0.0.0.0"  # noqa: S104
    check = json.loads(last["HEALTHCHECK"].partition("CMD ")[2])
    with running() as service:
        code = check[-1].replace(":8000/", f":{service.port}/")
        compile(code, "HEALTHCHECK", "exec")
        assert subprocess.run(["python3", "-c", code], check=False, timeout=30).returncode == 0
    assert subprocess.run(["python3", "-c", code], check=False, timeout=30, capture_output=True).returncode != 0
    assert last["EXPOSE"] == str(options_of([])["port"])


def test_the_image_has_the_pinned_versions_and_their_python():
    (pip,) = [words for instruction, words in instructions() if instruction == "RUN" and "pip install" in words]
    assert "-c constraints.txt" in pip
    assert '".[serve]"' in pip
    versions = {words.split()[0] for instruction, words in instructions() if instruction == "FROM"}
    (python,) = {version.removeprefix("python:").removesuffix("-slim") for version in versions}
    gate = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"pins the versions that the gate uses on Python {python}" in gate


# systemd


def unit():
    lines = (FOLDER / "riskmodel.service").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


def test_the_unit_starts_the_service():
    words = dict(unit())["ExecStart"].split()
    assert words[0].endswith("/riskmodel")
    assert words[1] == "serve"
    options = options_of(words[2:])
    assert options["hosts"] == (NAME,)
    (name, _) = dict(unit())["LoadCredential"].split(":")
    assert options["key_file"] == f"${{CREDENTIALS_DIRECTORY}}/{name}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_accepts_the_unit_and_its_confinement(tmp_path):
    text = (FOLDER / "riskmodel.service").read_text(encoding="utf-8")
    path = tmp_path / "riskmodel.service"
    path.write_text(text.replace("/opt/riskmodel/bin/riskmodel", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout  # an exposure of at most 2 of 10
