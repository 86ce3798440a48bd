"""A real browser on a foreign page tries to read or drive the local servers. Skips without chromium."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.support.servers import Running, catalog_servers

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here"),
    pytest.mark.leaves_threads,  # of the servers' pools
]

# Everything a page can send without asking: each answers with what it got hold of.
ATTACK = """<!doctype html><title>attack</title><body><script>
const T = TARGETS, told = {};
const body = JSON.stringify({query:
  'mutation { login(email: "user@example.com", password: "password") { token } }'});
async function ask(name, url, options) {
  try {
    const answer = await fetch(url, options);
    const text = answer.type === "opaque" ? "" : await answer.text();
    told[name] = answer.ok && text ? "READ" : `${answer.type} ${answer.status}`;
  } catch (error) { told[name] = "blocked"; }
}
function element(name, tag, url) {
  return new Promise((done) => {
    const made = document.createElement(tag);
    made.onload = () => { told[name] = "READ"; done(); };
    made.onerror = () => { told[name] = "blocked"; done(); };
    made.src = url; document.body.append(made);
  });
}
function socket(name, url) {
  return new Promise((done) => {
    const peer = new WebSocket(url, "graphql-transport-ws");
    peer.onopen = () => { told[name] = "READ"; done(); };
    peer.onerror = () => { told[name] = "blocked"; done(); };
  });
}
function events(name, url) {
  return new Promise((done) => {
    const source = new EventSource(url);
    source.onmessage = () => { told[name] = "READ"; source.close(); done(); };
    source.onerror = () => { told[name] = "blocked"; source.close(); done(); };
  });
}
(async () => {
  const login = JSON.stringify({email: "user@example.com", password: "password"});
  for (const mode of ["cors", "no-cors"]) {
    await ask(`get ${mode}`, `${T.rest}/api/v1/products/1`, {mode});
    await ask(`limited ${mode}`, `${T.rest}/api/v1/limited`, {mode});
    await ask(`admin ${mode}`, `${T.rest}/admin/faults`, {mode});
    await ask(`query ${mode}`, `${T.graphql}?query={product(id:1){name}}`, {mode});
    await ask(`text post ${mode}`, T.graphql, {mode, method: "POST", body});
    await ask(`log in ${mode}`, `${T.rest}/auth/login`, {mode, method: "POST", body: login});
    const rpc = `http://${T.grpc}/products.ProductService/DeleteProduct`;
    await ask(`grpc ${mode}`, rpc, {mode, method: "POST", body: "x"});
  }
  await ask("json post", T.graphql, {method: "POST", headers: {"Content-Type": "application/json"}, body});
  await ask("delete", `${T.rest}/api/v1/products/1`, {method: "DELETE"});
  await element("script", "script", `${T.rest}/docs/docs.js`);
  await element("image", "img", `${T.rest}/api/v1/limited`);
  await socket("socket", T.graphql_ws);
  await events("events", `${T.rest}/api/v1/orders/stream?interval_ms=1`);
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
})();
</script></body>"""


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with catalog_servers("rest", "graphql", "grpc") as running:
        yield running


@contextmanager
def hostile_page(targets: dict[str, str]) -> Iterator[tuple[int, list[dict[str, str]], threading.Event]]:
    """A web server of another origin; what its page found out is collected."""
    told: list[dict[str, str]] = []
    heard = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = ATTACK.replace("TARGETS", json.dumps(targets)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            heard.set()

        def log_message(self, *_: object) -> None:
            """Nothing: a quiet server."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, told, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def browser(url: str, profile: Path) -> Iterator[None]:
    """Chromium without a window; every name under .test leads to this machine, as after a rebinding."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    command += ["--host-resolver-rules=MAP *.test 127.0.0.1", "--remote-debugging-port=0", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.fuzz
@pytest.mark.parametrize("page", ["127.0.0.1", "localhost", "evil.test"])
@pytest.mark.parametrize("rebound", [False, True], ids=["cross-origin", "rebound"])
def test_a_page_of_another_origin_reads_and_changes_nothing(
    servers: Running, tmp_path: Path, page: str, rebound: bool
) -> None:
    """Whatever a page may send, directly or under a name that was rebound to us, gets it nothing."""
    targets = dict(servers.addresses)
    if rebound:
        targets = {name: url.replace("127.0.0.1", "evil.test") for name, url in targets.items()}
    with hostile_page(targets) as (port, told, heard), browser(f"http://{page}:{port}/", tmp_path):
        assert heard.wait(40), "the browser did not finish"
    assert len(told[0]) == 20
    assert {name: got for name, got in told[0].items() if got == "READ"} == {}
    rest = servers.addresses["rest"]
    assert requests.get(f"{rest}/api/v1/products/1", timeout=5).json()["name"] == "Laptop"


@pytest.mark.fuzz
def test_no_page_has_spent_the_visitors_limit(servers: Running) -> None:
    """A page that embeds the limited endpoint uses nothing up: requests from elsewhere never reach it."""
    answer = requests.get(f"{servers.addresses['rest']}/api/v1/limited", timeout=5)
    assert answer.json()["remaining"] == 4


def test_our_own_page_works_under_its_policy(servers: Running, tmp_path: Path) -> None:
    """The explorer's scripts run, and read the schema, without any inline script being allowed."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    command += ["--virtual-time-budget=5000", "--dump-dom", servers.addresses["graphql"]]
    page = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True).stdout
    assert "createProduct" in page
    policy = requests.get(servers.addresses["graphql"], headers={"Accept": "text/html"}, timeout=5).headers
    assert "unsafe-inline" not in policy["Content-Security-Policy"]
    assert re.search("frame-ancestors 'none'", policy["Content-Security-Policy"])
