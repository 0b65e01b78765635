// Several runs: the difference of each quantity at each operating point that one shares with the first.

function compared() {
  const names = [...new Set(report.compared.map((row) => row.quantity))].map(quantityOf).filter(Boolean);
  if (!names.length) return null;
  const [one, ...others] = report.names,
    withRows = others.filter((name) => report.compared.some((row) => row.other_run === name)),
    state = { other: withRows[0] },
    body = el("div");
  const select = el(
    "select",
    { "aria-label": "Quantity", onchange: () => draw() },
    names.map((each) => el("option", { value: each.name }, heading(each))),
  );
  function draw() {
    const quantity = quantityOf(select.value),
      rows = report.compared.filter((row) => row.quantity === quantity.name && row.other_run === state.other);
    const most = Math.max(1e-12, ...rows.map((row) => Math.abs(row.difference))),
      leaves = rows.some((row) => row.left_out);
    replace(
      body,
      table(
        `${state.other} minus ${one}${unitOfChange(quantity) && `, in${unitOfChange(quantity)}`}; bold: significant after Holm's correction over all rows of ${quantity.family === "metric" ? "all metrics" : quantity.family}`,
        ["point", one, state.other, "difference", "interval", "p (Holm)", ...(leaves ? ["frames left out"] : [])],
        rows.map((row) => [
          row.point,
          shown(quantity, row.one),
          shown(quantity, row.other),
          tinted(row.difference, most, quantity.higher, (value) => change(quantity, value), row.sure),
          between(row.low, row.high, (each) => change(quantity, each)),
          row.p_holm === null ? "–" : number(row.p_holm, 2),
          ...(leaves ? [number(row.left_out)] : []),
        ]),
      ),
    );
  }
  draw();
  const runs =
    withRows.length > 1
      ? choice(
          `Compared with ${one}`,
          withRows.map((name) => [name, name]),
          state.other,
          (name) => {
            state.other = name;
            draw();
          },
        )
      : null;
  return section(
    "compare",
    "Difference at the same operating point",
    el("div", { class: "card" }, el("div", { class: "controls" }, select, runs), body),
  );
}
