//! Whole small pipelines: what happens, what a failure does, what guards what.

use super::{Files, World, analyse};
use crate::facts::{Event, Facts};
use crate::formats;
use crate::pipeline::{Format, Pipeline};
use crate::source::{FileId, Sources};
use crate::tools::Toolbox;
use std::sync::Arc;

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

    fn named(&self, _: &str, _: &str) -> Option<Arc<Pipeline>> {
        None
    }
}

fn facts_of(files: &[(&str, &str)]) -> (Facts, Sources) {
    let sources = Sources::new();
    let id = sources.add(files[0].0, files[0].1);
    let loaded = formats::load(Format::GithubWorkflow, id, files[0].0, files[0].1);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let memory = Memory { sources: &sources, files };
    let world = World { sources: &sources, files: &memory, toolbox: Toolbox::embedded(), immutable: &[], first_party: &[] };
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
        ("", "f() { cosign verify --key k r.io/a:1; echo ok; }\nf || echo no", "condition"),
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
