// One unit and one number of decimals for each quantity, wherever it is shown; the rates that curves may be drawn over.

/** A value in its unit; a share in hundredths. */
function shown(quantity, value) {
  if (value === null || value === undefined) return "–";
  return fixed(quantity.points ? value * 100 : value, quantity.decimals);
}

/** A difference of two values in the same unit, with its sign. */
function change(quantity, value) {
  if (value === null || value === undefined) return "–";
  return (value > 0 ? "+" : value < 0 ? "" : "±") + shown(quantity, value);
}

function fixed(value, decimals) {
  if (Math.abs(value) >= 1e6) return number(value);
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** " %" of shares, " dB"; empty where there is none. */
function unitOf(quantity) {
  const unit = quantity.points ? "%" : quantity.unit;
  return unit ? ` ${unit}` : "";
}

/** The unit of a difference: shares differ by points. */
function unitOfChange(quantity) {
  return quantity.points ? " points" : unitOf(quantity);
}

const still = report.run?.unit !== "sequence";

const RATES = [
  { name: "bpp", label: "bits per pixel", short: "bpp", decimals: 3 },
  { name: "kbit_s", label: "kbit/s", short: "kbit/s", decimals: 1 },
  {
    name: "frame_bytes",
    label: `bytes per ${still ? "image" : "frame"}`,
    short: `bytes/${still ? "image" : "frame"}`,
    decimals: 0,
  },
];

/** The rate of a point; null where it has none of the kind. */
function rateOf(dot, rate = RATES[0]) {
  return rate.name === "bpp" ? dot.bpp[0] : (dot[rate.name] ?? null);
}

function rateText(dot, rate = RATES[0]) {
  const value = rateOf(dot, rate);
  return value === null ? "–" : `${fixed(value, rate.decimals)} ${rate.short}`;
}

function bppText(value) {
  return fixed(value, RATES[0].decimals);
}

/** The rates that every coded point has. */
function knownRates() {
  const coded = report.dots.filter((dot) => dot.curve !== null);
  return RATES.filter((rate) => coded.every((dot) => rateOf(dot, rate) !== null));
}

/** Buttons that switch the rate axis; none where there is one rate only. */
function rateChoice(pick) {
  const known = knownRates();
  if (known.length < 2) return null;
  return choice(
    "Rate",
    known.map((rate) => [rate, rate.short]),
    known[0],
    pick,
  );
}

/** How fast a point was: quantities that are drawn over the rate as scores are. */
const SPEEDS = [
  { name: "encode_ms", label: "encoder, per frame", unit: "ms" },
  { name: "decode_ms", label: "decoder, per frame", unit: "ms" },
  { name: "encode_ms_p95", label: "encoder, 95th percentile", unit: "ms" },
  { name: "decode_ms_p95", label: "decoder, 95th percentile", unit: "ms" },
  { name: "delay_frames", label: "encoder's delay", unit: "frames" },
].map((speed) => ({
  ...speed,
  family: "speed",
  higher: false,
  points: false,
  headline: false,
  decimals: speed.unit === "ms" ? 1 : 0,
}));

/** [value, low, high] of a quantity at a point; null where the point has none. */
function valuesOf(dot, quantity) {
  if (quantity.family !== "speed") return dot.values[quantity.name] ?? null;
  const value = dot[quantity.name];
  return value === null || value === undefined ? null : [value, null, null];
}

/** What a number at a point rests on: images or sequences, frames, and the labels of a task. */
function countText(dot, quantity) {
  const labels = report.run.labels?.[quantity.family];
  return [
    `n = ${plural(dot.items, report.run.unit)}`,
    dot.frames === dot.items ? null : plural(dot.frames, "frame"),
    labels ? plural(labels, "label") : null,
  ]
    .filter(Boolean)
    .join(", ");
}
