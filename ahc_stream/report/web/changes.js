// Changes against the original: by operating point, by score and class, by item, right and wrong.

function changes() {
  const tasks = report.run.tasks.filter((task) =>
    report.dots.some((dot) => report.quantities.some((each) => each.family === task && dot.changes[each.name])),
  );
  if (!tasks.length) return null;
  const body = el("div");
  let redraw = null;
  function show(task) {
    const shown = ofTask(task);
    replace(body, shown.parts);
    redraw = shown.draw;
    redraw();
  }
  addEventListener("resize", () => redraw?.());
  const section_ = section(
    "changes",
    "Changes against the original",
    tasks.length > 1
      ? el(
          "div",
          { class: "controls" },
          choice(
            "Task",
            tasks.map((task) => [task, task]),
            tasks[0],
            show,
          ),
        )
      : null,
    body,
  );
  queueMicrotask(() => show(tasks[0]));
  return section_;
}

/** What is shown of one task. parts: its elements; draw: draws its chart anew at the width of the window. */
function ofTask(task) {
  const quantities = report.quantities.filter(
    (each) => each.family === task && report.dots.some((dot) => dot.changes[each.name]),
  );
  const list = report.findings.filter((each) => each.task === task);
  const forest = el("div"),
    width = () => Math.max(300, Math.min(forest.clientWidth || 560, 760));
  const select = el(
    "select",
    { "aria-label": "Score", onchange: () => draw() },
    quantities.map((each) => el("option", { value: each.name }, each.label)),
  );
  function draw() {
    replace(forest, changeChart(quantityOf(select.value), width()));
  }
  const parts = [
    el(
      "div",
      { class: "halves" },
      el(
        "div",
        { class: "card" },
        el("div", { class: "controls" }, el("h3", {}, "By operating point"), select),
        forest,
        el("p", { class: "soft" }, "* excludes zero after Holm's correction over all scores and points of the task."),
      ),
      el(
        "div",
        { class: "card" },
        el("h3", {}, "Findings"),
        found(list.slice(0, 6)),
        list.length > 6 ? el("details", {}, el("summary", {}, `${list.length - 6} more`), found(list.slice(6))) : null,
        report.findings_total > report.findings.length
          ? el(
              "p",
              { class: "soft" },
              `Of ${report.findings_total} findings of all tasks, the ${report.findings.length} biggest are shown.`,
            )
          : null,
      ),
    ),
    el("div", { class: "card" }, heatmap(quantities)),
    itemMap(task),
    flipTable(task),
  ];
  return { parts, draw };
}

/** Scores by operating point: the change, tinted by its size. */
function heatmap(quantities) {
  const dots = report.dots.filter((dot) => dot.curve !== null && Object.keys(dot.changes).length);
  const kept = quantities.filter((each) => !each.of_class),
    classes = quantities.filter((each) => each.of_class);
  const ranked = classes
    .map((each) => [
      Math.max(...dots.map((dot) => (isSignificant(dot, each) ? 1e3 : 0) + Math.abs(dot.changes[each.name]?.[0] ?? 0))),
      each,
    ])
    .sort((one, other) => other[0] - one[0])
    .map(([, each]) => each);
  const rows = (list) => {
    return list.map((quantity) => {
      const most = Math.max(
        1e-12,
        ...dots.map((dot) => Math.abs(dot.changes[quantity.name]?.[0] ?? 0)),
        quantity.points ? 0.2 : 0,
      );
      return [
        quantity.label,
        ...dots.map((dot) =>
          tinted(
            dot.changes[quantity.name]?.[0] ?? null,
            most,
            quantity.higher,
            (value) => change(quantity, value),
            isSignificant(dot, quantity),
          ),
        ),
      ];
    });
  };
  const columns = ["score", ...dots.map((dot) => twoLines(dot.label))];
  const unit = quantities.some((each) => each.points) ? " Scores that are shares: in points." : "";
  return [
    el("h3", {}, "By score, size and class"),
    table(`Change against the original; bold: significant after Holm's correction.${unit}`, columns, rows(kept)),
    classes.length
      ? el(
          "details",
          { open: classes.length <= 12 },
          el(
            "summary",
            {},
            `${classes.length} ${classes.length === 1 ? "class" : "classes"}, significant changes first, then the largest`,
          ),
          table("", columns, rows(ranked.slice(0, 60))),
        )
      : null,
  ];
}

function tinted(value, most, higher, show, significant = false) {
  if (value === null) return el("td", { class: "cell none" }, "–");
  const share = Math.round(42 * Math.min(Math.abs(value) / most, 1)),
    worse = value < 0 === (higher !== false);
  return el(
    "td",
    {
      class: significant ? "cell significant" : "cell",
      style:
        value === 0
          ? null
          : `background: color-mix(in srgb, ${worse ? "var(--c1)" : "var(--c0)"} ${share}%, transparent)`,
    },
    show(value),
  );
}

function itemMap(task) {
  const map = report.by_item[task];
  if (!map) return null;
  const most = Math.max(1e-12, ...map.items.flatMap(([, cells]) => cells.map((cell) => Math.abs(cell?.[2] ?? 0))));
  const rows = map.items.map(([item, cells]) => [
    item,
    ...cells.map((cell) => tinted(cell ? cell[2] : null, most, map.higher, (value) => change({ points: map.share, decimals: map.decimals }, value))),
  ]);
  const shown = map.items.length < map.total ? `, the ${map.items.length} that change most of ${map.total}` : "";
  return el(
    "details",
    { class: "card", open: map.items.length <= 12 },
    el("summary", {}, `By ${report.run.unit}: change of ${map.measure}${map.share ? ", in points" : ""}${shown}`),
    table("", [report.run.unit, ...map.points.map(twoLines)], rows),
  );
}

function flipTable(task) {
  const rows = report.flips.filter((row) => row.task === task);
  if (!rows.length) return null;
  return el(
    "div",
    { class: "card" },
    el("h3", {}, "Right and wrong"),
    table(
      "Units that were right at the original and wrong here (lost), and the other way round (won); McNemar's exact test, and with Holm's correction over these rows",
      ["point", "bpp", "units", "lost", "won", "p", "p (Holm)"],
      rows.map((row) => [
        row.point,
        bppText(row.bpp),
        row.units,
        row.lost,
        row.won,
        number(row.p, 2),
        el("td", { class: row.p_holm < 1 - report.run.level ? "significant" : null }, number(row.p_holm, 2)),
      ]),
    ),
  );
}
