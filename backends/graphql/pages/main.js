// Puts the page together: editors, sheets, history, documentation, answers. The other modules know one thing each.

import { at, copy, el, tell } from "./dom.js";
import { Docs } from "./docs.js";
import { Editor } from "./editor.js";
import { prettify } from "./format.js";
import { jsonTokens, readObject } from "./json.js";
import { GraphqlLanguage, operations } from "./language.js";
import { offsetOf } from "./lexer.js";
import { History, linkTo, sheetOfLink } from "./memory.js";
import { makeResizable } from "./panes.js";
import { SyntaxFault } from "./parser.js";
import { Result } from "./result.js";
import { INTROSPECTION, Schema, typeText } from "./schema.js";
import { offerLogin, withToken } from "./session.js";
import { Sheets, title } from "./sheets.js";
import { ask, post, Subscription } from "./transport.js";
import { checkVariables, completeKeys } from "./variables.js";

const EXAMPLE = {
  query: `# One request, only the fields you ask for.
query Order($id: ID!) {
  order(id: $id) {
    id
    total
    status
    items {
      quantity
      product {
        name
        price
      }
    }
  }
}

# Put the cursor in here to follow orders.
subscription Feed {
  orders(count: 20, intervalMs: 500) {
    sequence
    id
    total
    status
  }
}
`,
  variables: '{\n  "id": "1"\n}',
  operation: "",
};
const HEADERS = [{ name: "Authorization", detail: "Bearer …" }, { name: "Idempotency-Key", detail: "makes a create safe to repeat" },
  { name: "X-Request-Id", detail: "names the request in the log" }];

const language = new GraphqlLanguage();
let running = null; // an AbortController or a Subscription

const query = new Editor(at("query"), "Operation", language);
const variables = new Editor(at("variables"), "Variables, as JSON", {
  tokens: jsonTokens,
  check: (text) => checkVariables(text, language.schema && chosen()?.variables, language.schema),
  complete: (text, offset) => completeKeys(text, offset, (chosen()?.variables || []).map(({ name, type }) => ({ name, detail: typeText(type) }))),
});
const headers = new Editor(at("headers"), "Headers, as JSON", {
  tokens: jsonTokens, check: checkHeaders, complete: (text, offset) => completeKeys(text, offset, HEADERS) });
const result = new Result(at("result"), ({ line, column }) => {
  const start = offsetOf(query.text, line, column);
  const token = query.tokens.find((one) => one.start <= start && start < one.end);
  query.select(start, token ? token.end : start);
});
const history = new History();
const docs = new Docs(at("docs"), insertField, readSchema);
const sheets = new Sheets(at("sheets"), EXAMPLE, { leaving: leaveSheet, opened: openSheet });

// ---- sheets

function saveSheet() {
  Object.assign(sheets.current, { query: query.text, variables: variables.text, headers: headers.text, operation: at("operation").value });
}

function leaveSheet() {
  saveSheet();
  stop();
}

function openSheet(sheet) {
  query.text = sheet.query;
  variables.text = sheet.variables;
  headers.text = sheet.headers || "";
  showOperations(sheet.operation);
  result.clear();
}

let saving = 0;
function edited() {
  showOperations();
  clearTimeout(saving);
  saving = setTimeout(() => { saveSheet(); sheets.changed(); }, 300);
}

// ---- which operation

function allOperations() {
  if (allOperations.text !== query.text || allOperations.schema !== language.schema) {
    Object.assign(allOperations, { text: query.text, schema: language.schema, found: operations(query.text, language) });
  }
  return allOperations.found;
}

function chosen() {
  const all = allOperations();
  return all.find(({ name }) => name && name === at("operation").value) || all[0] || null;
}

function showOperations(wanted = at("operation").value) {
  const named = allOperations().filter(({ name }) => name);
  const known = named.map(({ name }) => name).join();
  const chooser = at("operation");
  if (chooser.dataset.known !== known) {
    chooser.dataset.known = known;
    chooser.replaceChildren(...named.map(({ name, kind }) => el("option", { value: name, textContent: `${name} (${kind})` })));
  }
  chooser.hidden = allOperations().length < 2;
  if (named.some(({ name }) => name === wanted)) chooser.value = wanted;
  followCursor();
  variables.refresh();
}

/** The operation around the cursor is the one that runs. */
function followCursor() {
  const cursor = query.area.selectionStart;
  const here = document.activeElement === query.area && allOperations().find(({ start, end }) => start <= cursor && cursor <= end);
  if (!here?.name || at("operation").value === here.name) return;
  at("operation").value = here.name;
  variables.refresh();
}

// ---- running

function checkHeaders(text) {
  const { value, fault } = readObject(text);
  if (fault) return [{ ...fault, weight: "error" }];
  const wrong = Object.keys(value).find((name) => typeof value[name] !== "string" || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name));
  return wrong === undefined ? [] : [{ start: 0, end: 1, message: `${wrong}: a header has a name and a text.`, weight: "error" }];
}

function body() {
  const operation = chosen();
  const sent = { query: query.text, variables: readObject(variables.text).value };
  if (operation?.name) sent.operationName = operation.name;
  return { sent, operation };
}

function objection() {
  if (!query.text.trim()) return "There is no operation to run.";
  for (const [editor, name] of [[variables, "Variables"], [headers, "Headers"]]) {
    const { fault } = readObject(editor.text);
    if (fault) return `${name}: ${fault.message}`;
  }
  return checkHeaders(headers.text)[0]?.message;
}

/** A field that needs fields inside and has none gets the plain ones, as people are used to. */
function fillIn() {
  const missing = language.missing(query.text);
  if (!missing.length) return;
  let text = query.text;
  for (const { at: place, insert } of missing) text = text.slice(0, place) + insert + text.slice(place);
  const cursor = query.area.selectionStart;
  query.replace(0, query.text.length, prettify(text), cursor);
  tell("Fields were filled in.");
}

async function run() {
  stop();
  fillIn();
  const why = objection();
  if (why) return void result.failed("not sent", why);
  const { sent, operation } = body();
  saveSheet();
  history.add({ ...sheets.current, operation: sent.operationName });
  showHistory();
  writeAddress();
  const carried = withToken(readObject(headers.text).value);
  if (operation?.kind === "subscription") return follow(sent, carried);
  const mine = new AbortController();
  setRunning(mine);
  result.waiting();
  try {
    const errors = result.answer(await post(sent, carried, mine.signal));
    markErrors(sent.query, errors);
  } catch (error) {
    if (error.name === "AbortError") result.failed("stopped", "The request was cancelled.");
    else result.failed("no answer", `The server did not answer: ${error.message}.`);
  }
  if (running === mine) setRunning(null);
}

function follow(sent, carried) {
  result.follow();
  const mine = new Subscription(sent, carried, {
    heard: (payload) => result.event(payload),
    ended: (word, errors, bad) => {
      result.ended(word, errors, bad);
      markErrors(sent.query, errors || []);
      if (running === mine) setRunning(null);
    },
  });
  setRunning(mine);
}

function markErrors(text, errors) {
  if (text !== query.text) return;
  query.mark(errors.flatMap(({ message, locations }) => (locations || []).slice(0, 1).map(({ line, column }) => {
    const start = offsetOf(text, line, column);
    const token = query.tokens.find((one) => one.start <= start && start < one.end);
    return { start, end: token ? token.end : start + 1, message: `Answer: ${message}`, weight: "error" };
  })).filter(({ start }) => !query.marks.some((mark) => mark.start === start)));
}

function setRunning(work) {
  running = work;
  at("run").textContent = work ? "Stop" : "Run";
  at("run").title = work ? "Stop (Esc)" : "Run the operation at the cursor (Ctrl+Enter)";
  at("run").classList.toggle("stops", Boolean(work));
}

function stop() {
  const work = running;
  setRunning(null);
  if (work instanceof Subscription) work.stop();
  else work?.abort();
}

// ---- address and history

function writeAddress() {
  window.history.replaceState(null, "", linkTo(sheets.current) || location.pathname);
}

function copyLink() {
  saveSheet();
  const link = linkTo({ ...sheets.current, operation: allOperations().length > 1 ? at("operation").value : "" });
  if (link) { writeAddress(); copy(link, "Link"); } else tell("This document is too long for a link.", true);
}

function showHistory() {
  at("past").replaceChildren(...history.entries.map((entry, index) => el("li", {},
    el("button", { type: "button", className: "again", title: entry.query, onclick: () => sheets.add({ query: entry.query, variables: entry.variables, operation: entry.operation }) },
      el("b", { textContent: entry.operation || title(entry.query) }), el("small", { textContent: new Date(entry.at).toLocaleString() })),
    el("button", { type: "button", className: "close", textContent: "×", "aria-label": "Forget this one", onclick: () => {
      history.set(history.entries.filter((_, at) => at !== index)); showHistory(); } }))));
  at("no-past").hidden = history.entries.length > 0;
  at("forget").hidden = !history.entries.length;
}

// ---- documentation

function insertField(parent, field) {
  const { text, area: { selectionStart } } = query;
  const made = language.withField(text, selectionStart, parent, field);
  if (!made) return tell(`“${field.name}” does not fit at the cursor: put it inside a ${parent}.`, true);
  const whole = text.slice(0, made.start) + made.insert + text.slice(made.start);
  query.replace(made.start, made.start, made.insert);
  try {
    const neat = prettify(whole);
    const cursor = neat.indexOf(field.name, Math.max(0, made.start - 40));
    query.replace(0, query.text.length, neat, cursor + field.name.length);
  } catch (error) { if (!(error instanceof SyntaxFault)) throw error; }
}

function explain() {
  const found = language.named(query.text, query.area.selectionStart);
  if (!found) return;
  showSide("docs");
  docs.go(found.type, found.field?.args ? found.field.name : null);
}

async function readSchema() {
  try {
    language.schema = new Schema((await ask(INTROSPECTION)).__schema);
    docs.set(language.schema);
    offerLogin(language.schema);
  } catch (error) { docs.set(null, error.message); }
  query.refresh();
  showOperations(sheets.current.operation);
}

// ---- the rest of the page

function tidy() {
  try {
    const neat = prettify(query.text);
    if (neat !== query.text) query.replace(0, query.text.length, neat, Math.min(query.area.selectionStart, neat.length));
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    query.select(error.start, error.end);
    tell(error.message, true);
  }
  const { value, fault } = readObject(variables.text);
  const written = JSON.stringify(value, null, 2);
  if (!fault && variables.text.trim() && written !== variables.text) { variables.replace(0, variables.text.length, written); query.area.focus(); }
}

/** Tabs of which one panel is shown: buttons that name it with aria-controls. */
function makeTabs(list, shown) {
  const buttons = [...list.querySelectorAll("[role=tab]")];
  const show = (id) => buttons.forEach((button) => {
    const here = button.getAttribute("aria-controls") === id;
    button.setAttribute("aria-selected", String(here));
    button.tabIndex = here ? 0 : -1;
    at(button.getAttribute("aria-controls")).hidden = !here;
  });
  buttons.forEach((button, index) => {
    button.onclick = () => show(button.getAttribute("aria-controls"));
    button.onkeydown = ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = buttons[(index + step + buttons.length) % buttons.length];
      next.click();
      next.focus();
    };
  });
  show(shown);
  return show;
}

const showSide = makeTabs(at("side-tabs"), "docs");
makeTabs(at("lower-tabs"), "variables");
makeResizable(document.documentElement);
for (const editor of [query, variables, headers]) editor.onChange(edited);
document.addEventListener("selectionchange", followCursor);
query.area.addEventListener("click", (event) => { if (event.ctrlKey || event.metaKey) explain(); });
at("operation").onchange = () => { variables.refresh(); edited(); };
at("run").onclick = () => (running ? stop() : run());
at("tidy").onclick = tidy;
at("link").onclick = copyLink;
at("keys").onclick = () => at("keys-box").showModal();
at("keys-close").onclick = () => at("keys-box").close();
at("forget").onclick = () => { history.set([]); showHistory(); };
addEventListener("pagehide", () => { saveSheet(); sheets.changed(); stop(); });
document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (document.querySelector("dialog[open]")) return;
  if (command && event.key === "Enter") run();
  else if (command && event.shiftKey && event.key.toLowerCase() === "p") tidy();
  else if (event.key === "Escape" && running) stop();
  else return;
  event.preventDefault();
});

openSheet(sheets.current);
const linked = sheetOfLink();
if (linked) sheets.add(linked);
sheets.changed();
showHistory();
setRunning(null);
readSchema();
query.area.focus();
