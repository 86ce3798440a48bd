"use strict";
const at = (id) => document.getElementById(id);
const EXAMPLE = `# An order with its products: one request, only the fields you ask for.
query Order($id: ID!) {
  order(id: $id) {
    id
    total
    status
    items { quantity product { name price } }
  }
}
`;
const INTROSPECTION = `query Schema { __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { name kind description
    fields { name description args { name type { ...T } } type { ...T } }
    inputFields { name type { ...T } } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const asked = new URLSearchParams(location.search);
at("query").value = asked.get("query") || EXAMPLE;
at("variables").value = asked.get("variables") || '{ "id": "1" }';

function show(text, bad) {
  at("result").textContent = text;
  at("result").className = bad ? "bad" : "";
}

function json(id) {
  const text = at(id).value.trim();
  if (!text) return {};
  try { return JSON.parse(text); } catch (error) { throw new Error(`${id}: ${error.message}`); }
}

async function post(body, headers) {
  const started = performance.now();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - started };
}

let socket = null;
function stop() {
  if (socket) socket.close(1000);
  socket = null;
  at("stop").hidden = true;
}

function follow(body, headers) {
  // The host as the browser knows it: the server accepts a socket only from a page of the same name.
  const { port, pathname } = new URL(document.body.dataset.socket);
  const url = `ws://${location.hostname}:${port}${pathname}`;
  const lines = [];
  socket = new WebSocket(url, "graphql-transport-ws");
  const mine = socket;
  at("stop").hidden = false;
  mine.onopen = () => mine.send(JSON.stringify({ type: "connection_init", payload: headers }));
  mine.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "connection_ack") {
      mine.send(JSON.stringify({ id: "1", type: "subscribe", payload: body }));
    } else if (message.type === "next" || message.type === "error") {
      lines.push(JSON.stringify(message.payload));
      while (lines.length > 500) lines.shift();
      show(lines.join("\n"), message.type === "error");
    }
    if (message.type === "complete" || message.type === "error") { at("status").textContent = "ended"; stop(); }
  };
  mine.onclose = ({ code }) => { if (code !== 1000) at("status").textContent = `closed with ${code}`; };
  at("status").textContent = "following …";
}

async function run() {
  stop();
  try {
    const query = at("query").value;
    const body = { query, variables: json("variables") };
    const headers = json("headers");
    // Comments may precede the keyword.
    if (/^\s*(#[^\n]*\n\s*)*subscription\b/.test(query)) return follow(body, headers);
    at("status").textContent = "running …";
    const answer = await post(body, headers);
    at("status").textContent = `${answer.status} • ${answer.ms.toFixed(1)} ms • ${answer.text.length} characters`;
    show(JSON.stringify(JSON.parse(answer.text), null, 2), answer.status !== 200);
  } catch (error) {
    at("status").textContent = "not sent";
    show(String(error.message || error), true);
  }
}

function typeName(type) {
  if (type.kind === "NON_NULL") return typeName(type.ofType) + "!";
  if (type.kind === "LIST") return "[" + typeName(type.ofType) + "]";
  return type.name;
}

function describe(field) {
  const line = document.createElement("div");
  line.className = "field";
  const args = (field.args || []).map((a) => `${a.name}: ${typeName(a.type)}`).join(", ");
  line.textContent = `${field.name}${args ? `(${args})` : ""}: ${typeName(field.type)}`;
  if (field.description) {
    const note = document.createElement("small");
    note.textContent = field.description;
    line.append(note);
  }
  return line;
}

async function documentSchema() {
  const docs = at("docs");
  try {
    const schema = JSON.parse((await post({ query: INTROSPECTION }, {})).text).data.__schema;
    const roots = [schema.queryType, schema.mutationType, schema.subscriptionType].filter(Boolean).map((t) => t.name);
    const types = schema.types.filter((t) => !t.name.startsWith("__") && (t.fields || t.inputFields));
    const rank = (type) => (roots.includes(type.name) ? roots.indexOf(type.name) : roots.length);
    types.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
    docs.replaceChildren(...types.map((type) => {
      const part = document.createElement("details");
      part.open = roots.includes(type.name);
      const title = document.createElement("summary");
      title.textContent = type.name;
      part.append(title, ...(type.fields || type.inputFields).map(describe));
      return part;
    }));
  } catch (error) {
    docs.textContent = `The schema could not be read: ${error.message}`;
  }
}

at("run").addEventListener("click", run);
at("stop").addEventListener("click", stop);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
});
documentSchema();
