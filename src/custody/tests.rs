//! Whole small pipelines: what happens, what a failure does, what guards what.

use super::{Files, World, analyse};
use crate::facts::{Event, Facts};
use crate::formats;
use crate::pipeline::{Format, Pipeline};
use crate::source::{FileId, Sources};
use crate::tools::Toolbox;
use std::sync::Arc;

mod places;
mod texts;

/// A repository in memory.
struct Memory<'a> {
    sources: &'a Sources,
    files: &'a [(&'a str, &'a str)],
}

impl Files for Memory<'_> {
    fn read(&self, path: &str) -> Option<(FileId, Arc<str>)> {
        let (name, text) = self.files.iter().find(|(name, _)| *name == path)?;
        let id = self.sources.find(path).unwrap_or_else(|| self.sources.add(*name, *text));
        Some((id, (*text).into()))
    }

    fn pipeline(&self, path: &str) -> Option<Arc<Pipeline>> {
        let names = [path.to_owned(), format!("{path}/action.yml")];
        let name = names.iter().find(|n| self.files.iter().any(|(f, _)| f == n))?;
        let (id, text) = self.read(name)?;
        let format = formats::recognise(name, Some(&text))?;
        formats::load(format, id, name, &text).pipelines.into_iter().next().map(Arc::new)
    }

    fn named(&self, _: &str, _: &str, _: FileId) -> Option<Arc<Pipeline>> {
        None
    }
}

fn facts_of(files: &[(&str, &str)]) -> (Facts, Sources) {
    let sources = Sources::new();
    let id = sources.add(files[0].0, files[0].1);
    let format = formats::recognise(files[0].0, Some(files[0].1)).unwrap_or(Format::GithubWorkflow);
    let loaded = formats::load(format, id, files[0].0, files[0].1);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let memory = Memory { sources: &sources, files };
    let world =
        World { sources: &sources, files: &memory, toolbox: Toolbox::embedded(), knowledge: &super::Knowledge::default() };
    (analyse(&loaded.pipelines[0], &world), sources)
}

/// One line an event: what is done to what, what its failure does, what guards it.
fn dump(facts: &Facts) -> Vec<String> {
    let mut all: Vec<&Event> = facts.events.values().flatten().collect();
    all.sort_by_key(|e| e.id);
    all.iter().map(|e| line(e)).collect()
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or_default().to_owned()
}

fn line(e: &Event) -> String {
    let mut text = word(&e.kind);
    if let Some(r) = &e.reference {
        text += &format!(" {} ({})", r.resolved, word(&r.mutability));
    }
    if let Some(d) = &e.destination {
        text += &format!(" -> {}", d.resolved);
    }
    if let Some(effect) = e.effect.as_ref().filter(|f| !f.stops) {
        text += &format!(" !{}", word(&effect.cause));
    }
    if e.expected_to_fail {
        text += " negative";
    }
    if !e.guards.is_empty() {
        text += &format!(" guarded{:?}", e.guards);
    }
    for c in &e.candidates {
        text += &format!(" not[{} {}]", c.event, word(&c.why));
    }
    if !e.checks.is_empty() {
        text += &format!(" checked{:?}", e.checks);
    }
    text
}

/// A workflow of one job with this script.
fn script(shell: &str, body: &str) -> String {
    let indented: String = body.lines().map(|l| format!("          {l}\n")).collect();
    let shell = if shell.is_empty() { String::new() } else { format!("        shell: {shell}\n") };
    format!("on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n      - name: s\n{shell}        run: |\n{indented}")
}

fn run(shell: &str, body: &str) -> Vec<String> {
    let text = script(shell, body);
    dump(&facts_of(&[(".github/workflows/x.yml", &text)]).0)
}

#[test]
fn the_effect_of_a_failing_verification() {
    let table: &[(&str, &str, &str)] = &[
        ("", "cosign verify --key k r.io/a:1", ""),
        ("", "cosign verify --key k r.io/a:1 || true\necho on", "or"),
        ("", "cosign verify --key k r.io/a:1 || exit 1\necho on", ""),
        ("", "cosign verify --key k r.io/a:1 || { echo no; exit 1; }\necho on", ""),
        ("", "fail() { echo \"$1\"; exit 1; }\ncosign verify --key k r.io/a:1 || fail no\necho on", ""),
        ("", "cosign verify --key k r.io/a:1 || echo no", "or"),
        ("", "cosign verify --key k r.io/a:1 | jq .\necho on", "pipe"),
        ("bash", "cosign verify --key k r.io/a:1 | jq .\necho on", ""),
        ("", "set -o pipefail\ncosign verify --key k r.io/a:1 | jq .\necho on", ""),
        ("", "set +e\ncosign verify --key k r.io/a:1\necho on", "no-errexit"),
        ("", "set +e\ncosign verify --key k r.io/a:1\nrc=$?\nset -e\necho $rc\nexit $rc", ""),
        ("", "set +e\ncosign verify --key k r.io/a:1\nrc=$?\nif [ $rc -ne 0 ]; then\n  echo bad\n  exit 1\nfi\necho on", ""),
        ("", "set +e\ncosign verify --key k r.io/a:1 | tee log\nrc=${PIPESTATUS[0]}\n[ \"$rc\" = 0 ] || exit 1\necho on", ""),
        ("bash {0}", "cosign verify --key k r.io/a:1\necho on", "no-errexit"),
        ("bash {0}", "cosign verify --key k r.io/a:1", ""),
        ("", "if cosign verify --key k r.io/a:1; then echo fine; fi\necho on", "condition"),
        ("", "if ! cosign verify --key k r.io/a:1; then exit 1; fi\necho on", ""),
        ("", "if cosign verify --key k r.io/a:1; then echo ok; else exit 1; fi\necho on", ""),
        ("", "echo \"$(cosign verify --key k r.io/a:1)\"\necho on", "substitution"),
        ("", "x=$(cosign verify --key k r.io/a:1)\necho on", ""),
        ("", "export x=$(cosign verify --key k r.io/a:1)\necho on", "substitution"),
        ("", "f() { local x=$(cosign verify --key k r.io/a:1); echo $x; }\nf", "substitution"),
        ("", "cosign verify --key k r.io/a:1 &\nwait", "background"),
        ("", "cosign verify --key k r.io/a:1 && echo ok\necho on", "and"),
        ("", "cosign verify --key k r.io/a:1 && echo ok", ""),
        ("", "! cosign verify --key k r.io/a:1\necho on", "negation"),
        ("", "f() { cosign verify --key k r.io/a:1; echo ok; }\nf || echo no", "called"),
        ("", "f() { cosign verify --key k r.io/a:1; echo ok; }\nf\necho on", ""),
        ("", "for i in 1 2 3; do\n  if cosign verify --key k r.io/a:1; then exit 0; fi\n  sleep 5\ndone\nexit 1", ""),
        (
            "",
            "ok=0\nfor i in 1 2 3; do\n  cosign verify --key k r.io/a:1 && ok=1 && break\n  sleep 5\ndone\n[ \"$ok\" = 1 ] || exit 1\necho on",
            "",
        ),
        (
            "",
            "ok=false\nfor i in 1 2 3; do\n  if cosign verify --key k r.io/a:1; then ok=true; break; fi\ndone\nif ! $ok; then exit 1; fi\necho on",
            "",
        ),
        ("", "for i in 1 2 3; do\n  if cosign verify --key k r.io/a:1; then break; fi\ndone\necho on", "condition"),
        ("", "until cosign verify --key k r.io/a:1; do sleep 5; done\necho on", ""),
        ("", "(cosign verify --key k r.io/a:1)\necho on", ""),
        ("", "trap 'exit 0' ERR\ncosign verify --key k r.io/a:1\necho on", "handler"),
        ("", "bash -c 'cosign verify --key k r.io/a:1; echo on'\necho on", "no-errexit"),
        ("", "bash -ec 'cosign verify --key k r.io/a:1; echo on'\necho on", ""),
        ("", "while read -r i; do cosign verify --key k r.io/a:1; done <<< \"$LIST\"\necho on", ""),
        ("", "timeout 5m sudo -E cosign verify --key k r.io/a:1\necho on", ""),
        ("", "if cosign verify --key k r.io/a:1; then\n  echo 'must not verify'\n  exit 1\nfi\necho on", "condition negative"),
        ("pwsh", "cosign verify --key k r.io/a:1\necho on", "no-errexit"),
    ];
    let mut wrong = Vec::new();
    for (shell, body, wanted) in table {
        let found: Vec<String> = run(shell, body).into_iter().filter(|l| l.starts_with("verify")).collect();
        let effect = found
            .first()
            .map_or("no event".to_owned(), |l| l.split_once('!').map_or(String::new(), |(_, e)| e.trim().to_owned()));
        if effect != *wanted {
            wrong.push(format!("shell `{shell}`: wanted `{wanted}`, found `{effect}`\n{body}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The resolved references of the events of a kind.
fn references(facts: &Facts, kind: crate::facts::EventKind) -> Vec<String> {
    let events = facts.events.get(&kind).map(Vec::as_slice).unwrap_or_default();
    events.iter().filter_map(|e| e.reference.as_ref()).map(|r| format!("{} ({})", r.resolved, word(&r.mutability))).collect()
}

#[test]
fn values_travel_through_the_shell() {
    let table: &[(&str, &str)] = &[
        ("T=1.2\nIMG=ghcr.io/a/b:$T\ndocker pull \"$IMG\"", "ghcr.io/a/b:1.2 (tag)"),
        ("export IMG=ghcr.io/a/b\ndocker pull ${IMG}", "ghcr.io/a/b (implicit)"),
        ("docker pull ghcr.io/a/b:${TAG:-latest}", "ghcr.io/a/b:${TAG} (tag)"),
        ("R=ghcr.io/a/b:1@sha256:aaaa\nD=${R##*@}\ndocker pull ghcr.io/a/c@$D", "ghcr.io/a/c@sha256:aaaa (unknown)"),
        ("D=$(crane digest ghcr.io/a/b:1)\ndocker pull ghcr.io/a/b@$D", "ghcr.io/a/b@${crane digest ghcr.io/a/b:1} (digest)"),
        ("docker pull $(echo ghcr.io/a/b:1)", "ghcr.io/a/b:1 (tag)"),
        ("args=(--quiet ghcr.io/a/b:1)\ndocker pull \"${args[@]}\"", "ghcr.io/a/b:1 (tag)"),
        ("OPTS='--quiet ghcr.io/a/b:1'\ndocker pull $OPTS", "ghcr.io/a/b:1 (tag)"),
        ("for i in a b; do docker pull ghcr.io/x/$i:1; done", "ghcr.io/x/a:1 (tag)"),
        ("pull() { docker pull \"$1\"; }\npull ghcr.io/a/b:1", "ghcr.io/a/b:1 (tag)"),
        ("bash -c \"docker pull ghcr.io/a/b:$(cat VERSION)\"", "ghcr.io/a/b:${content of VERSION} (tag)"),
        ("bash <<'EOF'\ndocker pull ghcr.io/a/b:1\nEOF", "ghcr.io/a/b:1 (tag)"),
        ("echo ghcr.io/a/b:1 > ref\ndocker pull \"$(cat ref)\"", "ghcr.io/a/b:1 (tag)"),
        ("printf '%s:%s' ghcr.io/a/b 1 > ref\ndocker pull $(< ref)", "ghcr.io/a/b:1 (tag)"),
        ("echo ghcr.io/a/b:1 | xargs docker pull", "ghcr.io/a/b:1 (tag)"),
        ("read -r IMG <<< ghcr.io/a/b:1\ndocker pull $IMG", "ghcr.io/a/b:1 (tag)"),
        ("IFS=, read -r IMG TAGS <<< ghcr.io/a/b:1,x,y\ndocker pull $IMG", "ghcr.io/a/b:1 (tag)"),
        ("IFS=, read -r NAME REST <<< a,b,c\ndocker pull ghcr.io/a/${REST%,*}:1", "ghcr.io/a/b:1 (tag)"),
        ("docker pull ${OPTS:-} ghcr.io/a/b:1", "ghcr.io/a/b:1 (tag)"),
        ("docker pull ${IMG:-}", " (unknown)"),
        ("docker pull $IMG >/dev/null", "${IMG} (unknown)"),
        ("docker pull ghcr.io/a/b@${{ steps.x.outputs.digest }}", "ghcr.io/a/b@${j.steps.x.outputs.digest} (digest)"),
        ("docker pull $IMAGE", "${IMAGE} (unknown)"),
        ("docker \\\n  pull \\\n  ghcr.io/a/b:1", "ghcr.io/a/b:1 (tag)"),
        ("if [ \"$X\" ]; then I=r.io/a@sha256:b; else I=r.io/a:1; fi\ndocker pull $I", "r.io/a:1 (tag)"),
        ("eval 'docker pull ghcr.io/a/b:1'", "ghcr.io/a/b:1 (tag)"),
        ("env A=b timeout 5 docker pull ghcr.io/a/b:1", "ghcr.io/a/b:1 (tag)"),
    ];
    let mut wrong = Vec::new();
    for (body, wanted) in table {
        let (facts, _) = facts_of(&[(".github/workflows/x.yml", &script("", body))]);
        let found = references(&facts, crate::facts::EventKind::Pull);
        if found != [(*wanted).to_owned()] {
            wrong.push(format!("{body}\n  wanted {wanted}\n  found  {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_that_are_only_text_are_none() {
    for body in [
        "echo \"docker pull ghcr.io/a/b:1\"",
        "# docker pull ghcr.io/a/b:1",
        "cat <<EOF >> $GITHUB_STEP_SUMMARY\ndocker pull ghcr.io/a/b:1\nEOF",
        "cat > README <<'EOF'\ndocker pull ghcr.io/a/b:1\nEOF",
        "printf '%s\\n' 'docker pull ghcr.io/a/b:1'",
    ] {
        assert_eq!(run("", body), Vec::<String>::new(), "{body}");
    }
}

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What guards the one deployment of a script in which `D` stands for a digest.
fn deployment(body: &str) -> String {
    let body = body.replace("REF", &format!("r.io/a@{DIGEST}"));
    run("", &body)
        .into_iter()
        .rfind(|l| l.starts_with("deploy"))
        .unwrap_or_default()
        .split_once("(digest)")
        .map_or(String::new(), |(_, g)| g.trim().to_owned())
}

#[test]
fn a_verification_guards_what_cannot_run_without_it() {
    let table: &[(&str, &str)] = &[
        ("cosign verify --key k REF\nkubectl set image deploy/a a=REF", "guarded[0]"),
        ("kubectl set image deploy/a a=REF\ncosign verify --key k REF", "not[1 later]"),
        ("cosign verify --key k REF || true\nkubectl set image deploy/a a=REF", "not[0 ignored]"),
        ("if [ -f key ]; then cosign verify --key k REF; fi\nkubectl set image deploy/a a=REF", "not[0 conditional]"),
        ("if cosign verify --key k REF; then kubectl set image deploy/a a=REF; fi", "guarded[0]"),
        ("cosign verify --key k REF && kubectl set image deploy/a a=REF", "guarded[0]"),
        ("if ! cosign verify --key k REF; then echo no; exit 1; fi\nkubectl set image deploy/a a=REF", "guarded[0]"),
        (
            "cosign verify --key k r.io/a@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nkubectl set image deploy/a a=REF",
            "not[0 other-content]",
        ),
        (
            "for i in 1 2 3; do cosign verify --key k REF && break; [ $i = 3 ] && exit 1; done\nkubectl set image deploy/a a=REF",
            "guarded[0]",
        ),
    ];
    let mut wrong = Vec::new();
    for (body, wanted) in table {
        let found = deployment(body);
        if found != *wanted {
            wrong.push(format!("{body}\n  wanted `{wanted}`, found `{found}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_verified_tag_guards_nothing() {
    let found = run("", "cosign verify --key k r.io/a:1\nkubectl set image deploy/a a=r.io/a:1");
    assert_eq!(found[1], "deploy r.io/a:1 (tag) not[0 by-tag]");
    let repaired = run("", "I=r.io/a@$(crane digest r.io/a:1)\ncosign verify --key k $I\nkubectl set image deploy/a a=$I");
    assert!(repaired.last().unwrap().ends_with("guarded[1]"), "{repaired:?}");
}

#[test]
fn guards_reach_over_jobs_steps_and_local_actions() {
    let workflow = |verify: &str, deploy: &str| {
        format!(
            "on: push\njobs:\n  verify:\n    runs-on: x\n    outputs:\n      ref: ${{{{ steps.r.outputs.ref }}}}\n    steps:\n      - id: r\n        run: echo \"ref=r.io/a@{DIGEST}\" >> $GITHUB_OUTPUT\n{verify}  deploy:\n    runs-on: x\n{deploy}    steps:\n      - run: kubectl set image deploy/a a=${{{{ needs.verify.outputs.ref }}}}\n"
        )
    };
    let verify = "      - run: cosign verify --key k ${{ steps.r.outputs.ref }}\n";
    let action = "      - uses: ./.github/actions/check\n        with:\n          image: ${{ steps.r.outputs.ref }}\n";
    let table = [
        (verify.to_owned(), "    needs: verify\n", "guarded[0]"),
        (action.to_owned(), "    needs: verify\n", "guarded[0]"),
        (verify.to_owned(), "    needs: verify\n    if: always()\n", "not[0 ignored]"),
        (verify.to_owned(), "    needs: verify\n    if: always() && needs.verify.result == 'success'\n", "guarded[0]"),
        (format!("{verify}        continue-on-error: true\n"), "    needs: verify\n", "not[0 ignored]"),
        (format!("{verify}        if: inputs.check\n"), "    needs: verify\n", "not[0 conditional]"),
    ];
    let composite = "name: check\ninputs:\n  image: {}\nruns:\n  using: composite\n  steps:\n    - run: cosign verify --key k \"$IMAGE\"\n      shell: bash\n      env:\n        IMAGE: ${{ inputs.image }}\n";
    for (verify, deploy, wanted) in table {
        let text = workflow(&verify, deploy);
        let (facts, _) = facts_of(&[(".github/workflows/x.yml", &text), (".github/actions/check/action.yml", composite)]);
        let line = dump(&facts).into_iter().find(|l| l.starts_with("deploy")).unwrap();
        assert!(line.ends_with(wanted), "{text}\nwanted {wanted}, found {line}");
    }
}

#[test]
fn copies_are_checked_against_a_digest_from_before() {
    let copy = "crane copy a.io/x@$D b.io/x:1\n";
    let table = [
        (format!("D=$(crane digest a.io/x:1)\n{copy}[ \"$(crane digest b.io/x:1)\" = \"$D\" ] || exit 1"), true),
        (
            format!(
                "D=$(crane digest a.io/x:1)\n{copy}N=$(crane digest b.io/x:1)\nif [ \"$N\" != \"$D\" ]; then echo bad; exit 1; fi"
            ),
            true,
        ),
        (
            format!("D=$(crane digest a.io/x:1)\n{copy}N=$(crane digest b.io/x:1)\nif [ \"$N\" != \"$D\" ]; then echo bad; fi"),
            false,
        ),
        (
            format!(
                "D=$(crane digest a.io/x:1)\n{copy}[ \"$(crane digest b.io/x:1)\" = \"$(crane digest a.io/x:1)\" ] || exit 1"
            ),
            false,
        ),
        (format!("D=$(crane digest a.io/x:1)\n{copy}"), false),
    ];
    for (body, checked) in table {
        let found = run("", &body);
        let line = found.iter().find(|l| l.starts_with("copy")).unwrap();
        assert_eq!(line.contains("checked"), checked, "{body}\n{line}");
    }
}
