// What the browser keeps between visits: sheets, history, sizes of panes; and what a link carries. Headers and
// tokens are never kept, and what looks like a password in a document or its variables is blanked first.

const KEY = "trilane.explorer.";
const MOST_HISTORY = 50;
const LONGEST_KEPT = 20_000; // characters of one document
const LONGEST_LINK = 8_000;
const SECRET = /((?:password|passwd|secret|token|authorization)"?\s*:\s*)("""[^]*?"""|"(?:\\.|[^"\\])*"?)/gi;

/** The text without the values of anything named like a secret. */
export function withoutSecrets(text) {
  return text.replace(SECRET, '$1""');
}

export function recall(name, otherwise) {
  try { return JSON.parse(localStorage.getItem(KEY + name)) ?? otherwise; } catch { return otherwise; }
}

export function keep(name, value) {
  try { localStorage.setItem(KEY + name, JSON.stringify(value)); } catch { /* full, or forbidden: nothing is kept */ }
}

/** The part of a sheet that may be kept or sent around. */
export function safe({ query = "", variables = "", operation = "" }) {
  return { query: withoutSecrets(String(query)), variables: withoutSecrets(String(variables)), operation: String(operation || "") };
}

export class History {
  constructor() { this.entries = recall("history", []).filter((entry) => typeof entry?.query === "string").slice(0, MOST_HISTORY); }

  /** The newest is first; what was run before moves up. */
  add(sheet) {
    const entry = { ...safe(sheet), at: Date.now() };
    if (entry.query.length > LONGEST_KEPT) return;
    const same = (one) => one.query === entry.query && one.variables === entry.variables && one.operation === entry.operation;
    this.set([entry, ...this.entries.filter((one) => !same(one))]);
  }

  set(entries) {
    this.entries = entries.slice(0, MOST_HISTORY);
    keep("history", this.entries);
  }
}

/** The address of this page with a sheet in it, or null when it would be too long. */
export function linkTo(sheet) {
  const { query, variables, operation } = safe(sheet);
  const wanted = new URLSearchParams({ query });
  if (variables.trim() && variables.trim() !== "{}") wanted.set("variables", variables);
  if (operation) wanted.set("operationName", operation);
  const link = `${location.origin}${location.pathname}?${wanted}`;
  return link.length > LONGEST_LINK ? null : link;
}

/** The sheet in the page's address, or null. It is shown, never run: the link may be anybody's. */
export function sheetOfLink() {
  const asked = new URLSearchParams(location.search);
  if (!asked.get("query")) return null;
  return { query: asked.get("query"), variables: asked.get("variables") || "", operation: asked.get("operationName") || "" };
}
