// Charts, drawn as SVG at the size they are shown at: curves over the rate, and changes with their intervals.

const MARKS = ["circle", "square", "triangle", "diamond", "down", "cross"];

/** The curves of the run, and behind them those that others published. */
const drawn = {
  curves: [...report.curves, ...report.published.curves],
  dots: [...report.dots, ...report.published.dots],
};

function isPublished(index) {
  return index >= report.curves.length;
}

/** A marker around (x, y); curves differ in shape as well as in colour, and published ones are hollow. */
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
  return index < 6 ? null : index < 12 ? "6 4" : "2 3";
}

/** About `count` round numbers from low to high. */
function ticks(low, high, count) {
  const raw = (high - low) / Math.max(count, 1),
    power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999) || 10 * power;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step)
    found.push(Math.abs(at) < step * 1e-9 ? 0 : Number(at.toPrecision(12)));
  return found;
}

/** Round numbers on a logarithmic axis: 1, 2, 5 per decade where there is room, else decades. */
function logTicks(low, high, most = 8) {
  for (const within of [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1)
      for (const each of within) {
        const value = Number((each * 10 ** power).toPrecision(6));
        if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
      }
    if (found.length <= most || within.length === 1) return found;
  }
  return [];
}

function scale(low, high, from, to, log = false) {
  const f = log ? Math.log : (value) => value;
  const [a, b] = [f(low), f(high)],
    span = b - a || 1;
  return (value) => from + ((f(value) - a) / span) * (to - from);
}

/** The dots of each curve that have a finite value, by rate. */
function series(name, hidden = new Set()) {
  return drawn.curves
    .map((curve, index) => ({
      curve,
      index,
      dots: hidden.has(index)
        ? []
        : drawn.dots
            .filter((dot) => dot.curve === index && dot.values[name] && dot.values[name][0] !== null && dot.bpp[0] > 0)
            .sort((one, other) => one.bpp[0] - other.bpp[0]),
    }))
    .filter((each) => each.dots.length);
}

/** One quantity over the rate. options: width, height, mini, log, spread (draw intervals), hidden (curves). */
function curveChart(quantity, options) {
  const { width, height, mini = false, log = true, spread = true, hidden = new Set() } = options;
  const lines = series(quantity.name, hidden),
    original = report.dots.find((dot) => dot.curve === null);
  const level =
    original && original.values[quantity.name] && quantity.family !== "metric" ? original.values[quantity.name] : null;
  const all = lines.flatMap((line) => line.dots);
  if (!all.length) return el("p", { class: "none" }, "No dot with a finite value.");
  const edge = mini ? { left: 4, right: 4, top: 5, bottom: 4 } : { left: 58, right: 18, top: 12, bottom: 42 };
  const seen = (dot, at) =>
    spread && !mini && dot.values[quantity.name][at] !== null
      ? dot.values[quantity.name][at]
      : dot.values[quantity.name][0];
  let bottom = Math.min(...all.map((dot) => seen(dot, 1))),
    top = Math.max(...all.map((dot) => seen(dot, 2)));
  if (level && level[0] !== null) {
    bottom = Math.min(bottom, level[0]);
    top = Math.max(top, level[0]);
  }
  const room = (top - bottom) * 0.06 || Math.abs(top) * 0.05 || 1;
  bottom -= room;
  top += room;
  let left = Math.min(...all.map((dot) => dot.bpp[0])),
    right = Math.max(...all.map((dot) => dot.bpp[0]));
  if (log) {
    const by = (right / left) ** 0.05 || 1.1;
    left /= Math.max(by, 1.05);
    right *= Math.max(by, 1.05);
  } else {
    const by = (right - left) * 0.05 || right * 0.1;
    left = Math.max(0, left - by);
    right += by;
  }
  const x = scale(left, right, edge.left, width - edge.right, log),
    y = scale(bottom, top, height - edge.bottom, edge.top);
  const chart = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: mini ? null : "group",
    "aria-hidden": mini ? "true" : null,
    "aria-label": mini
      ? null
      : `${heading(quantity)} against the rate in bits per pixel; the table below holds the numbers`,
  });
  if (!mini) axes(chart, { x, y, width, height, edge, bottom, top, left, right, log, quantity });
  if (level && level[0] !== null) drawLevel(chart, level, y, width, edge, mini, spread);
  for (const line of lines) drawLine(chart, line, quantity, { x, y, mini, spread });
  return chart;
}

function axes(chart, { x, y, width, height, edge, bottom, top, left, right, log, quantity }) {
  for (const value of ticks(bottom, top, height / 70)) {
    chart.append(
      svg("line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: y(value), y2: y(value) }),
      svg("text", { x: edge.left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value)),
    );
  }
  for (const value of log ? logTicks(left, right, width / 75) : ticks(left, right, width / 90)) {
    chart.append(
      svg("line", { class: "grid", x1: x(value), x2: x(value), y1: edge.top, y2: height - edge.bottom }),
      svg("text", { x: x(value), y: height - edge.bottom + 18, "text-anchor": "middle" }, number(value)),
    );
  }
  chart.append(
    svg("line", {
      class: "axis",
      x1: edge.left,
      x2: width - edge.right,
      y1: height - edge.bottom,
      y2: height - edge.bottom,
    }),
    svg(
      "text",
      { x: (edge.left + width - edge.right) / 2, y: height - 6, "text-anchor": "middle" },
      `bits per pixel${log ? " (logarithmic)" : ""}`,
    ),
    svg(
      "text",
      { x: -(edge.top + height - edge.bottom) / 2, y: 13, transform: "rotate(-90)", "text-anchor": "middle" },
      heading(quantity) + (quantity.unit ? ` (${quantity.unit})` : ""),
    ),
  );
}

function drawLevel(chart, level, y, width, edge, mini, spread) {
  const [value, low, high] = level,
    span = { x: edge.left, width: width - edge.left - edge.right };
  if (!mini && spread && low !== null) {
    chart.append(
      svg("rect", {
        ...span,
        y: Math.max(y(high), edge.top),
        height: Math.max(Math.min(y(low), y.bottom ?? Infinity) - Math.max(y(high), edge.top), 0),
        fill: "var(--soft)",
        opacity: 0.09,
        "clip-path": "inset(0)",
      }),
    );
  }
  chart.append(
    svg("line", {
      x1: span.x,
      x2: span.x + span.width,
      y1: y(value),
      y2: y(value),
      stroke: "var(--soft)",
      "stroke-dasharray": "5 4",
    }),
  );
  if (!mini)
    chart.append(svg("text", { x: width - edge.right - 4, y: y(value) - 6, "text-anchor": "end" }, "original"));
}

function drawLine(chart, line, quantity, { x, y, mini, spread }) {
  const at = (dot) => [x(dot.bpp[0]), y(dot.values[quantity.name][0])];
  const path = line.dots
    .map(
      (dot, place) =>
        (place ? "L" : "M") +
        at(dot)
          .map((each) => each.toFixed(1))
          .join(","),
    )
    .join("");
  chart.append(
    svg("path", {
      d: path,
      fill: "none",
      stroke: colour(line.index),
      "stroke-width": mini ? 1.6 : 2.2,
      "stroke-dasharray": dashes(line.index),
      "stroke-linejoin": "round",
    }),
  );
  if (mini) return;
  for (const dot of line.dots) {
    const [cx, cy] = at(dot),
      [, low, high] = dot.values[quantity.name];
    if (spread && low !== null) {
      chart.append(
        svg("path", {
          d: `M${cx},${y(low)}V${y(high)}M${cx - 4},${y(low)}h8M${cx - 4},${y(high)}h8`,
          stroke: colour(line.index),
          "stroke-width": 1.4,
          opacity: 0.75,
        }),
      );
    }
    chart.append(
      telling(
        describe(dot, quantity),
        (box) => box.width / 2,
        { onkeydown: stepDots },
        svg("circle", { class: "halo", cx, cy, r: 11, fill: "transparent" }),
        marker(line.index, cx, cy),
      ),
    );
  }
}

/** Left and right go from dot to dot. */
function stepDots(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const dots = [...event.currentTarget.ownerSVGElement.querySelectorAll(".dot")];
  const next = dots[dots.indexOf(event.currentTarget) + by];
  if (next) {
    next.focus();
    event.preventDefault();
  }
}

function describe(dot, quantity) {
  const [value, low, high] = dot.values[quantity.name],
    moved = dot.changes[quantity.name];
  const level = `${report.run.level * 100} %`;
  return [
    `${dot.label} at ${number(dot.bpp[0], 3)} bpp`,
    `${quantity.label} ${number(value)}${quantity.unit ? " " + quantity.unit : ""}`,
    low !== null ? `${level} interval ${between(low, high)}` : null,
    dot.left_out[quantity.name] ? `mean over the finite frames: ${dot.left_out[quantity.name]}` : null,
    moved ? `against the original ${change(quantity, moved[0])}${quantity.points ? " points" : ""}` : null,
    moved && moved[1] !== null
      ? `${level} interval ${between(moved[1], moved[2], (each) => change(quantity, each))}`
      : null,
  ].filter(Boolean);
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
        svg(
          "svg",
          { viewBox: "0 0 26 14", "aria-hidden": "true" },
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
        ),
        curve.name,
      ),
    ),
  );
}
