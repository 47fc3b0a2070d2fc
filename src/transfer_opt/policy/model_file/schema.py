"""`python -m transfer_opt.policy.model_file.schema`: the JSON Schema by which editors help with a model file.

Written from the models of `shape.py` and, for the names that the program decides, from the default model; beside every
shipped model its SHA-256, which says that its shape has been checked.
"""

from __future__ import annotations

import json
from typing import Any

from transfer_opt.core.errors import InputError
from transfer_opt.core.vocabulary import OUTLOOK, WEIGHTS
from transfer_opt.policy.model import ModelSpec, RuleSpec
from transfer_opt.policy.model_file.files import DIGEST, MODEL, model_names, model_path, shipped
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.policy.model_file.reading import read
from transfer_opt.policy.model_file.shape import FACTOR_PARAMETERS, ModelFile, shape_findings
from transfer_opt.policy.model_file.source import Source

SCHEMA = "model.schema.json"
Schema = dict[str, Any]


def schema(spec: ModelSpec) -> str:
    """The JSON Schema of every model file, as text; `spec` is the default model."""
    whole = _plain(ModelFile.model_json_schema())
    parts: Schema = whole["$defs"]
    parts["Factor"]["allOf"] = [_by_function(name) for name in FACTOR_PARAMETERS]
    written = {name: rule for name, rule in spec.rules.items() if name not in (OUTLOOK, WEIGHTS)}
    whole["properties"]["rules"] |= {
        "properties": {name: _rule(rule) for name, rule in written.items()},
        "required": list(written),
        "additionalProperties": False,
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "转移支付分配模型文件",
        **whole,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def checksum(source: Source) -> str:
    """The line by which `sha256sum -c` and `loading.py` know a model file that is in shape; InputError where it is not."""
    problems = tuple(finding.problem for finding in shape_findings(source))
    if problems:
        raise InputError(problems)
    return f"{source.digest}  {MODEL}\n"


def main() -> None:
    """Write the schema beside the models, and the checksums into their folders."""
    shipped("models", SCHEMA).write_text(schema(load_model()), encoding="utf-8", newline="\n")
    for name in model_names():
        text = checksum(read(model_path(name)))
        shipped("models", name, DIGEST).write_text(text, encoding="utf-8", newline="\n")


def _rule(rule: RuleSpec) -> Schema:
    """A rule under its name, with the names of its parameters."""
    parameters = {
        name: _described("Parameter", each.summary) for name, each in rule.parameters.items()
    }
    inner = {"properties": parameters, "required": list(parameters), "additionalProperties": False}
    asked = {"required": ["parameters"]} if parameters else {}
    return {**_described("Rule", rule.summary), "properties": {"parameters": inner}, **asked}


def _described(part: str, summary: str) -> Schema:
    return {"description": summary, "allOf": [{"$ref": f"#/$defs/{part}"}]}


def _by_function(name: str) -> Schema:
    """What a factor must be given, by its function."""
    given = _plain(FACTOR_PARAMETERS[name].model_json_schema())
    asked = {"required": ["parameters"]} if given.get("required") else {}
    return {
        "if": {"properties": {"function": {"const": name}}, "required": ["function"]},
        "then": {"properties": {"parameters": given}, **asked},
    }


def _plain(node: Any) -> Any:
    """Without what pydantic adds of its own: titles made of names, and null for a key that may be left out."""
    if isinstance(node, dict):
        return {
            key: _plain(value)
            for key, value in node.items()
            if value is not None and not (key == "title" and isinstance(value, str))
        }
    return [_plain(each) for each in node] if isinstance(node, list) else node


if __name__ == "__main__":
    main()
