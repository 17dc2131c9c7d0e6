// Copies a text; where the browser lets no page do that, shows it, marked, to be copied by hand.

import { toast } from "/static/panel/api.js";
import { h } from "/static/panel/dom.js";
import { t } from "/static/panel/i18n.js";

export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text); // not there at all over plain http from another machine
    toast(done);
  } catch {
    byHand(text);
  }
}

function byHand(text) {
  const field = h("input", { type: "text", readOnly: true, value: text, "aria-labelledby": "h-copy", onfocus: () => field.select() });
  const dialog = h("dialog.card", { "aria-labelledby": "h-copy", onclose: () => dialog.remove() },
    h("form", { method: "dialog" }, h("h2", { id: "h-copy" }, t("copy_by_hand")), field,
      h("div.actions", {}, h("button.button", { type: "submit" }, t("close")))));
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
  field.select();
}
