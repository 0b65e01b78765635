"use strict";
// Small helpers: elements, numbers as people read them, one tooltip for all charts.

const report = JSON.parse(document.getElementById("data").textContent);

/** An HTML element. Attributes that start with "on" are listeners; null and false ones are left out,
 * but for those that begin with "aria-", whose false is a value. */
function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same in SVG. */
function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || (value === false && !key.startsWith("aria-"))) continue;
    if (key.startsWith("aria-")) node.setAttribute(key, String(value));
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Removes what a node holds and puts other children into it. */
function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Four digits that matter, or a dash. */
function number(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-5) return value.toExponential(digits - 2);
  return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size + 1))))));
}

function percent(value, digits = 1) {
  return value === null || value === undefined
    ? "–"
    : (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(digits) + " %";
}

function between(low, high, show = number) {
  return low === null || low === undefined ? "" : `${show(low)} … ${show(high)}`;
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

function heading(quantity) {
  return quantity.family === "metric" ? quantity.label : `${quantity.family}: ${quantity.label}`;
}

/** A name with its options, if it has any, on a second line. */
function twoLines(name) {
  const cut = name.lastIndexOf(": ") < 0 ? name.indexOf(" ") : name.indexOf(" ", name.lastIndexOf(": ") + 2);
  return cut < 0 ? name : [name.slice(0, cut), el("br"), el("small", {}, name.slice(cut + 1))];
}

/** Buttons of which one is pressed. choices: [value, text]. */
function choice(label, choices, chosen, pick) {
  const buttons = choices.map(([value, text]) =>
    el("button", { type: "button", "aria-pressed": value === chosen, onclick: () => press(value) }, text),
  );
  function press(value) {
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", choices[at][0] === value));
    pick(value);
  }
  return el("span", { class: "group", role: "group", "aria-label": label }, buttons);
}

/** A table. columns: header texts or nodes; the first column heads its row. */
function table(caption, columns, rows, wrapped = []) {
  const css = (at) => (wrapped.includes(at) ? "wrap" : null);
  const head = el(
    "tr",
    {},
    columns.map((text, at) => el("th", { scope: "col", class: css(at) }, text)),
  );
  const body = rows.map((row) =>
    el(
      "tr",
      {},
      row.map((cell, at) =>
        cell instanceof HTMLTableCellElement
          ? cell
          : el(at ? "td" : "th", { scope: at ? null : "row", class: css(at) }, cell),
      ),
    ),
  );
  return el(
    "div",
    { class: "scroll", tabindex: rows.length ? "0" : null, role: "group", "aria-label": caption },
    el("table", {}, caption ? el("caption", {}, caption) : null, el("thead", {}, head), el("tbody", {}, body)),
  );
}

const tip = el("div", { class: "tip", role: "status", hidden: true });

function showTip(lines, x, y) {
  replace(
    tip,
    lines.map((line) => el("div", {}, line)),
  );
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - box.width - 8))}px`;
  tip.style.top = `${Math.max(8, y - box.height - 12)}px`;
}

function hideTip() {
  tip.hidden = true;
}

function section(id, title, ...children) {
  return el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), children);
}

function quantityOf(name) {
  return report.quantities.find((each) => each.name === name);
}

/** A part of a chart that tells its lines to a pointer, to the keyboard and to a screen reader; the tip is `aside` of
 *  the part's left edge, in pixels. */
function telling(lines, aside, attributes, ...children) {
  const show = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    showTip(lines, box.left + aside(box), box.top);
  };
  const role = { class: "dot", tabindex: "0", role: "img", "aria-label": lines.join(", ") };
  const events = { onmouseenter: show, onmouseleave: hideTip, onfocus: show, onblur: hideTip };
  return svg("g", { ...role, ...events, ...attributes }, ...children);
}
