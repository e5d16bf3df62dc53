"""Every type of which the cloud has the real thing: made, changed in place, and gone again without a trace."""

import pytest
import sqlalchemy as sa

from kit.cloud import Cloud
from kit.cloud.orchestration.resources import real, support
from kit.cloud.tables import metadata

SEED = {
    "projects": [{"name": "demo"}],
    "users": [{"name": "demo", "roles": {"demo": "admin"}}],
    "flavors": [
        {"name": "small", "ram": 512, "vcpus": 1, "disk": 1}, {"name": "large", "ram": 1024, "vcpus": 1, "disk": 1},
    ],
    "images": [{"name": "cirros"}, {"name": "other"}],
    "hosts": [{"name": "host-1", "vcpus": 16, "memory_mb": 65536, "local_gb": 500}],
    "networks": [
        {"name": "public", "external": True, "subnets": [{"name": "public-subnet", "cidr": "172.24.4.0/24"}]},
        {"name": "private", "project": "demo", "subnets": [{"name": "private-subnet", "cidr": "10.0.0.0/24"}]},
    ],
    "routers": [{"name": "edge", "project": "demo", "external": "public", "subnets": ["private-subnet"]}],
    "security_groups": [{"name": "web", "project": "demo", "rules": [{"port": 443}]}],
}  # fmt: skip
# The service's own books, and what servers and requests leave behind for good.
OWN = (
    "orchestration_", "tokens", "due_events", "kit_store", "compute_actions", "compute_migrations", "object_accounts",
    "image_tasks",
)  # fmt: skip

# Beside the resource `it` of the type: what it needs, its properties, and those of an update.
PORT = {"port": {"type": "OS::Neutron::Port", "properties": {"network": "private"}}}
SERVER = {
    "server": {
        "type": "OS::Nova::Server",
        "properties": {"image": "cirros", "flavor": "small", "networks": [{"network": "private"}]},
    }
}
VOLUME = {"volume": {"type": "OS::Cinder::Volume", "properties": {"size": 1}}}
NET = {"net": {"type": "OS::Neutron::Net"}}
FIP = {"fip": {"type": "OS::Neutron::FloatingIP", "properties": {"floating_network": "public"}}}
POLICY = {"policy": {"type": "OS::Neutron::QoSPolicy"}}
TYPE = {"kind": {"type": "OS::Cinder::VolumeType", "properties": {"name": "fast"}}}
USER = {"user": {"type": "OS::Keystone::User", "properties": {"password": "x"}}}
GROUP = {"group": {"type": "OS::Keystone::Group"}}
CONFIG = {"config": {"type": "OS::Heat::SoftwareConfig", "properties": {"config": "#!/bin/sh"}}}
LAUNCH = {
    "launch": {
        "type": "AWS::AutoScaling::LaunchConfiguration", "properties": {"ImageId": "cirros", "InstanceType": "small"},
    }
}  # fmt: skip
EC2 = {
    "instance": {
        "type": "AWS::EC2::Instance",
        "properties": {"ImageId": "cirros", "InstanceType": "small", "SubnetId": "private-subnet"},
    }
}
EC2VOLUME = {"disk": {"type": "AWS::EC2::Volume", "properties": {"AvailabilityZone": "nova", "Size": "1"}}}
EC2GROUP = {
    "scaled": {
        "type": "AWS::AutoScaling::AutoScalingGroup",
        "properties": {
            "AvailabilityZones": ["nova"], "LaunchConfigurationName": {"get_resource": "launch"}, "MinSize": 1,
            "MaxSize": 3, "VPCZoneIdentifier": ["private-subnet"],
        },
    }
}  # fmt: skip


def ref(name):
    return {"get_resource": name}


CASES = {
    "OS::Nova::Server": ({}, SERVER["server"]["properties"], {"name": "n", "flavor": "large", "metadata": {"a": "b"}}),
    "OS::Nova::KeyPair": ({}, {"name": "k", "save_private_key": True}, {}),
    "OS::Nova::ServerGroup": ({}, {"policies": ["affinity"]}, {}),
    "OS::Nova::Flavor": (
        {}, {"ram": 512, "vcpus": 1, "is_public": False, "extra_specs": {"a": "b"}},
        {"extra_specs": {"c": "d"}, "tenants": ["demo"]},
    ),
    "OS::Nova::HostAggregate": (
        {}, {"name": "rack", "hosts": ["host-1"]}, {"name": "row", "hosts": [], "metadata": {"ssd": "true"}}
    ),
    "OS::Nova::Quota": ({}, {"project": "demo", "cores": 50}, {"cores": 60}),
    "OS::Nova::FloatingIP": ({}, {"pool": "public"}, {}),
    "OS::Nova::FloatingIPAssociation": ({**SERVER, **FIP}, {"server_id": ref("server"), "floating_ip": ref("fip")}, {}),
    "OS::Heat::SwiftSignalHandle": ({}, {}, {}),
    "OS::Neutron::Net": ({}, {"name": "n"}, {"name": "m", "tags": ["a"]}),
    "OS::Neutron::ProviderNet": ({}, {"network_type": "vxlan"}, {"name": "m"}),
    "OS::Neutron::Subnet": (
        NET, {"network": ref("net"), "cidr": "10.9.0.0/24"}, {"dns_nameservers": ["9.9.9.9"], "name": "s"}
    ),
    "OS::Neutron::Port": (
        {}, {"network": "private", "fixed_ips": [{"subnet": "private-subnet", "ip_address": "10.0.0.77"}]},
        {"security_groups": ["web"], "name": "p"},
    ),
    "OS::Neutron::Router": ({}, {"external_gateway_info": {"network": "public"}}, {"name": "r", "tags": ["x"]}),
    "OS::Neutron::RouterInterface": (
        {**NET, "sub": {"type": "OS::Neutron::Subnet", "properties": {"network": ref("net"), "cidr": "10.9.0.0/24"}}},
        {"router": "edge", "subnet": ref("sub")}, {},
    ),
    "OS::Neutron::RouterGateway": (
        {"router": {"type": "OS::Neutron::Router"}}, {"router_id": ref("router"), "network": "public"}, {}
    ),
    "OS::Neutron::FloatingIP": (PORT, {"floating_network": "public"}, {"port_id": ref("port")}),
    "OS::Neutron::FloatingIPAssociation": ({**PORT, **FIP}, {"floatingip_id": ref("fip"), "port_id": ref("port")}, {}),
    "OS::Neutron::SecurityGroup": (
        {}, {"rules": [{"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}, {"remote_mode": "remote_group_id"}]},
        {"rules": [{"protocol": "icmp"}], "name": "sg"},
    ),
    "OS::Neutron::SecurityGroupRule": ({}, {"security_group": "web", "protocol": "tcp", "port_range_min": 1, "port_range_max": 2}, {}),
    "OS::Neutron::Trunk": ({**PORT}, {"port": ref("port")}, {"name": "t"}),
    "OS::Neutron::SubnetPool": ({}, {"prefixes": ["10.200.0.0/16"]}, {"name": "pool"}),
    "OS::Neutron::AddressScope": ({}, {"ip_version": 4}, {"name": "scope"}),
    "OS::Neutron::Segment": (NET, {"network": ref("net"), "network_type": "vxlan"}, {"name": "seg"}),
    "OS::Neutron::MeteringLabel": ({}, {"description": "d"}, {}),
    "OS::Neutron::MeteringRule": (
        {"label": {"type": "OS::Neutron::MeteringLabel"}},
        {"metering_label_id": ref("label"), "remote_ip_prefix": "10.0.0.0/24"}, {},
    ),
    "OS::Neutron::RBACPolicy": (
        NET, {"object_type": "network", "target_tenant": "*", "action": "access_as_shared", "object_id": ref("net")}, {}
    ),
    "OS::Neutron::QoSPolicy": ({}, {"name": "q"}, {"description": "d"}),
    "OS::Neutron::QoSBandwidthLimitRule": (POLICY, {"policy": ref("policy"), "max_kbps": 100}, {"max_kbps": 200}),
    "OS::Neutron::QoSDscpMarkingRule": (POLICY, {"policy": ref("policy"), "dscp_mark": 10}, {"dscp_mark": 12}),
    "OS::Neutron::QoSMinimumBandwidthRule": (POLICY, {"policy": ref("policy"), "min_kbps": 100}, {"min_kbps": 200}),
    "OS::Neutron::QoSMinimumPacketRateRule": (POLICY, {"policy": ref("policy"), "min_kpps": 100}, {"min_kpps": 200}),
    "OS::Neutron::FloatingIPPortForward": (
        {**PORT, **FIP},
        {"internal_ip_address": {"get_attr": ["port", "fixed_ips", 0, "ip_address"]}, "internal_port_number": 80,
         "external_port": 8080, "internal_port": ref("port"), "protocol": "tcp", "floating_ip": ref("fip")},
        {"external_port": 8081},
    ),
    "OS::Neutron::ExtraRoute": ({}, {"router_id": "edge", "destination": "10.50.0.0/24", "nexthop": "10.0.0.9"}, {}),
    "OS::Neutron::ExtraRouteSet": (
        {}, {"router": "edge", "routes": [{"destination": "10.50.0.0/24", "nexthop": "10.0.0.9"}]},
        {"routes": [{"destination": "10.51.0.0/24", "nexthop": "10.0.0.9"}]},
    ),
    "OS::Neutron::Quota": ({}, {"project": "demo", "port": 70}, {"port": 80}),
    "OS::Cinder::Volume": ({}, {"size": 1}, {"size": 2, "name": "v", "metadata": {"a": "b"}}),
    "OS::Cinder::VolumeAttachment": ({**SERVER, **VOLUME}, {"instance_uuid": ref("server"), "volume_id": ref("volume")}, {}),
    "OS::Cinder::VolumeType": ({}, {"name": "t"}, {"name": "u", "metadata": {"a": "b"}}),
    "OS::Cinder::EncryptedVolumeType": (TYPE, {"volume_type": ref("kind"), "provider": "luks"}, {"key_size": 256}),
    "OS::Cinder::QoSSpecs": ({}, {"specs": {"a": "1"}}, {"specs": {"b": "2"}}),
    "OS::Cinder::QoSAssociation": (
        {**TYPE, "specs": {"type": "OS::Cinder::QoSSpecs", "properties": {"specs": {"a": "1"}}}},
        {"qos_specs": ref("specs"), "volume_types": [ref("kind")]}, {"volume_types": []},
    ),
    "OS::Cinder::Quota": ({}, {"project": "demo", "volumes": 20}, {"volumes": 30}),
    "OS::Glance::WebImage": (
        {}, {"location": "http://images.example/c.img", "disk_format": "qcow2", "container_format": "bare"}, {"tags": ["a"]}
    ),
    "OS::Swift::Container": ({}, {"X-Container-Meta": {"a": "b"}}, {}),
    "OS::Keystone::Project": ({}, {"description": "d"}, {"name": "p", "enabled": False}),
    "OS::Keystone::Domain": ({}, {"description": "d"}, {"name": "dom"}),
    "OS::Keystone::Role": ({}, {"name": "r"}, {"name": "s"}),
    "OS::Keystone::Region": ({}, {"id": "far"}, {"description": "d"}),
    "OS::Keystone::Service": ({}, {"type": "t"}, {"description": "d"}),
    "OS::Keystone::Endpoint": (
        {"service": {"type": "OS::Keystone::Service", "properties": {"type": "t"}}},
        {"service": ref("service"), "interface": "public", "url": "http://x"}, {"url": "http://y"},
    ),
    "OS::Keystone::Group": ({}, {"roles": [{"role": "member", "project": "demo"}]}, {"description": "d", "roles": []}),
    "OS::Keystone::User": (
        GROUP, {"password": "x", "roles": [{"role": "member", "project": "demo"}]},
        {"email": "a@b.example", "groups": [ref("group")]},
    ),
    "OS::Keystone::UserRoleAssignment": (
        USER, {"user": ref("user"), "roles": [{"role": "member", "project": "demo"}]},
        {"roles": [{"role": "reader", "project": "demo"}]},
    ),
    "OS::Keystone::GroupRoleAssignment": (
        GROUP, {"group": ref("group"), "roles": [{"role": "member", "domain": "default"}]}, {"roles": []}
    ),
    "OS::Heat::SoftwareConfig": ({}, {"config": "#!/bin/sh"}, {}),
    "OS::Heat::StructuredConfig": ({}, {"config": {"a": {"get_input": "b"}}}, {}),
    "OS::Heat::CloudConfig": ({}, {"cloud_config": {"packages": ["vim"]}}, {}),
    "OS::Heat::MultipartMime": (CONFIG, {"parts": [{"config": ref("config")}]}, {}),
    "OS::Heat::SoftwareComponent": ({}, {"configs": [{"actions": ["CREATE"], "config": "x", "tool": "script"}]}, {}),
    "OS::Heat::SoftwareDeployment": (
        CONFIG, {"config": ref("config"), "server": "s", "signal_transport": "NO_SIGNAL"}, {"input_values": {"a": "b"}}
    ),
    "OS::Heat::StructuredDeployment": (
        {"config": {"type": "OS::Heat::StructuredConfig", "properties": {"config": {"a": {"get_input": "b"}}}}},
        {"config": ref("config"), "server": "s", "signal_transport": "NO_SIGNAL"}, {"input_values": {"b": "c"}},
    ),
    "OS::Heat::Stack": (
        {}, {"template": "heat_template_version: 2021-04-16\nresources: {n: {type: OS::Neutron::Net}}"},
        {"template": "heat_template_version: 2021-04-16\nresources: {m: {type: OS::Neutron::Net}}"},
    ),
    "OS::Heat::ScalingPolicy": (
        {"group": {"type": "OS::Heat::AutoScalingGroup", "properties": {"min_size": 0, "max_size": 2, "resource": NET["net"]}}},
        {"auto_scaling_group_id": ref("group"), "adjustment_type": "change_in_capacity", "scaling_adjustment": 1},
        {"scaling_adjustment": 2},
    ),
    "OS::Heat::InstanceGroup": (
        LAUNCH, {"AvailabilityZones": ["nova"], "LaunchConfigurationName": ref("launch"), "Size": 1}, {"Size": 2}
    ),
    "AWS::CloudFormation::WaitConditionHandle": ({}, {}, {}),
    "AWS::AutoScaling::LaunchConfiguration": ({}, LAUNCH["launch"]["properties"], {}),
    "AWS::AutoScaling::AutoScalingGroup": (LAUNCH, EC2GROUP["scaled"]["properties"], {"MinSize": 2}),
    "AWS::AutoScaling::ScalingPolicy": (
        {**LAUNCH, **EC2GROUP},
        {"AutoScalingGroupName": ref("scaled"), "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}, {},
    ),
    "AWS::EC2::Instance": ({}, EC2["instance"]["properties"], {"InstanceType": "large"}),
    "AWS::EC2::SecurityGroup": (
        {}, {"GroupDescription": "d", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "CidrIp": "0.0.0.0/0"}]},
        {"SecurityGroupIngress": []},
    ),
    "AWS::EC2::Volume": ({}, EC2VOLUME["disk"]["properties"], {}),
    "AWS::EC2::VolumeAttachment": (
        {**EC2, **EC2VOLUME}, {"InstanceId": ref("instance"), "VolumeId": ref("disk"), "Device": "/dev/vdb"}, {}
    ),
    "AWS::EC2::EIP": (EC2, {}, {"InstanceId": ref("instance")}),
    "AWS::EC2::EIPAssociation": (
        {**EC2, "eip": {"type": "AWS::EC2::EIP"}}, {"InstanceId": ref("instance"), "EIP": ref("eip")}, {}
    ),
    "AWS::IAM::User": ({}, {}, {}),
    "AWS::IAM::AccessKey": ({"user": {"type": "AWS::IAM::User"}}, {"UserName": ref("user")}, {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    made = Cloud.from_seed(SEED, random_seed=1, clock="manual")
    yield made, made.snapshot()
    made.close()


@pytest.fixture
def cloud(served):
    served[0].restore(served[1])
    return served[0]


@pytest.fixture
def heat(cloud):
    session = cloud.connect("demo", "demo").session

    def ask(method, path, **options):
        where = {"service_type": "orchestration"}
        answer = session.request(path, method, endpoint_filter=where, raise_exc=False, **options)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    return ask


def counts(cloud):
    found = {}
    with cloud.read() as tx:
        for table in metadata.sorted_tables:
            if not table.name.startswith(OWN):
                query = sa.select(sa.func.count()).select_from(table)
                there = [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
                found[table.name] = tx.connection.execute(query.where(*there)).scalar()
    return found


def settled(cloud, heat, path, wanted):
    for _ in range(60):
        stack = heat("GET", path)["stack"]
        if not stack["stack_status"].endswith("IN_PROGRESS"):
            break
        cloud.clock.advance(3)
    assert stack["stack_status"] == wanted, stack["stack_status_reason"]
    return stack


def test_every_real_type_has_a_case():
    assert set(CASES) == set(real()) - {"OS::Heat::SwiftSignal"}  # which waits for a signal: test_orchestration_swift
    assert {support(name) for name in CASES} == {"real"}


@pytest.mark.parametrize("type", sorted(CASES))
def test_a_resource_is_made_changed_and_gone(type, cloud, heat):
    around, properties, changes = CASES[type]
    before = counts(cloud)

    def template(given):
        resources = {**around, "it": {"type": type, "properties": given}}
        return {"heat_template_version": "2021-04-16", "resources": resources}

    made = heat("POST", "/stacks", json={"stack_name": "s", "template": template(properties)})["stack"]
    path = f"/stacks/s/{made['id']}"
    settled(cloud, heat, path, "CREATE_COMPLETE")
    shown = heat("GET", f"{path}/resources/it")["resource"]
    assert shown["physical_resource_id"] and shown["resource_status"] == "CREATE_COMPLETE"
    if changes:
        heat("PUT", path, json={"template": template({**properties, **changes})})
        settled(cloud, heat, path, "UPDATE_COMPLETE")
        after = heat("GET", f"{path}/resources/it")["resource"]
        assert after["resource_status"] == "UPDATE_COMPLETE"
        assert after["physical_resource_id"] == shown["physical_resource_id"]
    heat("DELETE", path)
    settled(cloud, heat, path, "DELETE_COMPLETE")
    after = counts(cloud)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {}
