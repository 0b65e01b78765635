// Outliers and failures, where time went, where the numbers come from, two runs compared.

function outliers() {
  const { outliers: odd, failures } = report;
  const parts = [];
  const expected =
    report.run.unit === "sequence"
      ? "the median of their operating point"
      : "what the codec's curve promises at the frame's own rate";
  if (odd.total) {
    parts.push(
      el(
        "div",
        { class: "card" },
        el("h3", {}, "Frames far below their codec's curve"),
        table(
          `${odd.rows[0].metric} more than 3.5 robust standard deviations below ${expected}${odd.rows.length < odd.total ? `; the ${odd.rows.length} farthest of ${odd.total}` : ""}. They are in all means.`,
          ["item", "frame", "point", "bpp", odd.rows[0].metric, "expected", "z"],
          odd.rows.map((row) => [
            row.item,
            row.frame,
            row.point,
            number(row.bpp, 3),
            number(row.value),
            number(row.expected),
            row.z.toFixed(1),
          ]),
        ),
      ),
    );
  } else if (report.dots.length)
    parts.push(
      el(
        "p",
        { class: "soft" },
        "No frame is far below its codec's curve (3.5 robust standard deviations, from 8 frames a point on).",
      ),
    );
  if (failures.total) {
    parts.push(
      el(
        "div",
        { class: "card" },
        el("h3", {}, "Failures"),
        table(
          `Not in any number${failures.rows.length < failures.total ? `; ${failures.rows.length} of ${failures.total}` : ""}`,
          ["item", "frame", "codec", "quality", "stage", "error"],
          failures.rows.map((row) => [
            row.item,
            row.frame ?? "–",
            row.codec ?? "–",
            row.quality ?? "–",
            row.stage,
            `${row.error}: ${row.message}`,
          ]),
          [5],
        ),
      ),
    );
  }
  return parts.length ? section("outliers", "Outliers and failures", parts) : null;
}

function time() {
  const { time: spent } = report,
    kinds = [
      ["busy", "var(--c0)"],
      ["starved", "var(--line)"],
      ["blocked", "var(--c4)"],
    ];
  const rows = spent.stages.map((stage) => {
    const total = kinds.reduce((sum, [kind]) => sum + stage[`${kind}_seconds`], 0) || 1;
    let x = 0;
    const parts = kinds.map(([kind, fill]) => {
      const width = (stage[`${kind}_seconds`] / total) * 100,
        from = x;
      x += width;
      return svg("rect", { x: from, y: 0, width, height: 14, fill });
    });
    return [
      stage.stage,
      el(
        "td",
        { style: "width: 45%" },
        svg(
          "svg",
          {
            viewBox: "0 0 100 14",
            preserveAspectRatio: "none",
            style: "height: 14px; border-radius: 4px; overflow: hidden",
            role: "img",
            "aria-label": kinds.map(([kind]) => `${kind} ${number(stage[`${kind}_seconds`], 3)} s`).join(", "),
          },
          parts,
        ),
      ),
      ...kinds.map(([kind]) => number(stage[`${kind}_seconds`], 3)),
      number(stage.setup_seconds, 2),
      stage.items,
    ];
  });
  const { hardware } = spent,
    machine = `${hardware.gpu ? hardware.gpu + "; " : ""}${hardware.cpu}, ${plural(hardware.cores, "core")}, ${hardware.memory_gib} GiB`;
  return section(
    "time",
    "Where time went",
    el(
      "div",
      { class: "halves" },
      el(
        "div",
        { class: "card" },
        el("p", {}, el("strong", {}, spent.bottleneck)),
        el("p", { class: "soft" }, spent.memory),
        rows.length
          ? el(
              "p",
              { class: "soft" },
              kinds.map(([kind, fill]) => [el("span", { class: "swatch", style: `background: ${fill}` }), `${kind} `]),
            )
          : null,
        rows.length
          ? table("Seconds, summed over lanes", ["stage", "", "busy", "starved", "blocked", "setup", "items"], rows)
          : null,
      ),
      report.dots.length
        ? el(
            "div",
            { class: "card" },
            table(
              `Frames per second of the codec alone, wall time over summed streams, on ${machine}. Lanes share the machine.`,
              ["point", "encode", "decode"],
              report.dots.map((dot) => [dot.label, number(dot.encode_fps, 3), number(dot.decode_fps, 3)]),
            ),
          )
        : null,
    ),
  );
}

function origins() {
  return report.origins
    ? section(
        "origin",
        "Provenance",
        report.origins.map((from, at) => originCard(from, report.names[at])),
      )
    : section("origin", "Provenance", originCard(report.origin));
}

function originCard(from, name = null) {
  const command = el("pre", {}, from.command);
  const copy = el(
    "button",
    {
      type: "button",
      onclick: async () => {
        await navigator.clipboard?.writeText(from.command);
        copy.textContent = "copied";
      },
    },
    "copy",
  );
  const pairs = (object, show = (value) => value) => Object.entries(object).map(([key, value]) => [key, show(value)]);
  return el(
    "div",
    { class: "card" },
    el(
      "div",
      { class: "controls" },
      el("h3", {}, name ? `${name}: the command that repeats it` : "The command that repeats the run"),
      copy,
    ),
    command,
    from.shards > 1 ? el("p", { class: "soft" }, `It was run in ${from.shards} shards.`) : null,
    table(
      "Data",
      ["", ""],
      [
        ["dataset", from.dataset.name],
        ["licence", from.dataset.licence],
        ["fingerprint", from.dataset.fingerprint],
      ],
      [1],
    ),
    Object.keys(from.weights).length
      ? table(
          "Weights",
          ["name", "file", "SHA-256", "licence"],
          Object.entries(from.weights).map(([name, entry]) => [
            name,
            entry.file,
            entry.sha256,
            entry.licence ?? "see ahc-stream data list",
          ]),
          [1, 2, 3],
        )
      : null,
    from.tasks.length
      ? table(
          "Tasks, every option spelled out",
          ["task", ""],
          from.tasks.map((text) => [text.split(":")[0], text]),
          [1],
        )
      : null,
    Object.keys(from.metrics).length
      ? el(
          "details",
          { open: true },
          el("summary", {}, "What each metric is"),
          table("", ["metric", "definition"], pairs(from.metrics), [1]),
        )
      : null,
    el(
      "details",
      {},
      el("summary", {}, "Versions, hardware, starts"),
      table(
        "Hardware",
        ["", ""],
        pairs(from.hardware, (value) => value ?? "none"),
        [1],
      ),
      table(
        "Versions",
        ["", ""],
        [
          ["commit", from.commit ?? "not from a checkout"],
          ...pairs(from.versions, (value) => value ?? "not installed"),
        ],
        [1],
      ),
      table(
        "Starts",
        ["started", "finished", "failures", "ended"],
        from.starts.map(([begun, finished, failures, ended]) => [
          begun,
          finished ?? "not finished",
          failures ?? "–",
          ended ?? "running",
        ]),
      ),
    ),
  );
}

/** Two runs: the difference of each quantity at each operating point that both have. */
function compared() {
  const names = [...new Set(report.compared.map((row) => row.quantity))].map(quantityOf).filter(Boolean);
  if (!names.length) return null;
  const [one, other] = report.names,
    body = el("div");
  const select = el(
    "select",
    { "aria-label": "Quantity", onchange: () => draw() },
    names.map((each) => el("option", { value: each.name }, heading(each))),
  );
  function draw() {
    const quantity = quantityOf(select.value),
      rows = report.compared.filter((row) => row.quantity === quantity.name);
    const most = Math.max(1e-12, ...rows.map((row) => Math.abs(row.difference))),
      leaves = rows.some((row) => row.left_out);
    replace(
      body,
      table(
        `${other} minus ${one}${quantity.points ? ", in points" : ""}; bold: significant after Holm's correction over all rows of ${quantity.family === "metric" ? "all metrics" : quantity.family}`,
        ["point", one, other, "difference", "interval", "p (Holm)", ...(leaves ? ["frames left out"] : [])],
        rows.map((row) => [
          row.point,
          number(row.one),
          number(row.other),
          tinted(row.difference, most, quantity.higher, (value) => change(quantity, value), row.sure),
          between(row.low, row.high, (each) => change(quantity, each)),
          row.p_holm === null ? "–" : number(row.p_holm, 2),
          ...(leaves ? [number(row.left_out)] : []),
        ]),
      ),
    );
  }
  draw();
  return section(
    "compare",
    "Difference at the same operating point",
    el("div", { class: "card" }, el("div", { class: "controls" }, select), body),
  );
}
