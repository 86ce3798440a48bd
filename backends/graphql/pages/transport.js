// Sends operations: queries and mutations over HTTP, subscriptions over graphql-transport-ws.

const ENDPOINT = "/graphql";
const PROTOCOL = "graphql-transport-ws";

/** {status, text, ms, bytes, fault}; throws what fetch throws, and AbortError when `signal` says so. */
export async function post(body, headers = {}, signal = undefined) {
  const started = performance.now();
  const response = await fetch(ENDPOINT, { method: "POST", signal, body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "Accept": "application/json", ...headers } });
  const data = await response.arrayBuffer();
  return { status: response.status, text: new TextDecoder().decode(data), ms: performance.now() - started,
    bytes: data.byteLength, fault: response.headers.get("X-Trilane-Fault") };
}

/** The answer's data; throws with the server's own words. */
export async function ask(query, variables = {}, headers = {}) {
  const answer = JSON.parse((await post({ query, variables }, headers)).text);
  if (answer.errors?.length || !answer.data) throw new Error(answer.errors?.[0]?.message || "The server sent no data.");
  return answer.data;
}

/** Where subscriptions are, by the host that the browser knows: the server takes sockets of its own page only. */
export function socketUrl() {
  const { port, pathname } = new URL(document.body.dataset.socket);
  return `ws://${location.hostname}:${port}${pathname}`;
}

/** One subscription on a socket of its own. `heard` gets payloads, `ended` a word once, and errors if there are. */
export class Subscription {
  constructor(body, headers, { heard, ended }) {
    this.ended = ended;
    this.heard = heard;
    this.socket = new WebSocket(socketUrl(), PROTOCOL);
    this.socket.onopen = () => this.send({ type: "connection_init", payload: headers });
    this.socket.onmessage = ({ data }) => this.receive(JSON.parse(data), body);
    this.socket.onclose = ({ code, reason }) => this.end(`closed with ${code}${reason ? `: ${reason}` : ""}`, null, true);
  }

  send(message) { this.socket.send(JSON.stringify(message)); }

  receive({ type, payload }, body) {
    if (type === "connection_ack") this.send({ id: "1", type: "subscribe", payload: body });
    else if (type === "ping") this.send({ type: "pong" });
    else if (type === "next" && this.ended) this.heard(payload);
    else if (type === "error") this.end("refused", payload, true);
    else if (type === "complete") this.end("complete");
  }

  /** Tell the server, then close. */
  stop() {
    if (this.socket.readyState === WebSocket.OPEN) this.send({ id: "1", type: "complete" });
    this.end("stopped");
  }

  end(word, errors = null, bad = false) {
    const tell = this.ended;
    this.ended = null;
    if (!tell) return;
    if (this.socket.readyState < WebSocket.CLOSING) this.socket.close(1000);
    tell(word, errors, bad);
  }
}
