// Live: what is said, what waits (to be moved or removed), the chat, and a line to say now.

import { act, announce, del, post, toast } from "/static/panel/api.js";
import { button, field, h, icon, replace } from "/static/panel/dom.js";
import { heldBox } from "/static/panel/held.js";
import { became, clock, number, said, t } from "/static/panel/i18n.js";
import { viewerMenu, who } from "/static/panel/people.js";
import { on, state, underWay, waiting } from "/static/panel/state.js";

const SHOWN = 60; // lines of chat
const FEW = 50; // of what waits, until all is asked for

export function live() {
  const speaking = h("section.card.speaking", { "aria-labelledby": "h-speaking" }, h("h2", { id: "h-speaking" }, t("speaking_now")), h("div.body"));
  const size = h("span.size");
  const list = h("ol.queue", { "aria-label": t("waiting_list") });
  const rest = h("div.rest");
  const queue = h("section.card", { "aria-labelledby": "h-queue" },
    h("header", {}, h("h2", { id: "h-queue" }, t("waiting_list")), size,
      button(t("clear"), clear, { icon: "clear", kind: "danger" })), list, rest);
  const lines = h("ol.lines", { "aria-label": t("chat") });
  const chat = h("section.card.chat", { "aria-labelledby": "h-chat" }, h("h2", { id: "h-chat" }, t("chat")), lines);
  const held = heldBox();
  const node = h("div.live", {}, h("div.column", {}, sayNow(), held.node, speaking, queue), h("div.column", {}, chat));

  const stops = [
    held.stop,
    on("queue status", () => { showSpeaking(speaking.lastChild); showQueue(list, size, rest); }),
    on("chat", (line) => addLine(lines, line)),
    on("history", (item) => {
      if (item) markLine(lines, item);
      if (!state.underWay.length) showSpeaking(speaking.lastChild);
    }),
  ];
  showSpeaking(speaking.lastChild);
  showQueue(list, size, rest);
  addLine(lines);
  return { node, stop: () => stops.forEach((stop) => stop()) };
}

// Not the browser's own dialog, which OBS shows in none of its docks.
export function clear() {
  const paid = h("input", { type: "checkbox" });
  const dialog = h("dialog.card", { "aria-labelledby": "h-clear", onclose: () => dialog.remove() },
    h("form", { method: "dialog" }, h("h2", { id: "h-clear" }, t("clear_sure")),
      state.status.role === "owner" ? h("label.check", {}, paid, t("paid_too")) : null,
      h("div.actions", {},
        h("button.button.danger", { type: "submit", onclick: () => act(() => post("/api/queue/clear", { paid: paid.checked }), ({ removed }) => t("cleared", { count: removed })) }, t("clear")),
        h("button.button", { type: "submit" }, t("cancel")))));
  document.body.append(dialog);
  dialog.showModal();
}

export async function skip() {
  await act(() => post("/api/skip", { id: null }), ({ skipped }) => t(skipped ? "skipped" : "nothing_to_skip"));
}

function sayNow() {
  const text = h("input", { type: "text", id: "say", maxLength: 500, autocomplete: "off", placeholder: t("say_something") });
  const next = h("input", { type: "checkbox", id: "say-next" });
  const form = h("form.card.say", {
    onsubmit: async (event) => {
      event.preventDefault();
      if (!text.value.trim()) return;
      const done = await act(() => post("/api/say", { text: text.value, voice: null, speed: null, next: next.checked }), t("said"));
      if (done) text.value = "";
    },
  },
  h("label.visually-hidden", { htmlFor: "say" }, t("say_something")), text,
  h("label.check", {}, next, t("say_next")),
  h("button.button.primary", { type: "submit" }, icon("send"), h("span", {}, t("say"))));
  return form;
}

let told = []; // what showSpeaking was drawn from

function showSpeaking(node) {
  const [item] = underWay();
  const { paused, reading_aloud: reading } = state.status;
  const last = state.history.find(({ outcome }) => outcome === "spoken");
  const anew = [item, paused, reading, last?.number];
  if (node.firstChild && anew.every((one, at) => one === told[at])) return; // a button in it may have the focus
  told = anew;
  if (item) {
    return replace(node, h("div.item.current", { dataset: { rank: item.rank } },
      h("div.words", {}, who(item), h("p.text", { dir: "auto" }, item.text)),
      h("div.actions", {}, button(t("skip"), () => act(() => post("/api/skip", { id: item.id }), t("skipped")), { icon: "skip" }))));
  }
  replace(node, h("p.empty", {}, t(paused ? "paused_now" : reading ? "nothing_spoken" : "not_reading_now")),
    last ? h("div.item.last", { dataset: { rank: last.rank } },
      h("div.words", {}, h("span.visually-hidden", {}, t("said_last")), who(last), h("p.text", { dir: "auto" }, last.text)),
      h("div.actions", {}, button(t("replay"), () => act(() => post(`/api/history/${last.number}/replay`), t("said")), { icon: "replay" }))) : null);
}

const rows = new Map(); // id -> {item, node}
let dragged = "";
let all = false; // rather than the first few

function showQueue(list, size, rest) {
  const items = waiting();
  const { backlog = 0 } = state.status ?? {};
  size.textContent = items.length ? `${t("messages", { count: items.length })} · ${t("seconds_of_speech", { seconds: number(backlog, 0) })}` : "";
  if (items.length <= FEW) all = false;
  if (!items.length) {
    rows.clear();
    replace(rest);
    return replace(list, h("li.empty", {}, t("nothing_waits")));
  }
  const focused = document.activeElement?.closest?.("[data-id]")?.dataset.id;
  const control = document.activeElement?.dataset?.do;
  for (const id of rows.keys()) if (!state.items.has(id)) rows.delete(id);
  const nodes = items.slice(0, all ? undefined : FEW).map((item) => {
    const known = rows.get(item.id);
    if (known?.item === item && known.node.isConnected) return known.node;
    const node = row(item);
    rows.set(item.id, { item, node });
    return node;
  });
  const count = items.length - nodes.length;
  replace(rest, count ? button(t("show_all", { count }), () => { all = true; showQueue(list, size, rest); }) : null);
  if (nodes.length === list.children.length && nodes.every((node, at) => node === list.children[at])) return;
  replace(list, nodes);
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"] [data-do="${CSS.escape(control ?? "")}"]`)?.focus();
}

function row(item) {
  const handle = h("span.grip", { title: t("drag"), "aria-hidden": "true" }, icon("grip"));
  const node = h("li.item", { draggable: true, dataset: { id: item.id, rank: item.rank },
    ondragstart: (event) => { dragged = item.id; event.dataTransfer.effectAllowed = "move"; node.classList.add("dragged"); },
    ondragend: () => { dragged = ""; node.classList.remove("dragged"); },
    ondragover: (event) => { if (dragged) { event.preventDefault(); node.classList.add("target"); } },
    ondragleave: () => node.classList.remove("target"),
    ondrop: (event) => { event.preventDefault(); node.classList.remove("target"); void place(dragged, state.order.indexOf(item.id)); },
  }, handle,
  h("div.words", {}, who(item), h("p.text", { dir: "auto" }, item.text)),
  h("span.seconds", {}, `${number(item.seconds)} s`),
  h("div.actions", {},
    button(t("move_up"), () => place(item.id, state.order.indexOf(item.id) - 1), { icon: "up", quiet: true, dataset: { do: "up" } }),
    button(t("move_down"), () => place(item.id, state.order.indexOf(item.id) + 1), { icon: "down", quiet: true, dataset: { do: "down" } }),
    button(t("remove"), () => act(() => del(`/api/queue/${encodeURIComponent(item.id)}`), t("removed")), { icon: "close", quiet: true, kind: "danger", dataset: { do: "remove" } })));
  return node;
}

async function place(id, at) {
  const order = state.order.filter((one) => one !== id);
  if (!id || at < 0 || at > order.length) return;
  order.splice(at, 0, id);
  const queue = await act(() => post("/api/queue/order", { ids: order }));
  const now = queue?.items.map((item) => item.id) ?? [];
  if (!now.includes(id)) return; // it waits no more
  // What came, or was begun to be said, since the click moves others along and refuses nothing.
  const among = (ids, others) => ids.filter((one) => others.includes(one)).indexOf(id);
  if (among(now, order) === among(order, now)) announce(t("moved", { place: now.indexOf(id) + 1, count: now.length }));
  else toast(t("by_rank"));
}

function addLine(lines, line) {
  if (line && lines.firstChild && !lines.firstChild.classList.contains("empty")) {
    lines.prepend(chatLine(line));
    while (lines.children.length > SHOWN) lines.lastChild.remove();
  } else if (state.chat.length) replace(lines, state.chat.slice(0, SHOWN).map(chatLine));
  else replace(lines, h("li.empty", {}, t("nothing_heard")));
}

function chatLine(line) {
  if (line.type === "answered") return h("li.answer", {}, h("bdi", {}, line.text));
  const { item } = line;
  return h("li", { dataset: { kind: item.kind, event: item.event } }, h("time", {}, clock(item.at)), " ", who(item), " ",
    h("span.text", { dir: "auto" }, item.written || item.kind), whyNot(item) ?? whyNot(state.history.find(({ event }) => event === item.event)), viewerMenu(item));
}

function whyNot(item) {
  return item?.reason ? h("span.why", {}, ` ${became(item)} · ${said(item.why) || item.reason}`) : null;
}

// A line is judged after it has been shown.
function markLine(lines, item) {
  const line = item.event && item.reason ? lines.querySelector(`[data-event="${CSS.escape(item.event)}"]`) : null;
  if (!line) return;
  line.querySelector(".why")?.remove();
  line.querySelector(".text").after(whyNot(item));
}
