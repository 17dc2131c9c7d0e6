// Settings: those of config.toml with its own words beside them; nothing is written before it has been checked.

import { act, get, patch, post, toast } from "/static/panel/api.js";
import { button, h, replace } from "/static/panel/dom.js";
import { language, t, told } from "/static/panel/i18n.js";
import { on } from "/static/panel/state.js";

// key -> value (null: the default) that is not yet saved. Another section may be looked at meanwhile.
const changes = new Map();

export function settings() {
  let words; // of config.toml, where the page's are not its own
  const list = h("div.sections");
  const save = button(t("save"), store, { kind: "primary" });
  const discard = button(t("discard"), () => { changes.clear(); void load(); });
  const undo = button(t("undo_settings"), back, { icon: "undo" });
  const count = h("span.hint", { "aria-live": "polite" });
  const search = h("input", { type: "search", placeholder: t("find_setting"), "aria-label": t("find_setting"), oninput: filter });
  const intro = h("p.hint");
  const node = h("section.card.settings", { "aria-label": t("settings") },
    h("header", {}, h("h2", {}, t("settings")), search, count, discard, save, undo), intro, list);
  const stop = on("settings", () => { if (!changes.size) void load(); });
  mark();
  void load();
  return { node, stop };

  async function load() {
    const found = await act(() => get("/api/settings"));
    if (!found) return;
    words ??= language === "zh" ? (await import("/static/panel/settings-zh.js")).CHINESE : {};
    intro.textContent = told(found.problem) || t("settings_hint", { file: found.file });
    undo.disabled = !found.undo;
    const open = new Set(Array.from(list.querySelectorAll("details[open]"), (one) => one.dataset.name));
    replace(list, found.sections.map((section) => h("details", { dataset: { name: section.name }, open: open.has(section.name) || section.fields.some(({ key }) => changes.has(key)) },
      h("summary", {}, h("code", {}, section.name ? `[${section.name}]` : "config.toml"), h("span.hint", {}, words[`[${section.name}]`] ?? section.comment)),
      section.fields.map((one) => row(one, found.writable)))));
    mark();
    filter();
  }

  function row(one, writable) {
    const fixed = one.from === "environment" || one.from === "flag";
    const shown = changes.has(one.key) ? changes.get(one.key) ?? one.default : one.value;
    const control = controlOf(one, shown, (value) => {
      if (JSON.stringify(value) === JSON.stringify(one.value)) changes.delete(one.key);
      else changes.set(one.key, value);
      mark();
    });
    const input = control.matches("input, select, textarea") ? control : control.querySelector("input, select, textarea");
    input.id = `s-${one.key}`;
    input.disabled = fixed || !writable;
    const notes = [fixed ? t(`from_${one.from}`) : "", one.live ? "" : t("needs_restart")].filter(Boolean).join(" · ");
    const node = h("div.setting", { dataset: { key: one.key } },
      h("label", { htmlFor: input.id }, h("code", {}, one.key.split(".").at(-1)), notes ? h("span.hint", {}, ` ${notes}`) : null),
      control,
      one.from === "file" && !fixed ? button(t("to_default"), toDefault, { icon: "undo", quiet: true }) : h("span"),
      h("p.hint", {}, inWords(words[one.key] ?? one.comment)), h("p.fault", { role: "alert" }));
    return node;

    function toDefault() {
      changes.set(one.key, null);
      mark();
      const fresh = row(one, writable);
      node.replaceWith(fresh);
      fresh.querySelector("input, select, textarea").focus();
    }
  }

  function mark() {
    count.textContent = changes.size ? t("changes", { count: changes.size }) : "";
    save.disabled = discard.disabled = !changes.size;
  }

  function filter() {
    const wanted = search.value.toLowerCase();
    for (const section of list.children) {
      let any = false;
      for (const one of section.querySelectorAll(".setting")) {
        one.hidden = Boolean(wanted) && !one.textContent.toLowerCase().includes(wanted) && !one.dataset.key.includes(wanted);
        any ||= !one.hidden;
      }
      section.hidden = !any;
      if (wanted) section.open = any;
    }
  }

  async function store() {
    for (const fault of list.querySelectorAll(".fault")) fault.textContent = "";
    try {
      const done = await patch("/api/settings", { changes: Object.fromEntries(changes) });
      changes.clear();
      toast(done.restart.length ? t("saved_restart", { keys: done.restart.join(", ") }) : t("saved"), "", { label: t("undo"), undo: back });
      await load();
    } catch (fault) {
      const place = list.querySelector(`[data-key="${CSS.escape(fault.param ?? "")}"]`);
      if (!place) return toast(fault.message, "fault");
      place.closest("details").open = true;
      place.querySelector(".fault").textContent = fault.message;
      place.querySelector("input, select, textarea").focus();
    }
  }

  async function back() {
    const done = await act(() => post("/api/settings/undo"), t("undone"));
    if (done) await load();
  }
}

// What stands between `backticks` is to be typed.
const inWords = (comment) => comment.split("`").map((part, number) => (number % 2 ? h("code", {}, part) : part));

function controlOf(one, shown, changed) {
  const text = (value) => (Array.isArray(value) ? value.join(", ") : value && typeof value === "object" ? Object.entries(value).map(([key, each]) => `${key}=${each}`).join(", ") : String(value ?? ""));
  switch (one.kind) {
    case "bool":
      return h("span.switch", {}, h("input", { type: "checkbox", checked: shown, onchange: (event) => changed(event.target.checked) }));
    case "choice":
      return h("select", { onchange: (event) => changed(event.target.value) }, one.choices.map((choice) => h("option", { value: choice, selected: choice === shown }, choice)));
    case "int":
    case "float":
      return h("input", { type: "number", value: shown, min: one.least ?? "", max: one.most ?? "", step: one.kind === "int" ? 1 : "any", oninput: (event) => changed(event.target.value === "" ? null : event.target.valueAsNumber) });
    case "secret":
      return h("input", { type: "password", autocomplete: "new-password", value: typeof shown === "string" ? shown : "", placeholder: t(one.value ? "secret_set" : "secret_unset"), oninput: (event) => changed(event.target.value || one.value) });
    case "list":
      if (shown.some((each) => each.includes(","))) // then a comma parts nothing: one to a line
        return h("textarea", { rows: Math.min(shown.length + 1, 8), value: shown.join("\n"), oninput: (event) => changed(event.target.value.split("\n").map((part) => part.trim()).filter(Boolean)) });
      return h("input", { type: "text", value: text(shown), oninput: (event) => changed(event.target.value.split(",").map((part) => part.trim()).filter(Boolean)) });
    case "table":
      return h("input", { type: "text", value: text(shown), placeholder: "a=b, c=d", oninput: (event) => changed(Object.fromEntries(event.target.value.split(",").map((pair) => pair.split("=").map((part) => part.trim())).filter(([key, value]) => key && value !== undefined))) });
    default:
      return h("input", { type: "text", value: text(shown), oninput: (event) => changed(event.target.value) });
  }
}
