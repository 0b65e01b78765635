"""The page of `examples/study.sh`, and the table of it in the documentation.

    python tools/study_page.py runs/study           # runs/study/index.html: a chart for each experiment, and the table
    python tools/study_page.py runs/study --keep    # docs/study.json too, the numbers that the documentation keeps
    python tools/study_page.py                      # docs/study.md, from docs/study.json
    chromium --headless --window-size=1300,1500 --screenshot=docs/study.png runs/study/index.html    # its picture

No picture of a dataset is on it: curves and numbers alone.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "study.json"
TARGET = ROOT / "docs" / "study.md"
MARGIN = 0.01
"""Of a share: one point."""
DIGITS = 4


@dataclass(frozen=True)
class Part:
    """One experiment of the study.

    title:    what is asked, in words.
    columns:  what is shown of it, as `operating_points` names the columns; the first is drawn.
    """

    title: str
    columns: tuple[str, ...]


PARTS = {
    "kodak": Part("Kodak: how pictures look", ("psnr", "ms_ssim")),
    "isic": Part("ISIC: which skin lesion is it?", ("classification_accuracy",)),
    "us-plates": Part("US plates: what does the licence plate say?", ("ocr_exact_match", "ocr_cer")),
    "coco": Part("COCO: which objects are where?", ("detection_mAP", "detection_AP50")),
    "mot17": Part(
        "MOT17: where are the people, and where are edges?",
        ("detection_mAP", "tracking_HOTA", "edges_agreement_ODS"),
    ),
    "bsds500": Part("BSDS500: where are the boundaries?", ("edges_ODS", "edges_OIS")),
    "ucf101": Part("UCF101: what is being done?", ("video_top1", "video_top5")),
}
HEAD = """\
# The study

*The seven experiments by one command, each with the numbers that it ended with. Made by `python tools/study_page.py`
from `docs/study.json`, the numbers of one run of [examples/study.sh](../examples/study.sh).*

<!-- not run: it takes a quarter of an hour, and real data; tests/tools/test_study.py runs the script on stand-ins -->
```sh
sh examples/study.sh                                # runs/study/index.html, the page below
STUDY=full sh examples/study.sh runs/whole-study    # all of the data that is there, not its first part
ONLY="kodak coco" sh examples/study.sh              # these alone
```

What is missing of data and weights is named, with the command that brings it, and the rest is done.

![The page of the study: a chart of score against bits per pixel for each experiment](study.png)
"""


def run_part(folder: Path, name: str) -> dict[str, Any]:
    """The numbers of one run, as JSON has them. Raises StorageError where no run is, or no row in it."""
    from ahc_stream import report, runs

    run = runs.open(folder)
    analysis = report.analyse(folder, report.ReportSettings())
    known = {shown.name for shown in analysis.quantities}
    wanted = [column for column in PARTS[name].columns if column in known]
    by_point = {point_of(row): row for row in report.operating_points(folder).to_pylist()}
    values = [row for row in report.values(analysis).to_pylist() if row["quantity"] in wanted]
    return {
        "name": name,
        "tasks": list(run.tasks),
        "started": run.starts[0]["started"][:10],
        "commit": run.starts[0]["commit"],
        "hardware": run.starts[0]["hardware"]["cpu"],
        "cores": run.starts[0]["hardware"]["cores"],
        "rows": [kept_row(row, by_point[point_of(row)]) for row in values],
    }


def point_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["codec"], row["quality"], row["options"]


def kept_row(row: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any]:
    """One value at one operating point, figures to four digits."""
    words = ("quantity", "unit", "higher_is_better", "reference", "codec", "quality", "items")
    figures = ("bpp", "value", "low", "high", "change", "change_low", "change_high", "p_holm")
    return {
        **{name: row[name] for name in words},
        "frames": point["frames"],
        **{name: rounded(row[name]) for name in figures},
    }


def rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def parts_of(out: Path) -> list[dict[str, Any]]:
    """The numbers of every experiment that is under `out`, in the order of PARTS."""
    return [run_part(out / name, name) for name in PARTS if (out / name / "manifest.json").exists()]


# The documentation's page


def markdown(parts: Sequence[Mapping[str, Any]]) -> str:
    lines = [HEAD, where(parts), "", *summary(parts), ""]
    for part in parts:
        lines += [f"## {PARTS[part['name']].title}", "", described(part), "", *table(part), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def where(parts: Sequence[Mapping[str, Any]]) -> str:
    """On what it was measured, in a sentence or two."""
    machines = sorted({f"{part['hardware']}, {part['cores']} cores" for part in parts})
    days = sorted({part["started"] for part in parts})
    commits = sorted({part["commit"][:7] for part in parts if part["commit"]})
    absent = [name for name in PARTS if name not in {part["name"] for part in parts}]
    text = f"Measured on {' and '.join(machines)}, {' and '.join(days)}, at {' and '.join(commits)}."
    return text + (f" Not in this run: {', '.join(absent)}." if absent else "")


def summary(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """A row for each experiment: its leading score on the original, at the lowest rate, and where it still holds."""
    lines = ["| experiment | score | original | at the lowest rate | cheapest point that loses at most a point |"]
    lines.append("|---|---|---|---|---|")
    for part in parts:
        rows = leading(part)
        original = next((row for row in rows if row["codec"] == "identity"), None)
        coded = sorted((row for row in rows if row["codec"] != "identity"), key=lambda row: row["bpp"])
        if not coded:
            continue
        kept = cheapest(coded) if original else None
        cells = (
            part["name"],
            label(coded[0]),
            "" if original is None else shown(original, "value"),
            f"{point(coded[0])}: {shown(coded[0], 'value')}",
            "" if original is None else (f"{point(kept)}: {change(kept)}" if kept else "none of those tried"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    note = (
        "Shares are in %, and their changes in points, with 95 % intervals in brackets where there are enough items "
        "for one. The last column is by the estimate alone: [Choosing a coding](choose.md) confirms such a point."
    )
    return [*lines, "", note]


def leading(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of the first column that the run has."""
    names = [row["quantity"] for row in part["rows"]]
    first = next(column for column in PARTS[part["name"]].columns if column in names)
    return [row for row in part["rows"] if row["quantity"] == first]


def cheapest(coded: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of rows by rate the first that loses at most the margin."""
    for row in coded:
        worse = row["change"] if not row["higher_is_better"] else -row["change"]
        if worse <= MARGIN:
            return row
    return None


def described(part: Mapping[str, Any]) -> str:
    rows = part["rows"]
    items, frames = max(row["items"] for row in rows), max(row["frames"] for row in rows)
    tasks = ", ".join(map(in_short, part["tasks"])) or "metrics alone"
    against = sorted({row["reference"] for row in rows if row["reference"]})
    scored = f" Scored against {' and '.join(PHRASES[reference] for reference in against)}." if against else ""
    return f"`{part['name']}`, {items} items, {frames} frames; {tasks}.{scored}"


def in_short(task: str) -> str:
    """A task's name, and which network it is."""
    name, *options = task.split(":")
    values = dict(option.split("=", 1) for option in options)
    network = values.get("model") or values.get("detector")
    return f"{name} by {Path(network).name}" if network else name


PHRASES = {"labels": "the dataset's labels", "original": "the task's own predictions on the original (edges of video)"}


def table(part: Mapping[str, Any]) -> list[str]:
    """A row for each operating point, with every column of the part."""
    measured = {row["quantity"] for row in part["rows"]}
    columns = [column for column in PARTS[part["name"]].columns if column in measured]
    by_point: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
    for row in part["rows"]:
        by_point.setdefault((row["codec"], row["quality"]), {})[row["quantity"]] = row
    heads = [label(next(row for row in part["rows"] if row["quantity"] == column)) for column in columns]
    lines = [f"| codec | bpp | {' | '.join(heads)} |", f"|---|---|{'---|' * len(columns)}"]
    for rows in by_point.values():
        first = next(iter(rows.values()))
        cells = [with_change(rows[column]) if column in rows else "" for column in columns]
        lines.append(f"| {point_name(first)} | {first['bpp']:.3f} | {' | '.join(cells)} |")
    return lines


def label(row: Mapping[str, Any]) -> str:
    """ "detection mAP"; a share says so."""
    name = row["quantity"].replace("_agreement_", " agreement ").replace("_", " ")
    unit = "%" if is_share(row) else row["unit"]
    return f"{name} ({unit})" if unit else name


def is_share(row: Mapping[str, Any]) -> bool:
    return bool(row["reference"])


def shown(row: Mapping[str, Any], figure: str) -> str:
    value = row[figure]
    if value is None:
        return ""
    return f"{100 * value:.1f}" if is_share(row) else f"{value:.4g}"


def change(row: Mapping[str, Any]) -> str:
    """ "-1.8 [-3.0, -0.7]", points."""
    if row["change"] is None:
        return ""
    text = f"{100 * row['change']:+.1f}"
    if row["change_low"] is None or row["change_high"] is None:
        return text
    return f"{text} [{100 * row['change_low']:+.1f}, {100 * row['change_high']:+.1f}]"


def with_change(row: Mapping[str, Any]) -> str:
    text = shown(row, "value")
    if row["codec"] == "identity" or not is_share(row):
        return text
    return f"{text}, {change(row)}"


def point_name(row: Mapping[str, Any]) -> str:
    if row["codec"] == "identity":
        return "original"
    return row["codec"] if row["quality"] is None else f"{row['codec']}@{row['quality']:g}"


def point(row: Mapping[str, Any]) -> str:
    """ "jpeg@5, 0.213 bpp" """
    return f"{point_name(row)}, {row['bpp']:.3f} bpp"


# The page of a study


STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: #1c1c1c }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1rem; margin: 0 0 .4rem }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 1.6rem }
figure { margin: 0 } figure svg { width: 100%; height: auto } figcaption { color: #555; font-size: .85rem }
table { border-collapse: collapse; font-size: .85rem; margin: 2rem 0 }
th, td { text-align: left; padding: .25rem .8rem .25rem 0 }
tr { border-bottom: 1px solid #ddd } p { max-width: 60rem }
"""


def html_page(parts: Sequence[Mapping[str, Any]], charts: Mapping[str, str]) -> str:
    """charts: experiment -> SVG."""
    figures = []
    for part in parts:
        name = part["name"]
        caption = f'{html.escape(described(part).replace("`", ""))} <a href="{name}/report/index.html">Report</a>'
        title = html.escape(PARTS[name].title)
        figures.append(f"<figure><h2>{title}</h2>{charts[name]}<figcaption>{caption}</figcaption></figure>")
    rows = [line.strip("|").split("|") for line in summary(parts) if line.startswith("|") and "---" not in line]
    head, *body = [[html.escape(cell.strip()) for cell in row] for row in rows]
    lines = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body]
    shown_table = f"<table><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{''.join(lines)}</table>"
    note = html.escape(summary(parts)[-1].replace("[Choosing a coding](choose.md)", "ahc-stream choose"))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>The study</title><style>{STYLE}</style><h1>What does compression do to what machines see?</h1>"
        f"<p>{html.escape(where(parts))}</p><div class=charts>{''.join(figures)}</div>"
        f"{shown_table}<p>{note}</p></html>\n"
    )


def chart(folder: Path, column: str) -> str:
    """The SVG of a run's curves, without what stands before its root."""
    import io

    from ahc_stream import report

    analysis = report.analyse(folder, report.ReportSettings())
    text = io.StringIO()
    report.figure(analysis, column).savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]


def make_page(out: Path, keep: bool) -> int:
    parts = parts_of(out)
    if not parts:
        print(f"study-page: no experiment of the study under {out}", file=sys.stderr)
        return 1
    charts = {part["name"]: chart(out / part["name"], leading(part)[0]["quantity"]) for part in parts}
    (out / "index.html").write_text(html_page(parts, charts))
    if keep:
        text = json.dumps(parts, indent=1)
        KEPT.write_text(text.replace(f"{out}/", "") + "\n")  # a network that was made there has no path elsewhere
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", help="the OUT of examples/study.sh")
    parser.add_argument("--keep", action="store_true", help="write docs/study.json as well")
    given = parser.parse_args()
    status = 0 if given.out is None else make_page(given.out, given.keep)
    if status == 0 and (given.out is None or given.keep):
        TARGET.write_text(markdown(json.loads(KEPT.read_text())))
    return status


if __name__ == "__main__":
    sys.exit(main())
