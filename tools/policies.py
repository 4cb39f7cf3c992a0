"""checkov and cfn-guard on the template as CloudFormation gets it: `python -m tools.policies <cloudformation.json>`.

What they find and tools/policy_exceptions.toml does not excuse fails, and so does an exception that excuses nothing.
cfn-guard checks the rules of AWS Control Tower.
"""

import json
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tools import npm_packages
from tools.npm_packages import ROOT

EXCEPTIONS = Path(__file__).with_name("policy_exceptions.toml")
CHECKOV = ROOT / ".tools" / "checkov" / "bin" / "checkov"


@dataclass(frozen=True, order=True)
class Finding:
    check: str
    resource: str
    """Its logical id."""


@dataclass(frozen=True)
class Exemption:
    """Checks that a person decided not to hold some resources to, named as in a shell."""

    checks: frozenset[str]
    resources: tuple[str, ...]

    def excuses(self, finding: Finding) -> bool:
        return finding.check in self.checks and any(fnmatchcase(finding.resource, each) for each in self.resources)

    def idle(self, findings: Iterable[Finding]) -> Iterator[str]:
        """Its checks and patterns that no finding needs."""
        excused = [each for each in findings if self.excuses(each)]
        yield from sorted(self.checks - {each.check for each in excused})
        for pattern in self.resources:
            if not any(fnmatchcase(each.resource, pattern) for each in excused):
                yield pattern


def main(template: Path) -> None:
    guard = npm_packages.install("cfn_guard", "getting cfn-guard and its rules (once; 12 MB)", make_executable)
    with ThreadPoolExecutor() as both:
        found = [both.submit(checkov, template), both.submit(cfn_guard, guard, template)]
        findings = {each for future in found for each in future.result()}
    complaints = [*problems(findings, exemptions(EXCEPTIONS.read_text()))]
    if complaints:
        sys.exit("\n".join([*complaints, f"set it right, or say in {EXCEPTIONS.relative_to(ROOT)} why it is right"]))
    print(f"checkov and cfn-guard: {len(findings)} findings, each excused in {EXCEPTIONS.relative_to(ROOT)}")


def problems(findings: Iterable[Finding], exempted: Iterable[Exemption]) -> Iterator[str]:
    everything, known = sorted(findings), list(exempted)
    for finding in everything:
        if not any(each.excuses(finding) for each in known):
            yield f"{finding.check}: {finding.resource}"
    for each in known:
        yield from (f"{name} in the exception of {min(each.checks)} excuses nothing" for name in each.idle(everything))


def exemptions(text: str) -> list[Exemption]:
    """The exceptions of a file; raises KeyError where one has no reason."""
    listed: list[dict[str, Any]] = tomllib.loads(text)["exception"]
    assert all(each["reason"] for each in listed)
    return [Exemption(frozenset(each["checks"]), tuple(each["resources"])) for each in listed]


def checkov(template: Path) -> set[Finding]:
    options = ["--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--output", "json"]
    report = json.loads(output([CHECKOV, "--file", template, *options], {0, 1}))
    failed: list[dict[str, str]] = report["results"]["failed_checks"]
    return {Finding(each["check_id"], each["resource"].rpartition(".")[2]) for each in failed}


def cfn_guard(packages: Path, template: Path) -> set[Finding]:
    package = packages / "@cdklabs" / "cdk-validator-cfnguard"
    rules = package / "rules" / "control-tower" / "cfn-guard"
    options = ["--output-format", "json", "--structured", "--show-summary", "none"]
    report = json.loads(output([binary(package), "validate", "--data", template, "--rules", rules, *options], {0, 19}))
    return {finding for rule in report[0]["not_compliant"] for finding in findings_of(json.dumps(rule))}


def findings_of(rule: str) -> Iterator[Finding]:
    """A rule's report names its own number in the messages, and the resources in the paths of what failed."""
    (check,) = set(re.findall(r"\[(CT\.[A-Z0-9.]+)\]", rule))
    yield from (Finding(check, resource) for resource in re.findall(r"/Resources/(\w+)", rule))


def output(command: list[str | Path], expected: set[int]) -> str:
    """What a program prints; exits when it did not end as it does after a check."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in expected:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:] or done.stdout[-2000:]}")
    return done.stdout


def make_executable(packages: Path) -> None:
    """npm installs it with `--ignore-scripts`, and the package's own script would do this."""
    binary(packages / "@cdklabs" / "cdk-validator-cfnguard").chmod(0o755)


def binary(package: Path) -> Path:
    system = "macos" if platform.system() == "Darwin" else "ubuntu"
    processor = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    return package / "bin" / system / processor / "cfn-guard"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
