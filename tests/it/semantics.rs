//! The semantics sentence by sentence: what the analysis must get right, each case with the name of what a reader of words
//! gets wrong. Control flow inside scripts is compared with the shell itself in [`crate::effects`].

use crate::support::{repository, swaplint};
use serde_json::Value;

const HEX64: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What stands around a script.
type Around = fn(&str) -> String;

/// Does a failure stop the pipeline? The place, its file, whether the shell there has errexit and pipefail; `None` where a pipe is
/// not what it is elsewhere.
const SECTION_3: &[(&str, &str, Around, bool, Option<bool>)] = &[
    ("GitHub run without shell", GITHUB, |s| github(s, "", "", ""), true, Some(false)),
    ("GitHub shell: bash", GITHUB, |s| github(s, "shell: bash", "", ""), true, Some(true)),
    ("GitHub defaults of the workflow", GITHUB, |s| github(s, "", "", "defaults: { run: { shell: bash } }"), true, Some(true)),
    ("GitHub defaults of the job", GITHUB, |s| github(s, "", "defaults: { run: { shell: bash } }", ""), true, Some(true)),
    ("GitHub shell: sh", GITHUB, |s| github(s, "shell: sh", "", ""), true, Some(false)),
    ("GitHub job in a container", GITHUB, |s| github(s, "", "container: x", ""), true, Some(false)),
    ("GitHub shell: bash {0}", GITHUB, |s| github(s, "shell: bash {0}", "", ""), false, Some(false)),
    ("GitHub shell: bash -eo pipefail {0}", GITHUB, |s| github(s, "shell: bash -eo pipefail {0}", "", ""), true, Some(true)),
    ("GitHub shell: bash -l {0}", GITHUB, |s| github(s, "shell: bash -l {0}", "", ""), false, Some(false)),
    ("GitHub shell: bash -el {0}", GITHUB, |s| github(s, "shell: bash -el {0}", "", ""), true, Some(false)),
    ("GitHub shell: pwsh", GITHUB, |s| github(s, "shell: pwsh", "", ""), false, None),
    ("GitHub shell: cmd", GITHUB, |s| github(s, "shell: cmd", "", ""), false, None),
    ("GitHub on Windows", GITHUB, |s| github(s, "", "", "").replace("ubuntu", "windows"), false, None),
    ("Tekton without shebang", TEKTON, |s| tekton("script: |", s), true, Some(false)),
    ("Tekton with a shebang", TEKTON, |s| tekton("script: |", &format!("#!/bin/bash\n{s}")), false, Some(false)),
    ("Tekton with bash -e", TEKTON, |s| tekton("script: |", &format!("#!/bin/bash -e\n{s}")), true, Some(false)),
    ("Tekton with set", TEKTON, |s| tekton("script: |", &format!("#!/bin/sh\nset -eo pipefail\n{s}")), true, Some(true)),
    ("Tekton sh -c", TEKTON, |s| tekton("command: [sh, -c]\n      args:\n      - |", s), false, Some(false)),
    ("Tekton sh -ec", TEKTON, |s| tekton("command: [sh, -ec]\n      args:\n      - |", s), true, Some(false)),
    (
        "Tekton bash -euo pipefail -c",
        TEKTON,
        |s| tekton("command: [bash, -euo, pipefail, -c]\n      args:\n      - |", s),
        true,
        Some(true),
    ),
    ("Jenkins sh", "Jenkinsfile", |s| jenkins("sh", s), true, Some(false)),
    ("Jenkins sh with a shebang", "Jenkinsfile", |s| jenkins("sh", &format!("#!/bin/bash\n{s}")), false, Some(false)),
    ("Jenkins sh with bash -e", "Jenkinsfile", |s| jenkins("sh", &format!("#!/bin/bash -e\n{s}")), true, Some(false)),
    ("Jenkins bat", "Jenkinsfile", |s| jenkins("bat", s), false, None),
    ("GitLab script", ".gitlab-ci.yml", |s| format!("a:\n  script:\n    - |\n{}", indented(s, 6)), true, Some(true)),
    (
        "GitLab before_script",
        ".gitlab-ci.yml",
        |s| format!("a:\n  script: [date]\n  before_script:\n    - |\n{}", indented(s, 6)),
        true,
        Some(true),
    ),
];

const GITHUB: &str = ".github/workflows/ci.yml";
const TEKTON: &str = ".tekton/task.yaml";

fn github(script: &str, step: &str, job: &str, top: &str) -> String {
    format!(
        "on: push\npermissions: {{}}\n{top}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    {job}\n    steps:\n      - run: |\n{}\n        {step}\n",
        indented(script, 10)
    )
}

fn tekton(field: &str, script: &str) -> String {
    format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{ name: a }}\nspec:\n  steps:\n    - image: x\n      {field}\n{}\n",
        indented(script, 10)
    )
}

fn jenkins(step: &str, script: &str) -> String {
    format!("pipeline {{\n  agent any\n  stages {{ stage('a') {{ steps {{\n    {step} '''{script}'''\n  }} }} }}\n}}\n")
}

fn indented(script: &str, by: usize) -> String {
    script.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// The rules that fire on a repository of one file.
fn fired(path: &str, text: &str) -> Vec<String> {
    let text = text.replace("DIGEST", &format!("sha256:{HEX64}")).replace("HEX64", HEX64);
    let dir = repository(&[(path, &text)]);
    let ran =
        swaplint(dir.path(), &["check", "--format", "json", "--no-config", "--persona", "auditor", "--fail-on", "never", "."]);
    let report = ran.json();
    assert_eq!(report["summary"]["pipelines"], 1, "{text}\n{}", ran.err);
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter_map(|f: &Value| f["rule"].as_str().map(str::to_owned)).collect()
}

fn in_bash(script: &str) -> String {
    github(script, "shell: bash", "", "")
}

fn judge(section: &str, cases: &[(&str, &str, &str, bool)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(_, script, rule, fires)| fired(GITHUB, &in_bash(script)).iter().any(|r| r == rule) != *fires)
        .map(|(name, script, rule, fires)| {
            format!("{section}, {name}: {rule} {}\n{script}", if *fires { "is silent" } else { "fires" })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_place_has_its_errexit_and_its_pipefail() {
    let mut wrong = Vec::new();
    for (name, path, around, errexit, pipefail) in SECTION_3 {
        let next = fired(path, &around("cosign verify --key k r.io/a@DIGEST\ndocker run r.io/a@DIGEST"));
        if next.iter().any(|r| r == "verify-failure-ignored") == *errexit {
            wrong.push(format!("{name}: errexit"));
        }
        let Some(pipefail) = pipefail else { continue };
        let piped = fired(path, &around("cosign verify --key k r.io/a@DIGEST | tee log\ndocker run r.io/a@DIGEST"));
        let stops = *errexit && *pipefail;
        if piped.iter().any(|r| r == "verify-masked-by-pipe" || r == "verify-failure-ignored") == stops {
            wrong.push(format!("{name}: pipefail"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn verified_means_this_content_before_the_use_and_with_effect() {
    judge("section 4", SECTION_4);
}

#[test]
fn commands_are_seen_however_they_are_written() {
    let signs = |script: &&&str| fired(GITHUB, &in_bash(script)).iter().any(|r| r == "sign-by-tag");
    let missed: Vec<&&str> = SECTION_5.iter().filter(|s| !signs(s)).collect();
    assert!(missed.is_empty(), "not seen: {missed:#?}");
    let imagined: Vec<&&str> = SECTION_5_SILENT.iter().filter(signs).collect();
    assert!(imagined.is_empty(), "seen, but not there: {imagined:#?}");
}

#[test]
fn copies_are_checked_against_what_was_meant() {
    judge("section 7", SECTION_7);
}

#[test]
fn checksums_and_keys_come_from_elsewhere() {
    judge("section 8", SECTION_8);
}

/// Verified, effectively, before use: what is said, the script, the rule in question, whether it fires.
const SECTION_4: &[(&str, &str, &str, bool)] = &[
    (
        "4.1 tag verified then used by tag",
        "cosign verify --key k r.io/a:1\nkubectl set image deploy/a a=r.io/a:1",
        "verify-then-reresolve",
        true,
    ),
    (
        "4.1 digest looked up first",
        "IMG=r.io/a@$(crane digest r.io/a:1)\ncosign verify --key k $IMG\nkubectl set image deploy/a a=$IMG",
        "unverified-deploy",
        false,
    ),
    (
        "4.1 other content",
        "cosign verify --key k r.io/b@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.2 verified before",
        "cosign verify --key k r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.2 verified after",
        "kubectl set image deploy/a a=r.io/a@DIGEST\ncosign verify --key k r.io/a@DIGEST",
        "verify-after-use",
        true,
    ),
    (
        "4.2 one branch only",
        "if [ -n \"$X\" ]; then cosign verify --key k r.io/a@DIGEST; fi\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.2 both branches",
        "if [ -n \"$X\" ]; then cosign verify --key k r.io/a@DIGEST; else cosign verify --key k r.io/a@DIGEST; fi\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.3 swallowed",
        "cosign verify --key k r.io/a@DIGEST || true\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.3 background",
        "cosign verify --key k r.io/a@DIGEST &\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: cosign download attestation",
        "cosign download attestation r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: docker run",
        "docker run r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: HTTP 200",
        "curl -sf https://r.io/v2/a/manifests/DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: helm show",
        "helm show chart oci://r.io/a --version 1\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    ("4.4 not real: echo verified", "echo verified\nkubectl set image deploy/a a=r.io/a@DIGEST", "unverified-deploy", true),
    (
        "4.4 not real: comment",
        "# cosign verify --key k r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: echo of the command",
        "echo 'cosign verify --key k r.io/a@DIGEST'\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: cosign tree",
        "cosign tree r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: cosign triangulate",
        "cosign triangulate r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: crane digest",
        "crane digest r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    (
        "4.4 not real: skopeo inspect",
        "skopeo inspect docker://r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        true,
    ),
    ("4.4 not real: trivy", "trivy image r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST", "unverified-deploy", true),
    (
        "4.4 real: cosign verify",
        "cosign verify --key k r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real: cosign verify-attestation",
        "cosign verify-attestation --key k --type slsaprovenance r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real: notation verify",
        "notation verify r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real: slsa-verifier",
        "slsa-verifier verify-image r.io/a@DIGEST --source-uri github.com/a/a --source-tag v1\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real: gh attestation verify",
        "gh attestation verify oci://r.io/a@DIGEST --repo a/a\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real: in a condition",
        "if ! cosign verify --key k r.io/a@DIGEST; then exit 1; fi\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real: docker run cosign",
        "docker run --rm gcr.io/projectsigstore/cosign@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd verify --key k r.io/a@DIGEST\nkubectl set image deploy/a a=r.io/a@DIGEST",
        "unverified-deploy",
        false,
    ),
    (
        "4.4 real file: gpg --verify",
        "curl -fsSLo t.tgz https://x.example/t.tgz\ngpg --verify t.tgz.asc t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: minisign -V",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nminisign -Vm t.tgz -P RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: sha256sum -c",
        "curl -fsSLo t.tgz https://x.example/t.tgz\necho 'HEX64  t.tgz' | sha256sum -c -\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: shasum -a 256 -c",
        "curl -fsSLo t.tgz https://x.example/t.tgz\necho 'HEX64  t.tgz' | shasum -a 256 -c\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: openssl dgst -verify",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nopenssl dgst -sha256 -verify keys/pub.pem -signature t.sig t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: gh attestation verify",
        "curl -fsSLo t.tgz https://x.example/t.tgz\ngh attestation verify t.tgz --repo a/a\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: slsa-verifier",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nslsa-verifier verify-artifact t.tgz --provenance-path p.jsonl --source-uri github.com/a/a --source-tag v1\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: cosign verify-blob",
        "curl -fsSLo t.tgz https://x.example/t.tgz\ncosign verify-blob --key keys/k.pub --signature t.sig t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 real file: rekor-cli verify",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nrekor-cli verify --artifact t.tgz --signature t.sig --public-key keys/k.pub\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        false,
    ),
    (
        "4.4 not real file: md5sum",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nmd5sum t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        true,
    ),
    (
        "4.4 not real file: sha256sum shown",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nsha256sum t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        true,
    ),
    (
        "4.4 not real file: test -s",
        "curl -fsSLo t.tgz https://x.example/t.tgz\ntest -s t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        true,
    ),
    (
        "4.4 not real file: file",
        "curl -fsSLo t.tgz https://x.example/t.tgz\nfile t.tgz\ntar xzf t.tgz\n./t/install.sh",
        "unverified-download",
        true,
    ),
    (
        "negative test",
        "if cosign verify --key k r.io/a@DIGEST; then echo should not; exit 1; fi",
        "verify-failure-ignored",
        false,
    ),
    ("help text", "cat <<EOF >> $GITHUB_STEP_SUMMARY\ncosign verify --key k r.io/a:1\nEOF", "verify-mutable-ref", false),
];

/// Copies: what is said, the script, the rule in question, whether it fires.
const SECTION_7: &[(&str, &str, &str, bool)] = &[
    ("copy by tag: crane copy %s p.io/a:1", "crane copy r.io/a:1 p.io/a:1", "copy-by-tag", true),
    ("unchecked: crane copy %s p.io/a:1", "crane copy r.io/a@DIGEST p.io/a:1", "unchecked-copy", true),
    (
        "checked: crane copy %s p.io/a:1",
        "crane copy r.io/a@DIGEST p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("copy by tag: crane cp %s p.io/a:1", "crane cp r.io/a:1 p.io/a:1", "copy-by-tag", true),
    ("unchecked: crane cp %s p.io/a:1", "crane cp r.io/a@DIGEST p.io/a:1", "unchecked-copy", true),
    (
        "checked: crane cp %s p.io/a:1",
        "crane cp r.io/a@DIGEST p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("copy by tag: gcrane cp %s p.io/a:1", "gcrane cp r.io/a:1 p.io/a:1", "copy-by-tag", true),
    ("unchecked: gcrane cp %s p.io/a:1", "gcrane cp r.io/a@DIGEST p.io/a:1", "unchecked-copy", true),
    (
        "checked: gcrane cp %s p.io/a:1",
        "gcrane cp r.io/a@DIGEST p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    (
        "copy by tag: skopeo copy docker://%s docker://p.io/a:1",
        "skopeo copy docker://r.io/a:1 docker://p.io/a:1",
        "copy-by-tag",
        true,
    ),
    (
        "unchecked: skopeo copy docker://%s docker://p.io/a:1",
        "skopeo copy docker://r.io/a@DIGEST docker://p.io/a:1",
        "unchecked-copy",
        true,
    ),
    (
        "checked: skopeo copy docker://%s docker://p.io/a:1",
        "skopeo copy docker://r.io/a@DIGEST docker://p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("copy by tag: regctl image copy %s p.io/a:1", "regctl image copy r.io/a:1 p.io/a:1", "copy-by-tag", true),
    ("unchecked: regctl image copy %s p.io/a:1", "regctl image copy r.io/a@DIGEST p.io/a:1", "unchecked-copy", true),
    (
        "checked: regctl image copy %s p.io/a:1",
        "regctl image copy r.io/a@DIGEST p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("copy by tag: oras cp %s p.io/a:1", "oras cp r.io/a:1 p.io/a:1", "copy-by-tag", true),
    ("unchecked: oras cp %s p.io/a:1", "oras cp r.io/a@DIGEST p.io/a:1", "unchecked-copy", true),
    (
        "checked: oras cp %s p.io/a:1",
        "oras cp r.io/a@DIGEST p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    (
        "copy by tag: docker buildx imagetools create -t p.io/a:1 %s",
        "docker buildx imagetools create -t p.io/a:1 r.io/a:1",
        "copy-by-tag",
        true,
    ),
    (
        "unchecked: docker buildx imagetools create -t p.io/a:1 %s",
        "docker buildx imagetools create -t p.io/a:1 r.io/a@DIGEST",
        "unchecked-copy",
        true,
    ),
    (
        "checked: docker buildx imagetools create -t p.io/a:1 %s",
        "docker buildx imagetools create -t p.io/a:1 r.io/a@DIGEST\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("copy by tag: oc image mirror %s p.io/a:1", "oc image mirror r.io/a:1 p.io/a:1", "copy-by-tag", true),
    ("unchecked: oc image mirror %s p.io/a:1", "oc image mirror r.io/a@DIGEST p.io/a:1", "unchecked-copy", true),
    (
        "checked: oc image mirror %s p.io/a:1",
        "oc image mirror r.io/a@DIGEST p.io/a:1\n[ \"$(crane digest p.io/a:1)\" = DIGEST ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("skopeo sync", "skopeo sync --src docker --dest docker r.io/a:1 p.io/a", "copy-by-tag", true),
    ("oc tag", "oc tag r.io/a:1 a:prod", "copy-by-tag", true),
    ("retag docker", "docker pull r.io/a:1\ndocker tag r.io/a:1 p.io/a:1\ndocker push p.io/a:1", "retag-promotion", true),
    ("retag podman", "podman pull r.io/a:1\npodman tag r.io/a:1 p.io/a:1\npodman push p.io/a:1", "retag-promotion", true),
    (
        "tags compared afterwards",
        "crane copy r.io/a:1 p.io/a:1\n[ \"$(crane digest r.io/a:1)\" = \"$(crane digest p.io/a:1)\" ] || exit 1",
        "unchecked-copy",
        true,
    ),
    (
        "expected from before",
        "D=$(crane digest r.io/a:1)\ncrane copy r.io/a@$D p.io/a:1\n[ \"$D\" = \"$(crane digest p.io/a:1)\" ] || exit 1",
        "unchecked-copy",
        false,
    ),
    ("already exists accepted", "crane copy r.io/a@DIGEST p.io/a:1 || echo already exists", "unchecked-copy", true),
    (
        "remove-signatures",
        "skopeo copy --remove-signatures docker://r.io/a@DIGEST docker://p.io/a:1",
        "copy-strips-signatures",
        true,
    ),
];

/// Checksums and trust anchors: what is said, the script, the rule in question, whether it fires.
const SECTION_8: &[(&str, &str, &str, bool)] = &[
    (
        "same origin",
        "curl -fsSLO https://x.example/v1/t.tgz\ncurl -fsSLO https://x.example/v1/t.tgz.sha256\nsha256sum -c t.tgz.sha256\ntar xzf t.tgz",
        "checksum-same-origin",
        true,
    ),
    (
        "same release",
        "curl -fsSLO https://github.com/a/b/releases/download/v1/t.tgz\ncurl -fsSLO https://github.com/a/b/releases/download/v1/SHA256SUMS\nsha256sum -c --ignore-missing SHA256SUMS\ntar xzf t.tgz",
        "checksum-same-origin",
        true,
    ),
    (
        "gh release download",
        "gh release download v1 -R a/b -p t.tgz -p SHA256SUMS\nsha256sum -c SHA256SUMS\ntar xzf t.tgz",
        "checksum-same-origin",
        true,
    ),
    (
        "bucket",
        "aws s3 cp s3://b/t.tgz .\naws s3 cp s3://b/t.tgz.sha256 .\nsha256sum -c t.tgz.sha256\ntar xzf t.tgz",
        "checksum-same-origin",
        true,
    ),
    (
        "other origin",
        "curl -fsSLO https://x.example/v1/t.tgz\ncurl -fsSLO https://y.example/t.tgz.sha256\nsha256sum -c t.tgz.sha256\ntar xzf t.tgz",
        "checksum-same-origin",
        false,
    ),
    (
        "digest in the pipeline",
        "curl -fsSLO https://x.example/v1/t.tgz\necho 'HEX64  t.tgz' | sha256sum -c -\ntar xzf t.tgz",
        "checksum-same-origin",
        false,
    ),
    (
        "rescued by a signature",
        "curl -fsSLO https://x.example/v1/t.tgz\ncurl -fsSLO https://x.example/v1/SUMS\ncurl -fsSLO https://x.example/v1/SUMS.sig\ncosign verify-blob --key keys/k.pub --signature SUMS.sig SUMS\nsha256sum -c SUMS\ntar xzf t.tgz",
        "checksum-same-origin",
        false,
    ),
    (
        "key from the same origin",
        "curl -fsSLO https://x.example/v1/t.tgz\ncurl -fsSLO https://x.example/v1/t.sig\ncurl -fsSLO https://x.example/v1/k.pub\ncosign verify-blob --key k.pub --signature t.sig t.tgz\ntar xzf t.tgz",
        "trust-anchor-same-origin",
        true,
    ),
    (
        "gpg key from the same origin",
        "curl -fsSLO https://x.example/v1/t.tgz\ncurl -fsSLO https://x.example/v1/t.tgz.asc\ncurl -fsSL https://x.example/v1/KEYS | gpg --import\ngpg --verify t.tgz.asc t.tgz\ntar xzf t.tgz",
        "trust-anchor-same-origin",
        true,
    ),
    (
        "md5",
        "curl -fsSLO https://x.example/v1/t.tgz\necho 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  t.tgz' | md5sum -c -\ntar xzf t.tgz",
        "weak-checksum",
        true,
    ),
    (
        "sha1",
        "curl -fsSLO https://x.example/v1/t.tgz\necho 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  t.tgz' | sha1sum -c -\ntar xzf t.tgz",
        "weak-checksum",
        true,
    ),
    (
        "computed, never compared",
        "curl -fsSLO https://x.example/v1/t.tgz\nsha256sum t.tgz\ntar xzf t.tgz",
        "checksum-unchecked",
        true,
    ),
    (
        "fetched, never compared",
        "curl -fsSLO https://x.example/v1/t.tgz\ncurl -fsSLO https://x.example/v1/t.tgz.sha256\ntar xzf t.tgz",
        "checksum-unchecked",
        true,
    ),
];

/// Commands, as people write them: each signs `r.io/a:1` by tag.
const SECTION_5: &[&str] = &[
    "./cosign sign --yes r.io/a:1",
    "/usr/local/bin/cosign sign --yes r.io/a:1",
    "cosign-linux-amd64 sign --yes r.io/a:1",
    "sudo -E cosign sign --yes r.io/a:1",
    "env X=1 cosign sign --yes r.io/a:1",
    "X=1 cosign sign --yes r.io/a:1",
    "time cosign sign --yes r.io/a:1",
    "nice -n 5 cosign sign --yes r.io/a:1",
    "echo r.io/a:1 | xargs cosign sign --yes",
    "xargs -n1 cosign sign --yes <<< r.io/a:1",
    "retry 3 cosign sign --yes r.io/a:1",
    "timeout 5m cosign sign --yes r.io/a:1",
    "exec cosign sign --yes r.io/a:1",
    "command cosign sign --yes r.io/a:1",
    "bash -c \"cosign sign --yes r.io/a:1\"",
    "sh -c 'cosign sign --yes r.io/a:1'",
    "bash -euo pipefail -c 'cosign sign --yes \"$1\"' -- r.io/a:1",
    "eval \"cosign sign --yes r.io/a:1\"",
    "docker run --rm -v $HOME:/root gcr.io/projectsigstore/cosign:v2 sign --yes r.io/a:1",
    "args=(--yes)\ncosign sign \"${args[@]}\" r.io/a:1",
    "args=(sign --yes r.io/a:1)\ncosign \"${args[@]}\"",
    "OPTS=\"--yes --recursive\"\ncosign sign $OPTS r.io/a:1",
    "cosign sign \\;  --yes r.io/a:1",
    "bash <<'EOF'\ncosign sign --yes r.io/a:1\nEOF",
    "bash -s <<EOF\ncosign sign --yes r.io/a:1\nEOF",
    "f() { cosign sign --yes \"$1\"\n }\nf r.io/a:1",
    "shopt -s expand_aliases\nalias cs='cosign sign --yes'\ncs r.io/a:1",
    "for img in r.io/a:1 r.io/b:1; do cosign sign --yes \"$img\"; done",
    "while read -r img; do cosign sign --yes \"$img\"; done <<< r.io/a:1",
    "if true; then cosign sign --yes r.io/a:1; fi",
    "cosign sign --yes r.io/a:1 &\nwait",
    "( cosign sign --yes r.io/a:1 )",
    "x=$(cosign sign --yes r.io/a:1)",
    "nohup cosign sign --yes r.io/a:1",
    "COSIGN=cosign\n$COSIGN sign --yes r.io/a:1",
    "stdbuf -oL cosign sign --yes r.io/a:1 | tee log",
    "echo r.io/a:1 > list\nxargs cosign sign --yes < list",
    "printf '%s\\n' r.io/a:1 r.io/b:1 | while read i; do cosign sign --yes \"$i\"; done",
    "case $X in a) cosign sign --yes r.io/a:1 ;; esac",
    "IMG=r.io/a\n TAG=1\ncosign sign --yes \"${IMG}:${TAG}\"",
    "IMG=r.io/a:1@x\ncosign sign --yes \"${IMG%@*}\"",
    "cosign sign --yes \"$(echo r.io/a:1)\"",
    "cosign sign --yes `echo r.io/a:1`",
];

/// What looks like that command and is none, or signs content.
const SECTION_5_SILENT: &[&str] = &[
    "echo \"cosign sign --yes r.io/a:1\"",
    "# cosign sign --yes r.io/a:1",
    "cat <<EOF >> $GITHUB_STEP_SUMMARY\ncosign sign --yes r.io/a:1\nEOF",
    "cat > notes.md <<'EOF'\ncosign sign --yes r.io/a:1\nEOF",
    "cosign sign --help",
    "cosign version",
    "grep -q \"cosign sign r.io/a:1\" README.md",
    ": cosign sign r.io/a:1",
    "usage() { echo \"cosign sign r.io/a:1\"; }",
    "never() { cosign sign --yes r.io/a:1; }",
    "ssh host 'cosign sign --yes r.io/a:1'",
    "cosign sign --yes r.io/a@DIGEST",
    "cosign sign --yes r.io/a:1@DIGEST",
];
