// What runs: a sign for each on top, and a box that opens from them and tells of each in whole sentences.

import { button, h, replace } from "/static/panel/dom.js";
import { clock, t, told } from "/static/panel/i18n.js";
import { on, state } from "/static/panel/state.js";

const SIGNS = 3; // sources that have a sign of their own; more share one
const WORST = ["failed", "waiting", "starting", "ready"];

// Draws into `bar`. Returns the box, an element with popover; `sound` is the one that the sound's sign opens.
export function statesBar(bar, sound) {
  const box = h("div.box", { popover: "auto", id: "states-box", role: "dialog", "aria-labelledby": "h-states" });
  const isOpen = () => box.matches(":popover-open");

  function draw() {
    const { sources, engine, output, troubles } = state.status;
    const focused = bar.contains(document.activeElement) ? document.activeElement.dataset.do : undefined;
    replace(bar, signs(sources), sign("engine", t("engine"), engine, box),
      sign("sound", `${t("output")}: ${t(`output_${output.kind}`)}`, output, sound),
      troubles.length ? sign("troubles", `${t("troubles")} ${troubles.length}`, { state: "failed" }, box, "") : null);
    if (focused) bar.querySelector(`[data-do="${focused}"]`)?.focus();
    if (isOpen()) tell();
  }

  function signs(sources) {
    if (sources.length <= SIGNS) return sources.map((one, at) => sign(`source-${at}`, nameOf(one), one, box));
    const wrong = sources.filter((one) => one.state !== "ready");
    const worst = WORST.find((one) => sources.some((source) => source.state === one));
    return sign("sources", t("sources", { count: sources.length }), { state: worst }, box, wrong.length ? t("not_ready", { count: wrong.length }) : "");
  }

  function tell() {
    const { sources, engine, output, troubles } = state.status;
    replace(box,
      h("header", {}, h("h2", { id: "h-states" }, t("states")), button(t("close"), () => box.hidePopover(), { icon: "close", quiet: true })),
      h("ul.runs", {}, [...sources].sort(byNeed).map((one) => run(nameOf(one), one)), run(t("engine"), engine), run(`${t("output")}: ${t(`output_${output.kind}`)}`, output)),
      troubles.length ? [h("h3", {}, t("troubles")), h("ul.runs", {}, troubles.map(({ at, detail }) => h("li", {}, h("time", {}, clock(at)), h("p", {}, told(detail)))).reverse())] : null);
  }

  box.addEventListener("toggle", ({ newState }) => { if (newState === "open") tell(); });
  on("status", draw);
  return box;
}

// What is amiss comes first.
const byNeed = (one, other) => WORST.indexOf(one.state) - WORST.indexOf(other.state);

const nameOf = (source) => `${source.source} ${source.channel}`;

function sign(name, label, one, box, word = one.state === "ready" ? "" : t(`state_${one.state}`)) {
  return h("button.pill", { type: "button", dataset: { state: one.state, do: name }, title: told(one.detail), popoverTargetElement: box, "aria-haspopup": "dialog" },
    h("i"), h("span", {}, label), word ? h("small", {}, word) : h("span.visually-hidden", {}, name === "troubles" ? "" : `: ${t(`state_${one.state}`)}`),
    one.progress > 0 && one.progress < 1 && one.state !== "ready" ? h("progress", { max: 1, value: one.progress, "aria-label": told(one.detail) || label }) : null);
}

function run(name, one) {
  return h("li", { dataset: { state: one.state } }, h("i"), h("div", {}, h("p", {}, h("bdi", {}, name), h("small", {}, t(`state_${one.state}`))), one.detail ? h("p.hint", {}, told(one.detail)) : null));
}
