/* What keeps somebody from reading or using a page: text below 4.5 to 1 (3 to 1 where large), fields and buttons without a name,
   boxes that stick out of theirs, two things of one id. Gives a sentence for each kind found. */
() => {
  const found = new Set();
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const shown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const called = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") || ""}`.slice(0, 80);

  function colour(text) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = text;
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  function light([red, green, blue]) {
    const [r, g, b] = [red, green, blue].map((value) => value / 255).map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function behind(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const one = colour(getComputedStyle(at).backgroundColor);
      if (one[3] > 0) { layers.push(one); }
      if (one[3] === 1) { break; }
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
  }
  function contrast(element) {
    const style = getComputedStyle(element), ground = behind(element), ink = colour(element.closest("svg") ? style.fill : style.color);
    for (let at = element; at; at = at.parentElement) { ink[3] *= parseFloat(getComputedStyle(at).opacity); }
    const [one, other] = [light(over(ink, ground)), light(ground)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, text = texts.currentNode.textContent.trim();
    if (!text || !shown(element) || element.closest("script, style, :disabled, [aria-disabled=true]")) { continue; }
    const style = getComputedStyle(element), size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 600;
    const ratio = contrast(element), needed = size >= 24 || (bold && size >= 18.6) ? 3 : 4.5;
    if (ratio < needed - 0.005) { found.add(`'${text.slice(0, 20)}' in ${called(element)} has a contrast of ${ratio.toFixed(2)}`); }
  }
  document.querySelectorAll("input:not([type=hidden]):not([type=file]), select, textarea").forEach((field) => {
    const named = field.labels.length || field.title || field.getAttribute("aria-label") || field.getAttribute("aria-labelledby");
    if (shown(field) && !named) { found.add(`${called(field)} '${field.name}' has no label`); }
  });
  document.querySelectorAll("button, a[href], summary").forEach((one) => {
    const named = one.textContent.trim() || one.title || one.getAttribute("aria-label") || one.querySelector("img[alt]:not([alt=''])");
    if (shown(one) && !named) { found.add(`${called(one)} has no name`); }
  });
  document.querySelectorAll("[role=region], [role=img], section, nav").forEach((one) => {
    if (shown(one) && !one.getAttribute("aria-label")) { found.add(`${called(one)} has no name`); }
  });
  document.querySelectorAll("#content *").forEach((one) => {
    if (!shown(one) || one.closest(".scroll, .ag-root-wrapper, .js-plotly-plot, .unseen, svg") || ["absolute", "fixed"].includes(getComputedStyle(one).position)) { return; }
    const out = one.getBoundingClientRect().right - one.parentElement.getBoundingClientRect().right;
    if (out > 1.5) { found.add(`${called(one)} sticks out of ${called(one.parentElement)} by ${Math.round(out)} px`); }
  });
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => found.add(`two things have the id ${id}`));
  if (document.querySelectorAll("h1").length !== 1) { found.add("a page has one h1"); }
  return [...found];
}
