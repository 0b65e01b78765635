// Curves over the rate, drawn as SVG at the size they are shown at.

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
function series(quantity, rate = RATES[0], hidden = new Set()) {
  const has = (dot) => (valuesOf(dot, quantity)?.[0] ?? null) !== null && rateOf(dot, rate) > 0;
  return drawn.curves
    .map((curve, index) => ({
      curve,
      index,
      dots: hidden.has(index)
        ? []
        : drawn.dots
            .filter((dot) => dot.curve === index && has(dot))
            .sort((one, other) => rateOf(one, rate) - rateOf(other, rate)),
    }))
    .filter((each) => each.dots.length);
}

/** Where an axis begins and ends, a little beyond `low` and `high`. */
function roomy(low, high, log) {
  if (log) {
    const by = Math.max((high / low) ** 0.05, 1.05);
    return [low / by, high * by];
  }
  const by = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  return [low - by, high + by];
}

/** One quantity over the rate. options: width, height, mini, log (the rate), logUp (the quantity), rate, spread (draw
 *  intervals), hidden (curves). */
function curveChart(quantity, options) {
  const { width, height, mini = false, log = true, spread = true, rate = RATES[0], hidden = new Set() } = options;
  const lines = series(quantity, rate, hidden),
    original = report.dots.find((dot) => dot.curve === null);
  const level =
    original && !["metric", "speed"].includes(quantity.family) ? (original.values[quantity.name] ?? null) : null;
  const all = lines.flatMap((line) => line.dots);
  if (!all.length) return el("p", { class: "none" }, "No dot with a finite value.");
  const edge = mini ? { left: 4, right: 4, top: 5, bottom: 4 } : { left: 58, right: 18, top: 12, bottom: 42 };
  const seen = (dot, at) => (spread && !mini ? valuesOf(dot, quantity)[at] : null) ?? valuesOf(dot, quantity)[0];
  const ends = [...all.flatMap((dot) => [seen(dot, 1), seen(dot, 2)]), level?.[0] ?? seen(all[0], 0)],
    rates = all.map((dot) => rateOf(dot, rate));
  const logUp = Boolean(options.logUp) && Math.min(...ends) > 0;
  const [bottom, top] = roomy(Math.min(...ends), Math.max(...ends), logUp);
  const [from, right] = roomy(Math.min(...rates), Math.max(...rates), log),
    left = log ? from : Math.max(0, from);
  const x = scale(left, right, edge.left, width - edge.right, log),
    y = scale(bottom, top, height - edge.bottom, edge.top, logUp);
  const chart = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: mini ? null : "group",
    "aria-hidden": mini ? "true" : null,
    "aria-label": mini ? null : `${heading(quantity)} against the rate in ${rate.label}; the table holds the numbers`,
  });
  if (!mini) axes(chart, { x, y, width, height, edge, bottom, top, left, right, log, logUp, rate, quantity });
  if (level && level[0] !== null) drawLevel(chart, level, y, width, edge, mini, spread);
  for (const line of lines) drawLine(chart, line, quantity, { x, y, mini, spread, rate });
  return chart;
}

function axes(chart, { x, y, width, height, edge, bottom, top, left, right, log, logUp, rate, quantity }) {
  const times = quantity.points ? 100 : 1;
  const levels = logUp ? logTicks(bottom, top, height / 50) : ticks(bottom * times, top * times, height / 70);
  for (const value of levels) {
    const at = y(logUp ? value : value / times);
    chart.append(
      svg("line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: at, y2: at }),
      svg("text", { x: edge.left - 8, y: at + 4, "text-anchor": "end" }, number(value)),
    );
  }
  for (const value of log ? logTicks(left, right, width / 75) : ticks(left, right, width / 90)) {
    chart.append(
      svg("line", { class: "grid", x1: x(value), x2: x(value), y1: edge.top, y2: height - edge.bottom }),
      svg("text", { x: x(value), y: height - edge.bottom + 18, "text-anchor": "middle" }, number(value)),
    );
  }
  const foot = height - edge.bottom;
  chart.append(
    svg("line", { class: "axis", x1: edge.left, x2: width - edge.right, y1: foot, y2: foot }),
    svg(
      "text",
      { x: (edge.left + width - edge.right) / 2, y: height - 6, "text-anchor": "middle" },
      `${rate.label}${log ? " (logarithmic)" : ""}`,
    ),
    svg(
      "text",
      { x: -(edge.top + foot) / 2, y: 13, transform: "rotate(-90)", "text-anchor": "middle" },
      heading(quantity) + (unitOf(quantity) ? ` (${unitOf(quantity).trim()})` : ""),
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

function drawLine(chart, line, quantity, { x, y, mini, spread, rate }) {
  const at = (dot) => [x(rateOf(dot, rate)), y(valuesOf(dot, quantity)[0])];
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
      "stroke-dasharray": mini ? null : dashes(line.index),
      "stroke-linejoin": "round",
    }),
  );
  if (mini) return;
  for (const dot of line.dots) {
    const [cx, cy] = at(dot),
      [, low, high] = valuesOf(dot, quantity);
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
        describe(dot, quantity, rate),
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

function describe(dot, quantity, rate = RATES[0]) {
  const [value, low, high] = valuesOf(dot, quantity),
    moved = dot.changes[quantity.name];
  const level = `${report.run.level * 100} %`;
  return [
    `${dot.label} at ${rateText(dot, rate)}`,
    `${quantity.label} ${shown(quantity, value)}${unitOf(quantity)}`,
    low !== null ? `${level} interval ${between(low, high, (each) => shown(quantity, each))}` : null,
    dot.left_out[quantity.name] ? `mean over the finite frames: ${dot.left_out[quantity.name]}` : null,
    moved ? `against the original ${change(quantity, moved[0])}${unitOfChange(quantity)}` : null,
    moved && moved[1] !== null
      ? `${level} interval ${between(moved[1], moved[2], (each) => change(quantity, each))}`
      : null,
    dot.frames ? countText(dot, quantity) : null,
  ].filter(Boolean);
}
