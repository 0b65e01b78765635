// What `ahc-stream choose` found in this run: the point of each codec that keeps what was asked, and how to code so.

function chosen() {
  const { choice: made } = report;
  if (!made) return null;
  const best = made.choices.find((each) => each.commands.length && each.point === made.best);
  return el(
    "section",
    { id: "chosen", "aria-label": "What was chosen" },
    el("h2", {}, "What was chosen"),
    el(
      "div",
      { class: "card" },
      el("h3", {}, made.unconfirmed || made.within ? made.wish : `${made.wish}, at ${fixed(100 * made.confidence, 0)} %`),
      made.sentences.map((each) => el("p", {}, each)),
      chosenTable(made),
      el(
        "p",
        { class: "soft" },
        "Chosen: the condition passed a test that is corrected for the whole search, which asks more than one point's interval. Points coded: how many the search looked at, of all that it could have.",
      ),
      [...new Set(made.choices.flatMap((each) => each.remarks))].map((each) => el("p", { class: "note warning" }, each)),
      best ? el("details", {}, el("summary", {}, `How to code as ${best.point}`), el("pre", {}, best.commands.join("\n"))) : null,
    ),
  );
}

/** A row for each curve, in the order of the codecs that were named. */
function chosenTable({ choices }) {
  const labels = [...new Set(choices.flatMap((each) => each.qualities.map((quality) => quality.label)))];
  const text = (value, show) => (value === null || value === undefined ? "–" : show(value)),
    perSecond = choices.some((each) => each.kbit_s !== null);
  return table(
    "",
    ["codec", "point", "outcome", "bpp", ...(perSecond ? ["kbit/s"] : []), `rate to ${choices[0].curve}`, ...labels, "encode ms", "points coded"],
    choices.map((each) => [
      each.curve,
      each.point ?? "–",
      each.outcome === "chosen" ? el("strong", {}, each.outcome) : each.outcome,
      text(each.bpp, (value) => fixed(value, 4)),
      ...(perSecond ? [text(each.kbit_s, (value) => fixed(value, 0))] : []),
      text(each.saving, (value) => `${fixed(1 - value, 2)} x`),
      ...labels.map((label) => each.qualities.find((quality) => quality.label === label)?.text ?? "–"),
      text(each.encode_ms, (value) => fixed(value, 1)),
      `${number(each.encodes)} of ${each.rungs}`,
    ]),
  );
}
