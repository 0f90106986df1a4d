//! Command lines and what they do: one row each.

use super::*;

/// `word 'quoted word' "other"`, with `{}` for an unknown part.
fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.replace("{}", "\u{FFFC}").chars() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => all.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    all.extend(word);
    all
}

fn show(subject: &Subject<'_>, argv: &[&str]) -> String {
    let text = |s: &Slice| s.text(argv).replace('\u{FFFC}', "{}");
    let name = match &subject.form {
        SubjectForm::Written(s) => text(s),
        SubjectForm::Basename(s) => format!("basename({})", text(s)),
        SubjectForm::Manifest(s) => format!("manifest({})", text(s)),
        SubjectForm::ManifestStdin => "manifest(-)".to_owned(),
        SubjectForm::Listed(s) => format!("listed({})", text(s)),
        SubjectForm::ListedStdin => "listed(-)".to_owned(),
        SubjectForm::Fixed(t) => format!("'{t}'"),
        SubjectForm::Stdin => "stdin".to_owned(),
        SubjectForm::Stdout => "stdout".to_owned(),
        SubjectForm::Assembled(a) => {
            let part = |sign: &str, s: &Option<Slice>| s.as_ref().map(|s| format!("{sign}{}", text(s))).unwrap_or_default();
            let registry = a.registry.as_ref().map(|s| format!("{}/", text(s))).unwrap_or_default();
            format!("[{}{}{}{}]", registry, part("", &a.repository), part(":", &a.tag), part("@", &a.digest))
        }
    };
    if subject.local { format!("local {name}") } else { name }
}

fn kebab<T: serde::Serialize>(value: T) -> String {
    serde_json::to_string(&value).unwrap_or_default().trim_matches('"').to_owned()
}

/// `tool verb: kind artifact reference source -> destination; ..`
fn describe(found: &Match<'_>, argv: &[&str]) -> String {
    let event = |e: &EventUse<'_>| {
        let mut text = kebab(e.kind);
        if e.artifact != crate::facts::Artifact::Image {
            text = format!("{text} {}", kebab(e.artifact));
        }
        if e.uncertain {
            text.push('?');
        }
        for subject in [&e.reference, &e.source].into_iter().flatten() {
            text = format!("{text} {}", show(subject, argv));
        }
        if let Some(to) = &e.destination {
            text = format!("{text} -> {}", show(to, argv));
        }
        text
    };
    found.events(argv).iter().map(event).collect::<Vec<_>>().join("; ")
}

fn events_of(line: &str) -> String {
    let words = words(line);
    let argv: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(found) = Toolbox::embedded().recognise(&argv) else { return "none".to_owned() };
    format!("{} {}: {}", found.tool, found.verb, describe(&found, &argv)).trim_end().to_owned()
}

fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(line, want)| {
            let got = events_of(line);
            (got != *want).then(|| format!("{line}\n    want {want}\n    got  {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn every_data_file_loads() {
    let toolbox = Toolbox::with(&[]);
    assert!(toolbox.is_ok(), "{}", toolbox.err().map(|e| e.to_string()).unwrap_or_default());
}

#[test]
fn first() {
    check(&[
        ("cosign sign --yes --key k {}", "cosign sign: sign {}"),
        ("cosign sign -y a b", "cosign sign: sign a; sign b"),
        ("./cosign-linux-amd64 verify --key=cosign.pub r/x:1", "cosign verify: verify r/x:1"),
        ("crane cp a:1 b:1", "crane copy: copy a:1 -> b:1"),
        ("crane --insecure digest a:1", "crane digest: resolve a:1"),
        ("curl -fsSLko f https://x/y", "curl : download url https://x/y -> f"),
        ("curl -fsSLO https://x/y.tgz?z=1", "curl : download url https://x/y.tgz?z=1 -> basename(y.tgz)"),
        ("docker build -t a:1 -t b:1 --push .", "docker build: build a:1; build b:1; push a:1; push b:1"),
        ("docker buildx imagetools create -t a:2 a:1", "docker buildx imagetools create: copy a:1 -> a:2"),
        ("kubectl -n x set image deploy/x a=img:1 b=img:2", "kubectl set image: deploy img:1; deploy img:2"),
        ("kubectl apply -f -", "kubectl apply: deploy manifest(-)"),
        ("frobnicate x", "none"),
    ]);
}
