// How fast each point was, over the rate: a codec that saves bits may take its time.

/** A card with a chart of speeds over the rate, and all speeds as a table; null where no point has any. */
function speeds(machine) {
  const known = SPEEDS.filter((speed) => report.dots.some((dot) => dot.curve !== null && valuesOf(dot, speed)));
  if (!known.length) return null;
  const state = { speed: known[0], rate: RATES[0] },
    hidden = new Set(),
    plot = el("div", { id: "speed-plot" });
  const select = el(
    "select",
    {
      "aria-label": "Speed",
      onchange: () => {
        state.speed = known[select.selectedIndex];
        draw();
      },
    },
    known.map((speed) => el("option", {}, `${speed.label} (${speed.unit})`)),
  );
  function draw() {
    const width = Math.max(300, Math.min(plot.clientWidth || 560, 760));
    replace(
      plot,
      curveChart(state.speed, { width, height: Math.max(240, width * 0.55), logUp: true, rate: state.rate, hidden }),
    );
  }
  addEventListener("resize", draw);
  queueMicrotask(draw);
  return el(
    "div",
    { class: "card" },
    el("h3", {}, "Speed against rate"),
    el(
      "div",
      { class: "controls" },
      select,
      rateChoice((rate) => {
        state.rate = rate;
        draw();
      }),
    ),
    plot,
    legend(hidden, draw),
    el(
      "p",
      { class: "soft" },
      `Wall time of the codec alone on ${machine}; lanes share the machine. Medians over ${still ? "images" : "streams of their median frames"}.`,
    ),
    el("details", {}, el("summary", {}, "All speeds"), speedTable(known)),
  );
}

function speedTable(known) {
  const per = (value) => (value === null || value === undefined ? "–" : number(value, 3));
  return table(
    "Frames per second are wall time over summed streams",
    ["point", "rate", "encode fps", "decode fps", ...known.map((speed) => `${speed.label} (${speed.unit})`)],
    report.dots
      .filter((dot) => dot.curve !== null)
      .map((dot) => [
        dot.label,
        rateText(dot),
        per(dot.encode_fps),
        per(dot.decode_fps),
        ...known.map((speed) => shown(speed, valuesOf(dot, speed)?.[0] ?? null)),
      ]),
  );
}
