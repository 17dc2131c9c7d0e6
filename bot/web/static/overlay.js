// The overlay: who is speaking, and the words as they are spoken. Every text from chat is a text node.
//
// ?theme=card|line|bubble|subtitle  ?position=bottom|top|middle  ?align=left|center|right  ?size=30 (pixels)
// ?width=720  ?accent=7c5cff  ?name=0  ?voice=0  ?badge=0  ?bar=0  ?audio=0 (never the page that is heard)

import { follow } from "/static/feed.js";
import { Sound } from "/static/sound.js";

const LINGER = 900; // milliseconds that a card stays when its words are over
const LEAVE = 320; // of its way out, as in the style
const SHOWN = 3; // cards at once, those on their way out included
const query = new URLSearchParams(location.search);
const stage = document.getElementById("stage");
const template = document.getElementById("card");
const listen = document.getElementById("listen");
const insecure = document.getElementById("insecure");
const cards = new Map(); // by the id of what is spoken
let ahead = 0; // milliseconds that the bot's clock is ahead of this page's

dress();
translate();
const sound = new Sound();
const canSound = query.get("audio") !== "0";

follow("overlay", { token: query.get("token") ?? "", onEvent, onState });

// What is said while nobody tells us cannot be known: the next snapshot shows it.
function onState(how) {
  if (how !== "open") for (const card of cards.values()) card.leave();
}

function onEvent(event) {
  switch (event.type) {
    case "snapshot":
      ahead = event.at * 1000 - Date.now();
      for (const card of cards.values()) card.leave();
      if (event.speaking) speak(event.speaking);
      useSound(event.output);
      break;
    case "speaking": speak(event.item); break;
    case "length": cards.get(event.id)?.last(event.seconds); break;
    case "ended": cards.get(event.id)?.end(event.whole); break;
    case "state": useSound(event.output); break;
  }
}

function speak(item) {
  if (cards.has(item.id)) return;
  for (const card of cards.values()) card.leave();
  while (stage.childElementCount >= SHOWN) stage.firstElementChild.remove();
  const card = new Card(item);
  cards.set(item.id, card);
}

class Card {
  constructor(item) {
    this.item = item;
    this.timers = new Set();
    this.node = template.content.firstElementChild.cloneNode(true);
    Object.assign(this.node.dataset, {
      platform: item.platform, rank: item.rank, kind: item.kind, role: item.roles?.[0] ?? "", voice: item.voice,
    });
    if (item.paid) this.node.dataset.tier = tier(item.paid);
    this.#write(".name", query.get("name") === "0" ? "" : item.name);
    this.#write(".voice", query.get("voice") === "0" ? "" : item.voice);
    this.#write(".paid", item.paid ? price(item.paid) : "");
    const [lead, text] = query.get("name") === "0" ? ["", item.text] : apart(item.text, item.name);
    this.lead = weigh(lead);
    this.moved = { top: 0, left: 0 };
    this.spans = [];
    this.words = this.node.querySelector(".words");
    for (const word of pieces(text)) {
      const span = document.createElement("span");
      span.textContent = word;
      this.words.append(span);
      this.spans.push({ span, weight: weigh(word) });
    }
    stage.append(this.node);
    this.line = Number.parseFloat(getComputedStyle(this.words).lineHeight) || 1;
    this.#fit();
    this.node.getBoundingClientRect(); // so that the way in is seen
    this.node.classList.add("in");
    this.last(item.seconds);
  }

  // How long it lasts, from its first sample on: the words are spread anew over what is left of it.
  last(seconds) {
    if (this.over) return;
    this.clear();
    const began = this.item.at * 1000 - ahead;
    const whole = this.spans.reduce((sum, { weight }) => sum + weight, this.lead) || 1;
    const passed = Date.now() - began;
    const all = Math.max(seconds, 0.1) * 1000;
    let weight = this.lead;
    let said = null;
    for (const { span, weight: own } of this.spans) {
      const due = (all * weight) / whole - passed;
      weight += own;
      if (due <= 0) (said = span).classList.add("said");
      else this.after(due, () => { span.classList.add("said"); this.show(span); });
    }
    this.show(said);
    const bar = this.node.querySelector(".bar i");
    if (query.get("bar") !== "0" && bar.animate) {
      bar.getAnimations().forEach((animation) => animation.cancel());
      const start = Math.min(1, Math.max(0, passed / all));
      bar.animate([{ transform: `scaleX(${start})` }, { transform: "scaleX(1)" }],
        { duration: Math.max(1, all - passed), fill: "forwards" });
    }
  }

  // In a source that is low there are as many lines as it has room for.
  #fit() {
    const { node, words, line } = this;
    const room = node.clientHeight - words.offsetTop - Number.parseFloat(getComputedStyle(node).paddingBottom);
    if (room + 1 < words.clientHeight) words.style.maxHeight = `${line * Math.max(1, Math.floor((room + 1) / line))}px`;
  }

  // Where there is no room for all words they move on, so that those being said are seen, and some to come.
  show(span) {
    const { words, moved, line } = this;
    const deep = Math.max(0, words.scrollHeight - words.clientHeight);
    const wide = Math.max(0, words.scrollWidth - words.clientWidth);
    if (span) {
      const { offsetTop, offsetHeight, offsetLeft, offsetWidth } = span;
      const bottom = offsetTop + offsetHeight;
      if (bottom + line / 2 > moved.top + words.clientHeight) {
        moved.top = line * Math.round(Math.min(offsetTop, bottom + line - words.clientHeight) / line); // none is cut through
      }
      if (offsetLeft + offsetWidth > moved.left + 0.8 * words.clientWidth) moved.left = offsetLeft - 0.3 * words.clientWidth;
    }
    moved.top = Math.min(Math.max(moved.top, 0), deep);
    moved.left = Math.min(Math.max(moved.left, 0), wide);
    words.scrollTo(moved); // as smoothly as the style has it
    words.classList.toggle("more", deep - moved.top > 2 || wide - moved.left > 2);
  }

  end(whole) {
    if (this.over) return;
    this.over = true;
    this.clear();
    if (whole) {
      for (const { span } of this.spans) span.classList.add("said");
      this.show(this.spans.at(-1)?.span);
    }
    this.after(whole ? LINGER : 0, () => this.leave());
  }

  leave() {
    if (this.left) return;
    this.over = this.left = true;
    this.clear();
    this.node.classList.replace("in", "out");
    this.after(LEAVE, () => {
      this.node.remove();
      if (cards.get(this.item.id) === this) cards.delete(this.item.id);
    });
  }

  after(milliseconds, act) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, milliseconds);
    this.timers.add(timer);
  }

  clear() {
    this.timers.forEach(clearTimeout);
    this.timers.clear();
  }

  #write(selector, text) {
    this.node.querySelector(selector).textContent = text;
  }
}

// What is said as "name: words", where the name stands above the words already: [what stands there, the words].
function apart(text, name) {
  const [lead = "", said] = /^([^:：]+)[:：]\s*(?=\S)/u.exec(text) ?? [];
  const plain = (one) => one.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  return lead && plain(said) === plain(name) ? [lead, text.slice(lead.length)] : ["", text];
}

function pieces(text) {
  if (!("Segmenter" in Intl)) return text.split(/(?<=\s)/u);
  return Array.from(new Intl.Segmenter(undefined, { granularity: "word" }).segment(text), ({ segment }) => segment);
}

// Roughly how long a piece is to say: a Han character counts as much as three letters.
function weigh(piece) {
  let weight = 0;
  for (const character of piece) {
    if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(character)) weight += 3;
    else if (/[\p{L}\p{N}]/u.test(character)) weight += 1;
    else if (/[.,!?;:。，！？；：、…]/u.test(character)) weight += 2;
  }
  return weight;
}

const DOLLARS = { CNY: 0.14, USD: 1, EUR: 1.1, GBP: 1.3, JPY: 0.0067, bits: 0.01 };

// Four colours, by worth: below 2, 10, 50 dollars, and above.
function tier({ amount, currency }) {
  const dollars = amount * (DOLLARS[currency] ?? 1);
  return String(1 + [2, 10, 50].filter((bound) => dollars >= bound).length);
}

function price({ amount, currency }) {
  if (currency === "bits") return `${new Intl.NumberFormat().format(amount)} bits`;
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency, maximumFractionDigits: 2, minimumFractionDigits: 0 }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

function dress() {
  const { dataset, style } = document.body;
  const one = (name, ...known) => (known.includes(query.get(name)) ? query.get(name) : known[0]);
  dataset.theme = one("theme", "card", "line", "bubble", "subtitle");
  document.documentElement.dataset.theme = dataset.theme; // for what :root holds
  dataset.position = one("position", "bottom", "top", "middle");
  dataset.align = one("align", dataset.theme === "subtitle" ? "center" : "left", "left", "center", "right");
  const pixels = (name, least, most) => {
    const value = Number.parseFloat(query.get(name));
    if (value >= least && value <= most) style.setProperty(`--${name}`, `${value}px`);
  };
  pixels("size", 8, 200);
  pixels("width", 100, 4000);
  if (/^[0-9a-f]{6}$/i.test(query.get("accent") ?? "")) style.setProperty("--accent", `#${query.get("accent")}`);
  if (query.get("badge") === "0") dataset.badge = "0";
}

function translate() {
  if (navigator.language.startsWith("zh")) {
    document.documentElement.lang = "zh-Hans";
    for (const node of document.querySelectorAll("[data-zh]")) node.textContent = node.dataset.zh;
  }
  const values = { port: location.port || "8765", host: location.hostname };
  insecure.textContent = insecure.textContent.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function useSound(output) {
  if (!canSound || output === undefined) return;
  // A browser hands no AudioWorklet to a page that somebody between could have changed.
  const silent = output === "browser" && !globalThis.isSecureContext;
  insecure.hidden = !silent;
  if (output === "browser" && !silent) void sound.start();
  else void sound.stop();
}

sound.addEventListener("change", () => {
  listen.hidden = sound.state !== "waiting";
});
listen.addEventListener("click", () => sound.resume());
Object.assign(globalThis, { sound }); // for the browser's console, and the tests
