// Makes elements. Text is always a text node; nothing here takes HTML.

// h("button.primary", {type: "button", onclick: f, "aria-label": "…"}, "text", node, [more])
export function h(what, props, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "class") node.classList.add(...value.split(" ").filter(Boolean));
    else if (name in node && name !== "list" && !name.startsWith("aria")) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const PATHS = {
  play: "M7 5v14l12-7z",
  pause: "M7 5h4v14H7zM14 5h4v14h-4z",
  skip: "M5 5l9 7-9 7zM16 5h3v14h-3z",
  clear: "M6 7h12l-1 13H7zM9 4h6v2H9zM4 6h16",
  close: "M6 6l12 12M18 6L6 18",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  replay: "M5 12a7 7 0 1 0 2-5M4 4v4h4",
  mute: "M4 10v4h4l5 4V6L8 10zM17 10l4 4M21 10l-4 4",
  block: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12",
  volume: "M4 10v4h4l5 4V6L8 10zM16.5 8.5a5 5 0 0 1 0 7",
  chat: "M5 5h14v10H10l-5 4z",
  ear: "M5 12a7 7 0 0 1 14 0M5 12v5h3v-5zM19 12v5h-3v-5z",
  send: "M4 12l16-8-6 16-2-6z",
  undo: "M9 8H5V4M5 8a8 8 0 1 1-1 6",
  upload: "M12 16V5M7 10l5-5 5 5M5 19h14",
};
const FILLED = new Set(["play", "pause", "skip", "send"]);

export function icon(name) {
  const filled = FILLED.has(name);
  return svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", fill: filled ? "currentColor" : "none",
    stroke: filled ? "none" : "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" },
  svg("path", { d: PATHS[name] }));
}

// A button of an icon and, unless `quiet`, its words; the words are its label in any case.
export function button(label, act, { icon: name, kind = "", quiet = false, key, ...more } = {}) {
  const title = key ? `${label} (${key})` : label;
  return h("button", { type: "button", class: `button ${kind} ${quiet ? "icon-only" : ""}`, onclick: act, title, "aria-label": quiet ? label : undefined,
    "aria-keyshortcuts": key, ...more }, name ? icon(name) : null, quiet ? null : h("span", {}, label));
}

export function field(label, control, hint) {
  const id = control.id || (control.id = `f${++ids}`);
  return h("div.field", {}, h("label", { htmlFor: id }, label), control, hint ? h("p.hint", {}, hint) : null);
}
let ids = 0;

export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
}
