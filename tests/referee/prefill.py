"""One prefill instance, forwards: service time, mean wait, and bounds on percentiles of TTFT."""

import math

import numpy as np

from tests.referee.reading import PROBABILITY

BOUNDS = ("sojourn", "wait")


def service_s(profile, workload):
    """Time a queue of this profile takes for one request; None where nothing was measured.

    With `dp` queues in an instance each has 1/dp of the throughput, hence dp times the service time.
    """
    points = sorted((row["input_tokens"], row["tokens_per_s"]) for row in profile.rows)
    lengths, speeds_tps = zip(*points, strict=True)
    if not lengths[0] <= workload.new_tokens <= lengths[-1]:
        return None
    return profile.dp * workload.new_tokens / float(np.interp(workload.new_tokens, lengths, speeds_tps))


def busy_share(rates_rps, services_s):
    """Utilisation of one queue; both arguments are keyed by workload name."""
    return sum(rate * services_s[name] for name, rate in rates_rps.items())


def mean_wait_s(rates_rps, services_s, cv2):
    """Pollaczek–Khinchine mean wait of one queue; infinite at full utilisation."""
    idle = 1 - busy_share(rates_rps, services_s)
    if idle <= 0:
        return math.inf
    return sum(rate * services_s[name] ** 2 * (1 + cv2) / 2 for name, rate in rates_rps.items()) / idle


def percentile_s(bound, statistic, own_service_s, busy, pool):
    """Upper bound on a percentile of queueing plus service at utilisation `busy`.

    "sojourn": the whole sojourn is exponential at worst (valid for exponential service, exact for one class);
    "wait": exponential tail of the wait, and then the request's own service.
    `pool` is the pair (service times of all workloads the pool serves, cv2).
    """
    services_s, cv2 = pool
    if busy >= 1 or (bound == "sojourn" and cv2 != 1):
        return math.inf
    decades = math.log(1 / (1 - PROBABILITY[statistic]))
    longest_s = max(services_s.values())
    if bound == "sojourn":
        return decades * longest_s / (1 - busy)
    return own_service_s + decades * longest_s * (1 + cv2) / 2 / (1 - busy)
