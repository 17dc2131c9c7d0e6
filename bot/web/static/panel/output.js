// Where sound goes, how loud and how fast: what opens from the sound's state on top.

import { act, get, patch, toast } from "/static/panel/api.js";
import { button, field, h, replace } from "/static/panel/dom.js";
import { number, t, told } from "/static/panel/i18n.js";
import { on, state } from "/static/panel/state.js";

// `sound`: this page's own. Returns an element with popover; the button whose popoverTargetElement it is opens it.
export function soundBox(sound) {
  const node = h("div.box", { popover: "auto", id: "sound-box", role: "dialog", "aria-labelledby": "h-sound" });
  let outputs = null;
  let voices = null;
  const isOpen = () => node.matches(":popover-open");

  function load() {
    show();
    const later = () => { if (isOpen()) show(); };
    // Each as it comes: the devices take a while.
    get("/api/voices").then((found) => { voices = found.voices; later(); }, () => {});
    if (state.status.role === "owner") get("/api/outputs").then((found) => { outputs = found; later(); }, () => {});
  }

  function show() {
    const { controls, output } = state.status;
    const focused = node.contains(document.activeElement) ? document.activeElement.dataset.do : undefined;
    replace(node,
      h("header", {}, h("h2", { id: "h-sound" }, t("output")), button(t("close"), () => node.hidePopover(), { icon: "close", quiet: true })),
      output.detail && (output.state !== "ready" || output.kind === "device") ? h("p.hint", { class: output.state === "failed" ? "fault" : "" }, told(output.detail)) : null,
      state.status.role === "owner" ? [kinds(controls), controls.output === "device" ? devices(controls) : null] : null,
      controls.output === "browser" ? heardIn() : null,
      slider("volume", { min: 0, max: 1, step: 0.02 }, controls.volume, (value) => `${number(value * 100, 0)} %`),
      slider("speed", { min: 0.5, max: 2, step: 0.05 }, controls.speed, (value) => `${number(value, 2)} ×`),
      voices ? field(t("usual_voice"), select("voice", voices.map(({ id, name }) => [id, name || id]), controls.voice)) : null,
      h("p.hint", {}, t("this_run")));
    if (focused) node.querySelector(`[data-do="${focused}"]`)?.focus();
  }

  function kinds(controls) {
    const known = (outputs?.outputs ?? ["device", "browser", "null"].map((id) => ({ id }))).map(({ id }) => [id, t(`output_${id}`)]);
    return field(t("sound_goes_to"), select("output", known, controls.output), t(`output_${controls.output}_hint`));
  }

  function devices(controls) {
    const found = (outputs?.devices ?? []).map((one) => [one.name, one.default ? `${one.title} (${t("default_device")})` : one.title]);
    if (controls.device && !found.some(([name]) => name === controls.device)) found.unshift([controls.device, controls.device]);
    return field(t("device"), select("device", [["", t("default_device")], ...found], controls.device), outputs?.detail);
  }

  function heardIn() {
    const { audible } = state.status.pages;
    const here = sound.audible;
    const one = (value, label, checked, act, disabled = false) => h("label.check", {}, h("input", { type: "radio", name: "heard", value, checked, disabled, dataset: { do: `heard-${value}` }, onchange: act }), label);
    return h("fieldset", {}, h("legend", {}, t("heard_in")),
      one("overlay", t("in_overlay"), !here, () => sound.want(false)),
      one("here", t("in_this_page"), here, () => hearHere(sound), mayNotSound()),
      mayNotSound() ? h("p.hint", {}, whyNoSound()) : null,
      audible ? null : h("p.hint", {}, t("heard_nowhere")));
  }

  function select(name, choices, value) {
    return h("select", { dataset: { do: name }, onchange: (event) => change({ [name]: event.target.value }) },
      choices.map(([id, label]) => h("option", { value: id, selected: id === value }, label)));
  }

  function slider(name, range, value, written) {
    const told = h("output", {}, written(value));
    const input = h("input", { type: "range", ...range, value, dataset: { do: name },
      oninput: () => { told.textContent = written(input.valueAsNumber); },
      onchange: () => change({ [name]: input.valueAsNumber }) });
    const made = field(t(name), input);
    made.firstChild.append(" ", told);
    return made;
  }

  async function change(what) {
    const done = await act(() => patch("/api/controls", what));
    if (done) state.status.controls = done;
    show();
  }

  node.addEventListener("toggle", ({ newState }) => { if (newState === "open") load(); });
  on("status", (changes) => { if (isOpen() && changes && ("controls" in changes || "output" in changes || "pages" in changes)) show(); });
  sound.addEventListener("change", () => { if (isOpen()) show(); });
  return node;
}

// A browser hands no AudioWorklet to a page that somebody between could have changed.
export const mayNotSound = () => !globalThis.isSecureContext;

export const whyNoSound = () => t("insecure", { port: location.port || "8765", host: location.hostname });

// From a click: no browser lets a page sound before one.
export async function hearHere(sound) {
  if (mayNotSound()) return toast(whyNoSound(), "fault");
  await sound.start({ want: false });
  await sound.resume();
  sound.want(true, { take: true });
}
