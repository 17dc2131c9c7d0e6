// Voices: listen to each, choose the usual one, add a recording of one's own.

import { act, ask, get, hear, patch, post, toast } from "/static/panel/api.js";
import { button, field, h, icon, replace } from "/static/panel/dom.js";
import { language, t, told } from "/static/panel/i18n.js";
import { state } from "/static/panel/state.js";

export function voices() {
  const list = h("ul.voices");
  const absent = h("details.absent", { hidden: true });
  const node = h("div.columns", {},
    h("section.card", { "aria-labelledby": "h-voices" }, h("h2", { id: "h-voices" }, t("voices")), list, absent),
    adding((usable) => { absent.open ||= !usable; void show(); }));

  async function show() {
    const found = await act(() => get("/api/voices"));
    if (!found) return;
    replace(list, found.voices.map((voice) => entry(voice, found.default, show)));
    absent.hidden = !found.absent.length;
    replace(absent, h("summary", {}, t("absent_voices", { count: found.absent.length })), h("p.hint", {}, t("absent_hint")),
      [...new Set(found.absent.map(({ why }) => why))].map((why) => why && h("p.hint", {}, told(why))),
      h("ul.voices", {}, found.absent.map((voice) => missing(voice, show))));
  }
  void show();
  return { node, stop: () => {} };
}

function entry(voice, usual, show) {
  const isUsual = voice.id === usual;
  return h("li.voice-card", {},
    h("div", {}, h("h3", {}, voice.name || voice.id, isUsual ? h("span.tag", {}, t("default_voice")) : null),
      h("p.hint", {}, about(voice)),
      voice.description ? h("p", { dir: "auto" }, voice.description) : null),
    h("div.actions", {},
      button(t("try_voice"), () => act(() => hear(`/api/voices/${encodeURIComponent(voice.id)}/sample`, { text: null, speed: null })), { icon: "play" }),
      isUsual ? null : button(t("make_default"), async () => { await act(() => patch("/api/controls", { voice: voice.id })); show(); }),
      removal(voice, show)));
}

// A voice whose engine is not there.
function missing(voice, show) {
  return h("li.voice-card", { dataset: { absent: voice.id } },
    h("div", {}, h("h3", {}, voice.name || voice.id), h("p.hint", {}, about(voice))),
    h("div.actions", {}, removal(voice, show)));
}

const about = (voice) => [voice.id, voice.languages?.join(", "), voice.engine].filter(Boolean).join(" · ");

function removal(voice, show) {
  if (voice.engine !== "f5" || state.status?.role !== "owner") return null;
  return button(t("remove_voice"), () => remove(voice, show), { icon: "clear", quiet: true, kind: "danger" });
}

async function remove(voice, show) {
  const path = `/api/voices/${encodeURIComponent(voice.id)}`;
  if (!(await act(() => ask("DELETE", path)))) return;
  show();
  toast(t("voice_removed", { name: voice.name || voice.id }), "", { label: t("restore"), undo: async () => { await act(() => post(`${path}/restore`)); show(); } });
}

function adding(added) {
  if (state.status?.role !== "owner") return null;
  let file = null;
  const picker = h("input.visually-hidden", { type: "file", id: "recording", accept: "audio/*,video/mp4,video/webm", onchange: () => choose(picker.files[0]) });
  const drop = h("label.drop", { htmlFor: "recording",
    ondragover: (event) => { event.preventDefault(); drop.classList.add("over"); },
    ondragleave: () => drop.classList.remove("over"),
    ondrop: (event) => { event.preventDefault(); drop.classList.remove("over"); choose(event.dataTransfer.files[0]); } },
  icon("upload"), h("span", {}, t("drop_file")));
  const name = h("input", { type: "text", required: true, pattern: "[a-z0-9_\\-]{1,40}", autocomplete: "off" });
  const text = h("textarea", { rows: 2, required: true, maxLength: 500 });
  const spoken = h("select", {}, [["zh", "中文"], ["en", "English"], ["ja", "日本語"], ["ko", "한국어"]].map(([value, label]) => h("option", { value, selected: value === language }, label)));
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("add_voice") });
  const stage = h("p.hint", { role: "status" });
  const sending = h("div", { hidden: true }, bar, stage);
  const found = h("ul.checks", { "aria-live": "polite", "aria-label": t("checks") });

  function choose(chosen) {
    if (!chosen) return;
    file = chosen;
    drop.lastChild.textContent = `${file.name} · ${(file.size / 1e6).toFixed(1)} MB`;
    if (!name.value) name.value = file.name.replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9_-]+/g, "-").slice(0, 40).replace(/^-+|-+$/g, "");
    replace(found);
  }

  async function send(dry) {
    if (!file || !form.reportValidity()) { if (!file) toast(t("drop_file"), "fault"); return; }
    const query = new URLSearchParams({ text: text.value, language: spoken.value, ...(dry ? { dry: "1" } : {}) });
    tell(0);
    try {
      const answer = await upload(`/api/voices/${encodeURIComponent(name.value)}?${query}`, file, tell);
      showChecks(found, answer);
      if (!dry) { toast(t(answer.usable ? "voice_added" : "voice_kept", { name: name.value })); added(answer.usable); }
    } catch (fault) {
      showChecks(found, fault.answer);
      toast(fault.answer?.error?.code === "voice_exists" ? t("voice_exists", { name: name.value }) : fault.message, "fault");
    } finally {
      tell();
    }
  }

  // How much of it has gone out; then it is looked at, which takes as long as it takes.
  function tell(share) {
    const goesOn = share !== undefined;
    sending.hidden = !goesOn;
    for (const one of form.querySelectorAll(".actions button")) one.disabled = goesOn;
    if (share < 1) bar.value = share;
    else bar.removeAttribute("value");
    stage.textContent = !goesOn ? "" : share < 1 ? t("uploading", { percent: Math.floor(share * 100) }) : t("checking");
  }

  const form = h("form", { onsubmit: (event) => { event.preventDefault(); void send(false); } },
    picker, drop, field(t("voice_name"), name, t("voice_name_hint")), field(t("transcript"), text), field(t("language"), spoken), sending, found,
    h("div.actions", {}, button(t("check"), () => send(true)), h("button.button.primary", { type: "submit" }, h("span", {}, t("add")))));
  return h("section.card", { "aria-labelledby": "h-add" }, h("h2", { id: "h-add" }, t("add_voice")), h("p.hint", {}, t("needs_f5")), form);
}

function showChecks(list, answer) {
  const checks = answer?.report?.checks ?? answer?.error?.report?.checks ?? [];
  replace(list, checks.map((check) => h("li", { dataset: { verdict: check.verdict } }, told(check.sentence))));
}

// fetch tells nothing of how much has gone out.
function upload(path, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-Chat-Aloud", "1");
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = (event) => progress(event.loaded / (event.total || file.size));
    request.onerror = () => reject(new Error(t("offline")));
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status < 300) resolve(answer);
      else reject(Object.assign(new Error(answer.error?.message ? told(answer.error.message) : t("failed")), { answer }));
    };
    request.send(file);
  });
}
