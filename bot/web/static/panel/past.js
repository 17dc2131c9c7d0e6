// History: what was spoken, what was not and why; each can be said again.

import { act, get, post } from "/static/panel/api.js";
import { button, h, replace } from "/static/panel/dom.js";
import { became, clock, number, said, t } from "/static/panel/i18n.js";
import { viewerMenu, who } from "/static/panel/people.js";
import { on, state } from "/static/panel/state.js";

const AT_FIRST = 100; // that a page is told when it opens

export function past() {
  let outcome = "";
  let wanted = "";
  let older = [];
  let redraw = 0;
  const list = h("ol.past");
  const search = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), oninput: () => { wanted = search.value.toLowerCase(); show(); } });
  const filters = h("div.filters", { role: "group", "aria-label": t("history") }, ["", "spoken", "refused", "dropped"].map((one) =>
    h("button.chip", { type: "button", "aria-pressed": String(one === outcome), onclick: (event) => {
      outcome = one;
      for (const chip of filters.children) chip.setAttribute("aria-pressed", String(chip === event.currentTarget));
      show();
    } }, t(one || "all"))));
  const more = button(t("more"), async () => {
    const last = [...state.history, ...older].at(-1);
    const found = await act(() => get(`/api/history?limit=100&before=${last?.number ?? 0}`));
    if (found) older = older.concat(found.items);
    more.hidden = !found?.more;
    show();
  });
  more.hidden = state.history.length < AT_FIRST;
  const node = h("section.card", { "aria-label": t("history") }, h("header", {}, h("h2", {}, t("history")), search, filters), list, more);

  function show() {
    const items = [...state.history, ...older].filter((item) => (!outcome || item.outcome === outcome) && (!wanted || `${item.name} ${item.text} ${item.written}`.toLowerCase().includes(wanted)));
    replace(list, items.length ? items.map(entry) : h("li.empty", {}, t("no_history")));
  }
  const stop = on("history", (item) => {
    if (!item) { // all of it anew, perhaps from a bot that was started anew
      older = [];
      more.hidden = state.history.length < AT_FIRST;
    }
    // Many may come at once, and a list is drawn once a frame at most.
    if (!redraw) redraw = requestAnimationFrame(() => { redraw = 0; show(); });
  });
  show();
  return { node, stop };
}

function entry(item) {
  const again = item.outcome === "spoken" || item.outcome === "speaking" ? t("replay") : t("say_anyway");
  return h("li.item", { dataset: { outcome: item.outcome, reason: item.reason, rank: item.rank } },
    h("time", {}, clock(item.at)),
    h("div.words", {}, who(item), h("p.text", { dir: "auto" }, item.text || item.written),
      item.text && item.written && item.written !== item.text ? h("p.written", { dir: "auto" }, item.written) : null,
      h("p.outcome", {}, h("strong", {}, became(item)), item.reason ? ` · ${said(item.why) || item.reason}${item.detail ? ` (${item.detail})` : ""}` : "",
        item.latency ? ` · ${t("after", { seconds: number(item.latency, 2) })}` : "")),
    h("div.actions", {}, button(again, () => act(() => post(`/api/history/${item.number}/replay`), t("said")), { icon: "replay", quiet: true }), viewerMenu(item)));
}
