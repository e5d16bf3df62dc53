"""Groups of instances: OS::Heat::InstanceGroup and AWS::AutoScaling. Source: Heat 27, `resources/aws/autoscaling/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.cloud.orchestration.resources.heat import ScalingPolicy
from kit.hot import Kind, Resource, TemplateError
from kit.hot.definition import Definition
from kit.hot.errors import FunctionError, ResourceFailure, StackValidationFailed
from kit.hot.resources.base import NoActionRequired, Planned
from kit.hot.resources.nested import Child
from kit.hot.resources.rolling import Rolling, of_cfn
from kit.hot.resources.scaling import CHANGE, EXACT, PERCENT, AutoScalingGroup

WORDS = {
    "ChangeInCapacity": CHANGE, "ExactCapacity": EXACT, "PercentChangeInCapacity": PERCENT,
    CHANGE: CHANGE, EXACT: EXACT, PERCENT: PERCENT,
}  # fmt: skip


class LaunchConfiguration(Kind):
    """AWS::AutoScaling::LaunchConfiguration: how the instances of a group are made."""

    def create(self, resource: Resource) -> None:
        resource.physical_id = resource.stack.physical_name(resource)


class InstanceGroup(AutoScalingGroup):
    """OS::Heat::InstanceGroup: `Size` instances of a launch configuration."""

    policy_name = "RollingUpdate"

    def anchor(self, planned: Planned) -> tuple[str, ...]:
        return planned.path

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        return iter(())

    def plan_child(self, planned: Planned) -> Definition | None:
        return None

    def rolling(self, resource: Resource, update: bool) -> Rolling | None:
        return of_cfn(resource.frozen.get("update_policy"), self.policy_name) if update else None

    def limits(self, values: Mapping[str, Any]) -> tuple[int, int]:
        """The least and the largest size."""
        size = int(values["Size"])
        return size, size

    def wanted(self, values: Mapping[str, Any], size: int | None) -> int:
        """The size that the properties ask for, `size` members being there."""
        return int(values["Size"])

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        size = self.wanted(values, None if self.inside(resource) is None else len(self.members(resource)))  # type: ignore[arg-type]
        return Child(self._members(self._instance(values, resource), size, resource))

    def _instance(self, values: Mapping[str, Any], resource: Resource | None) -> dict[str, Any]:
        """What each member is, by the launch configuration."""
        name = values["LaunchConfigurationName"]
        found = None
        if resource is not None:
            found = next((each for each in resource.stack.resources.values() if each.reference() == name), None)
        if found is None:
            raise ResourceFailure(f"The launch configuration ({name}) could not be found.", "NotFound")
        told = found.properties
        keys = ("ImageId", "InstanceType", "KeyName", "UserData", "SecurityGroups", "NovaSchedulerHints")
        properties = {key: told[key] for key in keys if told.get(key)}
        zones = values.get("VPCZoneIdentifier")
        if zones:
            properties["SubnetId"] = zones[0]
        tags = [{"Key": each["Key"], "Value": each["Value"]} for each in values.get("Tags") or ()]
        own = [{"Key": "metering.groupname", "Value": resource.stack.physical_name(resource)}] if resource else []
        return {"type": "AWS::EC2::Instance", "properties": {**properties, "Tags": [*tags, *own]}}

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        if name == "InstanceList":
            return ",".join(str(each.attribute("PublicIp", [])) for each in self.members(resource))
        return super().attribute(resource, name, path)

    def members_of(self, resource: Resource, size: int) -> Child:
        return Child(self._members(self._instance(resource.properties, resource), size, resource))

    def range_of(self, resource: Resource) -> tuple[int, int]:
        return self.limits(resource.properties)

    def cooldown_of(self, resource: Resource) -> float | None:
        given = resource.properties.get("Cooldown")
        return float(given) if given else None


class Ec2AutoScalingGroup(InstanceGroup):
    """AWS::AutoScaling::AutoScalingGroup."""

    policy_name = "AutoScalingRollingUpdate"

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        low, high = self.limits(planned.properties.values())
        if high < low:
            yield StackValidationFailed("MinSize can not be greater than MaxSize", rule="property")

    def limits(self, values: Mapping[str, Any]) -> tuple[int, int]:
        return int(values["MinSize"]), int(values["MaxSize"])

    def wanted(self, values: Mapping[str, Any], size: int | None) -> int:
        low, high = self.limits(values)
        given = values["DesiredCapacity"]
        return int(given) if given is not None else low if size is None else max(low, min(high, size))


class Ec2ScalingPolicy(ScalingPolicy):
    """AWS::AutoScaling::ScalingPolicy."""

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        return iter(())

    def signal(self, resource: Resource, data: Any) -> str:
        values = resource.properties
        wanted = values["AutoScalingGroupName"]
        group = next((each for each in resource.stack.resources.values() if each.reference() == wanted), None)
        if group is None or not isinstance(group.kind, AutoScalingGroup):
            what = f'Alarm {resource.name} could not find scaling group named "{wanted}"'
            raise ResourceFailure(what, "NotFound")
        if isinstance(data, dict) and data.get("state", "alarm") != "alarm":
            raise NoActionRequired
        step = values["MinAdjustmentStep"]
        cooldown = values["Cooldown"]
        group.kind.adjust(
            group, float(values["ScalingAdjustment"]), WORDS[values["AdjustmentType"]], int(step) if step else None,
            float(cooldown) if cooldown else None,
        )  # fmt: skip
        return "No signal details provided" if data is None else "Unknown"

    def value(self, resource: Resource, name: str) -> Any:
        if name != "AlarmUrl":
            raise FunctionError(f"no attribute {name}")
        return super().value(resource, "alarm_url")

    def reference(self, resource: Resource) -> Any:
        return super().value(resource, "alarm_url") if resource.physical_id else resource.name


KINDS: dict[str, type[Kind]] = {
    "AWS::AutoScaling::LaunchConfiguration": LaunchConfiguration, "OS::Heat::InstanceGroup": InstanceGroup,
    "AWS::AutoScaling::AutoScalingGroup": Ec2AutoScalingGroup, "AWS::AutoScaling::ScalingPolicy": Ec2ScalingPolicy,
}  # fmt: skip
