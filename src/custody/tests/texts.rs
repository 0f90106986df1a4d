//! How references and reasons are told to people.

use super::{facts_of, script};

fn shown(body: &str) -> Vec<String> {
    let (facts, _) = facts_of(&[(".github/workflows/a.yml", &script("", body))]);
    let mut all: Vec<_> = facts.events.values().flatten().collect();
    all.sort_by_key(|e| e.id);
    all.iter().filter_map(|e| e.reference.as_ref().or(e.source.as_ref())).map(|r| r.text.clone()).collect()
}

#[test]
fn a_reference_is_shown_as_it_is_written_or_by_what_it_holds() {
    for (body, wanted) in [
        ("I=acme/app:1\ndocker pull $I", &["$I"][..]),
        ("CMD='docker run --network host acme/app x'\n$CMD >> out", &["acme/app"]),
        ("F='-q acme/app:1'\ndocker pull $F", &["acme/app:1"]),
        ("again() { \"$@\"; }\nagain docker pull acme/app:1", &["acme/app:1"]),
        ("r() { \"$@\"; }\nm() { r \"$@\"; }\nI=acme/app:1\nm docker pull \"$I\"", &["acme/app:1"]),
        ("f() { curl -fO \"$1\"; }\nf \"https://$HOST/a\"", &["https://${HOST}/a"]),
        ("docker pull docker.io/\"$NAME:$TAG\"", &["docker.io/$NAME:$TAG"]),
        ("docker pull \"$NAME\":1", &["$NAME:1"]),
        ("echo a:1 b:2 | xargs -n1 docker pull", &["a:1", "b:2"]),
        ("parallel docker pull ::: a:1 b:2", &["a:1", "b:2"]),
    ] {
        assert_eq!(shown(body), wanted, "{body}");
    }
}

#[test]
fn a_name_that_its_tag_stands_for_is_shown_as_a_whole() {
    let text = "node {\n  docker.withRegistry('https://r.io', 'c') {\n    def i = docker.image('r.io/acme/app:dev')\n    i.pull()\n    \
                i.push('prod')\n  }\n}";
    let (facts, sources) = facts_of(&[("Jenkinsfile", text)]);
    let retag = &facts.events[&crate::facts::EventKind::Retag][0];
    let to = retag.destination.as_ref().expect("a destination");
    assert_eq!((to.text.as_str(), sources.text(facts.spans[to.span as usize])), ("r.io/acme/app:prod", "prod"));
}

#[test]
fn a_negated_condition_is_no_negation() {
    for (body, wanted) in [
        ("! crane copy a:1 b.io/b:1\necho on", "`!` turns its failure into success"),
        ("if ! crane copy a:1 b.io/b:1; then\n  echo no\nfi\necho on", "the branch that runs after its failure goes on"),
    ] {
        let (facts, _) = facts_of(&[(".github/workflows/a.yml", &script("", body))]);
        let why = facts.events.values().flatten().find_map(|e| e.effect.as_ref()?.why.clone());
        assert_eq!(why.as_deref(), Some(wanted), "{body}");
    }
}

#[test]
fn a_weakness_is_told_as_what_the_command_gets() {
    for (env, run, wanted) in [
        ("{VERIFY: 'false'}", "podman pull --tls-verify=${{ env.VERIFY }} a.io/b:1", "--tls-verify=false"),
        ("{X: y}", "podman pull --tls-verify=false a.io/b:1", "--tls-verify=false"),
        ("{X: y}", "git config http.sslVerify false", "git config http.sslVerify false"),
        ("{X: y}", "pip install --trusted-host a.io b", "--trusted-host a.io"),
        ("{X: y}", "git -c http.sslVerify=false clone https://a.io/b", "-c http.sslVerify=false"),
        ("{X: y}", "bash -c \"x \\\"$(curl --insecure https://a.io/b)\\\"\"", "--insecure"),
        ("{X: y}", "bash -c \"x \\\"\\$(curl --insecure https://a.io/b)\\\"\"", "--insecure"),
        ("{GIT_SSL_NO_VERIFY: \"1\"}", "git fetch", "GIT_SSL_NO_VERIFY: \"1\""),
        ("{GIT_SSL_NO_VERIFY: '1'}", "git fetch", "GIT_SSL_NO_VERIFY: '1'"),
        ("{GIT_SSL_NO_VERIFY: 1}", "git fetch", "GIT_SSL_NO_VERIFY: 1"),
    ] {
        let workflow = format!("on: push\njobs:\n  j:\n    runs-on: x\n    env: {env}\n    steps:\n      - run: {run}\n");
        let (facts, _) = facts_of(&[(".github/workflows/a.yml", &workflow)]);
        let texts: Vec<&str> = facts.weaknesses.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(texts, [wanted], "{run}");
    }
}
