//! Handoffs, end to end: who left what where, who takes it, and whether the window is open.

use crate::support::{repository, swaplint};
use serde_json::Value;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// One line a handoff: `window reason carrier across: producer -> consumer`; an end is `execution/what`.
fn handoffs(files: &[(&str, &str)]) -> Vec<String> {
    let dir = repository(files);
    let report = swaplint(dir.path(), &["check", "--format", "json", "--persona", "auditor", "."]).json();
    let text = |v: &Value, key: &str| v[key].as_str().unwrap_or("?").to_owned();
    let end =
        |v: &Value| if v.is_null() { "outside".to_owned() } else { format!("{}/{}", text(v, "execution"), text(v, "does")) };
    let line = |h: &Value| {
        let how = [text(h, "window"), text(h, "reason"), text(h, "carrier"), text(h, "across")].join(" ");
        format!("{how}: {} -> {}", end(&h["producer"]), end(&h["consumer"]))
    };
    let found: Vec<String> = report["handoffs"].as_array().expect("a list").iter().map(line).collect();
    let counts = &report["summary"]["handoffs"];
    let total: u64 = ["closed", "open", "unknown"].iter().map(|w| counts[w].as_u64().expect("a number")).sum();
    assert_eq!(total, found.len() as u64, "the totals are those of the list");
    found
}

fn workflow(jobs: &str) -> String {
    format!("on: push\njobs:\n{jobs}")
}

fn in_one(jobs: &str) -> Vec<String> {
    handoffs(&[(".github/workflows/x.yml", &workflow(jobs))])
}

const BUILD: &str = "  build:
    outputs:
      digest: ${{ steps.push.outputs.digest }}
    steps:
      - id: push
        uses: docker/build-push-action@263435318d21b8e681c14492fe198d362a7d2c83
        with: { push: true, tags: ghcr.io/acme/app:1 }
";

#[test]
fn a_tag_leaves_the_window_open_and_a_digest_closes_it() {
    let by_tag = "  ship:\n    needs: build\n    steps:\n      - run: kubectl set image deploy/app app=ghcr.io/acme/app:1\n";
    assert_eq!(in_one(&[BUILD, by_tag].concat()), ["open repointable registry-tag executions: build/push -> ship/deploy"]);
    let by_digest = "  ship:
    needs: build
    steps:
      - run: kubectl set image deploy/app app=ghcr.io/acme/app@${{ needs.build.outputs.digest }}
";
    assert_eq!(in_one(&[BUILD, by_digest].concat()), ["closed content-addressed digest executions: build/push -> ship/deploy"]);
}

#[test]
fn the_store_of_another_repository_is_another_store() {
    let file = |repository: &str| {
        format!(
            "tell:\n  script: [./tell]\n  artifacts: {{paths: [summary.md]}}\nfetch:\n  script: [gh run download $RUN {repository} --pattern 'wheels-*']\n"
        )
    };
    assert_eq!(
        handoffs(&[(".gitlab-ci.yml", &file("--repo acme/other"))]),
        ["open unchecked artifact-store outside: outside -> fetch/download"]
    );
    let own = "  fetch:
    steps:
      - run: gh run download ${{ inputs.run }} --repo ${{ github.repository }} --name wheels
  build:
    steps:
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02
        with: { name: wheels, path: dist }
";
    assert_eq!(in_one(own), ["open unchecked artifact-store pipelines: build/upload -> fetch/download"]);
}

#[test]
fn another_tag_is_another_handoff() {
    let other = "  ship:\n    needs: build\n    steps:\n      - run: kubectl set image deploy/app app=ghcr.io/acme/app:2\n";
    assert_eq!(in_one(&[BUILD, other].concat()), ["open repointable registry-tag outside: outside -> ship/deploy"]);
}

/// Every value of a matrix is left, and every value is taken.
#[test]
fn a_matrix_leaves_all_its_values() {
    let publish = "on: push
jobs:
  publish:
    strategy:
      matrix:
        image: [web, worker]
        arch: [amd64, arm64]
    steps:
      - run: docker push ghcr.io/acme/${{ matrix.image }}:1-${{ matrix.arch }}
  index:
    needs: publish
    steps:
      - run: docker pull ghcr.io/acme/worker:1-arm64
      - run: docker pull ghcr.io/acme/worker:1-riscv
";
    let deploy = "on: workflow_dispatch\njobs:\n  deploy:\n    strategy:\n      matrix:\n        tag: [0, 1-amd64]\n    steps:\n      - run: kubectl set image deploy/web web=ghcr.io/acme/web:${{ matrix.tag }}\n";
    assert_eq!(
        handoffs(&[(".github/workflows/deploy.yml", deploy), (".github/workflows/publish.yml", publish)]),
        [
            "open repointable registry-tag pipelines: publish/push -> deploy/deploy",
            "open repointable registry-tag executions: publish/push -> index/pull",
            "open repointable registry-tag outside: outside -> index/pull",
        ]
    );
}

#[test]
fn what_runs_in_parallel_hands_nothing_over() {
    let parallel = "  ship:\n    steps:\n      - run: kubectl set image deploy/app app=ghcr.io/acme/app:1\n";
    assert_eq!(in_one(&[BUILD, parallel].concat()), ["open repointable registry-tag outside: outside -> ship/deploy"]);
}

#[test]
fn an_effective_verification_closes_it_and_a_swallowed_one_does_not() {
    let verified = |tolerance: &str| {
        format!(
            "  ship:\n    steps:\n      - run: |\n          cosign verify --key k.pub ghcr.io/acme/app@{DIGEST}{tolerance}\n          D=$(crane digest ghcr.io/acme/app:1)\n          cosign verify --key k.pub ghcr.io/acme/app@$D{tolerance}\n          kubectl set image deploy/app app=ghcr.io/acme/app@$D\n"
        )
    };
    assert_eq!(in_one(&verified("")), ["closed verified digest outside: outside -> ship/deploy"]);
    assert_eq!(in_one(&verified(" || true")), ["open looked-up-again registry-tag outside: outside -> ship/deploy"]);
}

#[test]
fn the_pusher_may_ask_for_its_digest_and_nobody_later() {
    let ask = "crane digest ghcr.io/acme/app:1";
    let pusher = format!(
        "  all:\n    steps:\n      - run: |\n          docker push ghcr.io/acme/app:1\n          cosign sign ghcr.io/acme/app@$({ask})\n"
    );
    assert_eq!(in_one(&pusher), ["closed content-addressed digest steps: all/push -> all/sign"]);
    let later = format!(
        "  push:\n    steps:\n      - run: docker push ghcr.io/acme/app:1\n  sign:\n    needs: push\n    steps:\n      - run: |\n          D=$({ask})\n          cosign sign ghcr.io/acme/app@$D\n"
    );
    assert_eq!(in_one(&later), ["open looked-up-again registry-tag executions: push/push -> sign/sign"]);
}

#[test]
fn pipelines_of_one_repository_are_joined() {
    let publish = "on: push\njobs:\n  publish:\n    steps:\n      - run: docker push ghcr.io/${{ github.repository }}/app:main\n";
    let deploy = "on: workflow_dispatch\njobs:\n  deploy:\n    steps:\n      - run: kubectl set image deploy/app app=ghcr.io/${{ github.repository }}/app:main\n";
    let files = [(".github/workflows/publish.yml", publish), (".github/workflows/deploy.yml", deploy)];
    assert_eq!(handoffs(&files), ["open repointable registry-tag pipelines: publish/push -> deploy/deploy"]);
    let of_this_run_only = deploy.replace("github.repository", "github.run_id");
    let files = [(files[0].0, publish), (files[1].0, of_this_run_only.as_str())];
    assert_eq!(handoffs(&files), ["open repointable registry-tag outside: outside -> deploy/deploy"]);
}

#[test]
fn formats_are_joined_with_each_other() {
    let publish = "on: push\njobs:\n  publish:\n    steps:\n      - run: docker push registry.example.com/app:main\n";
    let jenkins = "pipeline { agent any\n stages { stage('Ship') { steps { sh 'kubectl set image deploy/app app=registry.example.com/app:main' } } } }\n";
    let files = [(".github/workflows/publish.yml", publish), ("Jenkinsfile", jenkins)];
    assert_eq!(handoffs(&files), ["open repointable registry-tag pipelines: publish/push -> Ship/deploy"]);
}

#[test]
fn files_travel_through_the_artifact_store_and_buckets() {
    let upload = "  build:\n    steps:\n      - uses: actions/upload-artifact@v4\n        with: { name: app, path: app.tar }\n";
    let download = |after: &str| {
        format!(
            "  ship:\n    needs: build\n    steps:\n      - uses: actions/download-artifact@v4\n        with: {{ name: app }}\n      - run: {after}\n"
        )
    };
    let open = "open unchecked artifact-store executions: build/upload -> ship/download";
    assert_eq!(in_one(&[upload, &download("tar xf app.tar")].concat()), [open]);
    let closed = "closed verified artifact-store executions: build/upload -> ship/download";
    assert_eq!(in_one(&[upload, &download("sha256sum -c app.sha256")].concat()), [closed]);
    let bucket = "  a:
    steps:
      - run: aws s3 cp app.tar s3://acme/app/app.tar
  b:
    needs: a
    steps:
      - run: |
          curl -fsSLO https://acme.s3.eu-west-1.amazonaws.com/app/app.tar
          tar xf app.tar
";
    assert_eq!(in_one(bucket), ["open unchecked url executions: a/upload -> b/download"]);
}

#[test]
fn names_that_nobody_can_read_are_unknown() {
    let unknown = "  ship:\n    steps:\n      - run: kubectl set image deploy/app app=$IMAGE\n";
    assert_eq!(in_one(unknown), ["unknown unreadable-name registry-tag outside: outside -> ship/deploy"]);
}

#[test]
fn what_a_called_workflow_takes_is_counted_once() {
    let call = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/ship.yml\n  b:\n    uses: ./.github/workflows/ship.yml\n";
    let ship =
        "on: workflow_call\njobs:\n  ship:\n    steps:\n      - run: kubectl set image deploy/app app=ghcr.io/acme/app:1\n";
    let files = [(".github/workflows/call.yml", call), (".github/workflows/ship.yml", ship)];
    assert_eq!(handoffs(&files).len(), 1);
}

/// The path from the producer to the place of the finding is its evidence, in JSON, SARIF and for people.
#[test]
fn findings_show_the_way() {
    let publish = "on: push\njobs:\n  publish:\n    steps:\n      - run: docker push ghcr.io/acme/app:main\n";
    let deploy = "on: workflow_dispatch\njobs:\n  deploy:\n    steps:\n      - run: |\n          cosign verify --key k.pub ghcr.io/acme/app:main || true\n          kubectl set image deploy/app app=ghcr.io/acme/app:main\n";
    let dir = repository(&[(".github/workflows/publish.yml", publish), (".github/workflows/deploy.yml", deploy)]);
    let select = ["check", "--select", "unverified-deploy", "--format"];
    let report = swaplint(dir.path(), &[&select[..], &["json"]].concat()).json();
    let related = report["findings"][0]["related"].as_array().expect("a story");
    let told: Vec<(&str, &str)> =
        related.iter().map(|r| (r["path"].as_str().unwrap_or_default(), r["message"].as_str().unwrap_or_default())).collect();
    let by_whom = (".github/workflows/publish.yml", "pushed here, by another pipeline");
    let swallowed = (".github/workflows/deploy.yml", "`cosign verify` does not protect this: `|| true` discards its failure");
    assert_eq!(told, [by_whom, swallowed]);
    let sarif = swaplint(dir.path(), &[&select[..], &["sarif"]].concat()).json();
    let flow = &sarif["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    assert_eq!(flow.as_array().expect("a flow").len(), 3);
    let human = swaplint(dir.path(), &[&select[..], &["human"]].concat()).out;
    assert!(human.contains("1: pushed here, by another pipeline"), "{human}");
    assert!(human.contains("does not protect this: `|| true` discards its failure"), "{human}");
}
