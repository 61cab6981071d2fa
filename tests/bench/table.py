"""Figures beside figures: a table of ratios, of which some have a target."""
import statistics


class Table:
    def __init__(self, first: str):
        self.rows = []
        print(f"| {first:<38} | {'ours':<13} | {'beside':<28} | {'ratio':<16} | {'target':<22} |\n"
              f"|{'-' * 40}|{'-' * 15}|{'-' * 30}|{'-' * 18}|{'-' * 24}|", flush=True)

    def add(self, what, ours, peer, theirs, target=None, at_least=True, unit="s"):
        """`target`: how many times faster (at_least) or slower (not at_least) than the peer."""
        ratio = theirs / ours if at_least else ours / theirs
        met = None if target is None else (ratio >= target if at_least else ratio <= target)
        self.rows.append(dict(what=what, ours=ours, peer=peer, theirs=theirs, unit=unit,
                              ratio=ratio, faster=at_least, target=target, met=met))
        print(self.line(self.rows[-1]), flush=True)

    def missed(self) -> bool:
        return any(row["met"] is False for row in self.rows)

    @staticmethod
    def line(r) -> str:
        better = "smaller" if r["unit"] == "MiB" else "faster"
        target = "" if r["target"] is None else (
            f"{'at least' if r['faster'] else 'at most'} {r['target']:g}x "
            f"{'MET' if r['met'] else 'MISSED'}")
        return (f"| {r['what']:<38} | {r['ours']:>9.3f} {r['unit']:<3} | {r['peer']:<14} "
                f"{r['theirs']:>9.3f} {r['unit']:<3} | {r['ratio']:>7.2f}x "
                f"{better if r['faster'] else 'of it':<7} | {target:<22} |")


def median_of(runs: int, *measures):
    """Run the measures in turn, A B A B ..., and return the median of each."""
    figures = [[] for _ in measures]
    for _ in range(runs):
        for column, measure in zip(figures, measures):
            column.append(measure())
    return [statistics.median(column) for column in figures]
