# SPDX-License-Identifier: ISC
"""What the README says of containers: the compose files and the manifests are
YAML, mount directories that are there, ask for no privilege, and name what
exists. The main files in them go to DIR/main, with the policies' place set to
DIR/policies, for mta-stsctl to check."""

import pathlib
import re
import sys

import yaml

readme, dockerfile, place = (pathlib.Path(arg) for arg in sys.argv[1:])
chapter = readme.read_text("utf-8").split("\n## In a container\n")[1]
chapter = chapter.split("\n## ")[0]
USER = int(re.search(r"^USER (\d+):\1$", dockerfile.read_text(), re.M)[1])
SYSCTL = "net.ipv4.ip_unprivileged_port_start"
MAIN, STATE = "/etc/mta-stsd", "/var/lib/mta-stsd"


def blocks(first):
    """The indented blocks that begin so."""
    for block in re.findall(r"(?:^(?: {4}.*)?\n)+", chapter, re.M):
        text = re.sub(r"^ {4}", "", block.strip("\n"), flags=re.M)
        if text.startswith(first):
            yield text


def check_compose(text):
    file = yaml.safe_load(text)
    for name, service in file["services"].items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["sysctls"] == {SYSCTL: 0}, name
        places = {}
        for volume in service["volumes"]:
            source, target = volume.split(":")[:2]
            assert not pathlib.PurePath(source).suffix, volume
            assert source.startswith("./") or source in file["volumes"], volume
            places[target] = volume
        assert {MAIN, STATE} <= set(places), name
        if name == "serving":
            assert places[f"{STATE}/certs"] == f"certs:{STATE}/certs:ro"
    return list(file["services"])


def check_pod(spec, objects):
    rights = spec["securityContext"]
    assert {rights[key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == \
        {USER} and rights["runAsNonRoot"]
    assert rights["sysctls"] == [{"name": SYSCTL, "value": "0"}]
    assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
    for volume in spec["volumes"]:
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in objects
        if "persistentVolumeClaim" in volume:
            claim = volume["persistentVolumeClaim"]["claimName"]
            assert ("PersistentVolumeClaim", claim) in objects
    container, = spec["containers"]
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]}}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert {MAIN, "/policies", STATE, f"{STATE}/certs"} == set(mounts)
    assert {mount["name"] for mount in mounts.values()} == \
        {volume["name"] for volume in spec["volumes"]}
    assert not any("subPath" in mount for mount in mounts.values())
    for probe in ("readinessProbe", "livenessProbe"):
        command = container[probe]["exec"]["command"]
        assert command == ["mta-stsctl", "health"], probe
    return mounts


def check_manifest(text):
    objects = {}
    for document in yaml.safe_load_all(text):
        for item in document.get("items", [document]):
            objects[item["kind"], item["metadata"]["name"]] = item
    pods = {}
    for (kind, name), item in objects.items():
        if kind != "Deployment":
            continue
        template = item["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert item["spec"]["selector"]["matchLabels"] == labels, name
        pods[name] = (labels, check_pod(template["spec"], objects))
    renewing = objects["Deployment", "mta-stsd-renewing"]["spec"]
    assert renewing["replicas"] == 1
    assert renewing["strategy"] == {"type": "Recreate"}
    assert pods["mta-stsd-serving"][1][f"{STATE}/certs"]["readOnly"]
    selected = {
        name: sorted(pod for pod, (labels, _) in pods.items()
                     if item["spec"]["selector"].items() <= labels.items())
        for (kind, name), item in objects.items() if kind == "Service"}
    assert selected == {"mta-stsd": ["mta-stsd-renewing", "mta-stsd-serving"],
                        "mta-stsd-renew": ["mta-stsd-renewing"]}
    return {name.removeprefix("mta-stsd-"): item["data"]
            for (kind, name), item in objects.items() if kind == "ConfigMap"}


def check_run(text):
    words = text.replace("\\\n", " ").split()
    for wanted in ("--read-only", "no-new-privileges", f"{SYSCTL}=0",
                   f'"$PWD/conf:{MAIN}:ro"', f"mta-stsd:{STATE}"):
        assert wanted in words, wanted


services = [name for text in blocks(("services:", "x-both:"))
            for name in check_compose(text)]
assert services == ["mta-stsd", "renewing", "serving"], services
run, = blocks("docker run -d")
check_run(run)
manifest, = blocks("apiVersion:")
data = check_manifest(manifest)
policies = place / "policies"
policies.mkdir()
for name, text in data.pop("policies").items():
    (policies / name).write_text(text)
main = place / "main"
main.mkdir()
one, = blocks("host: policies.example.net\nacme:")
redirect, = blocks("acme: { redirect")
assert one == data["renewing"]["mta-stsd.yaml"].rstrip()
assert redirect in data["serving"]["mta-stsd.yaml"].splitlines()
for name, text in (("one", one), ("renewing", data["renewing"]["mta-stsd.yaml"]),
                   ("serving", data["serving"]["mta-stsd.yaml"])):
    (main / name).write_text(text.replace("/policies/", f"{policies}/"))
