// Who is logged in: the token is held in this module's memory, is sent as a header, and is never kept or shown.

import { at, tell } from "./dom.js";
import { ask } from "./transport.js";

const LOGIN = `mutation Login($email: String!, $password: String!) {
  login(email: $email, password: $password) { token expiresIn }
}`;
let token = null;
let forget = 0;

/** The headers a request gets on top of its own; what somebody wrote there wins. */
export function withToken(headers) {
  const given = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  return token && !given ? { ...headers, Authorization: `Bearer ${token}` } : headers;
}

/** Offer the log-in when the schema has one that takes an address and a password. */
export function offerLogin(schema) {
  const login = schema.field(schema.roots.mutation, "login");
  const takes = (name) => login?.args.some((arg) => arg.name === name);
  const button = at("login");
  button.hidden = !(takes("email") && takes("password"));
  button.onclick = () => (token ? logOut("Logged out: the token is forgotten.") : at("login-box").showModal());
  at("login-cancel").onclick = () => at("login-box").close();
  at("login-form").onsubmit = (event) => { event.preventDefault(); logIn(); };
}

async function logIn() {
  const why = at("login-why");
  why.textContent = "";
  try {
    const { login } = await ask(LOGIN, { email: at("login-email").value, password: at("login-password").value });
    token = login.token;
    clearTimeout(forget);
    forget = setTimeout(() => logOut("The log-in has ended: the token is too old."), Math.min(login.expiresIn * 1000, 2 ** 31 - 1));
    at("login").textContent = "Log out";
    at("login").title = `Logged in as ${at("login-email").value}; the token is held in memory only`;
    at("login").classList.add("on");
    at("login-box").close();
    tell("Logged in: requests carry the token.");
  } catch (error) {
    why.textContent = error.message;
  }
  at("login-password").value = "";
}

function logOut(message) {
  token = null;
  clearTimeout(forget);
  at("login").textContent = "Log in";
  at("login").title = "";
  at("login").classList.remove("on");
  tell(message);
}
