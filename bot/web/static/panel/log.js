// The log, as it is written.

import { act, get } from "/static/panel/api.js";
import { h, replace } from "/static/panel/dom.js";
import { clock, t } from "/static/panel/i18n.js";
import { state } from "/static/panel/state.js";

const EVERY = 2000;
const MOST = 500;

export function log() {
  const list = h("ol.log", { "aria-label": t("log"), tabIndex: 0 });
  const node = h("section.card", {}, h("h2", {}, t("log")), list);
  let after = 0;
  const read = async () => {
    if (state.connection === "closed") return; // the page says so
    const found = await act(() => get(`/api/log?limit=200&after=${after}`));
    for (const line of found?.lines ?? []) {
      after = Math.max(after, line.number);
      list.append(h("li", { dataset: { level: line.level } }, h("time", {}, clock(line.at)), h("strong", {}, line.level), h("span", {}, line.text)));
    }
    while (list.children.length > MOST) list.firstChild.remove();
    if (!list.children.length) replace(list, h("li.empty", {}, t("no_history")));
    else list.querySelector(".empty")?.remove();
  };
  void read();
  const timer = setInterval(read, EVERY);
  return { node, stop: () => clearInterval(timer) };
}
