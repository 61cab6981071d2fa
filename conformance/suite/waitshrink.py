"""Making a script of wait events small: leaving out lines, then firings and actions of plans."""

from .waitparts import parse_plan


def smaller(script):
    """Scripts that are a little less than this one, the boldest first."""
    step = len(script) // 2
    while step:
        for begin in range(0, len(script), step):
            yield script[:begin] + script[begin + step :]
        step //= 2
    for index, line in enumerate(script):
        for less in smaller_line(line):
            yield [*script[:index], less, *script[index + 1 :]]


def smaller_line(line):
    words = line.split()
    skip = {"add": 4, "add-idle": 4, "define": 2}.get(words[0])
    if words[0] == "stream":
        yield from (" ".join(w for w in words if w != word) for word in ("nonblock", "bound") if word in words)
    if not skip:
        return
    plan = [[" ".join(action) for action in firing] for firing in parse_plan(words[skip:])]

    def text(firings):
        return " ".join([*words[:skip], " | ".join(" ; ".join(f) for f in firings)])

    for index, firing in enumerate(plan):
        if len(plan) > 1:
            yield text(plan[:index] + plan[index + 1 :])
        for action in range(len(firing) - 1):
            yield text([*plan[:index], firing[:action] + firing[action + 1 :], *plan[index + 1 :]])
        if firing[-1] not in ("gone", "none"):
            yield text([*plan[:index], [*firing[:-1], "gone"], *plan[index + 1 :]])


def minimise(script, fails, budget=600):
    """The smallest script found, by leaving out, for which fails(script) is still true."""
    found = True
    while found:
        found = False
        for less in smaller(script):
            budget -= 1
            if budget < 0:
                return script
            if fails(less):
                script, found = less, True
                break
    return script
