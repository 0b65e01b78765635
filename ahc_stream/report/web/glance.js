// What to know first: counts, findings, and what to know before believing a number. Each section is a function that
// returns an element, or null where the run has nothing of the kind.

function glance() {
  const { run } = report,
    codecs = report.curves.length,
    findings = run.tasks.length && !report.compared,
    points = report.dots.filter((dot) => dot.curve !== null).length;
  const facts = [
    [run.items.toLocaleString("en"), run.unit + (run.items === 1 ? "" : "s")],
    run.unit === "sequence" ? [run.frames.toLocaleString("en"), run.frames === 1 ? "frame" : "frames"] : null,
    [codecs, codecs === 1 ? "curve" : "curves"],
    [points, points === 1 ? "operating point" : "operating points"],
    [run.tasks.length ? run.tasks.join(", ") : "none", run.tasks.length === 1 ? "task" : "tasks"],
    run.failed ? [run.failed, "failed"] : null,
  ].filter(Boolean);
  return el(
    "section",
    { id: "glance", "aria-label": "At a glance" },
    report.decision ? el("h2", {}, "At a glance") : el("h1", {}, report.title),
    el(
      "p",
      { class: "soft" },
      `${plural(run.rows, "row")}, one per frame and operating point. Reported ${report.made.replace("T", " ").replace("+00:00", " UTC")}.`,
    ),
    el(
      "div",
      { class: "facts" },
      facts.map(([value, text]) => el("div", { class: "fact" }, el("b", {}, String(value)), el("span", {}, text))),
    ),
    el(
      "div",
      { class: findings ? "halves" : null },
      findings ? el("div", { class: "card" }, el("h3", {}, "What changed most"), found(biggest(5))) : null,
      report.notes.length
        ? el(
            "div",
            { class: "card" },
            el("h3", {}, "Before you believe a number"),
            report.notes.map(([kind, text]) => el("p", { class: `note ${kind}` }, text)),
          )
        : null,
    ),
  );
}

/** The largest finding of each score, so that one score does not fill the list. */
function biggest(count) {
  const seen = new Set();
  return report.findings.filter((each) => !seen.has(each.quantity) && seen.add(each.quantity)).slice(0, count);
}

function found(list) {
  if (!list.length) {
    if (
      !report.untested.length &&
      report.dots.some((dot) => Object.values(dot.changes).some((each) => each[1] !== null))
    )
      return el(
        "p",
        { class: "soft" },
        `No change against the original survives at the ${report.run.level * 100} % level, corrected for all that were looked at.`,
      );
    if (!report.untested.length) return el("p", { class: "soft" }, "There is no change to tell.");
    return [
      el(
        "p",
        { class: "soft" },
        report.run.resamples
          ? `Too few ${report.run.unit}s for any change to be significant; the largest as they are:`
          : "No tests were asked for; the largest changes as they are:",
      ),
      found(report.untested),
    ];
  }
  return el(
    "ul",
    { class: "findings" },
    list.map((each) =>
      el(
        "li",
        {},
        el(
          "span",
          { class: `arrow ${each.worse ? "worse" : "better"}`, "aria-label": each.worse ? "worse" : "better" },
          each.change < 0 ? "↓" : "↑",
        ),
        el("span", {}, each.sentence),
      ),
    ),
  );
}
