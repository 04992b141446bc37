"""``python -m benchmarks.accuracy``: predict every measured deployment, write docs/accuracy.md and its pictures."""

from __future__ import annotations

from benchmarks.accuracy.deployments import HERE, deployments
from benchmarks.accuracy.errors import aiconfigurator, groups
from benchmarks.accuracy.page import Comparison, page
from benchmarks.accuracy.pictures import draw
from benchmarks.accuracy.predict import NoProfile, predict

DOCS = HERE.parents[1] / "docs"


def compare() -> Comparison:
    """Predict what can be predicted."""
    predictions, without = [], []
    for deployment in deployments():
        try:
            predictions.append(predict(deployment))
        except NoProfile as why:
            without.append((deployment, str(why)))
    return Comparison(predictions, without, aiconfigurator())


def main() -> None:
    """Write the page and the pictures."""
    comparison, files = compare(), {}
    (DOCS / "accuracy").mkdir(exist_ok=True)
    for gpu, group in groups(comparison.predictions, lambda p: p.measured.gpu).items():
        files[gpu] = f"accuracy/{gpu}.svg"
        draw(gpu, group, comparison.estimates, DOCS / files[gpu])
    (DOCS / "accuracy.md").write_text(page(comparison, files), encoding="utf-8")
    print(f"{len(comparison.predictions)} predictions; docs/accuracy.md and {len(files)} pictures written")


if __name__ == "__main__":
    main()
