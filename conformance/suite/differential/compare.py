"""Two sides of a line: EQUAL, DECLARED, GONE or DIFFERENT."""

import re
from dataclasses import dataclass, field

from .lines import FIELDS


@dataclass
class Outcome:
    line: object
    ours: dict
    original: dict
    differs: list = field(default_factory=list)  # fields that differ undeclared
    declared: dict = field(default_factory=dict)  # {field: name of the difference}
    gone: list = field(default_factory=list)  # (name, field): declared, but not seen

    @property
    def verdict(self):
        if self.differs:
            return "DIFFERENT"
        if self.gone:
            return "GONE"
        return "DECLARED" if self.declared else "EQUAL"


def explains(expected, ours, original):
    """Whether a declaration accounts for all of a field's difference."""
    if "erase" in expected:
        pattern = re.compile(expected["erase"], re.M)
        return pattern.sub("", ours) == pattern.sub("", original)
    return bool(re.search(expected["ours"], ours, re.M) and re.search(expected["original"], original, re.M))


def compare(line, ours, original, differences):
    ret = Outcome(line, ours, original)
    mine = [one for one in differences if one.names(line.id) and re.search(one.says, ours["said"])]
    for name in FIELDS:
        claims = [(one, one.fields[name]) for one in mine if name in one.fields]
        if ours[name] == original[name]:
            ret.gone += [(one.name, name) for one, _ in claims if not one.intermittent]
            continue
        claims += [(one, one.optional[name]) for one in mine if name in one.optional]
        good = [one for one, expected in claims if explains(expected, ours[name], original[name])]
        if not good:
            ret.differs.append(name)
            continue
        ret.declared[name] = good[0].name
        good[0].used.add((line.id, name))
    return ret
