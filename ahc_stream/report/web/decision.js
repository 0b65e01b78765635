// What the page begins with: which codec to take, what it costs, what is missing before one can tell.

function decision() {
  const { decision: made } = report;
  return el(
    "section",
    { id: "decision", "aria-label": "The decision" },
    el("h1", {}, report.title),
    el(
      "div",
      { class: "card" },
      el(
        "dl",
        { class: "verdict" },
        made.lines.map((line) => [
          el("dt", {}, line.head),
          el("dd", {}, line.answer ? el("strong", {}, line.answer) : null, line.sentences.map((each) => el("p", {}, each))),
        ]),
      ),
    ),
    el("div", { class: "halves" }, ranking(made), margins(made)),
  );
}

/** Curves down, in the order of the leading quantity; how many bits the first of each quantity saves against each. */
function ranking({ ranks }) {
  const ranked = ranks.filter((rank) => rank.order.length);
  if (!ranked.length) return null;
  const names = [...new Set(ranked.flatMap((rank) => rank.order.map(([name]) => name)))];
  const cell = (rank, name) => {
    const place = rank.order.findIndex(([each]) => each === name);
    if (place < 0) return el("td", { class: "none", title: rank.refused[name] || null }, "–");
    const [, saved, shared] = rank.order[place];
    if (place === 0) return el("td", {}, el("strong", {}, "least bits"));
    if (saved === null) return el("td", { class: "none", title: "no shared range with the first" }, `${place + 1}.`);
    const text = `${fixed(Math.abs(saved), 0)} %${saved < 0 ? " more" : ""}`;
    return el("td", {}, text, el("small", { class: "soft" }, ` (${Math.round(shared * 100)} %)`));
  };
  return el(
    "div",
    { class: "card" },
    el("h3", {}, "Bits saved at equal quality"),
    table(
      "What the codec with least bits saves against each, by Bjontegaard delta; in brackets the range that both share",
      ["codec", ...ranked.map((rank) => rank.label)],
      names.map((name) => [curveName(indexOf(name)), ...ranked.map((rank) => cell(rank, name))]),
    ),
  );
}

/** The cheapest point of each curve within the margin, task by task, and the knees. */
function margins({ costs, ranks, knees }) {
  const cards = costs
    .filter((cost) => cost.points.length)
    .map((cost) => {
      const quantity = quantityOf(cost.quantity);
      const place = (each) =>
        each ? `${each.quality}, ${bppText(each.bpp)} bpp` : el("span", { class: "soft" }, "none");
      return table(
        `Cheapest point that keeps ${cost.label} within ${cost.margin} by its estimate (bold: by its interval too), and the cheapest whose own interval does; neither is corrected for how many points were looked at`,
        ["codec", "point", `loss${quantity.points ? ", points" : ""}`, "by its interval", "knee"],
        [...cost.points].sort(byRate).map((row) => [
          curveName(indexOf(row.curve)),
          el("td", { class: row.cheapest?.sure ? "significant" : null }, place(row.cheapest)),
          row.cheapest ? lossText(quantity, row.cheapest.loss) : "–",
          row.sure && row.sure.point === row.cheapest?.point ? "the same" : place(row.sure),
          knees[cost.quantity]?.[row.curve] ?? "–",
        ]),
      );
    });
  const metric = ranks.at(-1),
    metricKnees = Object.entries(metric ? knees[metric.quantity] : {});
  return cards.length || metricKnees.length
    ? el(
        "div",
        { class: "card" },
        el("h3", {}, cards.length ? "What it costs" : "Knees"),
        cards,
        cards.length
          ? null
          : table(
              `Beyond its knee a curve's bits buy less ${metric.label} than on average`,
              ["codec", "knee"],
              metricKnees.map(([name, label]) => [curveName(indexOf(name)), label]),
            ),
      )
    : null;
}

/** The lowest rate first, those without a point last. */
function byRate(one, other) {
  return (one.cheapest?.bpp ?? Infinity) - (other.cheapest?.bpp ?? Infinity) || 0;
}

function lossText(quantity, [value, low, high]) {
  const show = (each) => shown(quantity, each);
  return `${show(value)}${low === null ? "" : ` (${between(low, high, show)})`}`;
}

function indexOf(name) {
  return report.curves.findIndex((curve) => curve.name === name);
}
