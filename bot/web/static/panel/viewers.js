// Viewers: who wrote, what they are called and sound like, and who is not read.

import { act, get, patch } from "/static/panel/api.js";
import { h, replace } from "/static/panel/dom.js";
import { t } from "/static/panel/i18n.js";

export function viewers() {
  const list = h("ul.people");
  let asked = 0;
  let timer;
  let voices = [];
  const search = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), oninput: () => { clearTimeout(timer); timer = setTimeout(show, 200); } });
  const node = h("section.card", { "aria-labelledby": "h-viewers" }, h("header", {}, h("h2", { id: "h-viewers" }, t("viewers")), search), h("p.hint", {}, t("viewers_hint")), list);

  async function show() {
    const turn = ++asked;
    const found = await act(() => get(`/api/viewers?limit=100&search=${encodeURIComponent(search.value.trim())}`));
    if (found && turn === asked) replace(list, found.viewers.length ? found.viewers.map(entry) : h("li.empty", {}, t("nobody")));
  }

  function entry(viewer) {
    const name = viewer.name || viewer.id;
    const change = async (what) => {
      const done = await act(() => patch(`/api/viewers/${encodeURIComponent(viewer.id)}`, what), t("saved"));
      row.replaceWith(entry(done ?? viewer));
    };
    const check = (what, label) => h("label.check", {}, h("input", { type: "checkbox", checked: viewer[what], "aria-label": `${label}: ${name}`, dataset: { do: what }, onchange: (event) => change({ [what]: event.target.checked }) }), label);
    const row = h("li.item", { dataset: { viewer: viewer.id } },
      h("div.words", {}, h("span.who", {}, badge(viewer.id), h("bdi.name", {}, name))),
      h("input", { type: "text", maxLength: 20, value: viewer.nickname, placeholder: t("nickname"), "aria-label": `${t("nickname")}: ${name}`, onchange: (event) => change({ nickname: event.target.value.trim() }) }),
      h("select", { "aria-label": `${t("voice")}: ${name}`, onchange: (event) => change({ voice: event.target.value }) },
        h("option", { value: "" }, t("own_voice")), voices.map(({ id, name: called }) => h("option", { value: id, selected: id === viewer.voice }, called || id))),
      check("muted", t("is_muted")), check("blocked", t("is_blocked")));
    return row;
  }

  get("/api/voices").then((found) => { voices = found.voices; }, () => {}).then(show);
  return { node, stop: () => clearTimeout(timer) };
}

const badge = (id) => {
  const platform = id.split(":")[0];
  return h("span.badge", { dataset: { platform } }, platform === "bilibili" ? "B" : "T");
};
