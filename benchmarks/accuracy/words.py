"""What the page says around its tables; figures that a run computes stand in braces."""

HEAD = """\
# Accuracy

Written by `python -m benchmarks.accuracy` (pip install 'pdopt[plot]'); do not edit. Error = predicted / measured - \
1; `median` and `p90` are of its size, `bias` is the median with its sign. AIC is AIConfigurator 0.12.0. Nothing on \
this page was fitted to what it is compared with, unless a table says `calibrated`, and there each deployment is \
left out of its own calibration.

## In short

"""

SETTING = """\
- **TPOT and throughput** of ordinary deployments (`all others`) come out within about a tenth in the median from
  computed profiles alone, much as AIConfigurator's own estimates; one row in ten is off by more than a fifth (TPOT)
  or a third (throughput).
- **TTFT of these benchmarks is predicted by neither**: they start all requests at once and count what
  profiles do not hold. Where arrivals are open (the paper's Figure 3, below) it is.
- **Decode spread over 16 or 32 ranks** is predicted far too slow. Measure such instances before planning with them.

## Measured deployments

`benchmarks/accuracy/measured.csv`: 197 rows of disaggregated deployments, P and D workers, requests in flight, mean \
TTFT and mean TPOT, measured by SemiAnalysis InferenceX and by NVIDIA (`silicon_sample.csv` of \
ai-dynamo/aiconfigurator, Apache-2.0; not official results of either). Requests per second were not measured: \
Little's law gives them, concurrency / (TTFT + (output - 1) TPOT). InferenceX draws lengths from 0.8 to 1.0 of the \
nominal ones; the mean, 0.9, is what is predicted.

**Profiles that do not contain them.** The profiles are computed from kernel timings by AISimulate, uncalibrated and \
without speculative decoding (the catalogue's, and for shapes that it lacks those of \
`python -m benchmarks.accuracy.compute_profiles`); rows whose source names InferenceX, that sample or the sweep are \
left out. Whether NVIDIA tuned its own corrections (prefill x 1.1, decode x 1.08, TTFT x 1.8), which are in AIC's \
estimates and not in pdopt's, on this sample is not known.

**The closed loop.** The benchmarks hold a number of requests in flight; pdopt plans for rates. Mean-value analysis \
over the prefill queues and the decode pool of pdopt's own curves (`benchmarks/accuracy/closed_loop.py`) gives the \
rate at which the loop settles, and with it TTFT and TPOT. AIC's estimates are those of `aiconfigurator cli \
estimate` with all requests in flight shared evenly by the decode ranks \
(`benchmarks/accuracy/aiconfigurator_estimates.py`); its TTFT does not depend on the load.

"""

PREDICTED = """\
The tables say of every group how many rows AIC estimates too, and how pdopt does on just those. What sets rows \
apart: `NVIDIA's sweep` is of one fixed length and ten rows; `decode over 16 or 32 ranks` has attention data \
parallelism over more than 8 GPUs; `batch past the computed KV memory` has more requests in flight than the \
profile says fit. These groups were drawn after seeing the errors: \
`all others` is what is left, and flatters; the rows `all` do not.

"""

POOR = """\
### What is poor, and why

**TTFT.** Mean TTFT of a closed loop holds the burst at its start, when every request asks for prefill at once, and \
all that profiles do not hold: tokenisation, the transfer of the KV cache, waiting for a place in the decode batch. \
Even where prefill is all but idle, the measured TTFT is several times one prompt's prefill:

{times}Do not judge the queue by these rows. A plan's TTFT needs `overhead_ms` to be measured, and open arrivals.

**Decode over 16 or 32 ranks** ({wide} rows). All but a few TPOTs are predicted too high, the more so the larger the \
batch. Probably it is the profiles: for most such shapes AIConfigurator 0.12.0 itself declines for lack of all-to-all \
timings across nodes, and on the {wide_common} rows where it answers, pdopt's TPOT is {ratio} times AIC's. Besides, \
the source does not tell whether speculative decoding was on, nor how many requests an engine lets decode at once: \
deployments that stand in it more than once at the same concurrency differ in TPOT by factors of {repeats}. No \
prediction from what is known can be right about both of such a pair.

**Batches past the KV memory** ({past} rows). The profile's memory is AIC's estimate, which is careful; the engines \
held more. pdopt would never plan such a batch; the prediction shares out the throughput of the largest one.

**NVIDIA's sweep.** Qwen3-32B as 8P2D on 16 H100 has a TPOT of 9 ms in it under vLLM with 448 requests in flight and \
of 112 ms under SGLang with 512; 6P5D has 560 ms, 5P11D 22 ms. Some of these are overloaded or went wrong, and \
nothing in the source tells which. pdopt and AIC are equally far from them; ten rows are too few to tell more.

**What a calibration mends.** TPOT of the other rows, each scaled by the median of measured / predicted of the other \
*deployments* on that GPU and engine (`calibrated`). Where the bias is of one sign a single number per GPU and \
engine takes it away; where shapes differ in sign, or there are few, it does not help:

{calibrated}"""

COUNTS = """\
## P:D counts

`pdopt's plan`: the fewest instances of the deployed shapes that carry the measured throughput within the measured \
mean TTFT and TPOT (`pdopt size`, defaults: M/M/1, steady batch); then with targets 10 % looser. `no plan`: the \
profile never reaches that TPOT or TTFT. `deployed batch`: how many instances the throughput asks for when each runs \
the batch that was deployed; this is all that AIC can be asked at a given rate and shape (the rate over 0.9 of a \
worker's prefill and 0.92 of its decode), and pdopt's profiles answer beside it, without such shares.

Deployed counts are what somebody chose to measure, not the fewest that do: at low concurrency one prefill instance \
is mostly idle, so that P agrees easily and says little. D says more, because TPOT tells the batch. At a given batch \
an error of the curve passes to D as it is; in a plan it counts more than once, because the target is a TPOT: where \
the curve is flat, 10 % of error in TPOT may halve or double the batch that meets it. So `D not rounded` errs more \
in plans than at the deployed batch, and a plan is only as good as its decode curve is near the target: measure \
there, calibrate, or keep a decode margin.

"""

FIGURE3 = """\
## The paper's Figure 3

Six points of two deployments of DeepSeek-V3.1 on H200 under open arrivals, predicted from the paper's measured \
profile; point by point, with what remains to be explained, in [paper.md](paper.md).

"""

SPLITWISE = """\
## Splitwise's A100 and H100 designs

Splitwise (ISCA 2024) divides the power, or the price, of 40 DGX-H100 among prompt (P) and token (D) machines for \
BLOOM-176B under Azure's conversations of 2023; its simulator's published runs (Mutinifni/splitwise-sim, MIT: \
`benchmarks/accuracy/splitwise_designs.csv`) name the counts. pdopt spends the same budget on the same machines, \
with Splitwise's own measurements, prices, power and targets (TTFT at most 2, 3 and 6 times and TPOT 1.25, 1.5 and 5 \
times that of an idle A100 at p50, p90 and p99), mean lengths 1155/211, all splits tried. Splitwise's dispatcher \
sends to the shortest queue; pdopt's default lets every instance queue for itself, which asks too much of prefill, \
and prefill kept busy is the other extreme: the truth lies between. `req/s` is what pdopt's split carries, \
`published split` what pdopt says the published one does.

"""

SPLITWISE_SAID = """\
What agrees: at equal power, capped H100s for decode carry the most, and their split is the published one within a \
machine when every instance queues. What does not: Splitwise gives P {least:.0f} to {most:.0f} points more than \
pdopt does where prefill is kept busy, and on all but A100s alone also more than where every instance queues. Its \
pools lend machines to one another, so that idle P machines decode and the split matters less; it searched in steps \
of five; and its lengths vary, where pdopt takes means. Nor does pdopt find A100s alone the best at equal price, \
which the paper is quoted for (only its abstract and its simulator were read here). Published throughputs are \
relative to baselines that mix both phases, of which there is no measured profile: they are not compared. \
BLOOM-176B's decode was measured at 512/128 tokens; like Splitwise's simulator this takes it to be the same \
at 1155/211. pdopt itself would decline.
"""
