#!/usr/bin/python3
"""Wait events of ours beside libcyrus and libev, with 1 to 1,000,000 of them pending, in one run.

Prints a table of medians and ratios and whether the claims hold; writes BUILD/bench/events.json and
the plot BUILD/bench/events.svg.  Only ratios within this run are judged: absolute times are this
machine's.

    events.py [--runs N]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))

SIDES = ("ours", "libcyrus", "libev")
SIZES = (1, 1_000, 100_000, 1_000_000)
TICKS = ("1", "1 k", "100 k", "1 M")
OPERATIONS = {
    "add": "add one",
    "remove": "remove a random one",
    "reschedule": "reschedule a random one",
    "pass_idle": "a pass, nothing due",
    "pass_due": "a pass, all due, each rescheduled",
}
NOTES = """\
One operation each; a pass is loop_turn, prot_fill (non-blocking) or ev_run, one look at the descriptor
included.  libcyrus: rescheduling is a plain store, for which every pass pays; beyond 1,000 events its
list is linked by hand, because a million adds would take ten minutes; the calls measured are its own.
It runs all events fast because it walks over all of them in each pass anyway.
libev (ev_timer): events live in the caller's memory, while ours and libcyrus's lie behind a handle,
which costs a cache miss when there are many; those due run in no order of addition."""
# Ours against libev: usually 1 to 3; with one event because its stream is sorted too, with very many
# because of the handle.  A machine with other work adds to that.
LIBEV_LIMIT = 6

Figures = dict[str, dict[int, dict[str, float]]]


def measure(runs: int) -> Figures:
    """Nanoseconds by operation, number of events and side: medians of runs taken in turn."""
    figures: Figures = {op: {n: {} for n in SIZES} for op in OPERATIONS}
    for n in SIZES:
        samples: dict[str, list[dict]] = {side: [] for side in SIDES}
        for _ in range(runs):
            for side in SIDES:
                said = subprocess.run([BUILD / "bench" / f"events-{side}", str(n)], check=True,
                                      stdout=subprocess.PIPE, text=True).stdout
                samples[side].append(json.loads(said))
        for op in OPERATIONS:
            for side in SIDES:
                figures[op][n][side] = statistics.median(s[op] for s in samples[side])
    return figures


def human(ns: float) -> str:
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.{max(0, 2 - len(str(int(ns / size))) + 1)}f} {unit}"
    return f"{ns:.1f} ns"


def ratio(x: float) -> str:
    """Three digits, however small or large."""
    return f"1/{1 / x:,.0f}" if x < 0.01 else f"{x:,.2f}" if x < 10 else f"{x:,.0f}"


def rows(figures: Figures):
    for op, what in OPERATIONS.items():
        for n in SIZES:
            cell = figures[op][n]
            yield (what, f"{n:,}", *(human(cell[side]) for side in SIDES),
                   *(ratio(cell["ours"] / cell[peer]) for peer in SIDES[1:]))


def print_table(figures: Figures) -> None:
    head = ("operation", "pending", *SIDES, *(f"ours/{peer}" for peer in SIDES[1:]))
    lines = [head, *rows(figures)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for i, line in enumerate(lines):
        cells = [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))]
        print("| " + " | ".join(cells) + " |")
        if i == 0:
            print("|-" + "-|-".join("-" * w for w in widths) + "-|")
    print(NOTES)


def claims(figures: Figures):
    """What the contract promises, as (claim, figure, limit): the figure must not exceed it."""
    idle = figures["pass_idle"]
    few, many = SIZES[1], SIZES[-1]
    yield (f"a pass with nothing due, {many:,} pending against 1",
           idle[many]["ours"] / idle[1]["ours"], 2)
    for op in ("add", "remove", "reschedule"):
        # The logarithm doubles; caches that no longer hold the events cost the rest.
        yield (f"{op}, {many:,} pending against {few:,}",
               figures[op][many]["ours"] / figures[op][few]["ours"], 50)
    for n in SIZES:
        yield (f"any of them with {n:,} pending, against libev",
               max(figures[op][n]["ours"] / figures[op][n]["libev"] for op in OPERATIONS), LIBEV_LIMIT)
    yield (f"a pass with nothing due, or add or remove, with {few:,} or more, against libcyrus",
           max(figures[op][n]["ours"] / figures[op][n]["libcyrus"]
               for op in ("pass_idle", "add", "remove") for n in SIZES[1:]), 1)


def print_claims(figures: Figures) -> bool:
    kept = True
    for claim, figure, limit in claims(figures):
        held = figure <= limit
        kept = kept and held
        print(f"{'MET   ' if held else 'MISSED'} {claim}: {figure:.2f}x, at most {limit:g}x")
    return kept


def plot(figures: Figures, path: pathlib.Path) -> None:
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot

    looks = {"ours": dict(color="#0057b7", marker="o", linewidth=2.2),
             "libcyrus": dict(color="#c0392b", marker="s", linestyle="--"),
             "libev": dict(color="#3c8d40", marker="^", linestyle="-.")}
    pyplot.rcParams.update({"font.size": 9, "svg.fonttype": "none"})
    picture, axes = pyplot.subplots(2, 3, figsize=(12, 7.2), sharex=True, layout="constrained")
    for ax, (op, what) in zip(axes.flat, OPERATIONS.items()):
        for side in SIDES:
            ax.loglog(SIZES, [figures[op][n][side] for n in SIZES], label=side, **looks[side])
        ax.set_title(what)
        ax.set_xticks(SIZES, TICKS)
        ax.tick_params(labelbottom=True)
        low, high = ax.get_ylim()
        decades = [(1e0, "1 ns"), (1e1, "10 ns"), (1e2, "100 ns"), (1e3, "1 us"), (1e4, "10 us"),
                   (1e5, "100 us"), (1e6, "1 ms"), (1e7, "10 ms"), (1e8, "100 ms"), (1e9, "1 s")]
        ax.set_yticks(*zip(*decades))
        ax.minorticks_off()
        ax.set_ylim(low, high)
        ax.grid(True, color="#dddddd")
    legend = axes.flat[-1]
    legend.axis("off")
    legend.legend(*axes.flat[0].get_legend_handles_labels(), loc="center", fontsize=12,
                  title="time, by number of pending events", title_fontsize=12)
    picture.savefig(path, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    figures = measure(parser.parse_args().runs)
    print_table(figures)
    kept = print_claims(figures)
    out = BUILD / "bench"
    (out / "events.json").write_text(json.dumps(figures, indent=1) + "\n")
    plot(figures, out / "events.svg")
    print(f"plot: {out / 'events.svg'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
