"""The sentences of docs/peers.md."""

HEAD = """# Beside other planners, on the same input

Written by `python -m benchmarks.peers` (needs `pip install pulp`; a CBC comes with it); do not edit. Programs of
others are written anew from their papers and descriptions, not their code, and solved as they solve them: PuLP with
CBC. Machines differ and are busy: read ratios, and CPU seconds rather than wall seconds.

"""

BUCKETS = """## Mélange

[Mélange](https://arxiv.org/abs/2404.14527) rents GPUs for one LLM whose requests fall into buckets of input and
output length. It cuts every bucket into slices and gives each slice to one GPU type, by a binary; GPUs of a type
are whole. To pdopt each bucket is a workload and each GPU type a SKU of one GPU with a profile of ordinary
instances (`mixed.csv`); requests of a workload may go anywhere in any parts, so it needs no slices. Throughputs are
a roofline with drawn deviations (`benchmarks/peers/inputs.py`): read times and savings, not fleets. pdopt's seconds
run from reading fleet.yaml to the audited plan, without importing; Mélange's from the stated program to CBC's
answer.

"""

AIBRIX = """## AIBrix

[AIBrix](https://github.com/vllm-project/aibrix)'s GPU optimizer takes the same program with four slices: the rows
with × 4 above are its. It differs where a GPU cannot serve a bucket: there it counts a load of a million GPUs, and
gives that as an answer; Mélange divides by zero; pdopt says what cannot be served, where, and what would help (exit
code 3).

"""

SAGESERVE = """## SageServe

[SageServe](https://arxiv.org/abs/2502.14617) changes the instances of every LLM, region and GPU type hour by hour,
each region serving its own demand; what is started costs. To pdopt a region is a site, a demand a workload pinned
to it, and a plan of one hour follows the plan of the hour before (`change`, `--current`). *A day* is more than
SageServe asks: all 24 hours in one program. SageServe tells starts by binaries with a big M of 10⁶, whose
relaxation says next to nothing; pdopt counts them by a row each, and solves what shares no node part by part. Costs
include starts, per hour; *wrong* is a bound of CBC's above the cost of a plan that exists. pdopt's wall seconds are
those from the file to the audited plan, in some rows beyond the limit of the solver.

"""

AICONFIGURATOR = """## AIConfigurator

[AIConfigurator](https://github.com/ai-dynamo/aiconfigurator)'s `recommend` says how many GPUs of one type serve one
LLM at a rate: it picks one replica (so many prefill and decode workers) and takes as many replicas as are needed.
It has no prices, so GPUs are compared. Its answers and its numbers of single workers are kept in
`benchmarks/peers/aiconfigurator` (made by `ask.py` there, version 0.12.0; 4000/1000 tokens, TTFT 2000 ms, TPOT 30
ms). *pdopt: separate* and *either* rest on the same workers, with the same parts held back (10 % of prefill, 8 % of
decode) and without queueing, which AIConfigurator does not know; *either* may use separate pools, ordinary
instances, or both. The last column is pdopt as it is: nothing held back, but every instance queueing for itself
(M/D/1) within a mean TTFT of 2000 ms.

"""
