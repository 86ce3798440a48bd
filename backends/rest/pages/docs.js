// Draws openapi.json. Text is only ever set as text, so that nothing in the description can become markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

function resolve(spec, schema) {
  if (!schema || !schema.$ref) return schema || {};
  return schema.$ref.replace(/^#\//, "").split("/").reduce((value, part) => value[part], spec);
}

function kind(spec, schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map((one) => kind(spec, one)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return "list of " + kind(spec, schema.items || {});
  return schema.type || "any";
}

function limits(schema) {
  const said = [];
  const names = { minimum: "≥", maximum: "≤", minLength: "length ≥", maxLength: "length ≤",
    minItems: "items ≥", maxItems: "items ≤", pattern: "matches", default: "default" };
  for (const [key, word] of Object.entries(names)) {
    if (schema[key] !== undefined) said.push(`${word} ${JSON.stringify(schema[key])}`);
  }
  return said.join(", ");
}

function row(spec, name, required, schema, description) {
  return element("tr", {},
    element("td", {}, element("code", {}, name), required ? " *" : ""),
    element("td", {}, kind(spec, schema)),
    element("td", { class: "muted" }, [description || schema.description, limits(schema)].filter(Boolean).join(" — ")));
}

function table(head, rows) {
  return element("table", {},
    element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows));
}

function fields(spec, schema) {
  const whole = resolve(spec, schema);
  const required = whole.required || [];
  return table(["field", "type", ""], Object.entries(whole.properties || {}).map(
    ([name, one]) => row(spec, name, required.includes(name), one)));
}

function example(spec, schema, depth = 0) {
  const whole = resolve(spec, schema);
  if (whole.examples) return whole.examples[0];
  if (whole.default !== undefined) return whole.default;
  if (whole.enum) return whole.enum[0];
  if (whole.const !== undefined) return whole.const;
  if (whole.type === "array") return depth > 4 ? [] : [example(spec, whole.items, depth + 1)];
  if (whole.properties) {
    return Object.fromEntries(Object.entries(whole.properties).map(
      ([name, one]) => [name, example(spec, one, depth + 1)]));
  }
  return { string: "text", integer: 1, number: 1.5, boolean: true }[whole.type] ?? null;
}

function parameters(spec, operation) {
  const given = operation.parameters || [];
  if (!given.length) return null;
  return element("section", {}, element("h4", {}, "Parameters"), table(["name", "type", ""], given.map(
    (one) => row(spec, `${one.name} (${one.in})`, one.required, one.schema || {}, one.description))));
}

function body(spec, operation) {
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (!content) return null;
  const text = JSON.stringify(example(spec, content.schema), null, 2);
  return element("section", {}, element("h4", {}, "Body"), fields(spec, content.schema), element("pre", {}, text));
}

function answers(spec, operation) {
  const rows = Object.entries(operation.responses).map(([status, one]) => {
    const [media, content] = Object.entries(one.content || {})[0] || [];
    const headers = Object.keys(one.headers || {}).join(", ");
    return element("tr", {}, element("td", {}, element("code", {}, status)),
      element("td", {}, content ? (content.schema ? kind(spec, content.schema) : media) : "no body"),
      element("td", { class: "muted" }, one.description + (headers ? ` Headers: ${headers}.` : "")));
  });
  return element("section", {}, element("h4", {}, "Answers"), table(["status", "body", ""], rows));
}

function drawOperation(spec, path, method, operation) {
  const locked = operation.security && operation.security.length ? "needs a token" : "";
  return element("details", { id: operation.operationId },
    element("summary", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path),
      element("h3", {}, operation.summary || ""), element("span", { class: "muted" }, locked)),
    element("div", {}, element("p", {}, operation.description || ""), parameters(spec, operation),
      body(spec, operation), answers(spec, operation)));
}

function draw(spec) {
  document.getElementById("title").textContent = `${spec.info.title} ${spec.info.version}`;
  document.getElementById("description").textContent = spec.info.description || "";
  const groups = new Map();
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const method of METHODS) {
      if (!item[method]) continue;
      const tag = (item[method].tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, item[method]]);
    }
  }
  const main = document.getElementById("operations");
  const contents = document.getElementById("contents");
  main.replaceChildren();
  for (const [tag, operations] of groups) {
    main.append(element("h2", {}, tag));
    for (const [path, method, operation] of operations) {
      main.append(drawOperation(spec, path, method, operation));
      contents.append(element("a", { href: `#${operation.operationId}` }, operation.summary || path));
    }
  }
  main.append(element("h2", {}, "bodies"));
  for (const [name, schema] of Object.entries(spec.components.schemas)) {
    main.append(element("details", { id: `schema-${name}` }, element("summary", {}, element("code", {}, name)),
      element("div", {}, element("p", {}, schema.description || ""), fields(spec, schema))));
  }
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

fetch("/openapi.json").then((answer) => answer.json()).then((spec) => { draw(spec); openTarget(); }).catch((error) => {
  document.getElementById("operations").textContent = `The description could not be read: ${error}`;
});
window.addEventListener("hashchange", openTarget);
