from pipeline.config import Config
from pipeline.studies.ablation_view import cost


def test_what_an_ablation_takes_is_said_before_it_begins():
    data = {"source": "x.csv", "label": {"column": "y"}, "numeric": ["a"], "categorical": ["b"]}
    config = Config.model_validate({"name": "x", "data": data})
    said = cost(config, 3, linear_only=False)
    assert said.startswith(
        "9 trainings, each as long as the Trainer of a run takes: raw, scaling, embeddings, times 3 seeds"
    )
    assert "--seeds 1 takes the least" in said
    assert cost(config, 1, linear_only=True).startswith("2 linear models, seconds each: raw, scaling, times 1 seed;")
