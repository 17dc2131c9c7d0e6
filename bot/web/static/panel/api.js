// Asks the bot. A refusal is an Error with a sentence, shown where it happened or as a toast.

import { h } from "/static/panel/dom.js";
import { t, told } from "/static/panel/i18n.js";

export class Refused extends Error {
  constructor(status, { message, code, param } = {}) {
    super(message ? told(message) : t("failed"));
    Object.assign(this, { status, code, param });
  }
}

export async function ask(method, path, body, { raw, headers } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "X-Chat-Aloud": "1", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, { message: t("offline") });
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401) location.reload();
    throw new Refused(answer.status, said.error);
  }
  return raw ? answer : answer.json();
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const patch = (path, body) => ask("PATCH", path, body);
export const del = (path) => ask("DELETE", path);

// Does something that was clicked; what goes wrong is told.
export async function act(what, done) {
  try {
    const result = await what();
    if (done) toast(typeof done === "function" ? done(result) : done);
    return result;
  } catch (fault) {
    toast(fault.message, "fault");
    return undefined;
  }
}

// For those who hear the page: the others see it.
export function announce(text) {
  document.getElementById("spoken").textContent = text;
}

// Stays until it is removed.
export function notice(text) {
  const node = h("div.toast.fault", {}, text);
  document.getElementById("toasts").append(node);
  return node;
}

export function toast(text, kind = "", { label, undo } = {}) {
  const node = h("div.toast", { class: kind }, h("span", {}, text),
    undo ? h("button.button", { type: "button", onclick: () => { node.remove(); undo(); } }, label) : null);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), undo ? 8000 : kind === "fault" ? 7000 : 3000);
}

// Plays a WAV answer; one at a time.
let player;
export async function hear(path, body) {
  player?.pause();
  const answer = await ask("POST", path, body, { raw: true });
  const url = URL.createObjectURL(await answer.blob());
  player = new Audio(url);
  player.addEventListener("ended", () => URL.revokeObjectURL(url), { once: true });
  await player.play();
}
