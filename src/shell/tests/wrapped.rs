//! Commands within commands, scripts within scripts.

use super::*;

fn one(script: &str) -> Command {
    let script = parse(script, &[], &Dialect::Bash);
    match script.body.into_iter().next().map(|node| node.kind) {
        Some(NodeKind::Command(command)) => command,
        other => panic!("no command: {other:?}"),
    }
}

#[test]
fn wrappers_come_off() {
    for (script, expected) in [
        ("sudo -E -u root A=b cosign verify x", "cosign verify x"),
        ("env -i A=b C=$d crane cp a b", "crane cp a b"),
        ("timeout -k 5 5m docker pull x", "docker pull x"),
        ("retry 3 docker push x", "docker push x"),
        ("retry -n 3 -- docker push x", "docker push x"),
        ("time -p nice -n 10 nohup ./cosign x", "./cosign x"),
        ("xargs -r -n1 -I {} cosign verify {}", "cosign verify {}"),
        ("exec -a x y z", "y z"),
        ("command -v cosign", "command -v cosign"),
        ("sudo -l", "sudo -l"),
    ] {
        let command = one(script);
        let invocation = wrappers::normalise(&command);
        assert_eq!(words(invocation.words(&command)), expected, "{script}");
    }
    let invocation = wrappers::normalise(&one("env A=b C=\"$d\" xargs -I% x"));
    assert_eq!(invocation.environment.len(), 2);
    assert_eq!(invocation.wrappers[1], wrappers::Wrapper::Xargs { replaces: Some("%".into()) });
}

#[test]
fn nested_scripts_are_found() {
    use nested::{Nested, ShellOpts, nested};
    let of = |script: &str| nested(&one(script), 0);
    let strict = ShellOpts { errexit: true, pipefail: true, nounset: true, xtrace: false };
    match of("bash -euo pipefail -c 'a b' c d") {
        Some(Nested::Inline { words, args_from, options, same_shell: false, dialect: Dialect::Bash }) => {
            assert_eq!((words, args_from, options), (4..5, 5, strict));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        of("sh -ec x"),
        Some(Nested::Inline { dialect: Dialect::Posix, options: ShellOpts { errexit: true, .. }, .. })
    ));
    assert!(matches!(of("eval a \"$b\""), Some(Nested::Inline { same_shell: true, .. })));
    assert!(matches!(of("bash -s -- a <<E\nx\nE\n"), Some(Nested::HereDocument { redirect: 0, args_from: 3, .. })));
    assert!(matches!(of("bash -e ci/x.sh a"), Some(Nested::File { word: 2, args_from: 3, sourced: false, .. })));
    assert!(matches!(of(". ./x"), Some(Nested::File { word: 1, sourced: true, .. })));
    assert!(matches!(of("\"$D\"/x.sh a"), Some(Nested::File { word: 0, args_from: 1, .. })));
    assert!(matches!(of("bash"), Some(Nested::Input { .. })));
    assert!(matches!(of("ssh -i k h docker pull x"), Some(Nested::Remote { host: 3, words }) if words == (4..7)));
    assert_eq!(of("/usr/bin/cosign verify x"), None);
    assert_eq!(of("docker pull a/b"), None);
}

#[test]
fn inline_text_keeps_places() {
    let (text, holes) = holes_of("bash -c \"a \\\"$X\\\" «h» ü\" z");
    let script = parse(&text, &holes, &Dialect::Bash);
    let Some(NodeKind::Command(command)) = script.body.first().map(|node| &node.kind) else { panic!("no command") };
    let inline = inline::inline_text(&text, &[&command.words[2], &command.words[3]]);
    assert_eq!(inline.text, "a \"$X\" h ü z");
    assert_eq!((&*inline.holes, &*inline.outer), (std::slice::from_ref(&(7..8)), &[0][..]));
    assert_eq!(inline.map.decoded_len(), inline.text.len());
    for (inner, outer) in [("$X", "$X"), ("\"", "\\\""), ("ü", "ü"), ("z", "z"), ("h", "h")] {
        let at = inline.text.find(inner).expect(inner);
        assert_eq!(&text[inline.map.source(at..at + inner.len())], outer);
    }
    let inner = parse(&inline.text, &inline.holes, &Dialect::Bash);
    assert_eq!(all(&inner.body), "(a '$X' #0 ü z)");
}
