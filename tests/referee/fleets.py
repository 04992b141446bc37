"""Random small fleets as plain dicts in the fleet format, with profiles in place."""

from dataclasses import dataclass, fields

from tests.referee.measurements import measure

GPU_NAMES = ("gpu-a", "gpu-b", "gpu-c")
LLM_NAMES = ("llm-x", "llm-y")
LOG_REST = {"p50": 0.69, "p90": 2.3, "p95": 3.0, "p99": 4.6}


@dataclass(frozen=True)
class Knobs:
    """What may appear: counts are upper limits, the rest are the chances of each feature."""

    llms: int = 2
    skus: int = 3
    workloads: int = 3
    percentiles: float = 0.25
    margins: float = 0.2
    open_arrivals: float = 0.35
    quadratic: float = 0.2
    dp: float = 0.15
    labels: float = 0.2
    memory: float = 0.25
    cached: float = 0.25
    mixed: float = 0.25
    dips: float = 0.3
    interpolate: float = 0.5
    overhead: float = 0.6
    partial: float = 0.3
    stock: float = 0.4
    per_gpu: float = 0.3
    unreachable: float = 0.03

    @classmethod
    def simple(cls, **changes):
        """Mean targets, node billing, one LLM, linear steady decode, nothing special."""
        plain = {knob.name: 0.0 for knob in fields(cls) if isinstance(knob.default, float)}
        return cls(**(plain | {"llms": 1, "skus": 2, "workloads": 2} | changes))


DEFAULT_KNOBS = Knobs()


def random_fleet(rng, knobs=DEFAULT_KNOBS):
    """Draw a fleet; `rng` is a `random.Random`, so that every value is a plain Python number."""
    fleet = {"name": "random fleet", "skus": _skus(rng, knobs), "models": {}, "workloads": {}}
    fleet["assumptions"] = _assumptions(rng, knobs)
    if rng.random() < knobs.overhead:
        fleet["transfer"] = {"overhead_ms": rng.choice([5, 20, 50, 100])}
    if rng.random() < knobs.margins:
        fleet["margins"] = {key: rng.choice([0, 0.05, 0.1]) for key in ("demand", "prefill", "decode")}
    overhead_ms = fleet.get("transfer", {}).get("overhead_ms", 0)
    for llm, count in _shares(rng, knobs):
        lengths = _lengths(rng, knobs, count)
        measured = measure(rng, knobs, (fleet, lengths))
        fleet["models"][llm] = measured.profiles
        slos = _slos(rng, knobs, (fleet, lengths, measured, overhead_ms))
        for place, (length, slo) in enumerate(zip(lengths, slos, strict=True)):
            entry = {"model": llm} | length | _demand(rng, length, measured) | {"slo": slo}
            if rng.random() < knobs.partial:
                entry["min_served"] = rng.choice([0.9, 0.95, 0.96])
            fleet["workloads"][f"{llm}-{place}"] = entry
    return fleet


def _skus(rng, knobs):
    """One to `knobs.skus` node types; now and then two of them hold the same GPU."""
    skus = {}
    for gpu in GPU_NAMES[: rng.randint(1, knobs.skus)]:
        gpus = rng.choice([1, 2, 4, 8, 8])
        if skus and rng.random() < 0.15:
            first = skus["node-1"]
            gpu, gpus = first["gpu"], first["gpus"]
            first.setdefault("available", rng.randint(1, 3))
        sku = {"gpu": gpu, "gpus": gpus, "usd_per_hour": round(gpus * rng.uniform(1, 9), 2)}
        if rng.random() < knobs.stock:
            sku["available"] = rng.randint(2, 6) * max(1, 8 // gpus)
        if rng.random() < knobs.per_gpu:
            sku["billing"] = "gpu"
        skus[f"node-{len(skus) + 1}"] = sku
    return skus


def _assumptions(rng, knobs):
    """Queue and decode assumptions; the quadratic fit is for steady batches."""
    load = "open" if rng.random() < knobs.open_arrivals else "steady"
    fit = "quadratic" if load == "steady" and rng.random() < knobs.quadratic else "linear"
    return {"prefill_service_cv2": rng.choice([1.0, 1.0, 0.0, 0.5]), "decode_load": load, "decode_fit": fit}


def _shares(rng, knobs):
    """LLMs with their numbers of workloads."""
    workloads = rng.randint(1, knobs.workloads)
    if workloads == 3 and rng.random() < 0.1:
        return [(LLM_NAMES[0], workloads)]
    if knobs.llms == 1 or workloads == 1 or (workloads == 2 and rng.random() < 0.5):
        workloads = min(workloads, 2)
        return [(LLM_NAMES[0], workloads)]
    return [(LLM_NAMES[0], workloads - 1), (LLM_NAMES[1], 1)]


def _lengths(rng, knobs, count):
    """Token lengths of each workload of one LLM; half of the time all are equal."""
    drawn = []
    same = rng.random() < 0.5
    for _ in range(count):
        inputs, outputs = rng.randint(5, 80) * 100, rng.randint(5, 80) * 10
        cached = inputs // 4 if rng.random() < knobs.cached else 0
        if same and drawn:
            inputs, outputs = drawn[0]["input_tokens"], drawn[0]["output_tokens"]
            cached = drawn[0].get("cached_tokens", 0)
        drawn.append({"input_tokens": inputs, "output_tokens": outputs} | ({"cached_tokens": cached} if cached else {}))
    return drawn


def _slos(rng, knobs, context):
    """Targets around what randomly chosen profiles can do, one dict for each workload."""
    fleet, lengths, measured, overhead_ms = context
    shared_statistic = "mean"
    if rng.random() < knobs.percentiles and fleet["assumptions"]["decode_fit"] == "linear":
        shared_statistic = rng.choice(list(LOG_REST))
    slos = []
    for length in lengths:
        idle_ms = rng.choice(measured.idle_ttfts_ms(length))
        tpot_ms = measured.tpot_ms(rng.uniform(0.25, 1.1), rng.random())
        if fleet["assumptions"]["decode_fit"] == "quadratic":
            tpot_ms = min(tpot_ms, 0.98 * measured.rising_to_ms())
        if rng.random() < knobs.unreachable:
            tpot_ms /= 10
        ttft_ms = overhead_ms + idle_ms * rng.uniform(1.5, 5)
        slo = {"ttft_mean_ms": round(ttft_ms, 1), f"tpot_{shared_statistic}_ms": round(tpot_ms, 2)}
        if rng.random() < knobs.percentiles:
            statistic = rng.choice(list(LOG_REST))
            tail_ms = overhead_ms + idle_ms * (1 + LOG_REST[statistic] * rng.uniform(1.3, 3))
            if rng.random() < 0.6:
                del slo["ttft_mean_ms"]
            slo[f"ttft_{statistic}_ms"] = round(tail_ms, 1)
        slos.append(slo)
    return slos


def _demand(rng, length, measured):
    """A demand worth about one to six of the weakest instances."""
    rate_rps = measured.weak_rate_rps(length) * rng.uniform(0.5, 6.0)
    if rng.random() < 0.5:
        return {"requests_per_second": float(f"{rate_rps:.4g}")}
    tokens = length["input_tokens"] + length["output_tokens"]
    return {"tokens_per_minute": max(1, round(rate_rps * 60 * tokens))}


def in_two_sites(rng, fleet):
    """Put the node types of a fleet in two sites, offer each in both now and then, pin some workloads."""
    skus = {}
    for name, sku in fleet["skus"].items():
        for site in rng.choice([["east"], ["west"], ["east", "west"]]):
            price = round(sku["usd_per_hour"] * rng.choice([1, 0.8, 1.2]), 2)
            skus[f"{name}-{site}"] = sku | {"site": site, "usd_per_hour": price}
    workloads = {}
    for name, entry in fleet["workloads"].items():
        tightest_ms = min(bound for key, bound in entry["slo"].items() if key.startswith("ttft"))
        added = {}
        if rng.random() < 0.6:
            added["latency_ms"] = {site: round(tightest_ms * rng.uniform(0, 0.4), 1) for site in ("east", "west")}
        if rng.random() < 0.3:
            added["sites"] = [rng.choice(["east", "west"])]
        workloads[name] = entry | added
    return fleet | {"sites": {"east": {}, "west": {}}, "skus": skus, "workloads": workloads}
