//! GoReleaser: what it signs and verifies, and with which commands.
//!
//! Sources: "Signing checksums and artifacts", "Signing binaries", "Signing Docker images and manifests" and "Verify" in
//! GoReleaser's documentation; `internal/pipe/sign/sign.go::signone` (names are expanded as in a shell, then the text is a Go template).

mod template;

use crate::formats::yaml::{Entry, Kind, NodeRef, Yaml};
use crate::formats::{Loaded, Problem};
use crate::pipeline::AfterFailure;
use crate::pipeline::{Action, Binding, Condition, Execution, Expr, Format, KnownKind, Need, Pipeline, Step, Text};
use crate::source::{Embedded, FileId, OffsetMap, Span};

/// The sections that sign, in the order in which GoReleaser runs them (`internal/pipeline/pipeline.go`).
const SECTIONS: &[Section] = &[
    Section { key: "binary_signs", artifact: KnownKind::File, command: GPG, applies: |artifacts| artifacts != Some("none") },
    Section {
        key: "signs",
        artifact: KnownKind::File,
        command: GPG,
        applies: |artifacts| !matches!(artifacts, None | Some("none")),
    },
    Section { key: "docker_signs", artifact: KnownKind::Tag, command: COSIGN, applies: |artifacts| artifacts != Some("none") },
];
/// `verify.commands`: what is verified after the release.
const VERIFY: Section = Section { key: "verify", artifact: KnownKind::File, command: &["true"], applies: |_| true };
const GPG: &[&str] = &["gpg", "--output", "${signature}", "--detach-sig", "${artifact}"];
const COSIGN: &[&str] = &["cosign", "sign", "--key=cosign.key", "${artifact}@${digest}", "--yes"];

/// One of the sections.
struct Section {
    key: &'static str,
    /// What `${artifact}` is there.
    artifact: KnownKind,
    /// `cmd` and `args` where the file gives none.
    command: &'static [&'static str],
    /// Whether anything is signed with this value of `artifacts`.
    applies: fn(Option<&str>) -> bool,
}

/// A config by its name; the name alone does not tell it from a Kubernetes resource.
pub(super) fn is_config(path: &str, text: Option<&str>) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    let named = stem == "goreleaser" || stem.ends_with(".goreleaser") || stem.starts_with(".goreleaser");
    named && !text.is_some_and(|t| t.lines().any(|line| line.starts_with("apiVersion:")))
}

/// Loads a config.
pub(super) fn load(file: FileId, _path: &str, text: &str) -> Loaded {
    let yaml = Yaml::parse(file, text);
    let problem = |e: &crate::formats::yaml::YamlError| Problem {
        span: e.span,
        message: e.message.clone(),
        help: e.help.clone(),
        fatal: e.lost,
        if_named: false,
    };
    let problems = yaml.errors.iter().map(problem).collect();
    let root = yaml.first().filter(|root| root.kind() == Kind::Map);
    Loaded { pipelines: root.into_iter().map(config).collect(), problems }
}

fn config(root: NodeRef<'_>) -> Pipeline {
    let mut executions: Vec<Execution> = Vec::new();
    for section in SECTIONS {
        if let Some(list) = root.entry(section.key) {
            entries(section, list, list.value, &mut executions);
        }
    }
    if let Some(verify) = root.entry(VERIFY.key)
        && let Some(commands) = verify.value.get("commands")
    {
        entries(&VERIFY, verify, commands, &mut executions);
    }
    Pipeline {
        name: root.get("project_name").and_then(NodeRef::as_str).map(str::to_owned),
        env: root.get("env").map(env).unwrap_or_default(),
        executions,
        ..Pipeline::new(Format::Goreleaser, root.span())
    }
}

/// The entries of a section; they run after those of the sections before it.
fn entries(section: &Section, under: Entry<'_>, list: NodeRef<'_>, executions: &mut Vec<Execution>) {
    let earlier: Vec<String> = executions.iter().map(|e| e.id.clone()).collect();
    for (i, entry) in list.items().filter(|n| n.kind() == Kind::Map).enumerate() {
        let id = if i == 0 { section.key.to_owned() } else { format!("{}-{}", section.key, i + 1) };
        let needs = earlier.iter().map(|e| Need { execution: e.clone(), span: under.key.place(), optional: false }).collect();
        executions.push(execution(section, id, entry, under.key.place(), needs));
    }
}

fn execution(section: &Section, id: String, entry: NodeRef<'_>, key: Span, needs: Vec<Need>) -> Execution {
    let step = Step {
        name: entry.get("id").and_then(NodeRef::as_str).map(str::to_owned),
        env: entry.get("env").map(env).unwrap_or_default(),
        ..Step::new(entry.span(), Action::Command { argv: argv(section, entry) })
    };
    Execution {
        name: step.name.clone(),
        needs,
        condition: condition(section, entry),
        steps: vec![step],
        ..Execution::empty(id, key, entry.span())
    }
}

/// `if`, and `artifacts` where it says that nothing is signed.
fn condition(section: &Section, entry: NodeRef<'_>) -> Option<Condition> {
    let artifacts = entry.entry("artifacts");
    if !(section.applies)(artifacts.and_then(|e| e.value.as_str())) {
        let span = artifacts.map_or(entry.span(), |e| e.span());
        return Some(Condition { expr: Expr::Bool(false), span, after_failure: AfterFailure::No });
    }
    let condition = entry.get("if").filter(|n| n.kind() == Kind::Scalar)?;
    let expr = Expr::Opaque(condition.text().trim().to_owned());
    Some(Condition { expr, span: condition.span(), after_failure: AfterFailure::No })
}

/// The program and its arguments; defaults stand where the entry stands.
fn argv(section: &Section, entry: NodeRef<'_>) -> Vec<Text> {
    let scalar = |n: NodeRef<'_>| (n.kind() == Kind::Scalar).then(|| template::text(n.embedded(), section.artifact));
    let program = entry.get("cmd").and_then(scalar).unwrap_or_else(|| default(section, entry, section.command[0]));
    let given: Vec<Text> = entry.get("args").map(|list| list.items().filter_map(scalar).collect()).unwrap_or_default();
    let rest =
        if given.is_empty() { section.command[1..].iter().map(|word| default(section, entry, word)).collect() } else { given };
    std::iter::once(program).chain(rest).collect()
}

/// A word that GoReleaser puts there itself.
fn default(section: &Section, entry: NodeRef<'_>, word: &str) -> Text {
    let mut map = OffsetMap::default();
    map.push(word.len(), entry.span().range());
    template::text(Embedded::new(entry.span().file, word, map), section.artifact)
}

/// `env:`, a list of `NAME=value`.
fn env(list: NodeRef<'_>) -> Vec<Binding> {
    let binding = |item: NodeRef<'_>| {
        let source = item.as_str().map(|_| item.embedded())?;
        let equals = source.text.find('=')?;
        let value = template::text(source.slice(equals + 1..source.text.len()), KnownKind::File);
        Some(Binding { name: source.text[..equals].to_owned(), name_span: source.span(0..equals), value })
    };
    let pair = |e: Entry<'_>| {
        let value = (e.value.kind() == Kind::Scalar).then(|| template::text(e.value.embedded(), KnownKind::File))?;
        Some(Binding { name: e.name().to_owned(), name_span: e.key.place(), value })
    };
    list.items().filter_map(binding).chain(list.entries().into_iter().filter_map(pair)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"version: 2
env: ["KEY=k{{ .Tag }}"]
signs:
  - artifacts: checksum
    cmd: cosign
    args: ["sign-blob", '--output-certificate=${certificate}', "$artifact"]
  - {cmd: gpg2, if: "{{ .IsSnapshot }}", artifacts: all}
  - {cmd: nothing}
docker_signs:
  - artifacts: all
    args:
      - sign
      - "--key={{ .Env.KEY }}"
      - '${artifact}@${digest}'
      - ${artifact}
  - {}
"#;

    fn dump(text: &str) -> Vec<String> {
        let loaded = load(FileId(0), ".goreleaser.yaml", text);
        assert_eq!(loaded.problems, []);
        let hole = |t: &Text| {
            let parts = t.holes.iter().map(|h| format!("{} {:?}", &text[t.source.span(h.range.clone()).range()], h.expr));
            parts.collect::<Vec<_>>().join(" ")
        };
        let one = |e: &Execution| {
            let Action::Command { argv } = &e.steps[0].action else { panic!("a command") };
            let words: Vec<&str> = argv.iter().map(Text::raw).collect();
            let holes: Vec<String> = argv.iter().filter(|t| !t.holes.is_empty()).map(hole).collect();
            format!(
                "{} {:?} needs {}: {} | {}",
                e.id,
                e.condition.as_ref().map(|c| &c.expr),
                e.needs.len(),
                words.join(" "),
                holes.join("; ")
            )
        };
        loaded.pipelines[0].executions.iter().map(one).collect()
    }

    #[test]
    fn every_entry_is_a_command() {
        let all = dump(CONFIG);
        assert_eq!(
            all[..4],
            [
                "signs None needs 0: cosign sign-blob --output-certificate=${certificate} $artifact | ${certificate} Known { kind: File, \
                 name: \"certificate\" }; $artifact Known { kind: File, name: \"artifact\" }",
                "signs-2 Some(Opaque(\"{{ .IsSnapshot }}\")) needs 0: gpg2 --output ${signature} --detach-sig ${artifact} | \
                 {cmd: gpg2, if: \"{{ .IsSnapshot }}\", artifacts: all} Known { kind: File, name: \"signature\" }; \
                 {cmd: gpg2, if: \"{{ .IsSnapshot }}\", artifacts: all} Known { kind: File, name: \"artifact\" }",
                "signs-3 Some(Bool(false)) needs 0: nothing --output ${signature} --detach-sig ${artifact} | \
                 {cmd: nothing} Known { kind: File, name: \"signature\" }; {cmd: nothing} Known { kind: File, name: \"artifact\" }",
                "docker_signs None needs 3: cosign sign --key={{ .Env.KEY }} ${artifact}@${digest} ${artifact} | \
                 {{ .Env.KEY }} Port(Env(\"KEY\")); ${artifact} Known { kind: Tag, name: \"artifact\" } \
                 ${digest} Known { kind: Digest, name: \"digest\" }; ${artifact} Known { kind: Tag, name: \"artifact\" }",
            ]
        );
        assert!(all[4].starts_with("docker_signs-2 None needs 3: cosign sign --key=cosign.key ${artifact}@${digest} --yes"));
    }

    #[test]
    fn names_and_content_decide() {
        for yes in [".goreleaser.yml", "goreleaser.yaml", "a/b.goreleaser.yml", "d/.goreleaser-linux.yaml"] {
            assert!(is_config(yes, None), "{yes}");
        }
        assert!(!is_config("ci-goreleaser.yaml", None) && !is_config(".goreleaser.toml", None));
        assert!(!is_config("goreleaser.yaml", Some("---\napiVersion: tekton.dev/v1\n")));
    }

    #[test]
    fn env_is_a_list_of_assignments() {
        let loaded = load(FileId(0), "", CONFIG);
        let env = &loaded.pipelines[0].env[0];
        assert_eq!((env.name.as_str(), env.value.raw()), ("KEY", "k{{ .Tag }}"));
        assert_eq!(&CONFIG[env.value.span().range()], "k{{ .Tag }}");
        assert_eq!(load(FileId(0), "", "signs: [\n").problems.len(), 1);
    }
}
