"""What an evaluation says of itself: tables, JSON and what scores were computed from."""

from __future__ import annotations

import hashlib
import json

import omnigan
from omnigan.domain import Metric
from omnigan.evaluation.evaluate import Evaluator, evaluate
from omnigan.evaluation.extractors import extractor


def test_samples_that_a_score_is_of_are_in_its_provenance(plane, normal):
    class Two(plane):
        def metrics(self):
            def measure(x, other):
                return {"largest": float(x.max()), "mean": float(x.mean())}

            return {"extremes": Metric(measure, "train", means=("mean",))}

    rows = evaluate(Two(held_out=50), normal(200, 0), samples=200, seed=0).rows
    counts = {row.part: row.provenance.samples for row in rows if row.metric == "extremes"}
    assert counts == {"largest": 50, "mean": 200}


def test_every_row_says_what_it_was_computed_from(plane, normal):
    told = evaluate(plane(), normal(64, 0), samples=32, seed=7).to_json()
    by_name = {row["metric"]: told["provenances"][row["provenance"]] for row in told["rows"]}
    assert by_name["mean"]["extractor"] == ""
    assert by_name["nearest"]["reference"] == "train"
    frechet = by_name["Frechet distance"]
    assert frechet["extractor"] == "random"
    assert frechet["weights"] == extractor(plane()).sha256
    assert (frechet["reference"], frechet["reference_count"]) == ("valid", 32)
    assert (frechet["samples"], frechet["seed"]) == (32, 7)
    assert frechet["version"] == omnigan.__version__
    held_out = Evaluator(plane(), 32, 7).material.held_out.batch.x
    expected = hashlib.sha256(b"x torch.float32 [32, 2];" + held_out.numpy().tobytes())
    assert frechet["reference_sha256"] == expected.hexdigest()


def test_preprocessing_is_part_of_the_provenance(plane, normal):
    class Resized(plane):
        def describe(self):
            return {"preprocessing": "box filter"}

    rows = evaluate(Resized(), normal(20, 0), samples=20, seed=0).rows
    assert {row.provenance.preprocessing for row in rows} == {"box filter"}


def test_json(plane, normal, numbers):
    evaluation = evaluate(plane(), normal(64, 0), samples=32, seed=7)
    told = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert {key: told[key] for key in ("samples", "held_out", "seed", "version")} == {
        "samples": 64,
        "held_out": 32,
        "seed": 7,
        "version": omnigan.__version__,
    }
    by_name = {(row["metric"], row["part"]): row for row in told["rows"]}
    assert by_name["nothing", ""]["value"] is None
    assert by_name["mean", "y"]["better"] == "match"
    assert by_name["offset", ""]["value"] == numbers(evaluation)["offset", ""][0]


def test_table_says_what_was_measured_on_what(plane, normal, numbers):
    evaluation = evaluate(plane(), normal(64, 0), samples=32, seed=7)
    text = evaluation.table()
    assert "64 generated, 32 held-out and 512 training examples, seed 7" in text
    assert "Scores of distributions take" not in text
    line = next(line for line in text.splitlines() if line.startswith("offset"))
    value, floor = numbers(evaluation)["offset", ""]
    assert line.split() == ["offset", f"{value:.3f}", f"{floor:.3f}", "lower"]
    assert next(line for line in text.splitlines() if line.startswith("nothing")).split()[1] == "-"
    lines = text.split("\n\n")[1].splitlines()
    ends = {line.rindex(word) for line, word in ((line, line.split()[-1]) for line in lines)}
    assert len(ends) == 1, "columns are aligned"


def test_few_examples_are_not_told_from_real(plane, normal, numbers):
    evaluation = evaluate(plane(held_out=8), normal(100, 0), samples=100, seed=0)
    assert "Scores of distributions take 16 examples" in evaluation.table()
    found = numbers(evaluation)
    assert ("mean", "x") in found
    assert not [name for name, _ in found if name == "told from real"]
