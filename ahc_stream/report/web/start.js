// Puts the sections on the page, and keeps the theme.

const NAMES = {
  decision: "Decision",
  chosen: "Choice",
  glance: "Glance",
  curves: "Curves",
  changes: "Changes",
  pictures: "Pictures",
  outliers: "Outliers",
  time: "Time",
  origin: "Provenance",
  compare: "Difference",
};

function theme(name) {
  document.documentElement.dataset.theme = name;
  document.getElementById("theme").setAttribute("aria-pressed", name === "dark");
}

function start() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  theme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
  document
    .getElementById("theme")
    .addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  const main = document.getElementById("main");
  const makers = report.compared
    ? [glance, curves, compared, origins]
    : [decision, chosen, glance, curves, changes, pictures, outliers, time, origins];
  const sections = makers.map((make) => make()).filter(Boolean);
  replace(main, sections);
  document.body.append(dialog, tip);
  document.head.append(curveColours());
  const links = sections.map((each) => el("a", { href: `#${each.id}` }, NAMES[each.id]));
  replace(document.getElementById("nav"), links);
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries)
        if (entry.isIntersecting)
          links.forEach((link) => link.classList.toggle("here", link.hash === `#${entry.target.id}`));
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  sections.forEach((each) => watch.observe(each));
  addEventListener("scroll", hideTip, { passive: true });
}

start();
