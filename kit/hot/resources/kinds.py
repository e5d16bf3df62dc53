"""Which types do more than keep a record."""

from __future__ import annotations

from kit.hot.resources import basic, group, nested, scaling, software, wait
from kit.hot.resources.base import Kind
from kit.hot.types import ResourceType

KINDS: dict[str, type[Kind]] = {
    "OS::Heat::TestResource": basic.TestResource,
    "OS::Heat::Delay": basic.Delay,
    "OS::Heat::Value": basic.Value,
    "OS::Heat::RandomString": basic.RandomString,
    "AWS::EC2::EIP": basic.ElasticAddress,
    "AWS::CloudFormation::Stack": nested.CfnStack,
    "OS::Heat::ResourceGroup": group.ResourceGroup,
    "OS::Heat::ResourceChain": group.ResourceChain,
    "OS::Heat::AutoScalingGroup": scaling.AutoScalingGroup,
    "OS::Heat::ScalingPolicy": scaling.ScalingPolicy,
    "OS::Heat::WaitCondition": wait.WaitCondition,
    "OS::Heat::WaitConditionHandle": wait.WaitConditionHandle,
    "OS::Heat::UpdateWaitConditionHandle": wait.UpdateWaitConditionHandle,
    "AWS::CloudFormation::WaitCondition": wait.CfnWaitCondition,
    "AWS::CloudFormation::WaitConditionHandle": wait.CfnWaitConditionHandle,
    "OS::Heat::SoftwareConfig": software.SoftwareConfig,
    "OS::Heat::StructuredConfig": software.SoftwareConfig,
    "OS::Heat::MultipartMime": software.SoftwareConfig,
    "OS::Heat::CloudConfig": software.CloudConfig,
    "OS::Heat::SoftwareDeployment": software.SoftwareDeployment,
    "OS::Heat::StructuredDeployment": software.SoftwareDeployment,
    "OS::Heat::SoftwareDeploymentGroup": group.SoftwareDeploymentGroup,
    "OS::Heat::SoftwareDeployments": group.SoftwareDeploymentGroup,
    "OS::Heat::StructuredDeploymentGroup": group.StructuredDeploymentGroup,
    "OS::Heat::StructuredDeployments": group.StructuredDeploymentGroup,
}


def kind_of(type: ResourceType) -> Kind:
    """What a type of Heat does here: its own kind, nothing at all, or a record."""
    return basic.Nothing(type) if type.nothing else KINDS.get(type.name, Kind)(type)
