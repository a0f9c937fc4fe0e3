# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports and exports: their tables against golden text, the page's links and pictures, results that are refused."""
import csv
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FAKE
from coopbench_lib.export import render_latex
from coopbench_lib.modes import find_mode
from coopbench_lib.plots import draw, overview_plots, plots_of
from coopbench_lib.plots_samples import distribution_plots
from coopbench_lib.raw import read_raw
from coopbench_lib.results import Result, read_result
from coopbench_lib.summary import Row
from test_views import edit, set_run

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")

GOLDEN_LATEX = r"""\begin{table}
\centering
\scriptsize
\setlength{\tabcolsep}{3pt}
\caption{qemu-svm (QEMU TCG EPYC), unit instr, run result, tree not clean. Native: busy instr per operation; ratio: to native; +: added per operation; crossings per operation: VM exits, hypercalls (h), bounces (b).}
\begin{tabular}{lrrrr}
\hline
 & native & \multicolumn{3}{c}{full-nested} \\
 &  & \multicolumn{3}{c}{vt/nested/emulated} \\
workload & per op & ratio & + & crossings \\
\hline
fake/null & 150 & 1.000 & 0 & 0 \\
fake/cpuid & 150 & 1.667 & +100 & 1 \\
fake/hypercall & n/a & - & (250) & 1h \\
fake/spread & 152* & 1.658 & +100* & 1 \\
\hline
\end{tabular}
\end{table}
"""

GOLDEN_RAW = """\
| workload | native | full-nested |
| --- | --- | --- |
| fake/null | 150 [2-4](../records.jsonl#L2) | 150 [6-8](../records.jsonl#L6) |
| fake/cpuid | 150 [10-12](../records.jsonl#L10) | 250 [14-16](../records.jsonl#L14) |
| fake/hypercall | n/a | 250 [18-20](../records.jsonl#L18) |
| fake/spread | 152\\* [22-24](../records.jsonl#L22) | 252\\* [26-28](../records.jsonl#L26) |
"""

GOLDEN_COST = """\
# from to y label; modes: native full-nested


0 1 0 "1.000 (150 instr)"


0 1.666667 1 "1.667 (250 instr)"
"""

GOLDEN_EXITS = """\
# from to y label; one block a reason: cpuid


# cpuid
0 1 0 "cpuid"


# whole
1 0 "1"
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "result"


@pytest.fixture
def result(tree, kept):
    """A result of four workloads, one of them n/a on the bare machine, one not exact; measured once, then copied."""
    folder = tree.root / "result"
    if kept.exists():
        shutil.copytree(kept, folder)
        tree.paths.out.mkdir()
        (tree.paths.out / "latest").symlink_to(folder)
    else:
        tree.run("-j", "1", "--mode", "native,full-nested", "--workload", "default,fake/hypercall,fake/spread")
        shutil.copytree(folder, kept)
    return folder


def page_of(tree, *words):
    answer = tree("report", *map(str, words))
    assert answer.status == 0, answer.err
    return (tree.root / answer.out.strip()).read_text()


def test_report_files(tree, result):
    page_of(tree)
    report = result / "report"
    assert sorted(path.name for path in report.iterdir()) == ["index.html", "plots", "report.csv", "report.md",
                                                              "report.tex"]
    assert (report / "report.tex").read_text() == GOLDEN_LATEX
    text = (report / "report.md").read_text()
    assert GOLDEN_RAW in text and "- image hv-core: SHA-256 `" in text and "- command line: coopbench run" in text
    with (report / "report.csv").open() as file:
        rows = {(row["mode"], row["workload"]): row for row in csv.DictReader(file)}
    assert rows["full-nested", "fake/cpuid"]["records"] == "14-16"
    assert rows["full-nested", "fake/cpuid"]["unit"] == "instr"
    plots = report / "plots/1-qemu-svm"
    assert (plots / "fake-cpuid-cost.dat").read_text() == GOLDEN_COST
    assert (plots / "fake-cpuid-exits.dat").read_text() == GOLDEN_EXITS
    assert 'set output "fake-cpuid-cost.svg"' in (plots / "fake-cpuid-cost.gp").read_text()


def check_page(text):
    """Nothing from outside, no script, every link inside the page leads somewhere, no id twice."""
    assert "<script" not in text and "@import" not in text
    assert not re.search(r"""(src|href)=["']?(https?:|//)""", text)
    ids = re.findall(r"""\bid=["']([^"']+)""", text)
    assert len(ids) == len(set(ids))
    for target in re.findall(r"""href=['"]#([^"']+)|url\(['"]?#([^"')]+)""", text):
        assert "".join(target) in ids


def test_page(tree, result):
    text = page_of(tree)
    check_page(text)
    assert 'href="#r1-14" title="records.jsonl: 14-16">+100</a>' in text
    for digest in read_result(result).images.values():
        assert digest in text
    if shutil.which("gnuplot"):
        assert text.count("<svg") == len(plots_of(read_result(result)) + distribution_plots(read_result(result)))


def test_page_says_what_features_did(tree, result):
    run = json.loads((result / "run.json").read_text())
    run["shown_active"] = {"batch=16": {"coop fake/cpuid": "7 batches"}}
    run["features"] = {"coop": {"batch=16": "9 batches", "poll=0": "0 polls"}}
    (result / "run.json").write_text(json.dumps(run))
    text = page_of(tree)
    check_page(text)
    assert "<li>batch=16: coop fake/cpuid: 7 batches</li>" in text
    assert "<li>coop, all rows: batch=16: 9 batches; poll=0: 0 polls</li>" in text


def test_page_of_two_results(tree, result):
    tree.run("--mode", "native,full-nested", "--workload", "fake/null", out="other")
    text = page_of(tree, result, tree.root / "other", "--out", tree.root / "both")
    check_page(text)
    assert text.count("<h2>") == 2 and "<nav>" in text


def test_report_without_gnuplot(tree, result, monkeypatch):
    monkeypatch.setattr("coopbench_lib.plots.shutil.which", lambda name: None)
    answer = tree("report")
    assert answer.status == 0 and answer.err.count("\n") == 1 and "gnuplot is not installed" in answer.err
    text = (result / "report/index.html").read_text()
    assert "<svg" not in text and "gnuplot-nox" in text
    assert (result / "report/plots/1-qemu-svm/fake-cpuid-cost.gp").exists()


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_plots_of_many_modes(tree, result):
    """Modes, reasons and sizes that this build does not bring forth: every picture is drawn all the same."""
    found = read_result(result)
    rows, exits = [row for row in found.rows if row.mode == "full-nested"], found.exits
    for index, mode in enumerate(("coop", "paravirt", "lguest", "vt/direct/emulated")):
        axes = find_mode(mode)
        found.rows += [type(row)(**(vars(row) | {"mode": mode, "cpu": axes.cpu, "exits_per_op": 11 + index,
                                                "ratio_to_native": 7.0 ** index, "value": 150 * 7.0 ** index}))
                       for row in rows if row.ratio_to_native]
        found.exits = found.exits + [type(row)(**(vars(row) | {"mode": mode, "reason": f"reason_{number}"}))
                                     for row in exits for number in range(11 + index)]
    plots = plots_of(found)
    pictures = draw(plots, tree.root / "plots")
    assert set(pictures) == {plot.name for plot in plots}
    assert "set logscale x" in next(plot.script for plot in plots if plot.name == "fake-null-cost")
    assert "others" in pictures["fake-cpuid-exits"] and all("</svg>" in text for text in pictures.values())


PROBE = """<script>window.onerror = text => document.title = "broken " + text; window.onload = () => {
    const box = [...document.querySelectorAll("svg")].map(picture => picture.getBoundingClientRect());
    document.title = ["looked", box.length, box.filter(one => one.width < 200 || one.height < 50).length,
        document.documentElement.scrollWidth - innerWidth,
        [...document.querySelectorAll("img")].length, getComputedStyle(document.body).fontSize].join(" "); };</script>"""


def chromium(folder, page, *words):
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--hide-scrollbars", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={folder / 'profile'}", *words, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert not re.search("ERROR:CONSOLE|Uncaught", done.stderr)
    return done.stdout


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
def test_page_in_chromium(tree, tmp_path):
    """A page with everything in it, on a laptop, projected, and printed: nothing sticks out, no picture is missing."""
    golden = ROOT / "bench/tests/golden"
    shutil.copytree(golden / "ours", tree.root / "results/bochs-vmx")
    shutil.copytree(golden / "peers", tree.root / "results/peers-host")
    shutil.copy(ROOT / "results/fork-timeline.svg", tree.root / "results")
    text = page_of(tree)
    check_page(text)
    page = tmp_path / "page.html"
    page.write_text(text.replace("</body>", PROBE + "</body>"))
    letters = []
    for width, height in ((1366, 768), (1920, 1080)):
        found = chromium(tmp_path, page, f"--window-size={width},{height}", "--dump-dom")
        words = re.search(r"<title>looked (.*)</title>", found)[1].split()
        assert int(words[0]) == text.count("<svg") >= 12 and words[1:4] == ["0", "0", "0"], words
        letters.append(float(words[4].removesuffix("px")))
    assert letters[0] >= 15 and letters[1] >= letters[0] + 2
    chromium(tmp_path, page, f"--print-to-pdf={tmp_path / 'page.pdf'}")
    assert (tmp_path / "page.pdf").stat().st_size > 50_000


def test_export(tree, result):
    assert tree("export", "--format", "latex").out == GOLDEN_LATEX
    assert tree("export", "--format", "md").out == (result / "table.md").read_text()
    lines = tree("export").out.splitlines()
    table = (result / "table.csv").read_text().splitlines()
    assert lines[0] == table[0] + ",records" and lines[1] == table[1] + ",2-4"
    whole = json.loads(tree("export", str(result), "--format", "json").out)
    assert whole["run"]["unit"] == "instr" and whole["rows"][3]["records"] == [14, 15, 16]
    assert whole["exits"][0]["reason"] == "cpuid"


def test_export_of_a_reference(tree, result):
    """A reference has no records: its figures stand without links."""
    (result / "records.jsonl").unlink()
    assert tree("export").out.splitlines()[1].endswith(",")
    text = page_of(tree)
    check_page(text)
    assert "came without its records" in text
    assert read_raw(result, {}).span("native", "fake/null") == ""


def test_references_are_reported_where_there_is_no_result(tree, result):
    set_run(result, tree_clean=True)
    assert tree("table", "--save-reference").status == 0
    (tree.root / "out/latest").unlink(missing_ok=True)
    answer = tree("report")
    assert answer.out == "out/report/index.html\n"
    assert not (tree.root / "results/qemu-svm/report").exists()


def cut(path):
    """As a full disk leaves it: in the middle of its last line."""
    text = path.read_text().rstrip("\n")
    path.write_text(text[:text.rindex(",") - 12])


REFUSED = [
    (lambda folder: edit(folder, lambda row: row.update(unit="cycles") if row["mode"] == "native" else None),
     "mixes units: native fake/null is in cycles, the run is in instr"),
    (lambda folder: set_run(folder, schema=9), "is of schema 9, this coopbench reads schema 1"),
    (lambda folder: (folder / "table.csv").write_text("machine,mode\nx,y\n"), "cannot be read"),
    (lambda folder: (folder / "table.csv").unlink(), "has no tables yet"),
    (lambda folder: (folder / "run.json").write_text("{"), "is not valid JSON"),
    (lambda folder: (folder / "run.json").write_text("[]"), "is of schema ?"),
    (lambda folder: (folder / "run.json").write_bytes(b"\x80\xff"), "is not valid JSON"),
    (lambda folder: (folder / "run.json").write_text('{"schema": 1}'), "run.json lacks machine"),
    (lambda folder: set_run(folder, unit=None), "run.json lacks unit"),
    (lambda folder: (folder / "table.csv").write_text(""), "table.csv has no column machine, cpu_model"),
    (lambda folder: cut(folder / "table.csv"), "table.csv: line 9 is cut off or damaged"),
    (lambda folder: cut(folder / "exits.csv"), "exits.csv: line 4 is cut off or damaged"),
    (lambda folder: (folder / "exits.csv").unlink(), "cannot be read"),
    (lambda folder: edit(folder, lambda row: row.update(value="many")), "cannot be read"),
    (lambda folder: edit(folder, lambda row: row.update(value="nan")), "'nan' is no number that was measured"),
    (lambda folder: edit(folder, lambda row: row.update(exits_per_op="1e400")), "'1e400' is no number"),
    (lambda folder: edit(folder, lambda row: row.update(value="")), "native fake/null is ok and has no value"),
    (lambda folder: edit(folder, lambda row: row.update(walks_per_op="1")),
     "page walks or their references, and not both"),
    (lambda folder: edit(folder, lambda row: row.update(walks_per_op="1", walk_references_per_op="4")),
     "run.json none"),
    (lambda folder: set_run(folder, switches=7, images=["x"]), "is damaged: what it says of switches, images cannot"),
    (lambda folder: set_run(folder, outcomes=[1]), "what it says of outcomes cannot be read"),
    (lambda folder: set_run(folder, images={"hv-core": {"sha256": {}}}), "what it says of images cannot be read"),
    (lambda folder: set_run(folder, logs={"a": []}), "what it says of logs cannot be read"),
    (lambda folder: set_run(folder, images={"hv-core": {}}), "what it says of images cannot be read"),
    (lambda folder: edit(folder, lambda row: row.update(mode="no/such/mode")), "result cannot be read: 'no' in mode"),
    (lambda folder: (folder / "samples.csv").write_text("mode,workload,start,value\nnative,a,first,1\n"),
     "cannot be read"),
]


@pytest.mark.parametrize("damage, text", REFUSED)
def test_refused_by_name(tree, result, damage, text):
    damage(result)
    for command in ("report", "export"):
        answer = tree(command, str(result))
        assert answer.status == 2 and text in answer.err and answer.err.count("\n") == 1
    assert not (result / "report").exists()


def test_the_same_result_twice(tree, result):
    answer = tree("report", str(result), str(result))
    assert answer.status == 2 and "is given twice" in answer.err


def test_no_result(tree):
    for command in ("report", "export"):
        answer = tree(command)
        assert answer.status == 2 and "there is no result yet" in answer.err


def test_cite(tree, result):
    set_run(result, commit="abcdef0123", tree_clean=True)
    text = tree("cite", str(result)).out
    entry, paragraph = text.split("\n\n")
    assert entry.startswith("@misc{coopvirt-abcdef0123,\n") and entry.count("{") == entry.count("}")
    paragraph = " ".join(paragraph.split())
    for part in ("commit abcdef0123, on the machine qemu-svm", "Fake emulator version 1.0", "tick=10000000",
                 "full-nested (vt/nested/emulated)", "The unit is instr (", "median over 3 measured repetitions",
                 "of 7 rows, in 5 of them all repetitions were equal", "No instruction count is a time."):
        assert part in paragraph


def test_extras(tree, result):
    tree("sweep", "--emulator", str(FAKE), "--workload", "fake/cpuid", "--param", "size=16,64", "--mode", "native,coop",
         "--out", str(tree.root / "sweep"))
    tree("trace", "--emulator", str(FAKE), "--workload", "fake/cpuid", "--mode", "coop", "--out",
         str(tree.root / "trace"))
    answer = tree("report", str(result), str(tree.root / "sweep"), str(tree.root / "trace"), "--out",
                  str(tree.root / "page"))
    assert answer.status == 0, answer.err
    page = (tree.root / "page/index.html").read_text()
    assert "A sweep (sweep)" in page and "One operation, crossing by crossing (trace)" in page
    assert "fake/cpuid: instr per operation, added to native" in page and "<script" not in page
    text = (tree.root / "page/report.md").read_text()
    assert "## A sweep (sweep)" in text
    for name in ("plots/extra-2/fake-cpuid-cost.svg", "plots/extra-3/timeline.svg"):
        assert f"({name})" in text and (tree.root / "page" / name).is_file()
    assert tree("report", str(tree.root / "sweep")).status == 2


def test_peers_stand_in_the_report(tree, result):
    """The kept references of this tree: ours and peers of one unit in one section, a clock's in another."""
    for name in ("qemu-svm", "peers-qemu-svm", "peers-host"):
        shutil.copytree(ROOT / "results" / name, tree.root / "results" / name)
    shutil.copy(ROOT / "results/fork-timeline.svg", tree.root / "results")
    (tree.root / "out/latest").unlink()
    text = page_of(tree)
    titles = re.findall(r"<h2>([^<]*)</h2>", text)
    assert titles == ["qemu-svm, QEMU TCG EPYC, unit instr", "Our modes and other people&#x27;s systems on qemu-svm, "
                                                             "unit instr",
                      "Other people&#x27;s systems on host, unit tsc", "One fork, mode beside mode"]
    same, clock = text.partition('id="p1"')[2].split('id="p2"')
    for name in ("paravirt", "coop", "xen-pv", "kvm-shadow-off"):
        assert f'<th class="first">{name}</th>' in same and f'<th class="first">{name}</th>' not in clock
    assert '<th class="first">uml</th>' in clock and '<th class="first">uml</th>' not in same
    assert "mitigations off in every layer" in same and "it is itself virtual" in clock
    assert "At a glance" in text and "KVM decodes some exits by software" in text
    folder = tree.root / "out/report"
    assert (folder / "plots/peers-1/overview-all-1.svg").exists()
    assert "| latency/fork |" in (folder / "report.md").read_text().partition("Other people's systems on host")[2]
    assert "xen-pv & xen-pv-off" in (folder / "report.tex").read_text()
    assert any(line.startswith("host,") for line in (folder / "report.csv").read_text().splitlines())


def test_repetitions_that_differ_are_drawn(result):
    found = read_result(result)
    assert [plot.name for plot in distribution_plots(found)] == ["fake-spread-repetitions"]
    plot = distribution_plots(found)[0]
    assert "native -0.66% to +0.66% in 3" in plot.about
    assert plot.data.count("# native\n") == 2 and "beyond" not in plot.data
    found.samples = [replace(row, value=150.0) for row in found.samples for _ in range(20)] \
        + [replace(found.samples[0], value=1500.0)]
    assert '"1, +900% →"' in distribution_plots(found)[0].data


def test_an_overview_fits_a_page():
    """Many workloads stand in several pictures of one axis, none higher than a page shows, each of them once."""
    rows = [Row("m", "", mode, "", "", "", "", "", f"latency/w{number}", "instr", "ok", value=1.0,
                ratio_to_native=1.0 + number)
            for number in range(40) for mode in ("full-nested", "coop", "paravirt")]
    plots = overview_plots(Result(None, {}, rows, [], []), "latency")
    assert [plot.name for plot in plots] == [f"overview-latency-{number}"
                                             for number in range(1, len(plots) + 1)] and len(plots) > 1
    assert len({re.search(r"set xrange \[.*\]", plot.script)[0] for plot in plots}) == 1
    assert all(int(re.search(r"size 960,(\d+)", plot.script)[1]) <= 1250 for plot in plots)
    named = [name for plot in plots for name in re.findall(r'"(latency/w\d+)" \d', plot.script)]
    assert named == [f"latency/w{number}" for number in range(40)]
    assert overview_plots(Result(None, {}, rows[:3], [], []), "latency")[0].name == "overview-latency"
    assert not overview_plots(Result(None, {}, rows, [], []), "nano")


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_the_key_names_every_mode(tmp_path):
    """gnuplot leaves out of a key what has no room, and says nothing."""
    modes = ["full-shadow", "full-nested", "paravirt", "coop", "coop-nested", "hybrid-shadow", "lguest"]
    for count in (1, 4, 5, 7):
        rows = [Row("m", "", mode, "", "", "", "", "", "latency/a_workload_of_a_long_name", "instr", "ok", value=1.0,
                    ratio_to_native=2.0)
                for mode in modes[:count]]
        pictures = draw(overview_plots(Result(None, {}, rows, [], []), "latency"), tmp_path / str(count))
        assert all(f">{mode}<" in pictures["overview-latency"] for mode in modes[:count])


def test_latex_tables_fit_a_page():
    """Every row once in each block of modes, and no table longer than a page."""
    rows = [Row("m", "x", mode, "", "", "", "", "", f"latency/w{number}", "instr", "ok", value=1.0,
                ratio_to_native=1.0, added_per_op=0)
            for number in range(120) for mode in ("native", "full-nested", "coop", "paravirt")]
    run = {"machine": "m", "cpu_model": "x", "unit": "instr", "run_id": "r"}
    tables = render_latex(Result(None, run, rows, [], [])).split(r"\begin{table}")[1:]
    found = [[line.split()[0] for line in table.splitlines() if line.startswith("latency")] for table in tables]
    assert len(tables) == 6 and max(map(len, found)) <= 55
    assert sum(found[:3], []) == sum(found[3:], []) == [f"latency/w{number}" for number in range(120)]
