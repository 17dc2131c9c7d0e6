// Numbers: how soon chat is heard, how much waits, and why messages are not read.

import { act, get } from "/static/panel/api.js";
import { h, replace, svg } from "/static/panel/dom.js";
import { clock, number, said, t } from "/static/panel/i18n.js";
import { on, state } from "/static/panel/state.js";

const WIDE = 600;
const HIGH = 150;
const MOST = 360;

export function charts() {
  const tiles = h("div.tiles");
  const graphs = h("div.graphs");
  const reasons = h("div.reasons");
  const node = h("div.numbers", {}, tiles, graphs, h("section.card", {}, h("h2", {}, t("refusals")), reasons));
  let series = null;

  async function load() {
    const found = await act(() => get("/api/metrics?series=true"));
    if (!found) return;
    series = found.series;
    state.numbers = found;
    show();
  }
  const stop = on("numbers", (point) => {
    if (series && point) {
      series.at.push(state.numbers.at);
      for (const [name, value] of Object.entries(point)) (series[name] ??= []).push(value);
      for (const values of Object.values(series)) if (Array.isArray(values) && values.length > MOST) values.shift();
    }
    show();
  });

  function show() {
    const numbers = state.numbers;
    if (!numbers) return replace(tiles, h("p.empty", {}, t("no_numbers")));
    replace(tiles,
      tile(t("chat_to_sound"), milliseconds(numbers.chat_to_sound?.p50), `${t("p95")} ${milliseconds(numbers.chat_to_sound?.p95)}`),
      tile(t("first_sound"), milliseconds(numbers.first_sound?.p50), `${t("p95")} ${milliseconds(numbers.first_sound?.p95)}`),
      tile(t("rtf"), numbers.rtf_mean === null ? "–" : number(numbers.rtf_mean, 3), numbers.rtf_p95 === null ? "" : `${t("p95")} ${number(numbers.rtf_p95, 3)}`),
      tile(t("backlog"), `${number(numbers.backlog, 0)} s`, t("messages", { count: numbers.waiting })),
      tile(t("throughput"), number(numbers.spoken, 0), t("spoken_of", { count: number(numbers.heard, 0) })));
    if (series) {
      replace(graphs,
        graph(t("chat_to_sound"), series.at, [["p50", series.chat_to_sound_p50], ["p95", series.chat_to_sound_p95]], (value) => milliseconds(value)),
        graph(t("backlog"), series.at, [["", series.backlog]], (value) => `${number(value, 0)} s`),
        graph(t("rtf"), series.at, [["", series.rtf_mean]], (value) => number(value, 2)),
        graph(t("throughput"), series.at, [[t("heard"), series.heard], [t("spoken"), series.spoken], [t("refused"), series.refused]], (value) => number(value, 0)));
    }
    const counts = Object.entries({ ...numbers.refused, ...numbers.dropped }).sort((one, other) => other[1] - one[1]);
    const most = counts[0]?.[1] ?? 1;
    replace(reasons, counts.length ? h("table", {}, h("tbody", {}, counts.map(([reason, count]) => h("tr", {}, h("th", { scope: "row" }, said(numbers.why?.[reason]) || reason),
      h("td", {}, h("meter", { min: 0, max: most, value: count, "aria-label": `${reason}: ${count}` })), h("td", {}, number(count, 0)))))) : h("p.empty", {}, t("no_history")));
  }
  void load();
  return { node, stop };
}

const milliseconds = (seconds) => (seconds === null || seconds === undefined ? "–" : seconds < 10 ? `${number(seconds * 1000, 0)} ms` : `${number(seconds, 0)} s`);

function tile(title, value, note) {
  return h("div.card.tile", {}, h("h3", {}, title), h("p.value", {}, value), h("p.hint", {}, note));
}

// `at`: seconds since the epoch of each point.
function graph(title, at, lines, written) {
  const known = lines.map(([name, values]) => [name, (values ?? []).slice(-MOST)]);
  const all = known.flatMap(([, values]) => values).filter((value) => value !== null && value !== undefined);
  const top = Math.max(...all, 1e-9) * 1.1;
  const longest = Math.max(...known.map(([, values]) => values.length), 2);
  const last = known.map(([name, values]) => `${name} ${written(values.findLast((value) => value !== null) ?? 0)}`).join(", ");
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${title}: ${last}`, preserveAspectRatio: "none" });
  for (const share of [0.25, 0.5, 0.75]) picture.append(svg("line", { x1: 0, x2: WIDE, y1: HIGH * share, y2: HIGH * share, class: "grid" }));
  known.forEach(([, values], number) => {
    let path = "";
    let pen = false;
    values.forEach((value, at) => {
      if (value === null || value === undefined) { pen = false; return; }
      const x = ((at + longest - values.length) / (longest - 1)) * WIDE;
      // A value alone is a dot.
      path += `${pen ? "L" : "M"}${x.toFixed(1)} ${(HIGH - (value / top) * HIGH).toFixed(1)}${pen ? "" : "h.01"}`;
      pen = true;
    });
    picture.append(svg("path", { d: path || "M0 0", class: `line line-${number}` }));
  });
  return h("section.card.graph", {}, h("header", {}, h("h3", {}, title), h("span.legend", {}, known.map(([name], at) => name && h("span", { class: `key key-${at}` }, name))), h("span.hint", {}, all.length ? t("at_most", { value: written(top / 1.1) }) : "")), picture,
    at.length > 1 ? h("p.axis", { "aria-hidden": "true" }, h("time", {}, clock(at[0])), h("time", {}, clock(at.at(-1)))) : null);
}
