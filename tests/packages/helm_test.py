"""The Helm chart: Helm renders it, Kubernetes' schemas accept it, oido-server accepts the configuration in it.

Run by CTest through tests/packages/run; arguments: --server BINARY --oido BINARY.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any

import helm_python
import kubernetes_validate
import yaml

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "python"))
from server_process import ServerProcess  # noqa: E402

CHART = TESTS.parent / "deploy" / "helm" / "oido"
# The oldest that Chart.yaml allows, and the newest that the schemas know.
KUBERNETES_VERSIONS = ("1.30", "1.37")
EVERYTHING: dict[str, Any] = {
    "tls": {"secret": "oido-tls", "serverName": "oido.test", "clientCertificates": True}, "tokens": {"secret": "oido-tokens"},
    "models": {"claim": "bundles", "paths": ["oido-en", "oido-en-tiny"]},
    "autoscaling": {"enabled": True}, "config": "max_streams: 64",
    "imagePullSecrets": [{"name": "registry"}], "nodeSelector": {"cpu": "avx512"},
    "tolerations": [{"key": "speech", "operator": "Exists"}],
    "networkPolicy": {
        "from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}],
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
    },
}
server: pathlib.Path
oido: pathlib.Path


def render(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The objects by kind."""
    with helm_python.Chart.load(CHART) as chart:
        rendered = chart.render(values=values, name="speech", namespace="audio")
    texts = rendered.values() if isinstance(rendered, dict) else [rendered]
    objects = [o for text in texts for o in yaml.safe_load_all(text) if o]
    return {o["kind"]: o for o in objects}


def container(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def configuration(objects: dict[str, dict[str, Any]]) -> str:
    return objects["ConfigMap"]["data"]["server.textproto"]


def make_certificate(folder: pathlib.Path) -> None:
    """tls.crt for oido.test, its key, and itself as the authority."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=oido.test", "-addext", "subjectAltName=DNS:oido.test",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
        check=True, capture_output=True,
    )
    shutil.copy(folder / "tls.crt", folder / "ca.crt")


class ChartTest(unittest.TestCase):
    def test_every_object_follows_the_schemas(self) -> None:
        for values in ({}, EVERYTHING, {"metrics": {"enabled": False}, "networkPolicy": {"enabled": False}}):
            for kind, manifest in render(values).items():
                for version in KUBERNETES_VERSIONS:
                    with self.subTest(kind=kind, version=version):
                        kubernetes_validate.validate(manifest, version, strict=True)

    def test_the_schemas_refuse_what_is_wrong(self) -> None:
        deployment = render({})["Deployment"]
        deployment["spec"]["replicsa"] = 3
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(deployment, KUBERNETES_VERSIONS[0], strict=True)

    def test_every_key_has_a_kind_and_a_misspelt_one_is_refused(self) -> None:
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        schema = json.loads((CHART / "values.schema.json").read_text())
        self.assertEqual(set(schema["properties"]), set(values) | {"global"})
        for key, part in values.items():
            known = schema["properties"][key].get("properties")
            if known is not None:
                self.assertEqual(set(known), set(part), key)
        for wrong in ({"replicsa": 3}, {"tls": {"secrets": "oido-tls"}}, {"workers": "2"}):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(Exception, f"(?s)schema.*{next(iter(wrong))}"):
                render(wrong)

    def test_tls_needs_the_name_that_probes_ask_for(self) -> None:
        with self.assertRaisesRegex(Exception, "tls.serverName"):
            render({"tls": {"secret": "oido-tls"}})

    def test_the_objects_are_there(self) -> None:
        expected = {"ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"}
        self.assertEqual(set(render({})), expected)
        self.assertEqual(set(render(EVERYTHING)), expected | {"HorizontalPodAutoscaler"})

    def test_all_selectors_find_the_pods(self) -> None:
        objects = render(EVERYTHING)
        labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
        for selector in (
            objects["Deployment"]["spec"]["selector"]["matchLabels"], objects["Service"]["spec"]["selector"],
            objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
            objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        ):
            self.assertTrue(selector.items() <= labels, selector)
        target = objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
        self.assertEqual(target["name"], objects["Deployment"]["metadata"]["name"])

    def test_the_pod_outlives_its_drain(self) -> None:
        objects = render({"drainSeconds": 100, "preStopSeconds": 7})
        spec = objects["Deployment"]["spec"]["template"]["spec"]
        self.assertEqual(container(objects)["lifecycle"]["preStop"], {"sleep": {"seconds": 7}})
        self.assertIn("drain_seconds: 100\n", configuration(objects))
        self.assertGreater(spec["terminationGracePeriodSeconds"], 107)

    def test_nothing_is_writable_or_privileged(self) -> None:
        for values in ({}, EVERYTHING):
            server_container = container(render(values))
            security = server_container["securityContext"]
            self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
            self.assertTrue(security["readOnlyRootFilesystem"])
            self.assertFalse(security["allowPrivilegeEscalation"])
            self.assertTrue(all(mount["readOnly"] for mount in server_container["volumeMounts"]))

    def test_autoscaling_leaves_the_number_of_pods_alone(self) -> None:
        self.assertIn("replicas", render({})["Deployment"]["spec"])
        self.assertNotIn("replicas", render(EVERYTHING)["Deployment"]["spec"])

    def test_the_server_has_the_cpus_that_it_asks_for(self) -> None:
        objects = render({})
        cpus = container(objects)["resources"]["requests"]["cpu"]
        self.assertIn(f"\nworkers: {cpus}\n", configuration(objects))

    def test_the_server_takes_the_configuration(self) -> None:
        for values in ({}, {"config": "max_streams: 64\nlog_level: \"warn\"", "metrics": {"enabled": False}}):
            config = configuration(render(values))
            with tempfile.NamedTemporaryFile("w", suffix=".textproto") as file:
                file.write(config)
                file.flush()
                result = subprocess.run(
                    [server, "--config", file.name, "--check-config"], capture_output=True, text=True, check=False,
                )
            self.assertEqual(result.returncode, 0, f"{config}\n{result.stderr}")

    def test_the_probes_find_a_server_with_tls_healthy(self) -> None:
        for clients in (False, True):
            tls = {"secret": "oido-tls", "serverName": "oido.test", "clientCertificates": clients}
            objects = render({"tls": tls, "metrics": {"enabled": False}})
            probe = container(objects)["readinessProbe"]["exec"]["command"]
            self.assertEqual(probe[0], "/usr/bin/oido")
            with tempfile.TemporaryDirectory() as folder, self.subTest(clients=clients):
                make_certificate(pathlib.Path(folder))
                config = pathlib.Path(folder, "server.textproto")
                config.write_text(configuration(objects).replace("/etc/oido/tls", folder))
                process = ServerProcess(server, ["--config", str(config)])
                arguments = [argument.replace("/etc/oido/tls", folder) for argument in probe[1:]]
                result = subprocess.run(
                    [oido, *arguments, "--server", process.address], capture_output=True, text=True, check=False,
                )
                process.stop()
                self.assertEqual((result.returncode, result.stdout), (0, "SERVING\n"), result.stderr)


def main() -> None:
    global oido, server
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=pathlib.Path, required=True)
    parser.add_argument("--oido", type=pathlib.Path, required=True)
    arguments, rest = parser.parse_known_args()
    oido, server = arguments.oido, arguments.server
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
