// Curves over the rate, the numbers of a chart, and curve against curve.

function curves() {
  if (!report.curves.length) return null;
  const shown = report.quantities.filter((each) => each.headline),
    hidden = new Set();
  const state = {
    name: (
      shown.find((each) => each.family !== "metric") ||
      shown.find((each) => each.leading) ||
      shown[0] ||
      report.quantities[0]
    )?.name,
    log: true,
    spread: true,
  };
  const plot = el("div", { id: "plot" }),
    numbers = el("div"),
    matrices = el("div", { class: "card" });
  const select = el(
    "select",
    { id: "quantity", "aria-label": "Quantity", onchange: () => pick(select.value) },
    grouped(),
  );
  const minis = el(
    "div",
    { class: "minis", role: "group", "aria-label": "Quantities" },
    shown.map((each) =>
      el(
        "button",
        {
          type: "button",
          class: "mini",
          "data-name": each.name,
          "aria-pressed": "false",
          onclick: () => pick(each.name),
        },
        el("small", { class: "soft" }, each.family),
        el("b", {}, each.label),
        curveChart(each, { width: 136, height: 62, mini: true }),
      ),
    ),
  );
  function pick(name) {
    state.name = name;
    select.value = name;
    minis
      .querySelectorAll("button")
      .forEach((button) => button.setAttribute("aria-pressed", button.dataset.name === name));
    draw();
    replace(matrices, deltas(name));
    replace(numbers, curveTable(quantityOf(name)), rateTable());
  }
  function draw() {
    const width = Math.max(300, Math.min(plot.clientWidth || 720, 900));
    replace(
      plot,
      curveChart(quantityOf(state.name), {
        width,
        height: Math.max(260, Math.min(430, width * 0.62)),
        ...state,
        hidden,
      }),
    );
  }
  addEventListener("resize", draw);
  const body = section(
    "curves",
    "Curves",
    shown.length > 1 ? minis : null,
    el(
      "div",
      { class: "split" },
      el(
        "div",
        { class: "card" },
        el(
          "div",
          { class: "controls" },
          select,
          choice(
            "Rate axis",
            [
              [true, "log"],
              [false, "linear"],
            ],
            true,
            (value) => {
              state.log = value;
              draw();
            },
          ),
          choice(
            "Intervals",
            [
              [true, "intervals"],
              [false, "off"],
            ],
            true,
            (value) => {
              state.spread = value;
              draw();
            },
          ),
        ),
        plot,
        legend(hidden, draw),
        el("p", { class: "soft" }, intervalText()),
      ),
      matrices,
    ),
    el("details", { class: "card" }, el("summary", {}, "The numbers of this chart"), numbers),
  );
  queueMicrotask(() => pick(state.name));
  return body;
}

function intervalText() {
  const { run } = report,
    any = report.dots.some((dot) => Object.values(dot.values).some((each) => each[1] !== null));
  const published = report.published.curves.length ? " Hollow marks are of published curves, without intervals." : "";
  return any
    ? `Bars are ${run.level * 100} % intervals by the bootstrap over ${run.unit}s (${run.resamples} draws, the same for all points, seed ${run.seed}).${published}`
    : `No intervals: see the notes.${published}`;
}

function grouped() {
  const families = [...new Set(report.quantities.map((each) => each.family))];
  return families.map((family) =>
    el(
      "optgroup",
      { label: family === "metric" ? "Metrics" : family },
      report.quantities
        .filter((each) => each.family === family)
        .map((each) => el("option", { value: each.name }, heading(each))),
    ),
  );
}

function curveTable(quantity) {
  const rows = drawn.dots
    .filter((dot) => dot.values[quantity.name])
    .map((dot) => {
      const [value, low, high] = dot.values[quantity.name],
        moved = dot.changes[quantity.name] || [null, null, null, null];
      return [
        dot.label,
        number(dot.bpp[0]),
        dot.frames ?? "–",
        number(value),
        between(low, high),
        change(quantity, moved[0]),
        between(moved[1], moved[2], (each) => change(quantity, each)),
        moved[3] === null ? "–" : moved[3] < 0.001 ? "< 0.001" : moved[3].toFixed(3),
        dot.left_out[quantity.name] || "",
      ];
    });
  const columns = ["point", "bpp", "frames", quantity.label, "interval", "change", "interval", "p (Holm)", "left out"];
  const changed = rows.some((row) => row[5] !== "–"),
    leaves = rows.some((row) => row[8]);
  const kept = (_, at) => at < 5 || (at < 8 ? changed : leaves);
  return table(
    `${heading(quantity)}${quantity.points ? "; changes in points" : ""}`,
    columns.filter(kept),
    rows.map((row) => row.filter(kept)),
  );
}

/** The rates of every operating point, each with its interval. */
function rateTable() {
  const names = ["bpp", "bpp_stills", "bpp_video"].filter((name) => report.dots.some((dot) => dot.rates[name]));
  return table(
    "Rates: payload bits per true pixel",
    ["point", ...names.flatMap((name) => [name, "interval"])],
    report.dots.map((dot) => [
      dot.label,
      ...names.flatMap((name) => {
        const [value, low, high] = dot.rates[name] ?? [null, null, null];
        return [number(value), between(low, high)];
      }),
    ]),
  );
}

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
  const state = { what: "rate_percent", method: "akima" },
    grid = el("div");
  function draw() {
    const cells = report.curves.map((anchor, at) => [
      anchor.name,
      ...report.curves.map((_, test) =>
        deltaCell(
          rows.find((row) => row.anchor === at && row.test === test && row.method === state.method),
          state.what,
          quantity,
        ),
      ),
    ]);
    const what =
      state.what === "rate_percent"
        ? `Bits of the column's codec for the same ${quantity.label} as the row's`
        : `${quantity.label} of the column's codec minus the row's, at the same rate`;
    replace(
      grid,
      table(what, ["anchor ↓", ...report.curves.map((curve) => curve.name)], cells),
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
        (value) => {
          state.what = value;
          draw();
        },
      ),
      choice(
        "Interpolation",
        [
          ["akima", "Akima"],
          ["pchip", "PCHIP"],
        ],
        state.method,
        (value) => {
          state.method = value;
          draw();
        },
      ),
    ),
    grid,
  ];
}

function deltaCell(row, what, quantity) {
  if (!row) return el("td", { class: "cell none" }, "·");
  const value = row[what],
    overlap = row[what === "rate_percent" ? "rate_overlap" : "gain_overlap"];
  if (value === null)
    return el("td", { class: "cell none", title: row.refused || "the curves share no range" }, "none");
  const good = what === "rate_percent" ? value < 0 : value > 0 === quantity.higher;
  const size = Math.min(Math.abs(value) / (what === "rate_percent" ? 60 : maxGain(quantity)), 1);
  const text = what === "rate_percent" ? percent(value) : change(quantity, value);
  return el(
    "td",
    {
      class: "cell",
      style: `background: color-mix(in srgb, ${good ? "var(--c0)" : "var(--c1)"} ${Math.round(6 + 30 * size)}%, transparent)`,
      title: `${row.anchor_points} and ${plural(row.test_points, "point")}; ${Math.round(overlap * 100)} % of the range shared${leftOut(row)}`,
    },
    overlap < 0.75 ? el("em", {}, text) : text,
    el("br"),
    el("small", { class: "soft" }, `(${Math.round(overlap * 100)} %)`),
  );
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
