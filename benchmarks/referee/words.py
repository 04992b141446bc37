"""What the page says around its tables."""

HEAD = """\
# A referee from outside

Written by `python -m benchmarks.referee` ([how to run it](../benchmarks/README.md)); do not edit. On {date} NVIDIA's \
AISimulate {aisimulate} replayed pdopt's plans: a simulator of schedulers, batches and KV caches, event by event, that \
shares no code and no formula with pdopt. It takes its times from the same kernel timings as pdopt's computed profiles, \
so this tests queues and batches, not the profiles: those are held against hardware in [accuracy.md](accuracy.md). \
NVIDIA calls it a tool for evaluation, without guarantees of accuracy.

## In short

GPUs of pdopt's plan, and whether the referee sees **both targets held at p99**:

"""

WHICH = """\
## Which assumptions to set

| what you know | say |
|---|---|
| prompts are about equally long, and the router takes turns or looks at the work left | `dispatch: pooled`, `prefill_service_cv2: 0` |
| lengths vary, and the router sends to the least work left | `dispatch: pooled`, `prefill_service_cv2` of your log (`pdopt trace` tells it) |
| lengths vary and the router takes turns or draws lots; or you do not know | `dispatch: split` (the default), `prefill_service_cv2` of your log |
| in any case, for decode | `decode_load: open` |
| your users feel the slow requests, not the average | targets as `ttft_p99_ms` and `tpot_p99_ms`: a plan made for means keeps means |

The defaults are the paper's, `split` and a `steady` batch. Split dispatch asks for too much prefill; a steady batch \
promises too much decode: it plans to the edge of the curve, where a real batch, which breathes, spends half of its time beyond. \
With both defaults the errors do not cancel: GPUs go to the role that does not lack them. A decode margin of 5 % is no \
substitute where a curve has a step.

"""

MEASURED = """\
## What is compared

- **Plans** are pdopt's own for fleets of `instances/realistic`, under five sets of assumptions, with the targets taken as means and as p99. \
`own cv²` is the variability of service that the fleet states (0 where all requests are equally long), the other sets have the default 1.
- **Replays**: Poisson arrivals, every seed another; prompts share no prefix; KV transfer takes no time (as in the fleets). Requests that arrive \
while the batches fill or after which they empty (the time one request takes at the targets, at both ends) do not count. `holds`: mean or p99 of all seeds together is within both targets.
- **TTFT** in AISimulate ends when the first token leaves with a step of decode, after a wait for the step before it; the fleets \
state these two steps as `transfer.overhead_ms`, at the TPOT target. **TPOT** is a request's own average, (last token - first token) / (tokens - 1), as in pdopt; a batch counts per instance, of all its attention ranks.
- **Router**: AISimulate takes turns, for prefill and for decode.
- **Several groups in one role** (two decode shapes, say) are more than AISimulate runs at once: each is replayed with its own share of the requests, drawn by lot, \
as the plan means it, and counts by its share.

"""

PROFILES = {
    "catalogue": "### Profiles of the catalogue\n\n",
    "fine": """\
### Profiles with the steps of the curves

The catalogue has fourteen batches a curve and draws a slope where a curve has a step, such as from 64 to 65 requests, \
where another kernel or captured graph takes over. `benchmarks/referee/profiles` has the batches on both sides of every \
step (`python -m benchmarks.referee.compute_profiles`).

""",
}

OTHERS = "What others plan, and neighbours of the smallest that holds:\n\n"

PREDICTED = """\
## Predicted against seen

Over all plans above:

"""

DECODE = """\
## Decode: how far the batch breathes

Deployments with one decode group. `each instance`: `decode_load: open` as pdopt has it, every instance with random \
arrivals of its own. `balanced`: the same chain for all instances of the group together, each with an equal part of the \
requests (`benchmarks/referee/balanced.py`; not in pdopt).

"""

POOR = """\
## What is poor, and why

**Split dispatch** promises a TTFT of up to several times what the referee sees, and p99 more so: it supposes exponential \
service and an arrival at any instance at any time. Here prompts are equally long and the router takes turns, and then \
every request waits as in one line for all instances (M/D/n). With `pooled` and the fleet's own cv² the prediction is \
within some per cent of that. Where lengths vary (`varying lengths` above), turns are no longer one line: there `pooled` \
promises too much, and `split` remains on the safe side.

**A steady batch** has no spread. Plans made with it run at the edge of the curve, and where the curve has a step there, \
the real batch passes it half of the time, decodes slower, grows, and stays: the misses of TPOT above are all of such \
plans. `open` knows of it.

**`open` asks for too much at p99** of groups of several instances, by up to a fifth here, for two reasons. A request's TPOT is an average \
over hundreds of steps, the prediction is the TPOT at the batch it meets on arrival. And the instances of a group are not \
independent: turns keep their batches alike, so that they breathe together and less (`balanced` above, which is near \
what the referee saw); besides, prefill instances that are nearly always busy hand over at an almost even pace. \
pdopt has no `pooled` for decode yet: its plans are on the safe side, by an instance at times.

**Curves with steps have two answers.** At some loads a group can run before the step or, once pushed over it, beyond, \
and the chain's average is over both, in the proportion of an endless run. The referee, which starts empty and never has \
more than Poisson's fluctuations, stays before it: the profile with the steps says 30 ms where it sees 20 \
(14P tp1 + 9D tp2 at 4000/1000), and pdopt plans two GPUs more. Neither is wrong: after an outage or a surge a real group \
may start beyond the step and stay there as long as the load does. The catalogue's profile draws a slope in place of that step, \
and its plan is as lean as the best known, but it does not know how near the edge is: keep a decode margin, or use finer batches.

**Lengths that vary** make the mean service longer than the service at the mean length, by 5 % for the chat above, because \
throughput is best in the middle of the range; pdopt takes the latter. Classes of lengths (`pdopt trace`) take that away; \
a prefill margin of 5 % covers it.

**One simulator.** It has no router that looks at queues, no failures, no KV transfer time, no batching of short prompts \
in prefill, and fixed settings of the engines; and its kernel timings are pdopt's too.
"""
