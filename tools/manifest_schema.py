"""Prints the JSON Schema of `model.json`, from the vocabulary; `make reference` keeps it beside the registry."""

import json

from data.vocabulary import Manifest


def schema() -> str:
    """The text of `components/registry/model.schema.json`."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "model.schema.json"}
    told = {**about, **Manifest.model_json_schema(mode="serialization")}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
