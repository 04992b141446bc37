"""The fleet as it must still hold when its margins are used up."""

from __future__ import annotations

from dataclasses import replace

from pdopt.fleet.fleet import Fleet, Llm, Margins
from pdopt.fleet.profiles import DecodeProfile, EncodeProfile, MixedProfile, PrefillProfile


def with_margins(fleet: Fleet) -> Fleet:
    """Apply the margins: more demand, and instances slower by the fractions held back.

    Prefill (and encode) throughput shrinks to ``1 - margins.prefill`` of the measured one, every TPOT grows to
    ``1 / (1 - margins.decode)`` of it, so targets hold even if instances are that much slower. A mixed instance
    does it all and carries its rates less the largest fraction.
    """
    margins = fleet.margins
    if margins == Margins():
        return fleet
    workloads = {
        name: replace(
            workload,
            demand_rps=workload.demand_rps * (1 + margins.demand),
            series_rps={period: rate * (1 + margins.demand) for period, rate in workload.series_rps.items()},
        )
        for name, workload in fleet.workloads.items()
    }
    llms = {name: _slower(llm, margins) for name, llm in fleet.llms.items()}
    return replace(fleet, workloads=workloads, llms=llms, margins=Margins())


def _slower(llm: Llm, margins: Margins) -> Llm:
    encode, prefill, decode = (1 - held_back for held_back in (margins.encode, margins.prefill, margins.decode))
    return replace(
        llm,
        encode=tuple(_slower_encode(profile, encode) for profile in llm.encode),
        prefill=tuple(_slower_prefill(profile, prefill) for profile in llm.prefill),
        decode=tuple(_slower_decode(profile, decode) for profile in llm.decode),
        mixed=tuple(_slower_mixed(profile, min(encode, prefill, decode)) for profile in llm.mixed),
    )


def _slower_encode(profile: EncodeProfile, kept: float) -> EncodeProfile:
    return replace(profile, images_per_s=tuple(rate * kept for rate in profile.images_per_s))


def _slower_prefill(profile: PrefillProfile, kept: float) -> PrefillProfile:
    return replace(profile, tokens_per_s=tuple(rate * kept for rate in profile.tokens_per_s))


def _slower_decode(profile: DecodeProfile, kept: float) -> DecodeProfile:
    curves = (replace(curve, tpot_s=tuple(tpot / kept for tpot in curve.tpot_s)) for curve in profile.curves)
    return replace(profile, curves=tuple(curves))


def _slower_mixed(profile: MixedProfile, kept: float) -> MixedProfile:
    curves = (replace(curve, rates_rps=tuple(rate * kept for rate in curve.rates_rps)) for curve in profile.curves)
    return replace(profile, curves=tuple(curves))
