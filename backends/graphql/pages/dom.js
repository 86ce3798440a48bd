// Makes elements. Text goes in as text only: no markup is ever read from a string.

export const at = (id) => document.getElementById(id);

/** An element with properties (`on…` listens, `data-…`, `aria-…` and `role` are attributes) and children. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (/^(aria-|data-|role$|for$)/.test(name)) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Spans for a text that was cut into tokens; `extra` may add classes. */
export function coloured(text, tokens, extra = () => "") {
  const parts = [];
  let at = 0;
  for (const token of tokens) {
    if (token.start > at) parts.push(text.slice(at, token.start));
    parts.push(el("span", { className: `c-${token.kind} ${extra(token)}`.trim(), textContent: token.text }));
    at = token.end;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

let timer = 0;
/** Say something that happened: seen at the top, and read out. */
export function tell(message, bad = false) {
  const place = at("told");
  place.textContent = message;
  place.classList.toggle("bad", bad);
  clearTimeout(timer);
  timer = setTimeout(() => { place.textContent = ""; }, bad ? 8000 : 4000);
}

/** Copy, and say whether it worked. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} copied.`);
  } catch {
    tell("The browser does not let this page copy.", true);
  }
}
