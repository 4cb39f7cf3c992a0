"""Resolves CloudFormation's intrinsic functions against a deployed stack.

Only what a HTTP API's definition can hold: Ref, Fn::Sub, Fn::GetAtt, Fn::If, Fn::Join and the conditions under them;
and what the template's rules assert.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

NO_VALUE = object()
"""What `AWS::NoValue` becomes; a property or list item of this value is left out."""


class Resolver:
    """`values` holds parameters, pseudo parameters and physical ids by logical id; `attributes` answers Fn::GetAtt."""

    def __init__(
        self,
        values: Mapping[str, Any],
        conditions: Mapping[str, Any],
        attributes: Callable[[str, str], Any],
    ) -> None:
        self._values = {"AWS::NoValue": NO_VALUE, "AWS::Partition": "aws", **values}
        self._conditions = conditions
        self._attributes = attributes
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": lambda name: self._values[name],
            "Fn::Sub": self._substitute,
            "Fn::GetAtt": self._attribute,
            "Fn::If": lambda it: self.resolve(it[1] if self._holds(it[0]) else it[2]),
            "Fn::Join": lambda it: it[0].join(self.resolve(it[1])),
        }

    def resolve(self, node: Any) -> Any:
        """The node with every intrinsic function replaced; raises KeyError on one that is not supported."""
        if isinstance(node, list):
            items = [self.resolve(item) for item in node]  # pyright: ignore[reportUnknownVariableType]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:  # pyright: ignore[reportUnknownArgumentType]
            ((name, argument),) = node.items()  # pyright: ignore[reportUnknownVariableType]
            if name == "Ref" or str(name).startswith("Fn::"):  # pyright: ignore[reportUnknownArgumentType]
                return self._functions[name](argument)
        resolved = {key: self.resolve(value) for key, value in node.items()}  # pyright: ignore[reportUnknownVariableType]
        return {key: value for key, value in resolved.items() if value is not NO_VALUE}

    def _substitute(self, argument: Any) -> str:
        template, own = (argument, {}) if isinstance(argument, str) else argument
        names = {name: self.resolve(value) for name, value in own.items()}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in names:
                return str(names[name])
            return str(self._attribute(name) if "." in name else self._values[name])

        return re.sub(r"\$\{([^!}]+)\}", value, template).replace("${!", "${")

    def _attribute(self, argument: Any) -> Any:
        logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
        return self._attributes(logical_id, name)

    def _holds(self, name: str) -> bool:
        return self.evaluate(self._conditions[name])

    def evaluate(self, condition: Any) -> bool:
        """Whether a condition holds, or what a rule asserts; raises KeyError on a function of neither."""
        ((name, argument),) = condition.items()
        match name:
            case "Condition":
                return self._holds(argument)
            case "Fn::Equals":
                left, right = self.resolve(argument)
                return bool(left == right)
            case "Fn::Contains":
                values, value = self.resolve(argument)
                return value in values
            case "Fn::Not":
                return not self.evaluate(argument[0])
            case "Fn::And":
                return all(self.evaluate(each) for each in argument)
            case "Fn::Or":
                return any(self.evaluate(each) for each in argument)
            case _:
                raise KeyError(name)
