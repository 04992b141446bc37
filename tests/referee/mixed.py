"""One mixed (not disaggregated) instance: the measured rate it carries within targets."""

from itertools import pairwise


def measured_points(profile, workload):
    """The rows of the shortest measured lengths that are nowhere shorter than the workload's, by rate."""
    lengths = {(row["input_tokens"], row["output_tokens"], row.get("cached_tokens", 0)) for row in profile.rows}
    enough = [
        (new + out, new + hit, out, hit)
        for new, out, hit in ((whole - hit, out, hit) for whole, out, hit in lengths)
        if new + hit >= workload.input_tokens and out >= workload.output_tokens and new >= workload.new_tokens
    ]
    if not enough:
        return []
    _, whole, out, hit = min(enough)
    rows = [
        row
        for row in profile.rows
        if (row["input_tokens"], row["output_tokens"], row.get("cached_tokens", 0)) == (whole, out, hit)
    ]
    return sorted(rows, key=lambda row: row["requests_per_s"])


def highest_rate_rps(points, targets_s):
    """The largest rate up to which every measured statistic holds; 0 where none does.

    `targets_s` maps column names without their unit ("ttft_mean") to seconds. Linear between measured
    rates, the smallest one's values below it, never above the largest; a missing statistic serves nothing.
    """
    if not points or any(f"{column}_ms" not in row for row in points for column in targets_s):
        return 0.0
    return min(_crossing_rps(points, f"{column}_ms", target * 1000) for column, target in targets_s.items())


def _crossing_rps(points, column, target_ms):
    """The rate at which one statistic first leaves its target."""
    if points[0][column] > target_ms:
        return 0.0
    for left, right in pairwise(points):
        if right[column] > target_ms:
            share = (target_ms - left[column]) / (right[column] - left[column])
            return left["requests_per_s"] + share * (right["requests_per_s"] - left["requests_per_s"])
    return points[-1]["requests_per_s"]


def statistic_s(points, column, rate_rps):
    """A measured statistic at a rate of one instance, in seconds."""
    if rate_rps <= points[0]["requests_per_s"]:
        return points[0][f"{column}_ms"] / 1000
    for left, right in pairwise(points):
        if rate_rps <= right["requests_per_s"]:
            share = (rate_rps - left["requests_per_s"]) / (right["requests_per_s"] - left["requests_per_s"])
            return ((1 - share) * left[f"{column}_ms"] + share * right[f"{column}_ms"]) / 1000
    return points[-1][f"{column}_ms"] / 1000
