//! What no file may do: stop the run, take it long, or be passed over in silence. Each bound is told by its name, in the report and in
//! `docs/limits.md`.

mod cases;

use crate::support::{repository, root, swaplint, write};
use cases::{Case, SIGN, list};
use std::fs;
use std::time::Instant;

/// All of them in one folder, beside a good one.
#[test]
fn a_hostile_folder_is_borne_and_every_bound_is_told() {
    let dir = repository(&[(".github/workflows/good.yml", &format!("on: push\njobs:\n  a:\n    steps:\n      - run: {SIGN}\n"))]);
    let cases = cases::cases();
    for (path, bytes) in cases.iter().flat_map(|case| &case.files) {
        write(dir.path(), path, bytes);
    }
    let begun = Instant::now();
    let ran = swaplint(dir.path(), &["check", "--format", "json", "--persona", "auditor", "--no-config", "."]);
    let took = begun.elapsed();
    assert!(ran.code == 1 && !ran.err.contains("panicked") && !ran.out.contains("our bug"), "{}", ran.err);
    // Something that grows without a bound takes minutes; a busy machine may take long.
    assert!(took.as_secs() < 60, "{took:?}");
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list");
    let limits = fs::read_to_string(root().join("docs/limits.md")).expect("there");
    let mut wrong = Vec::new();
    let messages = |path: &str, rule: Option<&str>| -> Vec<&str> {
        let here = findings.iter().filter(|f| f["path"] == path && rule.is_none_or(|rule| f["rule"] == rule));
        here.filter_map(|f| f["message"].as_str()).collect()
    };
    for Case { files, said, goes_on } in &cases {
        let path = &files[0].0;
        let found: Vec<&str> = files.iter().flat_map(|(path, _)| messages(path, None)).collect();
        if !found.iter().any(|message| message.contains(said)) {
            wrong.push(format!("{path}: not said: {said}\n   {:?}", found.iter().take(5).collect::<Vec<_>>()));
        }
        if *goes_on && messages(path, Some("sign-by-tag")).is_empty() {
            wrong.push(format!("{path}: what stands behind is not judged ({said})"));
        }
        let documented = said.trim_start_matches("the file ").trim_end_matches(" (byte ");
        if !limits.contains(documented) {
            wrong.push(format!("docs/limits.md does not say: {documented}"));
        }
    }
    assert_eq!(messages(".github/workflows/good.yml", Some("sign-by-tag")).len(), 1);
    assert!(wrong.is_empty(), "{}\n{took:?}", wrong.join("\n"));
}

/// What makes values and graphs grow: it ends soon, and what it is about is judged.
#[test]
fn fan_out_is_bounded() {
    let axes = list(6, |k| format!("        v{k}: [{}]\n", list(50, |i| format!("x{i}, "))));
    let matrix = format!(
        "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n{axes}    steps:\n      - run: cosign sign a:{}\n",
        list(6, |k| format!("${{{{ matrix.v{k} }}}}"))
    );
    let loops = list(12, |k| format!("for i{k} in a b c d e f g h; do "));
    let nested = format!("{loops}cosign sign x:{}{}", list(12, |k| format!("$i{k}")), "; done".repeat(12));
    let thousands = format!("for i in {}; do docker push a/$i; done; cosign sign a/b:$i", list(5_000, |i| format!(" x{i}")));
    let choices = format!(
        "{}cosign sign {}",
        list(20, |k| format!("if x; then A{k}=a; else A{k}=b; fi; ")),
        list(20, |k| format!("$A{k}"))
    );
    let doubled = format!("A=ab; {}cosign sign $A", "A=$A$A; ".repeat(60));
    let made = "make -C round".to_owned();
    let range = "for i in {1..1000000}; do cosign sign a/$i; done".to_owned();
    let script = |script: &str| format!("on: push\njobs:\n  a:\n    steps:\n      - run: |\n          {script}\n");
    let jobs = list(900, |i| {
        let needs = list(i.min(40), |k| format!("j{}, ", i - 1 - k));
        format!("  j{i}:\n    needs: [{needs}]\n    steps:\n      - run: echo {i}\n")
    });
    let many = format!("on: push\njobs:\n{jobs}  z:\n    steps:\n      - run: {SIGN}\n");
    let mut texts = vec![matrix, many];
    texts.extend([nested, thousands, choices, doubled, range, format!("{made}; {SIGN}")].iter().map(|one| script(one)));
    let makefile = "all: all b\n\tmake b\nb: all\n\tmake all\nA = $(B)\nB = $(A)\nC := $(A) $(C)\ninclude Makefile\n\t$(C)\n";
    let dir = repository(&[("round/Makefile", makefile)]);
    for (index, text) in texts.iter().enumerate() {
        write(dir.path(), &format!(".github/workflows/{index}.yml"), text.as_bytes());
    }
    let begun = Instant::now();
    let report = swaplint(dir.path(), &["check", "--format", "json", "--persona", "auditor", "--no-config", "."]).json();
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    for (index, text) in texts.iter().enumerate() {
        let path = format!(".github/workflows/{index}.yml");
        let found =
            report["findings"].as_array().expect("a list").iter().any(|f| f["path"] == path && f["rule"] == "sign-by-tag");
        assert!(found, "{path}: {}", text.chars().take(200).collect::<String>());
    }
}

/// What names what comes before it, twice each: values are made once, and no deeper than is bounded.
#[test]
fn what_is_made_of_others_is_made_once() {
    let twice = |count: usize, item: &dyn Fn(usize, usize) -> String| list(count, |i| item(i + 1, i));
    let mut files: Vec<(String, String)> = Vec::new();
    for count in [40, 3_000] {
        let name = |what: &str| format!("{what}-{count}");
        let params =
            twice(count, &|i, before| format!("    - {{name: a{i}, default: $(params.a{before})$(params.a{before})}}\n"));
        let last = format!("$(params.a{count})");
        files.push((
            name("task") + ".yaml",
            format!(
                "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec:\n  params:\n    - {{name: a0, default: x}}\n{params}  \
                 steps:\n    - name: s\n      image: {last}\n      script: echo {last}; {SIGN}\n"
            ),
        ));
        let inputs = |more: &str, indent: &str| {
            let one = |i, before| {
                format!("{indent}a{i}: {{{more}default: \"${{{{ inputs.a{before} }}}}${{{{ inputs.a{before} }}}}\"}}\n")
            };
            // From the last to the first, so that each leads to all before it.
            let all: String = (0..count).rev().map(|i| one(i + 1, i)).collect();
            format!("{all}{indent}a0: {{{more}default: x}}\n")
        };
        let run = format!("run: echo ${{{{ inputs.a{count} }}}}; {SIGN}\n");
        files.push((
            format!(".github/workflows/{}.yml", name("called")),
            format!(
                "on:\n  workflow_call:\n    inputs:\n{}jobs:\n  a:\n    steps:\n      - {run}",
                inputs("type: string, ", "      ")
            ),
        ));
        files.push((
            format!("{}/action.yml", name("action")),
            format!("inputs:\n{}runs:\n  using: composite\n  steps:\n    - shell: bash\n      {run}", inputs("", "  ")),
        ));
    }
    let templates = twice(9, &|i, before| format!(".e{i}:\n  extends: [{}]\n", vec![format!(".e{before}"); 20].join(", ")));
    files.push((".gitlab-ci.yml".into(), format!(".e0:\n  script: {SIGN}\n{templates}job:\n  extends: .e9\n")));
    let (within, given) = (" ".repeat(2), "$(params.a)".repeat(100));
    let nested = (0..5).rev().fold(String::new(), |inner, depth| {
        let indent = format!("{within}{}", " ".repeat(depth * 6));
        let inner = if inner.is_empty() {
            format!("{indent}    taskSpec:\n{indent}      steps:\n{indent}        - {{name: s, image: x, script: {SIGN} $(params.a)}}\n")
        } else {
            format!("{indent}    pipelineSpec:\n{inner}")
        };
        format!(
            "{indent}params:\n{indent}  - {{name: a, default: x}}\n{indent}tasks:\n{indent}  - name: t{depth}\n{indent}    params:\n\
             {indent}      - {{name: a, value: {given}}}\n{inner}"
        )
    });
    files.push((
        "nested.yaml".into(),
        format!("apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: p}}\nspec:\n{nested}"),
    ));
    let dir = repository(&[]);
    files.iter().for_each(|(path, text)| write(dir.path(), path, text.as_bytes()));
    let begun = Instant::now();
    let ran = swaplint(dir.path(), &["check", "--format", "json", "--persona", "auditor", "--no-config", "."]);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list");
    for (path, text) in &files {
        let found = findings.iter().any(|f| f["path"] == path.as_str() && f["rule"] == "sign-by-tag");
        assert!(found, "{path}: {}", text.chars().take(300).collect::<String>());
    }
}

#[test]
fn limits_of_the_config_are_limits() {
    let jobs = list(20, |i| format!("  j{i}:\n    steps:\n      - run: {SIGN}\n"));
    let workflow = format!("on: push\njobs:\n{jobs}");
    let dir = repository(&[(".github/workflows/x.yml", &workflow), ("swaplint.yml", "limits: {executions: 5}\n")]);
    let report = swaplint(dir.path(), &["check", "--format", "json", "--persona", "auditor"]).json();
    let findings = report["findings"].as_array().expect("a list");
    assert_eq!(findings.iter().filter(|f| f["rule"] == "sign-by-tag").count(), 5);
    assert!(findings.iter().any(|f| f["message"].as_str().is_some_and(|m| m.contains("more executions than are followed"))));
}

/// Nothing of the repository is run, and nothing outside of it is read.
#[cfg(unix)]
#[test]
fn links_and_pipes_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let secret = format!("#!/bin/sh\n{}\n", SIGN.replace("main", "outside"));
    let outside = repository(&[
        ("x.sh", &secret),
        ("action.yml", "runs:\n  using: composite\n  steps:\n    - run: cosign sign a/b:outside\n"),
        ("x.yml", &format!("on: push\njobs:\n  a:\n    steps:\n      - run: {}\n", SIGN.replace("main", "outside"))),
    ]);
    let text = "on: push\njobs:\n  a:\n    steps:\n      - run: ./x.sh\n      - uses: ./linked\n      - run: source folder/x.sh\n      - run: make\n";
    let dir = repository(&[(".github/workflows/a.yml", text)]);
    let folder = dir.path().join(".github/workflows");
    for (target, link) in [
        (outside.path().join("x.sh"), dir.path().join("x.sh")),
        (outside.path().to_owned(), dir.path().join("linked")),
        (outside.path().to_owned(), dir.path().join("folder")),
        (outside.path().join("x.yml"), folder.join("out.yml")),
        (folder.join("loop.yml"), folder.join("loop.yml")),
        ("/dev/zero".into(), folder.join("device.yml")),
        ("/etc/passwd".into(), dir.path().join("Makefile")),
    ] {
        symlink(target, link).expect("linked");
    }
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.yml")).status().expect("mkfifo");
    assert!(made.success());
    for policies in [&[][..], &["--persona", "auditor"]] {
        let ran = swaplint(dir.path(), &[&["check", "--format", "json"], policies].concat());
        assert!(!ran.out.contains("outside") && !ran.out.contains("root:"), "{}", ran.out);
        let report = ran.json();
        let why = |name: &str| {
            let here = report["findings"]
                .as_array()
                .expect("a list")
                .iter()
                .find(|f| f["path"].as_str().is_some_and(|p| p.ends_with(name)));
            here.and_then(|f| f["message"].as_str()).unwrap_or_default().to_owned()
        };
        assert!(why("out.yml").contains("leads out of the repository"), "{}", ran.out);
        assert!(why("loop.yml").contains("leads nowhere, or in a circle"), "{}", ran.out);
        assert!(why("device.yml").contains("link") || why("device.yml").contains("is not a regular file"), "{}", ran.out);
        assert!(why("pipe.yml").contains("is not a regular file"), "{}", ran.out);
    }
}
