"""The page in a browser: it opens from disk, asks for nothing, complains of nothing, and does what is clicked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import ahc_stream.report as reports
from ahc_stream.choosing import Choice, Decision, Quality
from ahc_stream.report.published import PublishedCurve
from tests.report.runs import CURVES, ORIGINAL, At, write_run
from tests.report.test_infinite import identical
from tests.report.test_pictures import BAD, keep_frames

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--force-prefers-reduced-motion",
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    if not (CHROMIUM and DRIVER):
        pytest.skip("a browser: apt-get install chromium chromium-driver")  # not part of the Python environment
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.get("about:blank")  # the page that a browser begins with goes on loading its own parts
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    write_run(out, (ORIGINAL, BAD, *CURVES[1:]), items=24)
    keep_frames(out, 24)
    return reports.write_report(reports.analyse(out))


def opened(browser, path: Path):
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(path.as_uri())
    return browser


def all_of(browser, css: str) -> list:
    return browser.find_elements("css selector", css)


def asked_for(browser) -> set[str]:
    """Every URL that the page asked for, data URIs apart."""
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    urls = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    return {url for url in urls if not url.startswith("data:")}


def test_it_opens_from_disk_and_asks_for_nothing(browser, run: Path) -> None:
    opened(browser, run)
    assert [each.get_attribute("id") for each in all_of(browser, "section")] == [
        "decision", "glance", "curves", "changes", "pictures", "outliers", "time", "origin",
    ]  # fmt: skip
    assert "accuracy falls by 62.5 points" in browser.find_element("id", "glance").text
    assert browser.get_log("browser") == [] and asked_for(browser) == {run.as_uri()}


def test_another_metric_draws_another_curve(browser, run: Path) -> None:
    opened(browser, run)
    dots = all_of(browser, "#plot .dot")
    assert len(dots) == 8 and "accuracy" in dots[0].get_attribute("aria-label")
    next(each for each in all_of(browser, ".mini") if each.get_attribute("data-name") == "psnr").click()
    dots = all_of(browser, "#plot .dot")
    assert (
        len(dots) == 8
        and "PSNR" in dots[0].get_attribute("aria-label")
        and "dB" in browser.find_element("id", "plot").text
    )
    next(each for each in all_of(browser, ".legend button") if each.text == "jpeg").click()
    assert len(all_of(browser, "#plot .dot")) == 4
    assert browser.get_log("browser") == []


def test_the_keyboard_goes_from_dot_to_dot(browser, run: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, run)
    first, second = all_of(browser, "#plot .dot")[:2]
    browser.execute_script("arguments[0].focus()", first)
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert browser.switch_to.active_element == second and browser.find_element("class name", "tip").is_displayed()


def test_a_picture_opens_zooms_and_closes(browser, run: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, run)
    all_of(browser, ".shot")[0].click()
    assert (
        browser.find_element("tag name", "dialog").is_displayed()
        and "jpeg@5" in browser.find_element("tag name", "dialog").text
    )
    assert "predicted on the original" in browser.find_element("css selector", "dialog footer").text
    layers = all_of(browser, "dialog .pane svg")
    wide = float(layers[0].get_dom_attribute("viewBox").split()[2])
    browser.find_element("css selector", "dialog [aria-label='Zoom in']").click()
    assert float(layers[0].get_dom_attribute("viewBox").split()[2]) == pytest.approx(wide / 1.5)
    next(each for each in all_of(browser, "dialog button") if each.text == "error").click()
    assert (
        len(all_of(browser, "dialog .pane svg")) == 1
        and "grey levels" in browser.find_element("tag name", "dialog").text
    )
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not browser.find_element("tag name", "dialog").is_displayed()
    assert browser.get_log("browser") == [] and asked_for(browser) == {run.as_uri()}


def test_the_theme_switches(browser, run: Path) -> None:
    opened(browser, run)
    before = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    browser.find_element("id", "theme").click()
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") != before


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(browser, run: Path, width: int) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        opened(browser, run)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize(
    "kind", [{"points": ()}, {"points": (ORIGINAL,)}, {"labels": False}, {"task": False, "items": 1}]
)
def test_runs_with_little_to_show_draw_without_an_error(browser, tmp_path: Path, kind: dict) -> None:
    opened(browser, reports.write_report(reports.analyse(write_run(tmp_path, **kind))))
    assert len(all_of(browser, "section")) >= 3 and browser.get_log("browser") == []


def test_two_runs_side_by_side(browser, tmp_path: Path) -> None:
    one, other = (reports.analyse(write_run(tmp_path / name, seed=0)) for name in ("one", "other"))
    opened(browser, reports.write_comparison(reports.compare(one, other), tmp_path / "page"))
    assert "other minus one" in browser.find_element("id", "compare").text
    assert len(all_of(browser, "#plot .dot")) == 16 and browser.get_log("browser") == []


def test_the_page_begins_with_the_decision(browser, run: Path) -> None:
    opened(browser, run)
    section = browser.find_element("id", "decision")
    heads = [each.text for each in all_of(browser, ".verdict dt")]
    assert heads == ["Codec", "Cost", "Knee"] and "webp@40" in section.text
    assert section.rect["y"] + section.rect["height"] < 900  # one screen
    assert browser.find_element("id", "glance").rect["y"] > section.rect["y"]


def test_the_rate_axis_switches(browser, run: Path) -> None:
    opened(browser, run)
    assert "bits per pixel" in browser.find_element("id", "plot").text
    next(each for each in all_of(browser, "[aria-label=Rate] button") if each.text == "bytes/image").click()
    plot = browser.find_element("id", "plot")
    assert "bytes per image" in plot.text and "bits per pixel" not in plot.text
    bits = browser.execute_script("return report.dots.find((dot) => dot.label === 'webp@40').bpp[0] * 64 * 48")
    label = next(
        each.get_attribute("aria-label")
        for each in all_of(browser, "#plot .dot")
        if each.get_attribute("aria-label").startswith("webp@40")
    )
    assert f"webp@40 at {bits / 8:.0f} bytes/image" in label and "n = 24 images" in label


def test_a_share_is_in_hundredths_wherever_it_stands(browser, run: Path) -> None:
    opened(browser, run)
    assert "accuracy (%)" in browser.find_element("id", "plot").text
    label = all_of(browser, "#plot .dot")[0].get_attribute("aria-label")
    assert "accuracy 29.2 %" in label and "\N{MINUS SIGN}62.5 points" in label
    all_of(browser, "#curves details summary")[-1].click()
    row = next(each for each in all_of(browser, "#curves details tr") if each.text.startswith("jpeg@5"))
    assert "29.2" in row.text and "\N{MINUS SIGN}62.5" in row.text and "24 images" in row.text


def test_speed_is_drawn_over_the_rate(browser, run: Path) -> None:
    from selenium.webdriver.support.select import Select

    opened(browser, run)
    dots = all_of(browser, "#speed-plot .dot")
    assert len(dots) == 8 and "encoder, per frame 100.0 ms" in dots[0].get_attribute("aria-label")
    Select(browser.find_element("css selector", "[aria-label=Speed]")).select_by_visible_text("decoder, per frame (ms)")
    assert "decoder, per frame 50.0 ms" in all_of(browser, "#speed-plot .dot")[0].get_attribute("aria-label")


def test_a_codec_has_one_colour_on_every_page(browser, tmp_path: Path, run: Path) -> None:
    def colour_of(codec: str) -> str:
        return browser.execute_script(
            "const at = report.curves.findIndex((curve) => curve.name === arguments[0]);"
            "return getComputedStyle(document.documentElement).getPropertyValue(`--k${at}`);",
            codec,
        )

    opened(browser, run)
    of_webp, of_jpeg = colour_of("webp"), colour_of("jpeg")
    opened(browser, reports.write_report(reports.analyse(write_run(tmp_path, (ORIGINAL, *CURVES[4:])))))
    assert colour_of("webp") == of_webp != of_jpeg
    dark = "document.documentElement.dataset.theme = 'dark'"
    browser.execute_script(dark)
    assert colour_of("webp") != of_webp


def test_the_viewer_shows_other_codecs_at_about_the_same_rate(browser, tmp_path: Path) -> None:
    from selenium.webdriver.support.select import Select

    points = (ORIGINAL, BAD, *CURVES[1:])
    write_run(tmp_path, points, items=12)
    keep_frames(tmp_path, 12, points)
    opened(browser, reports.write_report(reports.analyse(tmp_path), most_pictures=2))
    all_of(browser, ".shot")[0].click()
    picker = Select(browser.find_element("css selector", "dialog select"))
    names = [option.text for option in picker.options]
    assert len(names) == 5 and names[0].startswith("jpeg@5,") and any(name.startswith("webp@") for name in names)
    picker.select_by_visible_text(next(name for name in names if name.startswith("webp@")))
    assert "webp@" in browser.find_element("css selector", "dialog .grow").text
    next(each for each in all_of(browser, "dialog button") if each.text == "equal rate").click()
    tags = [each.text for each in all_of(browser, "dialog .tag")]
    assert tags[0] == "original" and len(tags) == 6 and any("times the rate" in tag for tag in tags)
    assert browser.get_log("browser") == []


def test_three_runs_are_compared_with_the_first(browser, tmp_path: Path) -> None:
    runs = [reports.analyse(write_run(tmp_path / name, seed=0)) for name in ("one", "other", "third")]
    opened(browser, reports.write_comparison(reports.compare(*runs), tmp_path / "page"))
    assert len(all_of(browser, "#plot .dot")) == 24 and "other minus one" in browser.find_element("id", "compare").text
    next(each for each in all_of(browser, "[aria-label='Compared with one'] button") if each.text == "third").click()
    assert "third minus one" in browser.find_element("id", "compare").text and browser.get_log("browser") == []


MANY = tuple(
    At(f"codec{number:02d}", float(place), 0.1 * 2**place * (1 + number / 10), 25.0 + 4 * place, 0.2 + 0.2 * place)
    for number in range(13)
    for place in range(4)
)


def test_thirteen_curves_open_quickly_and_their_deltas_are_read_without_scrolling(browser, tmp_path: Path) -> None:
    path = reports.write_report(reports.analyse(write_run(tmp_path, (ORIGINAL, *MANY), items=12)))
    opened(browser, path)
    table = browser.find_element("css selector", "#curves .many")
    assert browser.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", table)
    assert len(all_of(browser, "#curves .many tbody tr")) == 13
    loaded = browser.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < loaded < 5000  # 1500 on an idle machine
    assert browser.get_log("browser") == []


def test_points_alone_are_no_curves_and_their_pairs_no_table_of_dashes(browser, tmp_path: Path) -> None:
    points = (ORIGINAL, CURVES[1], CURVES[5])
    opened(browser, reports.write_report(reports.analyse(write_run(tmp_path, points, items=12))))
    page = browser.find_element("id", "curves").text
    assert "No two curves can be compared." in page and "2 pairs without a number" in page
    assert not all_of(browser, "#curves .cell") and browser.get_log("browser") == []


def test_options_of_a_point_stand_on_a_second_line_on_a_phone(browser, tmp_path: Path) -> None:
    points = tuple(replace(at, options=f"preset={name}") for at in CURVES[:2] for name in ("medium", "ultrafast"))
    path = reports.write_report(reports.analyse(write_run(tmp_path, (ORIGINAL, *points), items=12)))
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        opened(browser, path)
        lines = {each.text for each in all_of(browser, "#changes svg tspan")}
        assert lines == {"preset=medium", "preset=ultrafast"}
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


COUNT_LISTENERS = """
window.resizeListeners = 0;
const [add, remove] = [window.addEventListener, window.removeEventListener];
window.addEventListener = function (name, ...rest) {
  if (name === "resize") window.resizeListeners += 1;
  return add.call(window, name, ...rest);
};
window.removeEventListener = function (name, ...rest) {
  if (name === "resize") window.resizeListeners -= 1;
  return remove.call(window, name, ...rest);
};
"""


def test_another_task_adds_no_listener_and_its_chart_follows_the_window(browser, run: Path) -> None:
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COUNT_LISTENERS})
    try:
        opened(browser, run)
        browser.execute_script(
            "report.run.tasks.push('classification'); window.before = window.resizeListeners;"
            "const shown = changes(); document.getElementById('changes').replaceWith(shown);"
            "window.once = window.resizeListeners;"
        )
        buttons = all_of(browser, "#changes [aria-label=Task] button")
        for button in buttons * 3:
            button.click()
        before, once, after = browser.execute_script("return [before, once, resizeListeners]")
        assert (once - before, after - once) == (1, 0)
        size = {"width": 500, "height": 844, "deviceScaleFactor": 1, "mobile": False}
        chart = "return document.querySelector('#changes svg').viewBox.baseVal.width"
        wide = browser.execute_script(chart)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.execute_script("dispatchEvent(new Event('resize'))")
        assert browser.execute_script(chart) < wide and browser.get_log("browser") == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_what_a_mean_leaves_out_stands_at_its_dot_its_delta_and_its_number(browser, tmp_path: Path) -> None:
    analysis = reports.analyse(write_run(tmp_path, items=24, task=False, edit=identical))
    opened(browser, reports.write_report(analysis))
    labels = [dot.get_attribute("aria-label") for dot in all_of(browser, "#plot .dot")]
    assert labels and all("mean over the finite frames: 6 frames are identical" in label for label in labels)
    assert any("up to 6 infinite frames" in cell.get_attribute("title") for cell in all_of(browser, "#curves td.cell"))
    numbers = browser.find_element("css selector", "#curves details table").get_attribute("textContent")
    assert "left out" in numbers and "6 frames are identical" in numbers and browser.get_log("browser") == []


def test_published_curves_are_hollow_dotted_and_without_intervals(browser, tmp_path: Path) -> None:
    curve = PublishedCurve("mean", "Inference (ans)", (0.1, 0.4, 0.9), {"psnr": (25.0, 30.0, 36.0)})
    analysis = reports.with_published(reports.analyse(write_run(tmp_path, items=24)), [curve])
    opened(browser, reports.write_report(analysis))
    assert len(all_of(browser, "#plot .dot")) == 8, "no file has a score"
    next(each for each in all_of(browser, ".mini") if each.get_attribute("data-name") == "psnr").click()
    dots = [dot for dot in all_of(browser, "#plot .dot") if "mean (published)" in dot.get_attribute("aria-label")]
    assert len(dots) == 3 and not any("interval" in dot.get_attribute("aria-label") for dot in dots)
    marks = [dot.find_elements("css selector", "path, circle")[-1] for dot in dots]
    assert {mark.get_attribute("fill") for mark in marks} == {"var(--card)"}
    assert len(all_of(browser, "#plot svg > path[stroke-dasharray='1.5 3.5']")) == 1
    numbers = browser.find_element("css selector", "#curves details table").get_attribute("textContent")
    assert numbers.count("mean (published)") == 3
    assert len(all_of(browser, "#curves td.cell")) == 4, "of the two curves of the run"
    next(each for each in all_of(browser, ".legend button") if each.text == "mean (published)").click()
    assert len(all_of(browser, "#plot .dot")) == 8 and browser.get_log("browser") == []


def test_what_choose_found_stands_below_the_decision(browser, tmp_path: Path) -> None:
    write_run(tmp_path, (ORIGINAL, *CURVES), items=24)
    quality = Quality("psnr", "PSNR", 36.2, decimals=2)
    found = Choice(
        "jpeg", "chosen", "jpeg@50", 0.9, None, 2.0, 1.0, 0, 0.0, (quality,), 6, 100, ("ahc-stream encode X",)
    )
    none = replace(
        found, curve="webp", outcome="none qualifies", saving=None, commands=(), remarks=("Too few images.",)
    )
    reports.keep_choice(tmp_path, Decision("psnr >= 36", 0.95, 24, (found, none)).as_values())
    opened(browser, reports.write_report(reports.analyse(tmp_path)))
    (section,) = all_of(browser, "#chosen")
    text = section.text
    assert "psnr >= 36" in text and "Take jpeg@50: 0.9000 bpp; PSNR 36.20." in text and "Too few images." in text
    assert "none qualifies" in text and "6 of 100" in text and "kbit/s" not in text
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
