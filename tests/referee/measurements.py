"""Random measured profiles of one LLM for the random fleets."""

import numpy as np

OUTER = (0.6, 1.6)


class Measured:
    """Profiles of one LLM in the fleet format, and rough answers for choosing targets and demand."""

    def __init__(self, profiles):
        self.profiles = profiles
        self.curves = {}
        for row in profiles["decode"]:
            key = (row["gpu"], row["gpus"], row["input_tokens"], row["output_tokens"])
            self.curves.setdefault(key, []).append((row["batch"], row["tpot_ms"]))

    def idle_ttfts_ms(self, length):
        """Compute time of one request on each prefill profile, dp queues counted."""
        new_tokens = length["input_tokens"] - length.get("cached_tokens", 0)
        return [1000 * row.get("dp", 1) * new_tokens / row["tokens_per_s"] for row in self.profiles["prefill"]]

    def tpot_ms(self, place, pick):
        """TPOT at a fraction of the batch range of one curve."""
        points = list(self.curves.values())[int(pick * len(self.curves))]
        batches, tpots_ms = zip(*points, strict=True)
        return float(np.interp(place * batches[-1], batches, tpots_ms)) * max(1.0, place)

    def rising_to_ms(self):
        """The TPOT up to which every curve is measured and its fitted quadratic still rises."""
        ends_ms = []
        for points in self.curves.values():
            batches, tpots_ms = np.transpose(points)
            bend, slope, _ = np.polyfit(tpots_ms, batches / tpots_ms, 2)
            ends_ms += [tpots_ms[-1], -slope / 2 / bend if bend < 0 else tpots_ms[-1]]
        return float(min(ends_ms))

    def weak_rate_rps(self, length):
        """Requests per second of the weakest instance, either role, at moderate load."""
        prefill_rps = [1000 / idle_ms for idle_ms in self.idle_ttfts_ms(length)]
        decode_rps = [1000 * points[-2][0] / points[-2][1] / length["output_tokens"] for points in self.curves.values()]
        return 0.5 * min(prefill_rps + decode_rps)


def measure(rng, knobs, context):
    """Draw profiles that cover the workloads' lengths on the fleet's GPUs."""
    fleet, lengths = context
    nodes = {sku["gpu"]: sku["gpus"] for sku in fleet["skus"].values()}
    smooth = fleet["assumptions"]["decode_fit"] == "quadratic"
    exact = smooth or rng.random() >= knobs.interpolate
    labelled = rng.random() < knobs.labels
    prefill, decode, mixed = [], [], []
    for gpu, node_gpus in nodes.items():
        speed = rng.uniform(0.5, 2.0)
        for role, rows in (("prefill", prefill), ("decode", decode)):
            for gpus in _shapes(rng, node_gpus):
                shape = {"gpu": gpu, "gpus": gpus} | (_labels(rng) if labelled else {})
                draw = _prefill_rows if role == "prefill" else _decode_rows
                rows += draw(rng, knobs, (shape, lengths, speed * rng.uniform(0.8, 1.2), exact, smooth))
    measured = Measured({"prefill": prefill, "decode": decode})
    if rng.random() < knobs.mixed:
        gpu = rng.choice(list(nodes))
        shape = {"gpu": gpu, "gpus": rng.choice(_shapes(rng, nodes[gpu]))}
        for length in {tuple(sorted(length.items())): length for length in lengths}.values():
            mixed += _mixed_rows(rng, shape, length, measured)
        measured.profiles["mixed"] = mixed
    return measured


def _shapes(rng, node_gpus):
    """One or two instance sizes that divide the node."""
    sizes = [size for size in (1, 2, 4, 8) if size <= node_gpus]
    return rng.sample(sizes[-3:], k=min(len(sizes), rng.choice([1, 1, 2])))


def _labels(rng):
    """Engine and precision of a shape, either of them sometimes blank."""
    engine, precision = rng.choice(["sglang", "sglang", "vllm", ""]), rng.choice(["fp8", "fp8", "bf16", ""])
    return ({"engine": engine} if engine else {}) | ({"precision": precision} if precision else {})


def _prefill_rows(rng, knobs, context):
    """Throughput at one to three lengths that cover the workloads' own."""
    shape, lengths, speed, exact, _ = context
    wanted = sorted({length["input_tokens"] - length.get("cached_tokens", 0) for length in lengths})
    points = wanted if exact else sorted({round(OUTER[0] * wanted[0]), wanted[0], round(OUTER[1] * wanted[-1])})
    if rng.random() < knobs.dp:
        shape = shape | {"dp": 2}
    top_tps = 3500 * shape["gpus"] * speed
    return [
        shape | {"input_tokens": point, "tokens_per_s": round(top_tps * (1 - point / 40000) * rng.uniform(0.9, 1.1))}
        for point in points
    ]


def _decode_rows(rng, knobs, context):
    """TPOT curves of three to six batches at one to three pairs of lengths, sometimes with a dip or a step."""
    shape, lengths, speed, exact, smooth = context
    pairs = sorted({(length["input_tokens"], length["output_tokens"]) for length in lengths})
    if not exact:
        inputs, outputs = zip(*pairs, strict=True)
        pairs = [(min(inputs) // 2, min(outputs)), (max(inputs) * 2, max(outputs))]
    first, count = rng.choice([1, 2, 4, 8]), rng.randint(4 if smooth else 3, 6)
    batches = sorted(rng.sample(range(first + 1, first + 12), k=count - 1))
    batches = [first] + [first + (batch - first) * rng.choice([3, 4]) * max(1, shape["gpus"] // 2) for batch in batches]
    batches = sorted(set(batches))
    floor_ms, slope_ms = rng.uniform(6, 14) / speed, rng.uniform(0.2, 0.7) / speed / shape["gpus"]
    bumps = [1.0] * len(batches)
    if not smooth and rng.random() < knobs.dips:
        bumps[rng.randrange(len(batches) - 1)] = rng.choice([0.75, 1.3, 1.5])
    if rng.random() < knobs.memory and not smooth:
        longest = max(inputs + outputs / 2 for inputs, outputs in pairs)
        cap = rng.uniform(max(1.5 * first, batches[-1] / 3), 1.2 * batches[-1])
        shape = shape | {"kv_tokens": round(longest * cap)}
    return [
        shape
        | {"input_tokens": inputs, "output_tokens": outputs, "batch": batch}
        | {"tpot_ms": round((floor_ms + slope_ms * batch * (1 + inputs / 10000)) * bump, 3)}
        for inputs, outputs in pairs
        for batch, bump in zip(batches, bumps, strict=True)
    ]


def _mixed_rows(rng, shape, length, measured):
    """Means and two percentiles of both latencies at two to four rates of an ordinary instance."""
    top_rps = measured.weak_rate_rps(length) * rng.uniform(0.5, 2.5) * shape["gpus"] ** 0.5
    idle_ms, tpot_ms = min(measured.idle_ttfts_ms(length)), measured.tpot_ms(0.2, 0.0)
    rows = []
    for share in sorted(rng.sample([0.2, 0.4, 0.6, 0.8, 1.0], k=rng.randint(2, 4))):
        ttft_ms, pace_ms = idle_ms * (1 + share), tpot_ms * (0.7 + 0.6 * share)
        rows.append(
            shape
            | length
            | {"requests_per_s": round(top_rps * share, 5)}
            | {"ttft_mean_ms": round(ttft_ms, 2), "tpot_mean_ms": round(pace_ms, 3)}
            | {"ttft_p95_ms": round(2.5 * ttft_ms, 2), "tpot_p95_ms": round(1.5 * pace_ms, 3)}
        )
    return rows
