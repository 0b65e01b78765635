// How a curve is told apart: the colour of its codec, a mark and a dash of its own.

const MARKS = ["circle", "square", "triangle", "diamond", "down", "cross"];
const DASHES = [null, "7 4", "2 3", "9 3 2 3"];

/** The curves of the run, and behind them those that others published. */
const drawn = {
  curves: [...report.curves, ...report.published.curves],
  dots: [...report.dots, ...report.published.dots],
};

function isPublished(index) {
  return index >= report.curves.length;
}

/** The colour of a curve; the original's is soft. */
function colour(index) {
  return index === null ? "var(--soft)" : `var(--k${index})`;
}

/** The colours of all curves, for both themes, as a style sheet. */
function curveColours() {
  const rules = (at) => drawn.curves.map((curve, index) => `--k${index}: ${curve.colour[at]};`).join("");
  return el("style", {}, `:root { ${rules(0)} } :root[data-theme="dark"] { ${rules(1)} }`);
}

/** A marker around (x, y); that of a published curve is hollow. */
function marker(index, x, y, size = 5) {
  const kind = MARKS[index % MARKS.length],
    stroke = colour(index),
    hollow = isPublished(index) || kind === "cross",
    fill = isPublished(index) ? "var(--card)" : stroke;
  const path = {
    square: `M${x - size},${y - size}h${2 * size}v${2 * size}h${-2 * size}z`,
    triangle: `M${x},${y - size * 1.25}L${x + size * 1.15},${y + size}H${x - size * 1.15}z`,
    down: `M${x},${y + size * 1.25}L${x + size * 1.15},${y - size}H${x - size * 1.15}z`,
    diamond: `M${x},${y - size * 1.35}L${x + size * 1.35},${y}L${x},${y + size * 1.35}L${x - size * 1.35},${y}z`,
    cross: `M${x - size},${y - size}L${x + size},${y + size}M${x + size},${y - size}L${x - size},${y + size}`,
  }[kind];
  const edge = { stroke: hollow ? stroke : "none", "stroke-width": kind === "cross" ? 2.5 : 1.6 };
  if (kind === "circle") return svg("circle", { cx: x, cy: y, r: size, fill, ...edge });
  return svg("path", { d: path, fill: kind === "cross" ? "none" : fill, ...edge });
}

function dashes(index) {
  if (isPublished(index)) return "1.5 3.5";
  return DASHES[(index + Math.floor(index / 12)) % DASHES.length];
}

/** A piece of a curve with its mark, as a legend shows it. */
function sample(index) {
  return svg(
    "svg",
    { class: "sample", viewBox: "0 0 26 14", "aria-hidden": "true" },
    svg("line", {
      x1: 0,
      x2: 26,
      y1: 7,
      y2: 7,
      stroke: colour(index),
      "stroke-width": 2.2,
      "stroke-dasharray": dashes(index),
    }),
    marker(index, 13, 7, 4),
  );
}

/** The name of a curve after its mark in the charts. */
function curveName(index) {
  return el("span", { class: "curve" }, sample(index), el("span", {}, twoLines(report.curves[index].name)));
}

function legend(hidden, redraw) {
  return el(
    "div",
    { class: "legend", role: "group", "aria-label": "Curves shown" },
    drawn.curves.map((curve, index) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": !hidden.has(index),
          title: curve.options || null,
          onclick: (event) => {
            if (hidden.has(index)) hidden.delete(index);
            else hidden.add(index);
            event.currentTarget.setAttribute("aria-pressed", !hidden.has(index));
            redraw();
          },
        },
        sample(index),
        curve.name,
      ),
    ),
  );
}
