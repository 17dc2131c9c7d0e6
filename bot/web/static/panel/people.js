// Who wrote something, and what can be done about them.

import { act, patch, toast } from "/static/panel/api.js";
import { button, h } from "/static/panel/dom.js";
import { number, t } from "/static/panel/i18n.js";

export function who(item) {
  return h("span.who", {},
    item.platform ? h("span.badge", { dataset: { platform: item.platform } }, item.platform === "bilibili" ? "B" : "T") : null,
    h("bdi.name", {}, item.name || ""),
    item.paid ? h("span.paid", {}, `${number(item.paid.amount, 2)} ${item.paid.currency}`) : null,
    item.voice ? h("span.voice", {}, item.voice) : null);
}

export function viewerMenu(item) {
  if (!item.viewer) return null;
  return h("span.actions", {},
    button(t("mute"), () => change(item, { muted: true }, t("muted", { name: item.name })), { icon: "mute", quiet: true }),
    button(t("block_viewer"), () => change(item, { blocked: true }, t("blocked", { name: item.name })), { icon: "block", quiet: true, kind: "danger" }));
}

async function change(item, what, done) {
  const path = `/api/viewers/${encodeURIComponent(item.viewer)}`;
  const back = Object.fromEntries(Object.entries(what).map(([key, value]) => [key, !value]));
  if (await act(() => patch(path, what))) {
    toast(done, "", { label: t("undo"), undo: () => act(() => patch(path, back), t("undone")) });
  }
}
