// The sections of the page. Each returns an element, or null where the run has nothing of the kind.

function section(id, title, ...children) {
  return el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), children);
}

function glance() {
  const { run } = report, codecs = report.curves.length, findings = run.tasks.length && !report.compared, points = report.dots.filter((dot) => dot.curve !== null).length;
  const facts = [
    [run.items.toLocaleString("en"), run.unit + (run.items === 1 ? "" : "s")],
    run.unit === "sequence" ? [run.frames.toLocaleString("en"), "frames"] : null,
    [codecs, codecs === 1 ? "curve" : "curves"], [points, points === 1 ? "operating point" : "operating points"],
    [run.tasks.length ? run.tasks.join(", ") : "none", run.tasks.length === 1 ? "task" : "tasks"],
    run.failed ? [run.failed, "failed"] : null,
  ].filter(Boolean);
  return el("section", { id: "glance", "aria-label": "At a glance" },
    el("h1", {}, report.title),
    el("p", { class: "soft" }, `${plural(run.rows, "row")}, one per frame and operating point. Reported ${report.made.replace("T", " ").replace("+00:00", " UTC")}.`),
    el("div", { class: "facts" }, facts.map(([value, text]) => el("div", { class: "fact" }, el("b", {}, String(value)), el("span", {}, text)))),
    el("div", { class: findings ? "halves" : null },
      findings ? el("div", { class: "card" }, el("h3", {}, "What changed most"), found(biggest(5))) : null,
      report.notes.length ? el("div", { class: "card" }, el("h3", {}, "Before you believe a number"),
        report.notes.map(([kind, text]) => el("p", { class: `note ${kind}` }, text))) : null));
}

/** The largest finding of each score, so that one score does not fill the list. */
function biggest(count) {
  const seen = new Set();
  return report.findings.filter((each) => !seen.has(each.quantity) && seen.add(each.quantity)).slice(0, count);
}

function found(list) {
  if (!list.length) {
    if (!report.untested.length && report.dots.some((dot) => Object.values(dot.changes).some((each) => each[1] !== null))) return el("p", { class: "soft" }, `No change against the original survives at the ${report.run.level * 100} % level, corrected for all that were looked at.`);
    if (!report.untested.length) return el("p", { class: "soft" }, "There is no change to tell.");
    return [el("p", { class: "soft" }, report.run.resamples ? `Too few ${report.run.unit}s for any change to be sure; the largest as they are:` : "No tests were asked for; the largest changes as they are:"), found(report.untested)];
  }
  return el("ul", { class: "findings" }, list.map((each) => el("li", {},
    el("span", { class: `arrow ${each.worse ? "worse" : "better"}`, "aria-label": each.worse ? "worse" : "better" }, each.change < 0 ? "↓" : "↑"),
    el("span", {}, each.sentence))));
}

function curves() {
  if (!report.curves.length) return null;
  const shown = report.quantities.filter((each) => each.headline), hidden = new Set();
  const state = { name: (shown.find((each) => each.family !== "metric") || shown.find((each) => each.name === "psnr") || shown[0] || report.quantities[0])?.name, log: true, spread: true };
  const plot = el("div", { id: "plot" }), numbers = el("div"), matrices = el("div", { class: "card" });
  const select = el("select", { id: "quantity", "aria-label": "Quantity", onchange: () => pick(select.value) }, grouped());
  const minis = el("div", { class: "minis", role: "group", "aria-label": "Quantities" }, shown.map((each) =>
    el("button", { type: "button", class: "mini", "data-name": each.name, "aria-pressed": "false", onclick: () => pick(each.name) },
      el("small", { class: "soft" }, each.family), el("b", {}, each.label), curveChart(each, { width: 136, height: 62, mini: true }))));
  function pick(name) {
    state.name = name;
    select.value = name;
    minis.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", button.dataset.name === name));
    draw();
    replace(matrices, deltas(name));
    replace(numbers, curveTable(quantityOf(name)));
  }
  function draw() {
    const width = Math.max(300, Math.min(plot.clientWidth || 720, 900));
    replace(plot, curveChart(quantityOf(state.name), { width, height: Math.max(260, Math.min(430, width * 0.62)), ...state, hidden }));
  }
  addEventListener("resize", draw);
  const body = section("curves", "Curves", shown.length > 1 ? minis : null, el("div", { class: "split" },
    el("div", { class: "card" },
      el("div", { class: "controls" }, select,
        choice("Rate axis", [[true, "log"], [false, "linear"]], true, (value) => { state.log = value; draw(); }),
        choice("Intervals", [[true, "intervals"], [false, "off"]], true, (value) => { state.spread = value; draw(); })),
      plot, legend(hidden, draw),
      el("p", { class: "soft" }, intervalText())),
    matrices), el("details", { class: "card" }, el("summary", {}, "The numbers of this chart"), numbers));
  queueMicrotask(() => pick(state.name));
  return body;
}

function intervalText() {
  const { run } = report, any = report.dots.some((dot) => Object.values(dot.values).some((each) => each[1] !== null));
  return any ? `Bars are ${run.level * 100} % intervals by the bootstrap over ${run.unit}s (${run.resamples} draws, the same for all points, seed ${run.seed}).` : "No intervals: see the notes.";
}

function quantityOf(name) {
  return report.quantities.find((each) => each.name === name);
}

function grouped() {
  const families = [...new Set(report.quantities.map((each) => each.family))];
  return families.map((family) => el("optgroup", { label: family === "metric" ? "Metrics" : family },
    report.quantities.filter((each) => each.family === family).map((each) => el("option", { value: each.name }, heading(each)))));
}

function curveTable(quantity) {
  const rows = report.dots.filter((dot) => dot.values[quantity.name]).map((dot) => {
    const [value, low, high] = dot.values[quantity.name], moved = dot.changes[quantity.name] || [null, null, null, null];
    return [dot.label, number(dot.bpp[0]), dot.frames, number(value), between(low, high), change(quantity, moved[0]),
      between(moved[1], moved[2], (each) => change(quantity, each)), moved[3] === null ? "–" : moved[3] < 0.001 ? "< 0.001" : moved[3].toFixed(3)];
  });
  const columns = ["point", "bpp", "frames", quantity.label, "interval", "change", "interval", "p (Holm)"];
  const kept = rows.some((row) => row[5] !== "–") ? columns.length : 5;
  return table(`${heading(quantity)}${quantity.points ? "; changes in points" : ""}`, columns.slice(0, kept), rows.map((row) => row.slice(0, kept)));
}

/** Bjontegaard deltas of one quantity: each curve against each. */
function deltas(name) {
  const quantity = quantityOf(name), rows = report.deltas.filter((row) => row.quantity === name);
  const title = el("h3", {}, "Curve against curve");
  if (!rows.length) {
    const why = report.curves.length < 2 ? "One curve: nothing to compare it with." : quantity.higher === null
      ? "Nothing says whether more of this is better." : "Bjontegaard deltas are computed for metrics and for each task's headline scores.";
    return [title, el("p", { class: "soft" }, why)];
  }
  const state = { what: "rate_percent", method: "akima" }, grid = el("div");
  function draw() {
    const cells = report.curves.map((anchor, at) => [anchor.name, ...report.curves.map((_, test) => deltaCell(
      rows.find((row) => row.anchor === at && row.test === test && row.method === state.method), state.what, quantity))]);
    const what = state.what === "rate_percent" ? `Bits of the column's codec for the same ${quantity.label} as the row's` : `${quantity.label} of the column's codec minus the row's, at the same rate`;
    replace(grid, table(what, ["anchor ↓", ...report.curves.map((curve) => curve.name)], cells), refusals(rows.filter((row) => row.method === state.method)),
      el("p", { class: "soft" }, `Bjontegaard delta, ${state.method === "akima" ? "Akima" : "PCHIP"} interpolation over log bpp; % in brackets: the shared part of the range, in italics where it is below three quarters.`
        + (rows[0].monotone_fit ? " The score was first fitted by the nearest curve that rises with the rate (isotonic regression)." : "")));
  }
  draw();
  return [title, el("div", { class: "controls" },
    choice("Difference", [["rate_percent", "rate"], ["gain", quantity.label]], state.what, (value) => { state.what = value; draw(); }),
    choice("Interpolation", [["akima", "Akima"], ["pchip", "PCHIP"]], state.method, (value) => { state.method = value; draw(); })), grid];
}

function deltaCell(row, what, quantity) {
  if (!row) return el("td", { class: "cell none" }, "·");
  const value = row[what], overlap = row[what === "rate_percent" ? "rate_overlap" : "gain_overlap"];
  if (value === null) return el("td", { class: "cell none", title: row.refused || "the curves share no range" }, "none");
  const good = what === "rate_percent" ? value < 0 : (value > 0) === quantity.higher;
  const size = Math.min(Math.abs(value) / (what === "rate_percent" ? 60 : maxGain(quantity)), 1);
  const text = what === "rate_percent" ? percent(value) : change(quantity, value);
  return el("td", { class: "cell", style: `background: color-mix(in srgb, ${good ? "var(--c0)" : "var(--c1)"} ${Math.round(6 + 30 * size)}%, transparent)`,
    title: `${row.anchor_points} and ${row.test_points} points; ${Math.round(overlap * 100)} % of the range shared` },
    overlap < 0.75 ? el("em", {}, text) : text, el("br"), el("small", { class: "soft" }, `(${Math.round(overlap * 100)} %)`));
}

function maxGain(quantity) {
  return Math.max(1e-12, ...report.deltas.filter((row) => row.quantity === quantity.name && row.gain !== null).map((row) => Math.abs(row.gain)));
}

function refusals(rows) {
  const told = [...new Set(rows.filter((row) => row.refused).map((row) => `${report.curves[row.test].name} against ${report.curves[row.anchor].name}: ${row.refused}`))];
  return told.length ? el("details", {}, el("summary", {}, `${plural(told.length, "pair")} without a number`), el("ul", {}, told.map((text) => el("li", {}, text)))) : null;
}

function changes() {
  const tasks = report.run.tasks.filter((task) => report.dots.some((dot) => report.quantities.some((each) => each.family === task && dot.changes[each.name])));
  if (!tasks.length) return null;
  const body = el("div");
  function show(task) { replace(body, ofTask(task)); }
  const section_ = section("changes", "Changes against the original",
    tasks.length > 1 ? el("div", { class: "controls" }, choice("Task", tasks.map((task) => [task, task]), tasks[0], show)) : null, body);
  queueMicrotask(() => show(tasks[0]));
  return section_;
}

function ofTask(task) {
  const quantities = report.quantities.filter((each) => each.family === task && report.dots.some((dot) => dot.changes[each.name]));
  const list = report.findings.filter((each) => each.task === task);
  const forest = el("div"), width = () => Math.max(300, Math.min(forest.clientWidth || 560, 760));
  const select = el("select", { "aria-label": "Score", onchange: () => draw() }, quantities.map((each) => el("option", { value: each.name }, each.label)));
  function draw() { replace(forest, changeChart(quantityOf(select.value), width())); }
  queueMicrotask(draw);
  addEventListener("resize", draw);
  return [
    el("div", { class: "halves" },
      el("div", { class: "card" }, el("div", { class: "controls" }, el("h3", {}, "By operating point"), select), forest,
        el("p", { class: "soft" }, "* excludes zero after Holm's correction over all scores and points of the task.")),
      el("div", { class: "card" }, el("h3", {}, "Findings"), found(list.slice(0, 6)),
        list.length > 6 ? el("details", {}, el("summary", {}, `${list.length - 6} more`), found(list.slice(6))) : null,
        report.findings_total > report.findings.length ? el("p", { class: "soft" }, `Of ${report.findings_total} findings of all tasks, the ${report.findings.length} biggest are shown.`) : null)),
    el("div", { class: "card" }, heatmap(quantities)),
    itemMap(task), flipTable(task),
  ];
}

/** Scores by operating point: the change, tinted by its size. */
function heatmap(quantities) {
  const dots = report.dots.filter((dot) => dot.curve !== null && Object.keys(dot.changes).length);
  const kept = quantities.filter((each) => !each.of_class), classes = quantities.filter((each) => each.of_class);
  const ranked = classes.map((each) => [Math.max(...dots.map((dot) => (isSure(dot, each) ? 1e3 : 0) + Math.abs(dot.changes[each.name]?.[0] ?? 0))), each])
    .sort((one, other) => other[0] - one[0]).map(([, each]) => each);
  const rows = (list) => {
    return list.map((quantity) => {
      const most = Math.max(1e-12, ...dots.map((dot) => Math.abs(dot.changes[quantity.name]?.[0] ?? 0)), quantity.points ? 0.2 : 0);
      return [quantity.label, ...dots.map((dot) => tinted(dot.changes[quantity.name]?.[0] ?? null, most, quantity.higher, (value) => change(quantity, value), isSure(dot, quantity)))];
    });
  };
  const columns = ["score", ...dots.map((dot) => dot.label)];
  const unit = quantities.some((each) => each.points) ? " Scores that are shares: in points." : "";
  return [el("h3", {}, "By score, size and class"),
    table(`Change against the original; bold: sure after Holm's correction.${unit}`, columns, rows(kept)),
    classes.length ? el("details", { open: classes.length <= 12 }, el("summary", {}, `${classes.length} ${classes.length === 1 ? "class" : "classes"}, the surest and largest changes first`), table("", columns, rows(ranked.slice(0, 60)))) : null];
}

function tinted(value, most, higher, show, sure = false) {
  if (value === null) return el("td", { class: "cell none" }, "–");
  const share = Math.round(42 * Math.min(Math.abs(value) / most, 1)), worse = (value < 0) === (higher !== false);
  return el("td", { class: sure ? "cell sure" : "cell", style: value === 0 ? null : `background: color-mix(in srgb, ${worse ? "var(--c1)" : "var(--c0)"} ${share}%, transparent)` }, show(value));
}

function itemMap(task) {
  const map = report.by_item[task];
  if (!map) return null;
  const most = Math.max(1e-12, ...map.items.flatMap(([, cells]) => cells.map((cell) => Math.abs(cell?.[2] ?? 0))));
  const lower = report.quantities.find((each) => each.name === `${task}_${map.measure}`)?.higher === false || map.measure === "cer";
  const rows = map.items.map(([item, cells]) => [item, ...cells.map((cell) => tinted(cell ? cell[2] : null, most, !lower, (value) => signed(value, 2)))]);
  const shown = map.items.length < map.total ? `, the ${map.items.length} that change most of ${map.total}` : "";
  return el("details", { class: "card", open: map.items.length <= 12 }, el("summary", {}, `By ${report.run.unit}: change of ${map.measure}${shown}`),
    table("", [report.run.unit, ...map.points], rows));
}

function flipTable(task) {
  const rows = report.flips.filter((row) => row.task === task);
  if (!rows.length) return null;
  return el("div", { class: "card" }, el("h3", {}, "Right and wrong"), table(
    "Units that were right at the original and wrong here (lost), and the other way round (won); McNemar's exact test, and with Holm's correction over these rows",
    ["point", "bpp", "units", "lost", "won", "p", "p (Holm)"],
    rows.map((row) => [row.point, number(row.bpp, 3), row.units, row.lost, row.won, number(row.p, 2),
      el("td", { class: row.p_holm < 1 - report.run.level ? "sure" : null }, number(row.p_holm, 2))])));
}

function outliers() {
  const { outliers: odd, failures } = report;
  const parts = [];
  if (odd.total) {
    parts.push(el("div", { class: "card" }, el("h3", {}, "Frames far below their codec's curve"), table(
      `${odd.rows[0].metric} more than 3.5 robust standard deviations below what the codec's curve promises at the frame's own rate${odd.rows.length < odd.total ? `; the ${odd.rows.length} farthest of ${odd.total}` : ""}. They are in all means.`,
      ["item", "frame", "point", "bpp", odd.rows[0].metric, "curve", "z"],
      odd.rows.map((row) => [row.item, row.frame, row.point, number(row.bpp, 3), number(row.value), number(row.expected), row.z.toFixed(1)]))));
  } else if (report.dots.length) parts.push(el("p", { class: "soft" }, "No frame is far below its codec's curve (3.5 robust standard deviations, from 8 frames a point on)."));
  if (failures.total) {
    parts.push(el("div", { class: "card" }, el("h3", {}, "Failures"), table(
      `Not in any number${failures.rows.length < failures.total ? `; ${failures.rows.length} of ${failures.total}` : ""}`, ["item", "frame", "codec", "quality", "stage", "error"],
      failures.rows.map((row) => [row.item, row.frame ?? "–", row.codec ?? "–", row.quality ?? "–", row.stage, `${row.error}: ${row.message}`]), [5])));
  }
  return parts.length ? section("outliers", "Outliers and failures", parts) : null;
}

function time() {
  const { time: spent } = report, kinds = [["busy", "var(--c0)"], ["starved", "var(--line)"], ["blocked", "var(--c4)"]];
  const rows = spent.stages.map((stage) => {
    const total = kinds.reduce((sum, [kind]) => sum + stage[`${kind}_seconds`], 0) || 1;
    let x = 0;
    const parts = kinds.map(([kind, fill]) => { const width = (stage[`${kind}_seconds`] / total) * 100, from = x; x += width; return svg("rect", { x: from, y: 0, width, height: 14, fill }); });
    return [stage.stage, el("td", { style: "width: 45%" }, svg("svg", { viewBox: "0 0 100 14", preserveAspectRatio: "none", style: "height: 14px; border-radius: 4px; overflow: hidden", role: "img", "aria-label": kinds.map(([kind]) => `${kind} ${number(stage[`${kind}_seconds`], 3)} s`).join(", ") }, parts)),
      ...kinds.map(([kind]) => number(stage[`${kind}_seconds`], 3)), number(stage.setup_seconds, 2), stage.items];
  });
  const { hardware } = spent, machine = `${hardware.gpu ? hardware.gpu + "; " : ""}${hardware.cpu}, ${plural(hardware.cores, "core")}, ${hardware.memory_gib} GiB`;
  return section("time", "Where time went", el("div", { class: "halves" },
    el("div", { class: "card" }, el("p", {}, el("strong", {}, spent.bottleneck)), el("p", { class: "soft" }, spent.memory),
      rows.length ? el("p", { class: "soft" }, kinds.map(([kind, fill]) => [el("span", { class: "swatch", style: `background: ${fill}` }), `${kind} `])) : null,
      rows.length ? table("Seconds, summed over lanes", ["stage", "", "busy", "starved", "blocked", "setup", "items"], rows) : null,
      spent.traces.map((name) => el("p", {}, "Chrome trace: ", el("a", { href: `../${name}` }, name)))),
    report.dots.length ? el("div", { class: "card" }, table(`Frames per second of the codec alone, wall time over summed clips, on ${machine}. Lanes share the machine.`,
      ["point", "encode", "decode"], report.dots.map((dot) => [dot.label, number(dot.encode_fps, 3), number(dot.decode_fps, 3)]))) : null));
}

function origins() {
  return report.origins ? section("origin", "Provenance", report.origins.map((from, at) => originCard(from, report.names[at]))) : section("origin", "Provenance", originCard(report.origin));
}

function originCard(from, name = null) {
  const command = el("pre", {}, from.command);
  const copy = el("button", { type: "button", onclick: async () => { await navigator.clipboard?.writeText(from.command); copy.textContent = "copied"; } }, "copy");
  const pairs = (object, show = (value) => value) => Object.entries(object).map(([key, value]) => [key, show(value)]);
  return el("div", { class: "card" },
    el("div", { class: "controls" }, el("h3", {}, name ? `${name}: the command that repeats it` : "The command that repeats the run"), copy), command,
    from.shards > 1 ? el("p", { class: "soft" }, `It was run in ${from.shards} shards.`) : null,
    table("Data", ["", ""], [["dataset", from.dataset.name], ["licence", from.dataset.licence], ["fingerprint", from.dataset.fingerprint]], [1]),
    Object.keys(from.weights).length ? table("Weights", ["name", "file", "SHA-256", "licence"], Object.entries(from.weights).map(([name, entry]) => [name, entry.file, entry.sha256, entry.licence ?? "see ahc-stream data list"]), [1, 2, 3]) : null,
    from.tasks.length ? table("Tasks, every option spelled out", ["task", ""], from.tasks.map((text) => [text.split(":")[0], text]), [1]) : null,
    Object.keys(from.metrics).length ? el("details", { open: true }, el("summary", {}, "What each metric is"), table("", ["metric", "definition"], pairs(from.metrics), [1])) : null,
    el("details", {}, el("summary", {}, "Versions, hardware, starts"),
      table("Hardware", ["", ""], pairs(from.hardware, (value) => value ?? "none"), [1]),
      table("Versions", ["", ""], [["commit", from.commit ?? "not from a checkout"], ...pairs(from.versions, (value) => value ?? "not installed")], [1]),
      table("Starts", ["started", "finished", "failures"], from.starts.map(([begun, ended, failures]) => [begun, ended ?? "not finished", failures ?? "–"]))));
}

/** Two runs: the difference of each quantity at each operating point that both have. */
function compared() {
  const names = [...new Set(report.compared.map((row) => row.quantity))].map(quantityOf).filter(Boolean);
  if (!names.length) return null;
  const [one, other] = report.names, body = el("div");
  const select = el("select", { "aria-label": "Quantity", onchange: () => draw() }, names.map((each) => el("option", { value: each.name }, heading(each))));
  function draw() {
    const quantity = quantityOf(select.value), rows = report.compared.filter((row) => row.quantity === quantity.name);
    const most = Math.max(1e-12, ...rows.map((row) => Math.abs(row.difference)));
    replace(body, table(`${other} minus ${one}${quantity.points ? ", in points" : ""}; bold: sure after Holm's correction over all rows of ${quantity.family === "metric" ? "all metrics" : quantity.family}`,
      ["point", one, other, "difference", "interval", "p (Holm)"], rows.map((row) => [row.point, number(row.one), number(row.other),
        tinted(row.difference, most, quantity.higher, (value) => change(quantity, value), row.sure), between(row.low, row.high, (each) => change(quantity, each)), row.p_holm === null ? "–" : number(row.p_holm, 2)])));
  }
  draw();
  return section("compare", "Difference at the same operating point", el("div", { class: "card" }, el("div", { class: "controls" }, select), body));
}
