// Curves over the rate, and the numbers of a chart.

const MANY_CURVES = 5;

function curves() {
  if (!report.curves.length) return null;
  const headline = report.quantities.filter((each) => each.headline),
    hidden = new Set();
  const state = {
    name: (
      headline.find((each) => each.family !== "metric") ||
      headline.find((each) => each.leading) ||
      headline[0] ||
      report.quantities[0]
    )?.name,
    log: true,
    spread: true,
    rate: RATES[0],
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
    headline.map((each) =>
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
    tabulate();
  }
  function tabulate() {
    replace(numbers, curveTable(quantityOf(state.name), state.rate), rateTable());
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
  function set(name, value) {
    state[name] = value;
    draw();
  }
  addEventListener("resize", draw);
  const controls = el(
    "div",
    { class: "controls" },
    select,
    rateChoice((rate) => {
      set("rate", rate);
      tabulate();
    }),
    onOff("Rate axis", "log", "linear", (value) => set("log", value)),
    onOff("Intervals", "intervals", "off", (value) => set("spread", value)),
  );
  const chart = el("div", { class: "card" }, controls, plot, legend(hidden, draw), el("p", { class: "soft" }, intervalText()));
  const body = section(
    "curves",
    "Curves",
    headline.length > 1 ? minis : null,
    report.curves.length > MANY_CURVES ? [chart, matrices] : el("div", { class: "split" }, chart, matrices),
    el("details", { class: "card" }, el("summary", {}, "The numbers of this chart"), numbers),
  );
  queueMicrotask(() => pick(state.name));
  return body;
}

/** Two buttons, the first of which is pressed. */
function onOff(label, on, off, pick) {
  return choice(
    label,
    [
      [true, on],
      [false, off],
    ],
    true,
    pick,
  );
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

function curveTable(quantity, rate) {
  const rows = drawn.dots
    .filter((dot) => dot.values[quantity.name])
    .map((dot) => {
      const [value, low, high] = dot.values[quantity.name],
        moved = dot.changes[quantity.name] || [null, null, null, null];
      return [
        dot.label,
        rateText(dot, rate),
        dot.frames ? countText(dot, quantity).replace("n = ", "") : "–",
        shown(quantity, value),
        between(low, high, (each) => shown(quantity, each)),
        change(quantity, moved[0]),
        between(moved[1], moved[2], (each) => change(quantity, each)),
        moved[3] === null ? "–" : moved[3] < 0.001 ? "< 0.001" : moved[3].toFixed(3),
        dot.left_out[quantity.name] || "",
      ];
    });
  const columns = ["point", "rate", "n", quantity.label, "interval", "change", "interval", "p (Holm)", "left out"];
  const changed = rows.some((row) => row[5] !== "–"),
    leaves = rows.some((row) => row[8]);
  const kept = (_, at) => at < 5 || (at < 8 ? changed : leaves);
  return table(
    `${heading(quantity)}${quantity.points ? ", in %; changes in points" : ""}`,
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
        return [value === null ? "–" : bppText(value), between(low, high, bppText)];
      }),
    ]),
  );
}
