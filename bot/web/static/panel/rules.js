// Words: a line to try, the words that are never said, and how words are read.

import { act, get, hear, post, toast } from "/static/panel/api.js";
import { button, field, h, replace } from "/static/panel/dom.js";
import { number, said, t, told } from "/static/panel/i18n.js";

export function rules() {
  const node = h("div.columns", {}, trying(), h("div.column", {}, blocked(), taught()));
  return { node, stop: () => {} };
}

function trying() {
  const text = h("textarea", { rows: 3, maxLength: 2000, id: "try" });
  const platform = h("select", { "aria-label": t("chat") }, ["twitch", "bilibili"].map((one) => h("option", { value: one }, one)));
  const result = h("div.result", { "aria-live": "polite" });
  let asked = 0;
  let timer;
  const look = async () => {
    const turn = ++asked;
    if (!text.value.trim()) return replace(result);
    const answer = await act(() => post("/api/preview", { text: text.value, platform: platform.value, name: "Ann", roles: [], amount: 0 }));
    if (!answer || turn !== asked) return;
    const [words] = answer.said;
    replace(result,
      answer.refused ? h("p.refused", {}, h("strong", {}, t("not_read_because")), `: ${said(answer.refused.why) || answer.refused.reason}`, answer.refused.detail ? ` (${answer.refused.detail})` : "")
        : [h("p.hint", {}, `${t("would_say")} · ${answer.voice} · ${number(answer.seconds)} s`), h("p.text.large", { dir: "auto" }, words),
          button(t("hear_it"), () => act(() => hear("/api/tts", { text: words, voice_id: answer.voice, speed: 1, format: "wav" })), { icon: "play" })]);
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 200); };
  text.addEventListener("input", soon);
  platform.addEventListener("change", look);
  return h("section.card", { "aria-labelledby": "h-try" }, h("h2", { id: "h-try" }, t("preview")), field(t("preview_hint"), text), platform, result);
}

function blocked() {
  const list = h("ul.entries");
  const word = h("input", { type: "text", required: true, maxLength: 200, autocomplete: "off" });
  async function show() {
    const found = await act(() => get("/api/blocklist"));
    if (!found) return;
    replace(list, found.faults.map((fault) => h("li.fault", {}, told(fault))), found.entries.length ? found.entries.map(entry) : h("li.empty", {}, t("nothing_blocked")));
  }
  const change = async (path, body) => {
    const done = await act(() => post(path, body));
    if (done) { show(); toast(t("saved"), "", { label: t("undo"), undo: async () => { await act(() => post("/api/blocklist/undo", { word: body.word })); show(); } }); }
    return done;
  };
  function entry(one) {
    return h("li", {}, h("code", { dir: "auto" }, one.written), one.fixed ? h("span.hint", { title: one.where }, t("fixed_entry"))
      : button(t("remove"), () => change("/api/blocklist/remove", { word: one.written }), { icon: "close", quiet: true, kind: "danger" }));
  }
  void show();
  return h("section.card", { "aria-labelledby": "h-blocked" }, h("h2", { id: "h-blocked" }, t("blocklist")),
    h("form.row", { onsubmit: async (event) => { event.preventDefault(); if (await change("/api/blocklist", { word: word.value })) word.value = ""; } },
      field(t("block_word"), word), h("button.button.primary", { type: "submit" }, t("add"))), list);
}

function taught() {
  const list = h("ul.entries");
  const word = h("input", { type: "text", required: true, maxLength: 200, autocomplete: "off" });
  const reading = h("input", { type: "text", required: true, maxLength: 200, autocomplete: "off" });
  async function show() {
    const found = await act(() => get("/api/readings"));
    if (found) replace(list, found.readings.length ? found.readings.map(entry) : h("li.empty", {}, t("no_readings")));
  }
  const change = async (path, body) => {
    const done = await act(() => post(path, body));
    if (done) { show(); toast(t("saved"), "", { label: t("undo"), undo: async () => { await act(() => post("/api/readings/undo", { word: body.word, scope: body.scope })); show(); } }); }
    return done;
  };
  function entry(one) {
    return h("li", {}, h("bdi", {}, one.word), " → ", h("bdi", {}, one.reading), h("span.hint", {}, one.scope || t("everybody"), one.by ? ` · ${t("by", { name: one.by })}` : ""),
      button(t("remove"), () => change("/api/readings/remove", { word: one.word, scope: one.scope }), { icon: "close", quiet: true, kind: "danger" }));
  }
  void show();
  return h("section.card", { "aria-labelledby": "h-readings" }, h("h2", { id: "h-readings" }, t("readings")),
    h("form.row", { onsubmit: async (event) => { event.preventDefault(); if (await change("/api/readings", { word: word.value, reading: reading.value, scope: "" })) word.value = reading.value = ""; } },
      field(t("word"), word), field(t("reading"), reading), h("button.button.primary", { type: "submit" }, t("add"))), list);
}
