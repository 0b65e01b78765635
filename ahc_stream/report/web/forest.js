// Changes against the original with their intervals, one line per operating point.

/** Changes against the original, one line per operating point, with their intervals. */
function changeChart(quantity, width) {
  const dots = report.dots
    .filter((dot) => dot.changes[quantity.name])
    .sort((a, b) => a.curve - b.curve || a.bpp[0] - b.bpp[0]);
  if (!dots.length) return el("p", { class: "none" }, "Nothing to compare with the original.");
  const narrow = width < 480,
    row = dots.some((dot) => dot.label.includes(" ")) ? 30 : 24,
    edge = { left: narrow ? 104 : 190, right: narrow ? 12 : 96, top: 8, bottom: 40 };
  const height = edge.top + edge.bottom + row * dots.length;
  const ends = dots.flatMap((dot) => dot.changes[quantity.name].slice(0, 3)).filter((each) => each !== null);
  const low = Math.min(0, ...ends),
    high = Math.max(0, ...ends),
    room = (high - low) * 0.05 || 1;
  const x = scale(low - room, high + room, edge.left, width - edge.right);
  const chart = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-label": `Change of ${heading(quantity)} against the original`,
  });
  const times = quantity.points ? 100 : 1;
  for (const tick of ticks((low - room) * times, (high + room) * times, (width - edge.left) / 90)) {
    const value = tick / times;
    chart.append(
      svg("line", { class: "grid", x1: x(value), x2: x(value), y1: edge.top, y2: height - edge.bottom }),
      svg("text", { x: x(value), y: height - edge.bottom + 16, "text-anchor": "middle" }, number(tick)),
    );
  }
  chart.append(
    svg("line", { x1: x(0), x2: x(0), y1: edge.top, y2: height - edge.bottom, stroke: "var(--soft)" }),
    svg(
      "text",
      { x: (edge.left + width - edge.right) / 2, y: height - 5, "text-anchor": "middle" },
      `change of ${quantity.label}${unitOfChange(quantity) && `, in${unitOfChange(quantity)}`}`,
    ),
  );
  dots.forEach((dot, at) => {
    const cy = edge.top + row * (at + 0.5),
      [value, from, to] = dot.changes[quantity.name];
    chart.append(
      telling(
        describe(dot, quantity),
        () => edge.left,
        {},
        svg("rect", { class: "halo", x: 0, y: cy - row / 2, width, height: row, fill: "transparent", rx: 4 }),
        pointLabel(dot.label, edge.left - 10, cy, narrow ? 14 : 26),
        from !== null
          ? svg("line", {
              x1: x(from),
              x2: x(to),
              y1: cy,
              y2: cy,
              stroke: colour(dot.curve),
              "stroke-width": 3,
              opacity: 0.45,
              "stroke-linecap": "round",
            })
          : null,
        marker(dot.curve, x(value), cy, 4.5),
        narrow
          ? null
          : svg(
              "text",
              { x: width - edge.right + 10, y: cy + 4, class: isSignificant(dot, quantity) ? "strong" : null },
              `${change(quantity, value)}${isSignificant(dot, quantity) ? " *" : ""}`,
            ),
      ),
    );
  });
  return chart;
}

/** The name of a point before its row; one that is longer than `most` letters has its options on a second line. */
function pointLabel(label, x, cy, most) {
  const at = { class: "strong", x, "text-anchor": "end" };
  const cut = label.indexOf(" ");
  if (label.length <= most || cut < 0) return svg("text", { ...at, y: cy + 4 }, label);
  const rest = label.slice(cut + 1),
    room = most + 4;
  return svg(
    "text",
    { ...at, y: cy - 2, "font-size": "11" },
    label.slice(0, cut),
    svg("tspan", { x, dy: "1.1em", class: "small" }, rest.length > room ? `${rest.slice(0, room - 1)}…` : rest),
    svg("title", {}, label),
  );
}

/** Whether a change excludes zero and survives the correction for many tests. */
function isSignificant(dot, quantity) {
  const moved = dot.changes[quantity.name];
  return Boolean(
    moved &&
    moved[1] !== null &&
    (moved[1] > 0 || moved[2] < 0) &&
    moved[3] !== null &&
    moved[3] < 1 - report.run.level,
  );
}
