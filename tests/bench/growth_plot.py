"""The plot of growth.py: cost by number of messages, a panel each; or again, from JSON.

    growth_plot.py GROWTH.JSON OUT.SVG
"""
import json
import pathlib
import sys

PANELS = (
    ("import", "import, us per message"),
    ("100 results of a common word", "100 JSON results of a common word, ms"),
    ("100 results of a rare word", "100 JSON results of a rare word, ms"),
    ("dump", "all as mboxrd, us per message"),
    ("store", "store, KiB per message"),
    ("memory", "peak memory, MiB"),
)
LOOKS = {
    "lei": dict(color="#0057b7", marker="o", linewidth=2.2),
    "lei 1.9.0": dict(color="#c0392b", marker="s", linestyle="none"),
    "mairix": dict(color="#8e44ad", marker="D", linestyle="--"),
    "notmuch": dict(color="#3c8d40", marker="^", linestyle="-."),
    "mu": dict(color="#d68910", marker="v", linestyle=":"),
    "cat": dict(color="#777777", marker=".", linestyle="--"),
}
COMMANDS = ("#0057b7", "#c0392b", "#8e44ad", "#3c8d40", "#d68910", "#777777")


def line(ax, by_size: dict, **look) -> None:
    points = sorted((int(n), value) for n, value in by_size.items())
    ax.plot([n for n, _ in points], [value for _, value in points], **look)


def panel(ax, figures: dict, what: str) -> None:
    if what == "memory":
        for (name, of_who), color in zip(
                ((k, v) for k, v in figures.items() if k.startswith("memory of ")), COMMANDS):
            line(ax, of_who["lei"], label=name.removeprefix("memory of "), color=color, marker="o")
        ax.axhline(200, color="#aaaaaa", linestyle="--")
        ax.set_ylim(bottom=0)
        return
    for who, by_size in figures.get(what, {}).items():
        line(ax, by_size, label=who, **LOOKS[who])
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    if high < 10 * low:  # a decade at least, so that a slope looks as steep as it is
        middle = (low * high) ** 0.5
        ax.set_ylim(middle / 10 ** 0.5, middle * 10 ** 0.5)


def plot(figures: dict, path: pathlib.Path) -> None:
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot, ticker

    pyplot.rcParams.update({"font.size": 9, "svg.fonttype": "none"})
    picture, axes = pyplot.subplots(2, 3, figsize=(12, 7.2), layout="constrained")
    for ax, (what, title) in zip(axes.flat, PANELS):
        panel(ax, figures, what)
        ax.set_title(title)
        ax.set_xscale("log")
        ax.set_xticks((6046, 60460, 604600), ("6 k", "60 k", "600 k"))
        ax.minorticks_off()
        if what != "memory":
            ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        ax.grid(True, color="#dddddd")
        ax.legend(fontsize=8)
    picture.suptitle("by number of messages")
    picture.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    plot(json.loads(pathlib.Path(sys.argv[1]).read_text())["figures"], pathlib.Path(sys.argv[2]))
