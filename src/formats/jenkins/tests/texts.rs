//! Texts as they stand, and those that are wrong.

use super::*;

#[test]
fn spans_are_exact_through_escapes_and_crlf() {
    let text = "node {\r\n  sh \"\"\"a \\\"b\\\" \\\\\r\n    c \\$D ${e} \\\r\n f\u{e9}\"\"\".stripIndent()\r\n}\r\n";
    let pipeline = load(text);
    let Action::Script(script) = &pipeline.executions[0].steps[0].action else { panic!("no script") };
    assert_eq!(script.text.raw(), "a \"b\" \\\n    c $D ${e}  f\u{e9}");
    let source = |part: &str| {
        let at = script.text.raw().find(part).expect("part");
        &text[script.text.source.span(at..at + part.len()).range()]
    };
    assert_eq!(source("\"b\""), "\\\"b\\\"");
    assert_eq!(source("$D"), "\\$D");
    assert_eq!(source("${e}"), "${e}");
    assert_eq!(source("f\u{e9}"), "f\u{e9}");
    assert_eq!(source("\n"), "\r\n");
    assert_eq!(script.text.holes.len(), 1);
}

#[test]
fn what_groovy_rejects_is_a_problem_and_the_rest_is_read() {
    let text = "node {\n  stage('A') { sh \"x ${y\" }\n  stage('B' { sh 'b' }\n  stage('C') { sh 'c' }\n}";
    let loaded = load_jenkinsfile(FileId(0), "Jenkinsfile", text);
    assert_eq!(loaded.problems.len(), 1);
    assert!(!loaded.problems[0].fatal);
    assert_eq!(&text[loaded.problems[0].span.range()], "${");
    let lines = dump(&loaded.pipelines[0]).join("\n");
    for part in ["A < ", "Posix \"b\"", "Posix \"c\""] {
        assert!(lines.contains(part), "{part} in {lines}");
    }
}

#[test]
fn nothing_is_too_deep() {
    for part in [
        "[",
        "(",
        "{",
        "a=",
        "!",
        "a+",
        "a.",
        "a(",
        "a?",
        "\"${",
        "if(a)",
        "x{",
        "a->{",
        "def f(){f()\n",
        "parallel a:{",
        "a?b:",
        "a {\n",
    ] {
        let text = part.repeat(20_000);
        let loaded = load_jenkinsfile(FileId(0), "Jenkinsfile", &text);
        assert_eq!(loaded.pipelines.len(), 1, "{part}");
    }
}

#[test]
fn of_several_methods_the_one_that_fits_is_meant() {
    check(
        "def f(a) { sh \"one ${a}\" }\ndef f(a, b) { sh \"two ${b}\" }\ndef f() { sh 'none' }\nnode { f('x', 'y')\n f()\n f 'z' }\n",
        &["node < ", "  Posix \"two <'y'>\"", "  Posix \"none\"", "  Posix \"one <'z'>\""],
    );
}

#[test]
fn what_a_pod_inherits_is_not_seen() {
    let text = "podTemplate(inheritFrom: 'default maven', containers: [containerTemplate(name: 'a', image: 'b')]) { node(POD_LABEL) { container('a') { sh 'c' } } }";
    let pipeline = load(text);
    let seen: Vec<&str> = pipeline.opaque.iter().map(|o| &text[o.span.range()]).collect();
    assert_eq!(seen, ["'default maven'"]);
}
