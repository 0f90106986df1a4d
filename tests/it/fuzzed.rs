//! What is fuzzed (`fuzz/`), run on a few texts each, so that the targets keep compiling and hold on the corpus.

use crate::support::{files, root};

#[path = "../../fuzz/src/targets.rs"]
#[expect(unreachable_pub, reason = "there they are called from other packages")]
mod targets;

/// Targets, each with how the names of files end that it is about; of a corpus of hundreds of them some are enough.
const TARGETS: &[(fn(&str), &[&str])] = &[
    (targets::yaml, &["yml", "yaml"]),
    (targets::github, &["yml"]),
    (targets::gitlab, &[".gitlab-ci.yml"]),
    (targets::tekton, &["yaml"]),
    (targets::jenkins, &["Jenkinsfile"]),
    (targets::groovy, &["groovy", "Jenkinsfile"]),
    (targets::policies, &["yaml"]),
    (targets::bash, &["sh"]),
    (targets::powershell, &["sh"]),
    (targets::batch, &["sh"]),
    (targets::makefile, &["Makefile", "mk"]),
    (targets::program, &["sh"]),
    (targets::expression, &["yml"]),
    (targets::reference, &["sh"]),
    (targets::identity, &["sh"]),
    (targets::config, &["yml"]),
    (targets::ignores, &["yml"]),
    (targets::check, &["yml", "Jenkinsfile"]),
    (targets::repository, &["yml"]),
];
const FILES: usize = 12;

#[test]
fn targets_hold_on_the_corpus() {
    let corpus = root().join("corpus");
    let files = files(&corpus);
    for (target, ends) in TARGETS {
        let fitting: Vec<_> = files.iter().filter(|file| ends.iter().any(|end| file.ends_with(end))).collect();
        assert!(!fitting.is_empty(), "{ends:?}");
        for file in fitting.iter().step_by(fitting.len().div_ceil(FILES)) {
            target(&String::from_utf8_lossy(&std::fs::read(corpus.join(file)).expect("readable")));
        }
        [
            "",
            "\u{0}",
            "\u{feff}a: [",
            "${{ '",
            "\r\n\t- : &a *a",
            "é@sha256:",
            "---\n: a: ",
            "$(<<<`\"'",
            "t\r: >\n...\n- >",
            "\u{202f}ifeq ifeq \u{202e}\n",
            "include:\n- ",
        ]
        .iter()
        .for_each(|text| target(text));
    }
}
