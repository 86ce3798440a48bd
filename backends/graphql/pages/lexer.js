// Cuts a GraphQL document into tokens. Pure: colours, parser, completion and brackets all stand on it.

const PATTERN = new RegExp([
  "(?<space>[\\s,\\uFEFF]+)",
  "(?<comment>#[^\\n\\r]*)",
  "(?<name>[_A-Za-z]\\w*)",
  "(?<number>-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?(?![\\w.]))",
  '(?<block>"""(?:\\\\"""|[^])*?""")',
  '(?<bad>"""[^]*)',
  '(?<string>"(?:\\\\.|[^"\\\\\\n\\r])*")',
  "(?<punct>\\.\\.\\.|[!$&()[\\]{}:=@|])",
  '(?<rest>"[^\\n\\r]*|-?[\\d.]+\\w*|[^])',
].join("|"), "y");
const RENAMED = { block: "string", rest: "bad" };

/** Every token but white space: {kind, text, start, end}; kind is name, number, string, punct, comment or bad. */
export function tokens(text) {
  const found = [];
  PATTERN.lastIndex = 0;
  for (let match; (match = PATTERN.exec(text)) && match[0];) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    if (kind === "space") continue;
    found.push({ kind: RENAMED[kind] || kind, text: match[0], start: match.index, end: PATTERN.lastIndex });
  }
  return found;
}

/** The offset of a line and column, both from 1, as servers count them. */
export function offsetOf(text, line, column) {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const next = text.indexOf("\n", start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  return Math.min(start + column - 1, text.length);
}

/** {line, column} of an offset, both from 1. */
export function placeOf(text, offset) {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
