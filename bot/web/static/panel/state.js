// What the bot said last: status, queue and history, kept up by its events. Views listen by topic.

const LONGEST = 500; // of the history and the chat
const listeners = new Map();

export const state = {
  connection: "", // as feed.js tells it
  status: null,
  items: new Map(), // id -> Item, of the queue
  order: [],
  underWay: [],
  history: [], // newest first
  chat: [], // newest first: all that came in, and what commands were answered
  numbers: null,
  ahead: 0, // seconds that the bot's clock is ahead of this page's
};

export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
  }
  return () => topics.split(" ").forEach((topic) => listeners.get(topic).delete(listener));
}

export function tell(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

export const now = () => Date.now() / 1000 + state.ahead;
export const waiting = () => state.order.map((id) => state.items.get(id)).filter(Boolean);
export const underWay = () => state.underWay.map((id) => state.items.get(id)).filter(Boolean);

export function apply(event) {
  switch (event.type) {
    case "snapshot":
      state.ahead = event.at - Date.now() / 1000;
      state.status = event.status;
      state.history = event.history;
      state.items = new Map([...event.queue.items, ...event.queue.under_way].map((item) => [item.id, item]));
      state.order = event.queue.items.map(({ id }) => id);
      state.underWay = event.queue.under_way.map(({ id }) => id);
      state.chat = together(state.chat, [...state.items.values(), ...event.history]);
      ["status", "queue", "history", "chat"].forEach((topic) => tell(topic));
      break;
    case "status":
      Object.assign(state.status, event.changes);
      tell("status", event.changes);
      break;
    case "queue": {
      for (const item of event.set) state.items.set(item.id, item);
      state.order = event.order;
      state.underWay = event.under_way;
      const kept = new Set([...event.order, ...event.under_way]);
      for (const id of state.items.keys()) if (!kept.has(id)) state.items.delete(id);
      Object.assign(state.status, { backlog: event.backlog, waiting: event.waiting, paused: event.paused });
      tell("queue");
      break;
    }
    case "past": {
      const at = state.history.findIndex(({ number }) => number === event.item.number);
      if (at >= 0) state.history[at] = event.item;
      else state.history.unshift(event.item);
      state.history.length = Math.min(state.history.length, LONGEST);
      tell("history", event.item);
      break;
    }
    case "heard":
    case "answered":
      state.chat.unshift(event);
      state.chat.length = Math.min(state.chat.length, LONGEST);
      tell("chat", event);
      break;
    case "speaking":
      tell("speaking", event.item);
      break;
    case "numbers": {
      const { point, type, ...numbers } = event;
      state.numbers = numbers;
      tell("numbers", point);
      break;
    }
    default:
      tell(event.type, event);
  }
}

// The chat as this page has heard it, with what was written while it did not listen.
function together(chat, items) {
  const seen = new Set(chat.map(({ item }) => item?.event));
  const missed = items.filter(({ kind, event }) => kind !== "own" && !seen.has(event) && seen.add(event));
  const at = ({ item, at: told }) => item?.at ?? told;
  return [...chat, ...missed.map((item) => ({ type: "heard", item: { ...item, voice: "" } }))]
    .sort((one, other) => at(other) - at(one)).slice(0, LONGEST);
}
