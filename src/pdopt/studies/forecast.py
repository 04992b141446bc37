"""What a deployment of given counts would see: the formulas read forward, without a program."""

from __future__ import annotations

from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Workload
from pdopt.fleet.profiles import Shape
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.plan import Pool


@dataclass(frozen=True)
class Deployment:
    """Equal instances of one prefill and one decode shape, each on one SKU."""

    prefill: tuple[str, Shape, int]
    decode: tuple[str, Shape, int]


@dataclass(frozen=True)
class Forecast:
    """Mean latencies of one workload, in seconds; infinite where the deployment is overloaded."""

    ttft_mean_s: float
    tpot_mean_s: float


def forecast(fleet: Fleet, workload: Workload, deployment: Deployment) -> Forecast:
    """Predict the mean TTFT and TPOT of one workload that has a deployment to itself."""
    pools = (_pool(workload, "prefill", *deployment.prefill), _pool(workload, "decode", *deployment.decode))
    seen = {}
    for pool, metric in zip(pools, ("ttft", "tpot"), strict=True):
        for _, _, statistics in forecast_of(fleet, pool, pools).seen(metric):
            seen[metric] = statistics["mean"]
    return Forecast(seen["ttft"], seen["tpot"])


def _pool(workload: Workload, role: str, sku: str, shape: Shape, instances: int) -> Pool:
    rates = {workload.name: workload.demand_rps}
    return Pool(
        model=workload.llm,
        role=role,  # type: ignore[arg-type]
        sku=sku,
        gpu=shape.gpu,
        gpus_per_instance=shape.gpus,
        instances=instances,
        serves=rates,
        utilisation=0.0,
        parallelism=shape.parallelism,
        dp=shape.dp,
        engine=shape.engine,
        precision=shape.precision,
        handover="decode" if role == "decode" else None,
        hands_over={"decode": rates} if role == "prefill" else None,
    )
