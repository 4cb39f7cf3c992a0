"""CloudFormation's intrinsic functions, as far as the definition of an HTTP API uses them."""

from typing import Any

import pytest

from local.intrinsics import Resolver

VALUES = {"Pool": "ap-south-1_Abc", "AWS::Region": "ap-south-1", "Issuer": "", "Origins": ["https://a", "https://b"]}
CONDITIONS = {
    "OwnPool": {"Fn::Equals": [{"Ref": "Issuer"}, ""]},
    "OtherPool": {"Fn::Not": [{"Condition": "OwnPool"}]},
    "HasOrigins": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Origins"}]}, ""]}]},
    "Both": {"Fn::And": [{"Condition": "OwnPool"}, {"Condition": "HasOrigins"}]},
    "Either": {"Fn::Or": [{"Condition": "OtherPool"}, {"Condition": "HasOrigins"}]},
}


def resolve(node: Any) -> Any:
    return Resolver(VALUES, CONDITIONS, lambda logical_id, name: f"{logical_id}/{name}").resolve(node)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Pool"}, "ap-south-1_Abc"),
        ({"Ref": "Origins"}, ["https://a", "https://b"]),
        ({"Fn::Sub": "${AWS::Region}:${Pool}:${Pool.Arn}:${!kept}"}, "ap-south-1:ap-south-1_Abc:Pool/Arn:${kept}"),
        ({"Fn::Sub": ["${Mine}-${Pool}", {"Mine": {"Ref": "AWS::Region"}}]}, "ap-south-1-ap-south-1_Abc"),
        ({"Fn::GetAtt": ["Pool", "ProviderURL"]}, "Pool/ProviderURL"),
        ({"Fn::GetAtt": "Pool.ProviderURL"}, "Pool/ProviderURL"),
        ({"Fn::Join": [",", ["x", {"Ref": "Pool"}]]}, "x,ap-south-1_Abc"),
        ({"Fn::If": ["OwnPool", "own", "other"]}, "own"),
        ({"Fn::If": ["OtherPool", "own", "other"]}, "other"),
        ({"Fn::If": ["Both", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"kept": 1, "dropped": {"Ref": "AWS::NoValue"}}, {"kept": 1}),
        (["kept", {"Fn::If": ["OtherPool", "dropped", {"Ref": "AWS::NoValue"}]}], ["kept"]),
    ],
)
def test_a_node_becomes_what_cloudformation_makes_of_it(node: Any, value: Any) -> None:
    assert resolve({"deep": [node]}) == {"deep": [value]}


@pytest.mark.parametrize("node", [{"Ref": "Nobody"}, {"Fn::Base64": "x"}, {"Fn::Sub": "${Nobody}"}])
def test_what_cannot_be_resolved_is_refused(node: Any) -> None:
    with pytest.raises(KeyError):
        resolve(node)
