// JSON for the variables, the headers and the answer: colours, and where it is broken. Pure.

const PATTERN = /(?<space>\s+)|(?<string>"(?:\\.|[^"\\\n])*"?)|(?<number>-?\d[\d.eE+-]*)|(?<word>true|false|null)|(?<punct>[{}[\]:,])|(?<bad>[^\s{}[\]:,"]+)/y;

/** Tokens {kind, text, start, end}; kind is key, string, number, word, punct or bad. */
export function jsonTokens(text) {
  const found = [];
  PATTERN.lastIndex = 0;
  for (let match; PATTERN.lastIndex < text.length && (match = PATTERN.exec(text));) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    const previous = found[found.length - 1];
    if (kind === "punct" && match[0] === ":" && previous?.kind === "string") previous.kind = "key";
    if (kind !== "space") found.push({ kind, text: match[0], start: match.index, end: PATTERN.lastIndex });
  }
  return found;
}

/** {value} of an object, {} when there is no text, or {fault: {start, end, message}}. */
export function readObject(text) {
  if (!text.trim()) return { value: {} };
  try {
    const value = JSON.parse(text);
    if (value && typeof value === "object" && !Array.isArray(value)) return { value };
    return { fault: { start: 0, end: text.length, message: "This must be a JSON object: { … }." } };
  } catch (error) {
    return { fault: { ...faultPlace(text, String(error.message)), message: `JSON: ${plain(error.message)}.` } };
  }
}

function plain(message) {
  return String(message).replace(/^JSON\.parse: /, "").replace(/ ?(in JSON )?at (position|line).*$/s, "").replace(/, (\.\.\.)?".*$/s, "");
}

/** Browsers name a position, a line and column, or neither. */
function faultPlace(text, message) {
  const position = /position (\d+)/.exec(message);
  const place = /line (\d+) column (\d+)/.exec(message);
  let start = text.trimEnd().length;
  if (position) start = Number(position[1]);
  else if (place) start = text.split("\n").slice(0, place[1] - 1).join("\n").length + Number(place[2]) - (place[1] === "1" ? 1 : 0);
  else start = firstFault(text);
  return { start: Math.min(start, text.length), end: Math.min(start + 1, text.length) };
}

/** Where tokens stop to follow one another as in JSON. */
function firstFault(text) {
  const all = jsonTokens(text);
  const open = [];
  let wanted = "value";
  for (const { kind, text: word, start } of all) {
    const inside = open[open.length - 1];
    const empty = word === (inside === "{" ? "}" : "]") && wanted === "first";
    const opens = word === "{" || word === "[";
    const isValue = opens || ["string", "number", "word"].includes(kind);
    if (wanted === "comma" || empty) {
      if (word === (inside === "{" ? "}" : "]")) { open.pop(); wanted = "comma"; }
      else if (word === "," && open.length) wanted = inside === "{" ? "key" : "value";
      else return start;
    } else if (wanted === "key" || (wanted === "first" && inside === "{")) {
      if (kind !== "key") return start;
      wanted = "colon";
    } else if (wanted === "colon") wanted = "value"; // a key is one because a colon follows
    else if (!isValue) return start;
    else if (opens) { open.push(word); wanted = "first"; }
    else wanted = "comma";
  }
  return text.trimEnd().length;
}
