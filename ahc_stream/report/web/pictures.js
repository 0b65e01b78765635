// Pictures: cards of pairs, and a viewer with a slider, a zoom, an error map and what the task predicts on both.

const INK = ["#ff6b1a", "#2aa9ff", "#14c38e", "#f26bc4", "#ffc400", "#9b7bff"];

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
        `${picture.point}, ${number(picture.bpp, 3)} bpp`,
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
      "Original left, decoded right: those that change most, and some from the middle. Open one for the slider, the zoom and what the task predicts on it.",
    ),
    el("div", { class: "shots" }, cards),
  );
}

const dialog = el("dialog", { "aria-label": "Picture" });
let viewing = null;

/** Opens the viewer on picture `at`. */
function view(at) {
  const picture = report.pictures[at],
    [width, height] = picture.size;
  viewing = {
    at,
    mode: innerWidth < 700 ? "slider" : (viewing?.mode ?? "slider"),
    overlay: viewing?.overlay ?? "task",
    split: 0.5,
    zoom: 1,
    x: width / 2,
    y: height / 2,
  };
  const stage = el("div", { class: "stage" });
  const range = el("input", {
    type: "range",
    min: 0,
    max: 100,
    value: 50,
    "aria-label": "How much of the original is shown",
    oninput: () => {
      viewing.split = range.value / 100;
      layout();
    },
  });
  const modes = [
    ["slider", "slider"],
    ["side", "side by side"],
    ["error", "error"],
  ];
  const kinds = [["task", "task"], picture.shapes.truth ? ["truth", "labels"] : null, ["none", "none"]].filter(Boolean);
  const footer = el("footer", {});
  function draw() {
    stage.className = `stage ${viewing.mode}`;
    range.hidden = viewing.mode !== "slider";
    const panes = { slider: ["slider"], side: ["before", "after"], error: ["error"] }[viewing.mode];
    replace(
      stage,
      panes.map((which) => pane(picture, which)),
    );
    replace(footer, el("div", { style: "flex: 1 1 100%" }, range), beside(picture));
    layout();
  }
  function layout() {
    const edge = stage.querySelector(".edge");
    if (edge) edge.style.left = `${viewing.split * 100}%`;
    stage.querySelectorAll("svg").forEach((each) => place(each, picture));
  }
  const step = (by) => {
    const next = (at + by + report.pictures.length) % report.pictures.length;
    view(next);
  };
  replace(
    dialog,
    el(
      "div",
      { class: "viewer" },
      el(
        "header",
        {},
        el(
          "div",
          { class: "grow" },
          el("strong", {}, `${picture.item}${report.run.unit === "sequence" ? ` frame ${picture.frame}` : ""}`),
          ` · ${picture.point} · ${number(picture.bpp, 3)} bpp`,
          el("br"),
          el("span", { class: "soft" }, picture.why),
        ),
        choice("View", modes, viewing.mode, (value) => {
          viewing.mode = value;
          draw();
        }),
        Object.keys(picture.shapes).length
          ? choice("Overlay", kinds, viewing.overlay, (value) => {
              viewing.overlay = value;
              draw();
            })
          : null,
        el(
          "span",
          { class: "group" },
          el("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoom(1 / 1.5) }, "−"),
          el("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoom(1.5) }, "+"),
        ),
        el(
          "span",
          { class: "group" },
          el("button", { type: "button", "aria-label": "Previous picture", onclick: () => step(-1) }, "‹"),
          el("button", { type: "button", "aria-label": "Next picture", onclick: () => step(1) }, "›"),
        ),
        el("button", { type: "button", onclick: () => dialog.close() }, "close"),
      ),
      stage,
      footer,
    ),
  );
  function zoom(by) {
    viewing.zoom = Math.max(1, Math.min(16, viewing.zoom * by));
    layout();
  }
  stage.onwheel = (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  };
  stage.onpointermove = (event) => {
    const box = stage.getBoundingClientRect();
    if (event.buttons) {
      const unit = width / viewing.zoom / (stage.firstChild.clientWidth || 1);
      viewing.x = Math.max(0, Math.min(width, viewing.x - event.movementX * unit));
      viewing.y = Math.max(0, Math.min(height, viewing.y - event.movementY * unit));
    } else if (viewing.mode === "slider" && event.pointerType === "mouse") {
      viewing.split = (event.clientX - box.left) / box.width;
      range.value = viewing.split * 100;
    }
    layout();
  };
  dialog.onkeydown = (event) => {
    if (event.target === range && event.key.startsWith("Arrow")) return;
    const act = {
      "+": () => zoom(1.5),
      "=": () => zoom(1.5),
      "-": () => zoom(1 / 1.5),
      ArrowRight: () => step(1),
      ArrowLeft: () => step(-1),
    }[event.key];
    if (act) {
      act();
      event.preventDefault();
    }
  };
  draw();
  if (!dialog.open) dialog.showModal();
  layout();
}

/** One pane: a picture, or two of which the slider shows parts. */
function pane(picture, which) {
  const tags = {
    before: ["original"],
    after: [picture.point],
    slider: ["original", picture.point],
    error: [`error: black 0, palest ${number(picture.palest, 3)} grey levels`],
  }[which];
  const layers = { before: ["before"], after: ["after"], slider: ["after", "before"], error: ["error"] }[which];
  return el(
    "div",
    { class: "pane" },
    layers.map((layer) =>
      svg(
        "svg",
        {
          "data-layer": which === "slider" ? layer : "whole",
          role: "img",
          "aria-label":
            layer === "before" ? "the original" : layer === "after" ? `decoded, ${picture.point}` : "error map",
        },
        svg("image", {
          href: picture[layer],
          width: picture.size[0],
          height: picture.size[1],
          preserveAspectRatio: "none",
        }),
        layer === "error" || viewing.overlay === "none"
          ? null
          : shapes((viewing.overlay === "truth" ? picture.shapes.truth : picture.shapes[layer]) || [], picture),
      ),
    ),
    which === "slider" ? el("span", { class: "edge" }) : null,
    tags.map((text, at) => el("span", { class: at ? "tag right" : "tag" }, text)),
  );
}

/** Zooms and pans a layer, and cuts the upper one at the slider. */
function place(layer, picture) {
  const [width, height] = picture.size,
    box = layer.getBoundingClientRect(),
    aspect = box.width && box.height ? box.width / box.height : width / height;
  const w = Math.max(width, height * aspect) / viewing.zoom,
    h = w / aspect;
  const x = w >= width ? (width - w) / 2 : Math.max(0, Math.min(width - w, viewing.x - w / 2));
  const y = h >= height ? (height - h) / 2 : Math.max(0, Math.min(height - h, viewing.y - h / 2));
  layer.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
  layer.style.setProperty("--unit", w / (box.width || width));
  if (layer.dataset.layer === "before") layer.style.clipPath = `inset(0 ${100 - viewing.split * 100}% 0 0)`;
  layer.querySelectorAll("image").forEach((image) => {
    image.style.imageRendering = viewing.zoom > 3 ? "pixelated" : "auto";
  });
}

function shapes(list, picture) {
  const names = [
    ...new Set(
      Object.values(picture.shapes)
        .flat()
        .map((shape) => shape.name)
        .filter(Boolean),
    ),
  ];
  const ink = (shape) => INK[Math.max(names.indexOf(shape.name), 0) % INK.length];
  return list.map((shape) => {
    if (shape.kind === "image")
      return svg("image", {
        href: shape.data,
        width: picture.size[0],
        height: picture.size[1],
        preserveAspectRatio: "none",
      });
    if (shape.kind !== "box" && shape.kind !== "polygon") return null;
    const corners =
      shape.kind === "box"
        ? [
            [shape.at[0], shape.at[1]],
            [shape.at[0] + shape.at[2], shape.at[1]],
            [shape.at[0] + shape.at[2], shape.at[1] + shape.at[3]],
            [shape.at[0], shape.at[1] + shape.at[3]],
          ]
        : shape.at;
    return svg(
      "g",
      {},
      svg("polygon", {
        points: corners.map((each) => each.join(",")).join(" "),
        fill: "none",
        stroke: ink(shape),
        style: "stroke-width: calc(var(--unit, 1) * 2px)",
      }),
      svg(
        "text",
        {
          x: corners[0][0],
          y: corners[0][1],
          dy: "-0.25em",
          style: `font-size: calc(var(--unit, 1) * 13px); fill: ${ink(shape)}; paint-order: stroke; stroke: rgb(0 0 0 / 80%); stroke-width: calc(var(--unit, 1) * 3px)`,
        },
        shape.text,
      ),
    );
  });
}

/** What has no place in the picture: probabilities, texts. */
function beside(picture) {
  const titles = { before: "predicted on the original", after: `predicted on ${picture.point}`, truth: "labels" };
  return Object.entries(titles).map(([which, title]) => {
    const list = (picture.shapes[which] || []).filter((shape) => shape.kind === "bars" || shape.kind === "text");
    if (!list.length) return null;
    return el(
      "div",
      {},
      el("strong", {}, title),
      list.map((shape) =>
        shape.kind === "text"
          ? el("div", {}, shape.text)
          : el(
              "div",
              { class: "bars" },
              shape.rows.map(([text, share]) => [
                el("span", {}, text),
                el("span", {}, el("i", { style: `width: ${Math.max(share * 100, 1)}%` })),
                el("span", {}, share.toFixed(3)),
              ]),
            ),
      ),
    );
  });
}
