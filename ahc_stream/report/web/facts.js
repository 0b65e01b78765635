// Outliers and failures, where time went, where the numbers come from.

const FIRST_OUTLIERS = 5;

function outliers() {
  const { outliers: odd, failures } = report;
  const parts = [odd.total ? oddFrames(odd) : null, failures.total ? failed(failures) : null];
  if (!odd.total && report.dots.length)
    parts.unshift(
      el(
        "p",
        { class: "soft" },
        "No frame is far below its codec's curve (3.5 robust standard deviations, from 8 frames a point on).",
      ),
    );
  return parts.some(Boolean) ? section("outliers", "Outliers and failures", parts) : null;
}

function oddFrames(odd) {
  const quantity = quantityOf(odd.rows[0].metric);
  const expected =
    report.run.unit === "sequence"
      ? "the median of their own sequence at that point"
      : "what the codec's curve promises at the frame's own rate";
  const list = (caption, rows) =>
    table(
      caption,
      ["item", "frame", "point", "bpp", heading(quantity), "expected", "z"],
      rows.map((row) => [
        row.item,
        row.frame,
        row.point,
        bppText(row.bpp),
        shown(quantity, row.value),
        shown(quantity, row.expected),
        fixed(row.z, 1),
      ]),
    );
  const rest = odd.rows.slice(FIRST_OUTLIERS);
  return el(
    "div",
    { class: "card" },
    el("h3", {}, "Frames far below their codec's curve"),
    list(
      `${plural(odd.total, "frame")} with a ${heading(quantity)} more than 3.5 robust standard deviations below ${expected}, the farthest first. They are in all means.`,
      odd.rows.slice(0, FIRST_OUTLIERS),
    ),
    rest.length
      ? el(
          "details",
          {},
          el(
            "summary",
            {},
            `${rest.length} more${odd.rows.length < odd.total ? ` of ${odd.total}; outliers.csv has all` : ""}`,
          ),
          list("", rest),
        )
      : null,
  );
}

function failed(failures) {
  return el(
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
  );
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
      speeds(machine),
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
