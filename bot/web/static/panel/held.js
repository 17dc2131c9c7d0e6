// What blocked viewers paid for: to be said after all, or let go. Not there while nothing is held.

import { act, del, post } from "/static/panel/api.js";
import { button, h, replace } from "/static/panel/dom.js";
import { clock, t } from "/static/panel/i18n.js";
import { who } from "/static/panel/people.js";
import { on, state } from "/static/panel/state.js";

const MOST = 200; // that the bot shows

export function heldBox() {
  const list = h("ul.held");
  const more = h("p.hint", {}, t("held_more"));
  const node = h("section.card", { "aria-labelledby": "h-held", hidden: true },
    h("h2", { id: "h-held" }, t("held_title")), h("p.hint", {}, t("held_hint")), list, more);
  let shown = null;

  function show() {
    const held = state.status?.held ?? [];
    if (held === shown) return;
    shown = held;
    node.hidden = !held.length;
    more.hidden = held.length < MOST;
    replace(list, held.map(row));
  }
  show();
  return { node, stop: on("status", show) };
}

function row(item) {
  const path = `/api/held/${encodeURIComponent(item.id)}`;
  return h("li.item", { dataset: { rank: "paid", held: item.id } }, h("time", {}, clock(item.at)),
    h("div.words", {}, who(item), h("p.text", { dir: "auto" }, item.written || item.kind)),
    h("div.actions", {}, button(t("say_anyway"), () => act(() => post(`${path}/say`), t("said")), { icon: "replay" }),
      state.status.role === "owner" ? button(t("let_go"), () => letGo(path), { icon: "close", quiet: true, kind: "danger" }) : null));
}

function letGo(path) {
  const dialog = h("dialog.card", { "aria-labelledby": "h-let-go", onclose: () => dialog.remove() },
    h("form", { method: "dialog" }, h("h2", { id: "h-let-go" }, t("let_go_sure")),
      h("div.actions", {},
        h("button.button.danger", { type: "submit", onclick: () => act(() => del(path), t("removed")) }, t("let_go")),
        h("button.button", { type: "submit" }, t("cancel")))));
  document.body.append(dialog);
  dialog.showModal();
}
