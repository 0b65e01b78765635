// Pictures: cards of pairs, each of which opens the viewer.

function pictures() {
  if (!report.dots.length) return null;
  if (!report.pictures.length) {
    const why = report.has_recon
      ? "No frame of this run has both its original and its decoded picture."
      : "A run keeps no pixels unless it is asked to: run with --save-recon to see decoded pictures here.";
    return section("pictures", "Pictures", el("p", { class: "soft" }, why));
  }
  const cards = report.pictures.map((picture, at) =>
    el(
      "button",
      { type: "button", class: "shot", onclick: () => view(at) },
      el(
        "span",
        { class: "pair", style: "padding: 0" },
        el("img", { src: picture.before, alt: "", loading: "lazy" }),
        el("img", { src: picture.after, alt: "", loading: "lazy" }),
      ),
      el(
        "span",
        {},
        el("strong", {}, picture.item + (report.run.unit === "sequence" ? ` frame ${picture.frame}` : "")),
        el("br"),
        `${picture.point}, ${bppText(picture.bpp)} bpp`,
        el("br"),
        el("span", { class: "soft", style: "padding: 0" }, (picture.task ? picture.task + ", " : "") + picture.why),
      ),
    ),
  );
  return section(
    "pictures",
    "Pictures",
    el(
      "p",
      { class: "soft" },
      "Original left, decoded right: those that change most, and some from the middle. Open one for the slider, the zoom, other codecs at about the same rate, and what the task predicts.",
    ),
    el("div", { class: "shots" }, cards),
  );
}
