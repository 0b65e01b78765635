// The viewer: a slider, two pictures side by side, an error map, all codecs at about one rate; what the task predicts.

const INK = ["#ff6b1a", "#2aa9ff", "#14c38e", "#f26bc4", "#ffc400", "#9b7bff"];
const NEAR = 1.25;

const dialog = el("dialog", { "aria-label": "Picture" });
let viewing = null;

/** Opens the viewer on picture `at`. */
function view(at) {
  const picture = report.pictures[at],
    [width, height] = picture.size;
  const views = [picture, ...picture.others];
  viewing = {
    at,
    view: views.find((each) => each.point === viewing?.view?.point) ?? picture,
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
    ...(views.length > 1 ? [["equal", "equal rate"]] : []),
  ];
  if (!modes.some(([mode]) => mode === viewing.mode)) viewing.mode = "slider";
  const kinds = [["task", "task"], picture.shapes.truth ? ["truth", "labels"] : null, ["none", "none"]].filter(Boolean);
  const footer = el("footer", {}),
    title = el("div", { class: "grow" });
  function draw() {
    stage.className = `stage ${viewing.mode}`;
    range.hidden = viewing.mode !== "slider";
    const panes = { slider: ["slider"], side: ["before", "after"], error: ["error"] }[viewing.mode];
    replace(
      stage,
      panes
        ? panes.map((which) => pane(picture, viewing.view, which))
        : [pane(picture, picture, "before"), views.map((each) => pane(picture, each, "after"))],
    );
    stage.style.setProperty("--across", innerWidth < 700 ? 2 : Math.ceil(Math.sqrt(views.length + 1)));
    replace(footer, el("div", { style: "flex: 1 1 100%" }, range), beside(picture, viewing.view));
    replace(title, titleOf(picture, viewing.view));
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
        title,
        views.length > 1 ? picker(views, draw) : null,
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

function titleOf(picture, shownView) {
  return [
    el("strong", {}, `${picture.item}${report.run.unit === "sequence" ? ` frame ${picture.frame}` : ""}`),
    ` · ${shownView.point} · ${bppText(shownView.bpp)} bpp`,
    el("br"),
    el("span", { class: "soft" }, picture.why),
  ];
}

/** Which codec and point is shown, of those that the page carries of a picture. */
function picker(views, draw) {
  const codecs = [...new Set(views.map((each) => each.codec))];
  const select = el(
    "select",
    {
      "aria-label": "Codec and point",
      onchange: () => {
        viewing.view = views[Number(select.value)];
        draw();
      },
    },
    codecs.map((codec) =>
      el(
        "optgroup",
        { label: codec },
        views.map((each, at) =>
          each.codec === codec
            ? el("option", { value: at, selected: each === viewing.view }, `${each.point}, ${bppText(each.point_bpp)} bpp`)
            : null,
        ),
      ),
    ),
  );
  return select;
}

/** "0.310 bpp", the rate of a point (a frame of a video has another one), and how far that is from the picture's own. */
function rateBeside(picture, each) {
  const times = each.point_bpp / picture.point_bpp;
  const far = times > NEAR || times < 1 / NEAR ? `, ${number(times, 2)} times the rate` : "";
  return `${bppText(each.point_bpp)} bpp${far}`;
}

/** One pane: a picture, or two of which the slider shows parts. */
function pane(picture, shownView, which) {
  const tags = {
    before: ["original"],
    after: [`${shownView.point}, ${rateBeside(picture, shownView)}`],
    slider: ["original", shownView.point],
    error: [`error: black 0, palest ${number(shownView.palest, 3)} grey levels`],
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
            layer === "before" ? "the original" : layer === "after" ? `decoded, ${shownView.point}` : "error map",
        },
        svg("image", {
          href: layer === "before" ? picture.before : shownView[layer],
          width: picture.size[0],
          height: picture.size[1],
          preserveAspectRatio: "none",
        }),
        layer === "error" || viewing.overlay === "none"
          ? null
          : shapes((viewing.overlay === "truth" ? picture.shapes.truth : shownView.shapes[layer]) || [], picture),
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
      [picture, ...picture.others]
        .flatMap((each) => Object.values(each.shapes).flat())
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
function beside(picture, shownView) {
  const titles = { before: "predicted on the original", after: `predicted on ${shownView.point}`, truth: "labels" };
  return Object.entries(titles).map(([which, title]) => {
    const list = (shownView.shapes[which] || []).filter((shape) => shape.kind === "bars" || shape.kind === "text");
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
