// Curve against curve: Bjontegaard deltas.

/** Bjontegaard deltas of one quantity: each curve against each. */
function deltas(name) {
  const quantity = quantityOf(name),
    rows = report.deltas.filter((row) => row.quantity === name);
  const title = el("h3", {}, "Curve against curve");
  if (!rows.length) {
    const why =
      report.curves.length < 2
        ? "One curve: nothing to compare it with."
        : quantity.higher === null
          ? "Nothing says whether more of this is better."
          : "Bjontegaard deltas are computed for metrics and for each task's headline scores.";
    return [title, el("p", { class: "soft" }, why)];
  }
  if (rows.every((row) => row.rate_percent === null && row.gain === null)) {
    const why = el("p", { class: "soft" }, "No two curves can be compared.");
    return [title, why, refusals(rows.filter((row) => row.method === "pchip"))];
  }
  const state = { what: "rate_percent", method: "pchip" },
    grid = el("div");
  function draw() {
    replace(
      grid,
      matrix(rows, state, quantity),
      refusals(rows.filter((row) => row.method === state.method)),
      el(
        "p",
        { class: "soft" },
        `Bjontegaard delta, ${state.method === "akima" ? "Akima" : "PCHIP"} interpolation over log bpp; % in brackets: the shared part of the range, in italics where it is below three quarters.` +
          (rows[0].monotone_fit
            ? " The score was first fitted by the nearest curve that rises with the rate (isotonic regression)."
            : ""),
      ),
    );
  }
  function set(key, value) {
    state[key] = value;
    draw();
  }
  draw();
  return [
    title,
    el(
      "div",
      { class: "controls" },
      choice(
        "Difference",
        [
          ["rate_percent", "rate"],
          ["gain", quantity.label],
        ],
        state.what,
        (value) => set("what", value),
      ),
      choice(
        "Interpolation",
        [
          ["pchip", "PCHIP"],
          ["akima", "Akima"],
        ],
        state.method,
        (value) => set("method", value),
      ),
    ),
    grid,
  ];
}

/** Anchors down, tested curves across. Many columns stand upright, under names that are read from below, beside a first
 *  column that stays when the rest is scrolled. */
function matrix(rows, { what, method }, quantity) {
  const many = report.curves.length > MANY_CURVES;
  const cell = (anchor, test) =>
    deltaCell(
      rows.find((row) => row.anchor === anchor && row.test === test && row.method === method),
      what,
      quantity,
      many,
    );
  const caption =
    what === "rate_percent"
      ? `Bits of the column's codec for the same ${quantity.label} as the row's, in %`
      : `${quantity.label} of the column's codec minus the row's, at the same rate${unitOfChange(quantity) && `, in${unitOfChange(quantity)}`}`;
  const shownTable = table(
    caption,
    [
      "anchor ↓",
      ...report.curves.map((curve) => (many ? el("span", { class: "upright" }, curve.name) : twoLines(curve.name))),
    ],
    report.curves.map((_, anchor) => [curveName(anchor), ...report.curves.map((_, test) => cell(anchor, test))]),
  );
  if (many) shownTable.classList.add("many");
  return shownTable;
}

function deltaCell(row, what, quantity, many) {
  if (!row) return el("td", { class: "cell none" }, "·");
  const value = row[what],
    overlap = row[what === "rate_percent" ? "rate_overlap" : "gain_overlap"];
  if (value === null)
    return el("td", { class: "cell none", title: row.refused || "the curves share no range" }, many ? "–" : "none");
  const good = what === "rate_percent" ? value < 0 : value > 0 === quantity.higher;
  const size = Math.min(Math.abs(value) / (what === "rate_percent" ? 60 : maxGain(quantity)), 1);
  const text = what === "rate_percent" ? rateChange(value, many) : change(quantity, value);
  const shared = `${Math.round(overlap * 100)} %`;
  return el(
    "td",
    {
      class: "cell",
      style: `background: color-mix(in srgb, ${good ? "var(--c0)" : "var(--c1)"} ${Math.round(6 + 30 * size)}%, transparent)`,
      title: `${report.curves[row.test].name} against ${report.curves[row.anchor].name}: ${row.anchor_points} and ${plural(row.test_points, "point")}; ${shared} of the range shared${leftOut(row)}`,
    },
    overlap < 0.75 ? el("em", {}, text) : text,
    el("br"),
    el("small", { class: "soft" }, `(${shared})`),
  );
}

/** "−53.9 %"; among many columns "−54". */
function rateChange(value, many) {
  return many ? (value > 0 ? "+" : "") + fixed(value, 0) : percent(value);
}

/** What the means of both curves leave out of a delta. */
function leftOut(row) {
  const most = Math.max(row.anchor_infinite, row.test_infinite);
  return most ? `; means over the finite frames, up to ${plural(most, "infinite frame")} of a point left out` : "";
}

function maxGain(quantity) {
  return Math.max(
    1e-12,
    ...report.deltas
      .filter((row) => row.quantity === quantity.name && row.gain !== null)
      .map((row) => Math.abs(row.gain)),
  );
}

function refusals(rows) {
  const reasons = [
    ...new Set(
      rows
        .filter((row) => row.refused)
        .map((row) => `${report.curves[row.test].name} against ${report.curves[row.anchor].name}: ${row.refused}`),
    ),
  ];
  return reasons.length
    ? el(
        "details",
        {},
        el("summary", {}, `${plural(reasons.length, "pair")} without a number`),
        el(
          "ul",
          {},
          reasons.map((text) => el("li", {}, text)),
        ),
      )
    : null;
}
