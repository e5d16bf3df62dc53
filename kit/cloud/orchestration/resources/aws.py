"""AWS types of CloudFormation templates on Nova, Neutron and Cinder. Source: Heat 27, `resources/aws/`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from kit.cloud.orchestration.resources.base import ApiKind, CloudKind, Values, ask, pruned
from kit.cloud.orchestration.resources.cinder import Volume, VolumeAttachment
from kit.cloud.orchestration.resources.finding import find
from kit.cloud.orchestration.resources.neutron import SecurityGroup
from kit.cloud.orchestration.resources.server import Server
from kit.cloud.orchestration.resources.userdata import build
from kit.hot import Kind, Resource


class Instance(Server):
    """AWS::EC2::Instance: a server."""

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        calls = ask(resource)
        data = build(values["UserData"] or "", "HEAT_CFNTOOLS", resource.stack.url, resource.name)
        tags = {each["Key"]: each["Value"] for each in values["Tags"] or ()}
        groups = [*(values["SecurityGroups"] or ()), *(values["SecurityGroupIds"] or ())]
        made: Values = {
            "name": resource.stack.physical_name(resource), "key_name": values["KeyName"],
            "imageRef": find(calls, "glance.image", values["ImageId"]),
            "flavorRef": find(calls, "nova.flavor", values["InstanceType"]), "metadata": tags or None,
            "availability_zone": values["AvailabilityZone"],
            "user_data": base64.b64encode(data.encode()).decode(), "networks": self._networks(resource, groups),
            "security_groups": [{"name": each} for each in groups] or None,
        }  # fmt: skip
        return pruned(made)

    def _networks(self, resource: Resource, groups: list[str]) -> list[Values] | None:
        values = resource.properties
        calls = ask(resource)
        given = values["NetworkInterfaces"] or []
        if given:
            return [{"port": each["NetworkInterfaceId"] if isinstance(each, dict) else each} for each in given]
        if not values["SubnetId"]:
            return None
        subnet = find(calls, "neutron.subnet", values["SubnetId"])
        network = calls("network", "GET", f"/v2.0/subnets/{subnet}")["subnet"]["network_id"]
        body = pruned(
            {"network_id": network, "fixed_ips": [{"subnet_id": subnet}],
             "name": f"{resource.stack.physical_name(resource)}-port",
             "security_groups": [find(calls, "neutron.security_group", each) for each in groups] or None}
        )  # fmt: skip
        port = calls("network", "POST", "/v2.0/ports", {"port": body})["port"]["id"]
        resource.data.setdefault("internal_ports", []).append(port)
        return [{"port": port}]

    def create(self, resource: Resource) -> None:
        body: Values = {"server": self.new(resource)}
        resource.physical_id = self.call(resource, "POST", "/servers", body)["server"]["id"]

    def created(self, resource: Resource) -> bool:
        if not self._active(resource):
            return False
        for each in resource.properties["Volumes"] or ():
            if each["VolumeId"] not in resource.data.setdefault("volumes", []):
                body = {"volumeAttachment": {"volumeId": each["VolumeId"], "device": each["Device"]}}
                self.call(resource, "POST", f"{self.one(resource)}/os-volume_attachments", body)
                resource.data["volumes"].append(each["VolumeId"])
        return True

    def needs_replace(self, resource: Resource, changed: set[str], after: Mapping[str, Any]) -> bool:
        return bool(changed & {"SubnetId", "NetworkInterfaces"})

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        todo: list[Any] = []
        if "Tags" in changed:
            tags = {each["Key"]: each["Value"] for each in changed["Tags"] or ()}
            self.call(resource, "PUT", f"{self.one(resource)}/metadata", {"metadata": tags})
        if "InstanceType" in changed:
            flavor = find(ask(resource), "nova.flavor", changed["InstanceType"])
            todo = [[{"resize": {"flavorRef": flavor}}, "VERIFY_RESIZE"], [{"confirmResize": None}, "ACTIVE"]]
        resource.data["todo"] = todo
        self._next(resource)

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        if name == "AvailabilityZone":
            return live.get("OS-EXT-AZ:availability_zone")
        address = self.nics.addresses(resource, live, "first_address") or "0.0.0.0"
        return address if name in ("PrivateIp", "PublicIp", "PrivateDnsName", "PublicDnsName") else live.get(name)


class Ec2SecurityGroup(SecurityGroup):
    """AWS::EC2::SecurityGroup."""

    def new(self, resource: Resource) -> Values:
        name = resource.stack.physical_name(resource)
        return {"name": name, "description": resource.properties["GroupDescription"]}

    def _rules(self, values: Mapping[str, Any]) -> list[Values]:
        made = []
        for direction, key in (("ingress", "SecurityGroupIngress"), ("egress", "SecurityGroupEgress")):
            for each in values.get(key) or ():
                protocol = each.get("IpProtocol")
                rule: Values = {"direction": direction, "protocol": None if protocol in ("-1", -1) else protocol}
                for side, port in (("port_range_min", "FromPort"), ("port_range_max", "ToPort")):
                    if each.get(port) not in (None, "", "-1", -1):
                        rule[side] = int(each[port])
                rule["remote_ip_prefix"] = each.get("CidrIp")
                group = each.get("SourceSecurityGroupId") or each.get("SourceSecurityGroupName")
                if group:
                    rule |= {"remote_mode": "remote_group_id", "remote_group_id": group}
                made.append(pruned(rule))
        return made

    def after(self, resource: Resource, made: Values) -> None:
        self._add(resource, self._rules(resource.properties))

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self._clear(resource, "ingress")
        self._add(resource, self._rules(resource.properties))

    def reference(self, resource: Resource) -> Any:
        return resource.physical_id if resource.physical_id is not None else resource.name


class Ec2Volume(Volume):
    """AWS::EC2::Volume."""

    def create(self, resource: Resource) -> None:
        values = resource.properties
        tags = {each["Key"]: each["Value"] for each in values["Tags"] or ()}
        body = pruned(
            {"size": int(values["Size"]) if values["Size"] else None, "availability_zone": values["AvailabilityZone"],
             "name": resource.stack.physical_name(resource), "metadata": tags or None}
        )  # fmt: skip
        if values["SnapshotId"]:
            made = self.call(resource, "POST", f"/backups/{values['SnapshotId']}/restore", {"restore": {}})["restore"]
            resource.physical_id = made["volume_id"]
            return
        resource.physical_id = self.call(resource, "POST", "/volumes", {"volume": body})["volume"]["id"]

    def created(self, resource: Resource) -> bool:
        return self._reached(resource)

    def restored(self, data: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        backup = data.get("backup_id")
        return {**properties, **({"SnapshotId": backup} if backup else {})}


class Ec2VolumeAttachment(VolumeAttachment):
    """AWS::EC2::VolumeAttachment."""

    names = ("InstanceId", "VolumeId", "Device")


class ElasticIP(ApiKind):
    """AWS::EC2::EIP: a floating IP of the first external network; its id is the address."""

    service, path, key = "network", "/v2.0/floatingips", "floatingip"
    named = False

    def one(self, resource: Resource) -> str:
        return f"{self.path}/{resource.data['id']}"

    def create(self, resource: Resource) -> None:
        outside = self.call(resource, "GET", "/v2.0/networks?router:external=True")["networks"]
        network = outside[0]["id"] if outside else None
        made = self.call(resource, "POST", self.path, {self.key: {"floating_network_id": network}})[self.key]
        resource.data["id"] = made["id"]
        resource.physical_id = made["floating_ip_address"]
        self._join(resource, resource.properties["InstanceId"])

    def _join(self, resource: Resource, server: str | None) -> None:
        if server:
            associate(resource, resource.data["id"], server)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self.call(resource, "PUT", self.one(resource), {self.key: {"port_id": None}})
        self._join(resource, changed.get("InstanceId"))

    def delete(self, resource: Resource) -> None:
        if "id" in resource.data:
            self.remove(resource)

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        return live["id"] if name == "AllocationId" else live.get(name)


def associate(resource: Resource, floating: str, server: str, port: str | None = None) -> None:
    """Put a floating IP on a port, or on a server's first one."""
    calls = ask(resource)
    if port is None:
        ports = calls("network", "GET", f"/v2.0/ports?device_id={server}")["ports"]
        port = ports[0]["id"] if ports else None
    calls("network", "PUT", f"/v2.0/floatingips/{floating}", {"floatingip": {"port_id": port}})


class ElasticIPAssociation(CloudKind):
    """AWS::EC2::EIPAssociation."""

    def _join(self, resource: Resource) -> None:
        values = resource.properties
        calls = ask(resource)
        floating = values["AllocationId"]
        if not floating:
            path = f"/v2.0/floatingips?floating_ip_address={values['EIP']}"
            found = calls("network", "GET", path)["floatingips"]
            floating = found[0]["id"] if found else values["EIP"]
        associate(resource, floating, values["InstanceId"] or "", values["NetworkInterfaceId"] or None)
        resource.data["floating"] = floating

    def create(self, resource: Resource) -> None:
        self._join(resource)
        resource.physical_id = resource.stack.physical_name(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self.delete(resource)
        self._join(resource)

    def delete(self, resource: Resource) -> None:
        if "floating" in resource.data:
            path = f"/v2.0/floatingips/{resource.data['floating']}"
            ask(resource)("network", "PUT", path, {"floatingip": {"port_id": None}}, missing_ok=True)


class User(Kind):
    """AWS::IAM::User: a user of the stack alone, kept by the service; its id is its name."""

    def create(self, resource: Resource) -> None:
        resource.physical_id = resource.stack.physical_name(resource)


class AccessKey(Kind):
    """AWS::IAM::AccessKey: a pair of keys for a user of the stack."""

    def create(self, resource: Resource) -> None:
        backend = resource.stack.backend
        resource.physical_id = backend.new_id().replace("-", "")
        resource.data["secret"] = backend.new_id().replace("-", "")

    def value(self, resource: Resource, name: str) -> Any:
        return resource.data.get("secret") if name == "SecretAccessKey" else resource.properties["UserName"]


KINDS: dict[str, type[Kind]] = {
    "AWS::EC2::Instance": Instance, "AWS::EC2::SecurityGroup": Ec2SecurityGroup, "AWS::EC2::Volume": Ec2Volume,
    "AWS::EC2::VolumeAttachment": Ec2VolumeAttachment, "AWS::EC2::EIP": ElasticIP,
    "AWS::EC2::EIPAssociation": ElasticIPAssociation, "AWS::IAM::User": User, "AWS::IAM::AccessKey": AccessKey,
}  # fmt: skip
