//! Which files are pipelines of Jenkins: by their names, by their folders, and Groovy anywhere else by what it says.

use super::lexer::lex;
use super::token::{Kind, Token};

/// Folders whose Groovy files may be pipelines.
const FOLDERS: &[&str] = &["vars", "jenkins", ".ci", ".jenkins", "pipelines", "src"];
/// Steps of which a pipeline has at least one.
const STEPS: &[&str] = &["sh", "bat", "node", "pipeline", "stage", "powershell", "pwsh"];

/// Extensions of files about pipelines.
const NO_PIPELINES: &[&str] =
    &["md", "txt", "rst", "html", "png", "svg", "yml", "yaml", "json", "j2", "erb", "tpl", "sh", "py", "java", "adoc"];
/// Folders of tests.
const TESTS: &[&str] = &["test", "tests"];
/// Folders of what tests read.
const FIXTURES: &[&str] = &["testdata", "test-data", "test_data", "fixtures", "spec", "__tests__"];
/// Bytes of a Groovy file outside of the known folders in which its pipeline has to begin.
const BEGINNING: usize = 256 * 1024;
/// Blocks of pipelines around a `node`.
const AROUND: &[&str] = &[
    "timestamps",
    "timeout",
    "ansiColor",
    "withEnv",
    "withCredentials",
    "try",
    "catchError",
    "stage",
    "lock",
    "throttle",
    "wrap",
];

/// `Jenkinsfile`, `Jenkinsfile.release`, `release.Jenkinsfile`, `release.jenkins`, Groovy files of a folder for pipelines, and others
/// that are a pipeline by their text.
pub(in super::super) fn is_jenkinsfile(path: &str, text: Option<&str>) -> bool {
    if is_called_jenkinsfile(path) {
        return true;
    }
    let may_be = is_groovy(path) || is_nearly_called_jenkinsfile(path);
    let elsewhere = || !TESTS.iter().chain(FIXTURES).any(|folder| in_folder(path, folder)) && text.is_none_or(declares_pipeline);
    may_be && !of_library(path) && (is_groovy_pipeline(path, text) || elsewhere())
}

/// `vars/x.groovy`, `src/**/X.groovy` of a shared library.
pub(in super::super) fn is_library(path: &str, text: Option<&str>) -> bool {
    is_groovy(path) && of_library(path) && is_groovy_pipeline(path, text)
}

/// Whether the path of a file is that of a pipeline, whatever its text says.
pub(in super::super) fn is_named(path: &str) -> bool {
    is_called_jenkinsfile(path) || is_groovy(path) && is_groovy_pipeline(path, None)
}

fn is_called_jenkinsfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(rest) = name.strip_prefix("Jenkinsfile") {
        return rest.is_empty() || qualifies(rest);
    }
    let extension = extension(name);
    name.eq_ignore_ascii_case("jenkinsfile") || matches!(extension.to_ascii_lowercase().as_str(), "jenkinsfile" | "jenkins")
}

/// `jenkinsfile-release`, where the name alone could be that of anything.
fn is_nearly_called_jenkinsfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (Some(start), Some(rest)) = (name.get(.."Jenkinsfile".len()), name.get("Jenkinsfile".len()..)) else { return false };
    start.eq_ignore_ascii_case("jenkinsfile") && qualifies(rest)
}

fn qualifies(rest: &str) -> bool {
    rest.starts_with(['.', '-', '_']) && !NO_PIPELINES.contains(&extension(rest))
}

/// Behind the last dot, if there is one.
fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn is_groovy(path: &str) -> bool {
    path.ends_with(".groovy")
}

fn of_library(path: &str) -> bool {
    in_folder(path, "vars") || in_folder(path, "src")
}

fn in_folder(path: &str, folder: &str) -> bool {
    path.rsplit('/').skip(1).any(|part| part == folder)
}

/// `src/main/groovy/..`: a program that Gradle or Maven builds. Jenkins takes a library's classes from `src` itself.
fn in_source_set(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.windows(3).any(|parts| parts[0] == "src" && parts[2] == "groovy")
}

/// Whether a Groovy file in a folder for pipelines is one: without its text its folder decides.
fn is_groovy_pipeline(path: &str, text: Option<&str>) -> bool {
    let tests = TESTS.iter().any(|folder| in_folder(path, folder));
    !tests && !in_source_set(path) && FOLDERS.iter().any(|folder| in_folder(path, folder)) && text.is_none_or(has_steps)
}

/// Whether a text has a `pipeline { .. }` or a `node { .. }` of its own: not in a method, a string or a comment.
fn declares_pipeline(text: &str) -> bool {
    let end = (0..=BEGINNING.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let text = &text[..end];
    let hint = |line: &str| ["pipeline", "node"].iter().any(|word| line.contains(word)) && !line.starts_with("import ");
    if !text.lines().any(hint) {
        return false;
    }
    let tokens = lex(text);
    let tokens = tokens.streams.first().map_or(&[][..], Vec::as_slice);
    // For each open brace whether a pipeline may stand in it; and the first word of the statement that is read.
    let (mut open, mut head, mut parentheses) = (Vec::new(), "", 0_usize);
    let mut starts = true;
    for (at, token) in tokens.iter().enumerate() {
        let word = &text[token.start as usize..token.end as usize];
        if parentheses == 0 && (starts || token.fresh) {
            head = word;
            if open.iter().all(|of| *of) && opens_pipeline(word, &tokens[at + 1..]) {
                return true;
            }
        }
        starts = matches!(word, "{" | "}" | ";" | "_") && parentheses == 0;
        match token.kind {
            Kind::Open(b'{') => open.push(AROUND.contains(&head)),
            Kind::Close(b'}') => drop(open.pop()),
            Kind::Open(_) => parentheses += 1,
            Kind::Close(_) => parentheses = parentheses.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Whether a statement that begins with this word and goes on with these tokens is `pipeline {`, `node {` or `node(..) {`.
fn opens_pipeline(word: &str, rest: &[Token]) -> bool {
    let is = |token: Option<&Token>, open: u8| token.is_some_and(|token| token.kind == Kind::Open(open));
    if word != "node" || !is(rest.first(), b'(') {
        return matches!(word, "pipeline" | "node") && is(rest.first(), b'{');
    }
    let mut depth = 0_usize;
    let end = rest.iter().position(|token| {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close(_) => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    is(end.and_then(|end| rest.get(end + 1)), b'{')
}

/// Whether a text calls a step of pipelines.
pub(super) fn has_steps(text: &str) -> bool {
    STEPS.iter().any(|step| {
        text.match_indices(step).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + step.len()..].trim_start_matches([' ', '\t']);
            let named = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '$');
            // `sh label: 'x', script: ..` and `sh command` are steps as well; other words are too common in prose.
            let shell = matches!(*step, "sh" | "bat" | "pwsh" | "powershell");
            let word = shell
                && before.is_none_or(|c| c == '\n' || c == ' ' || c == '{')
                && after.starts_with(|c: char| c.is_ascii_alphabetic());
            !named && (after.starts_with(['(', '\'', '"', '{']) || word && !after.starts_with("is ") && !after.starts_with("in "))
        })
    })
}
