use super::*;
use clap::Parser;
use std::fs;

/// `panic` panics, `broken` is unparsable, `none` is no pipeline.
struct Fake;

impl Analysis for Fake {
    type Unit = FileId;

    fn recognises(&self, path: &Path) -> bool {
        path.extension().is_some_and(|e| e == "yml")
    }

    fn load(&self, sources: &Sources, file: FileId) -> Result<Option<FileId>, Unparsable> {
        let text = &sources.get(file).text;
        assert!(!text.contains("panic"), "asked to");
        if text.contains("broken") {
            return Err(Unparsable { span: Span::new(file, 0..6), message: "it is broken".into() });
        }
        Ok((!text.contains("none")).then_some(file))
    }

    fn join(&self, _: Repository<'_>, units: Vec<FileId>) -> Joined {
        Joined { formats: units.into_iter().map(|f| (f, Format::Tekton)).collect(), ..Joined::default() }
    }
}

/// Exit code, stdout and stderr.
fn swaplint(args: &[&str], stdin: &str) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let cli = Cli::try_parse_from(std::iter::once(&"swaplint").chain(args)).expect("arguments");
    let mut streams = Streams { input: &mut stdin.as_bytes(), out: &mut out, err: &mut err, out_is_terminal: false };
    let code = run(cli, &Fake, &mut streams);
    let (out, mut err) = (String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned());
    let code = code.unwrap_or_else(|e| {
        err.push_str(&e.to_string());
        2
    });
    (code, out, err)
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("dir");
    fs::create_dir(dir.path().join(".git")).expect("git");
    for (path, text) in files {
        fs::write(dir.path().join(path), text).expect("file");
    }
    dir
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let dir = tree(&[("a.yml", "panic"), ("b.yml", "broken"), ("c.yml", "fine"), ("d.yml", "none # swaplint: ignore[nope]")]);
    let root = dir.path().display().to_string();
    let (code, out, err) =
        swaplint(&["check", &root, "--format", "concise", "--min-severity", "high", "--select", "signing"], "");
    assert_eq!(code, 1);
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with("a.yml:1:1: high unparsable-pipeline swaplint panicked"), "{out}");
    assert_eq!(lines[1], "b.yml:1:1: high unparsable-pipeline it is broken");
    assert_eq!(err, "2 findings (2 high) in 3 files, 2 of them unparsable\n");
    let (_, json, _) = swaplint(&["check", &root, "--format", "json", "-q"], "");
    let value: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert_eq!(value["files"][2], serde_json::json!({"path": "c.yml", "format": "tekton", "status": "checked"}));
}

#[test]
fn exit_codes_follow_the_contract() {
    let dir = tree(&[("a.yml", "broken"), ("c.yml", "fine # swaplint: ignore[sign-by-tag] x")]);
    let path = |name: &str| dir.path().join(name).display().to_string();
    assert_eq!(swaplint(&["check", &path("a.yml"), "--fail-on", "never"], "").0, 0);
    assert_eq!(swaplint(&["check", &path("c.yml"), "--no-ignores"], "").0, 0);
    let (code, out, _) = swaplint(&["check", &path("c.yml"), "--format", "concise"], "");
    assert_eq!(code, 1);
    assert!(out.starts_with("c.yml:1:25: low unused-ignore"), "{out}");
    assert_eq!(swaplint(&["check", &path("c.yml"), "--fail-on", "high"], "").0, 0);
    let (code, _, err) = swaplint(&["check", &path("gone.yml")], "");
    assert_eq!((code, err.ends_with("gone.yml: no such file or directory")), (2, true), "{err}");
    let (code, _, err) = swaplint(&["check", &path("c.yml"), "--select", "sing-by-tag"], "");
    assert_eq!((code, err.as_str()), (2, "there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?"));
}

#[test]
fn the_config_is_found_and_checked() {
    let dir = tree(&[("a.yml", "broken"), ("swaplint.toml", "ignore-paths = [\"a.yml\"]\n")]);
    let root = dir.path().display().to_string();
    assert_eq!(swaplint(&["check", &root], "").0, 0);
    assert_eq!(swaplint(&["check", &root, "--no-config"], "").0, 1);
    fs::write(dir.path().join("swaplint.toml"), "\n[rules]\nsing-by-tag = \"off\"\n").expect("written");
    let (code, _, err) = swaplint(&["check", &root], "");
    assert_eq!(code, 2);
    assert!(err.ends_with("swaplint.toml:3: there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?"), "{err}");
}

#[test]
fn stdin_is_a_file_by_its_path() {
    let (code, out, _) = swaplint(&["check", "-", "--stdin-path", "x/y.yml", "--format", "concise"], "broken");
    assert_eq!(code, 1);
    assert!(out.ends_with("y.yml:1:1: high unparsable-pipeline it is broken\n"), "{out}");
}

#[test]
fn the_other_commands_answer() {
    let (code, out, _) = swaplint(&["explain", "sign-by-tag"], "");
    assert_eq!(code, 0);
    assert!(out.contains("## Why it is bad"));
    assert_eq!(swaplint(&["explain", "sing-by-tag"], "").2, "there is no rule `sing-by-tag`, did you mean `sign-by-tag`?");
    assert!(swaplint(&["rules"], "").1.contains("plain-http-download"));
    let rules: serde_json::Value = serde_json::from_str(&swaplint(&["rules", "--format", "json"], "").1).expect("json");
    assert!(rules.as_array().is_some_and(|r| r.iter().any(|r| r["id"] == "sign-by-tag" && r["severity"] == "high")));
    assert!(swaplint(&["schema", "facts"], "").1.contains("\"executions\""));
    assert!(swaplint(&["policy", "test"], "").1.contains(" 0 failed"));
}
