// The panel: the sections, the controls on top, the keys.

import { follow } from "/static/feed.js";
import { Sound } from "/static/sound.js";
import { act, announce, get, notice, patch, post, toast } from "/static/panel/api.js";
import { charts } from "/static/panel/charts.js";
import { copy } from "/static/panel/copying.js";
import { button, h, icon, replace } from "/static/panel/dom.js";
import { choose, language, t, told, translate } from "/static/panel/i18n.js";
import { log } from "/static/panel/log.js";
import { live, skip } from "/static/panel/now.js";
import { hearHere, soundBox } from "/static/panel/output.js";
import { past } from "/static/panel/past.js";
import { rules } from "/static/panel/rules.js";
import { settings } from "/static/panel/settings.js";
import { apply, on, state, tell } from "/static/panel/state.js";
import { statesBar } from "/static/panel/states.js";
import { viewers } from "/static/panel/viewers.js";
import { voices } from "/static/panel/voices.js";

const SECTIONS = [["now", live], ["history", past], ["viewers", viewers], ["voices", voices], ["words", rules], ["settings", settings, "owner"], ["numbers", charts], ["log", log, "owner"]];
const HEARD = new Set(["device", "browser"]); // whose words a screen reader need not say over the voice
const view = document.getElementById("view");
const sound = new Sound();
const box = soundBox(sound);
document.body.append(box, statesBar(document.getElementById("states"), box));
let shown = { name: "", stop: () => {} };

translate(document);
follow("panel", { onEvent: apply, onState: connection });
on("status", drawTransport);
on("queue", drawTransport);
on("speaking", (item) => announce(HEARD.has(state.status.output.kind) ? item.name : `${item.name} ${item.text}`));
on("trouble", ({ detail }) => toast(told(detail), "fault"));
on("status", () => { if (state.status.output.kind !== "browser" && sound.state !== "off") void sound.stop(); });
window.addEventListener("hashchange", open);

let ready = false;
on("status", () => {
  if (ready) return;
  ready = true;
  drawTabs();
  open();
});

function sections() {
  return SECTIONS.filter(([, , role]) => !role || state.status?.role === role);
}

function drawTabs() {
  replace(document.getElementById("tabs"), sections().map(([name]) => h("a", { href: `#${name}`, dataset: { name } }, t(name))),
    h("span.spacer"), overlayLink(),
    h("span.aside", {}, h("button.chip", { type: "button", lang: language === "zh" ? "en" : "zh", onclick: () => choose(language === "zh" ? "en" : "zh") }, language === "zh" ? "English" : "中文"), logOut()),
    h("p.hint.keys", {}, t("keys_hint", { last: sections().length })));
}

function open() {
  const wanted = location.hash.slice(1);
  const [name, make] = sections().find(([one]) => one === wanted) ?? sections()[0];
  if (name === shown.name) return;
  shown.stop();
  const { node, stop } = make();
  shown = { name, stop };
  replace(view, node);
  for (const tab of document.querySelectorAll("#tabs a")) {
    if (tab.dataset.name === name) {
      tab.setAttribute("aria-current", "page");
      tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else tab.removeAttribute("aria-current");
  }
  document.title = `${t(name)} – Chat Aloud`;
}

let away = null; // what says that the bot is not heard from

async function connection(how) {
  document.body.dataset.connection = how;
  if (how === state.connection) return;
  state.connection = how;
  tell("connection", how);
  if (how === "open") {
    away?.remove();
    away = null;
    return;
  }
  if (state.status) away ??= notice(t("reconnecting"));
  const me = await get("/api/me").catch(() => null);
  if (me?.login && !me.role) location.reload();
}

function drawTransport() {
  const { paused, reading_aloud: reading, controls, output } = state.status;
  const focused = document.activeElement?.closest("#transport [data-do]")?.dataset.do;
  const bar = document.getElementById("transport");
  replace(bar,
    button(t(paused ? "resume" : "pause"), pause, { icon: paused ? "play" : "pause", kind: paused ? "primary" : "", key: "Space", dataset: { do: "pause" } }),
    button(t("skip"), skip, { icon: "skip", key: "S", dataset: { do: "skip" } }),
    h("button.button", { type: "button", "aria-pressed": String(reading), dataset: { do: "reading" }, onclick: () => act(() => post("/api/reading", { on: !reading })) }, icon(reading ? "chat" : "mute"), h("span", {}, t(reading ? "reading_on" : "reading_off"))),
    h("label.volume", { title: t("volume") }, icon("volume"), h("span.visually-hidden", {}, t("volume")),
      h("input", { type: "range", min: 0, max: 1, step: 0.02, value: controls.volume, dataset: { do: "volume" }, onchange: (event) => act(() => patch("/api/controls", { volume: event.target.valueAsNumber })) })),
    output.kind === "browser" ? h("button.button", { type: "button", "aria-pressed": String(sound.audible), dataset: { do: "listen" }, onclick: listen }, icon("ear"), h("span", {}, t(sound.audible ? "stop_listening" : "listen_here"))) : null);
  if (focused) bar.querySelector(`[data-do="${focused}"]`)?.focus();
}

async function listen() {
  if (sound.audible) sound.want(false);
  else await hearHere(sound);
}
sound.addEventListener("change", () => state.status && drawTransport());

async function pause() {
  if (state.status.paused) return act(() => post("/api/resume"));
  const done = await act(() => post("/api/pause"));
  if (done && state.underWay.length) toast(t("pauses_after"), "", { label: t("silent_now"), undo: () => act(() => post("/api/pause", { now: true })) });
  return done;
}

function overlayLink() {
  const path = state.status?.overlay_path;
  if (!path) return null;
  const url = new URL(path, location.href).href;
  return h("span.overlay", {}, h("a", { href: path, target: "_blank", rel: "noopener" }, t("overlay_link")),
    button(t("copy"), () => copy(url, t("copied"))));
}

function logOut() {
  if (!state.status) return null;
  const node = h("button.chip", { type: "button", hidden: true, onclick: async () => { await act(() => post("/api/logout")); location.reload(); } }, t("log_out"));
  get("/api/me").then(({ login }) => { node.hidden = !login; }, () => {});
  return node;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
  const digit = Number(event.key);
  if (digit >= 1 && digit <= sections().length) location.hash = sections()[digit - 1][0];
  else if (event.key === " " && !event.target.closest("button, a, summary")) { event.preventDefault(); void pause(); }
  else if (event.key.toLowerCase() === "s") void skip();
  else if (event.key.toLowerCase() === "n") { event.preventDefault(); location.hash = "now"; open(); document.getElementById("say")?.focus(); }
});
