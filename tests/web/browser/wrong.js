// What in the page is not what its own code puts there, or sticks out of its place.
(root) => {
  const wrong = [];
  const tags = new Set("ARTICLE HEADER SPAN BDI P DIV I MAIN SECTION H1 H2 OL UL LI BUTTON SVG PATH FORM LABEL INPUT TIME STRONG A OUTPUT SMALL svg path".split(" "));
  const names = /^(class|id|data-[a-z-]+|aria-[a-z-]+|dir|type|title|for|hidden|draggable|tabindex|lang|role|maxlength|autocomplete|placeholder|viewBox|width|height|fill|stroke|stroke-width|stroke-linecap|stroke-linejoin|d)$/;
  const page = document.querySelector(root);
  if (!page) return ["the page has lost " + root];
  for (const node of page.querySelectorAll("*")) {
    if (!tags.has(node.tagName)) wrong.push(node.tagName);
    for (const { name } of node.attributes) if (!names.test(name)) wrong.push(`${node.tagName} ${name}`);
  }
  if (document.scripts.length !== 1) wrong.push("scripts");
  if (document.querySelectorAll("style, iframe, object, embed, base, meta[http-equiv]").length) wrong.push("in the head");
  if (globalThis.broken) wrong.push("it ran");
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) {
    const out = Array.from(document.body.querySelectorAll("*")).filter((node) => !node.closest("#tabs, #states") && (node.getBoundingClientRect().right > innerWidth || node.scrollWidth > innerWidth));
    wrong.push(`${scrollWidth} wide: ${out.slice(0, 3).map((node) => node.outerHTML.slice(0, 300))}`);
  }
  for (const card of document.querySelectorAll("#stage .card, .queue .item, .lines li, .item.current")) {
    const { left, right, top, bottom, height } = card.getBoundingClientRect();
    if (left < 0 || right > innerWidth + 1) wrong.push(`from ${left} to ${right}`);
    if (card.closest("#stage") && (top < 0 || bottom > innerHeight || height > 320)) wrong.push(`${top} to ${bottom}`);
  }
  return wrong;
}
