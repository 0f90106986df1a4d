//! Where things stand, and what lies there.

use super::*;

#[test]
fn spans_stand_on_the_exact_characters() {
    let text = script("", "IMG=ghcr.io/a/b:1\ndocker pull \\\n  \"$IMG\"\ncosign verify --key k \"ghcr.io/a/b:1\"");
    let (facts, sources) = facts_of(&[(".github/workflows/x.yml", &text)]);
    let at = |id: u32| sources.text(facts.spans[id as usize]).to_owned();
    let pull = &facts.events[&crate::facts::EventKind::Pull][0];
    let reference = pull.reference.as_ref().unwrap();
    assert_eq!(at(reference.span), "$IMG");
    assert_eq!(at(reference.provenance[0].span), "IMG=ghcr.io/a/b:1");
    let verify = &facts.events[&crate::facts::EventKind::Verify][0];
    assert_eq!(at(verify.reference.as_ref().unwrap().span), "ghcr.io/a/b:1");
    assert!(at(verify.span).starts_with("cosign verify --key k"));
    assert_eq!(at(verify.option_spans["key"]), "k");
}

#[test]
fn quotes_of_a_word_stand_in_its_place_together() {
    let text = script(
        "",
        "IMG=r.io/a:1\nif foo; then IMG=r.io/a:2; fi\nskopeo copy --src-tls-verify=\"false\" docker://\"${IMG}\" oci:x\n\
         cosign verify --key='k' \"$IMG\"\nskopeo copy --src-tls-verify=false docker://$EMPTY oci:y\nEMPTY=\n\
         skopeo copy --src-tls-verify=false docker://$EMPTY oci:y\nsign() { cosign sign \"$@\"; }\nsign \"r.io/b:1\"",
    );
    let (facts, sources) = facts_of(&[(".github/workflows/x.yml", &text)]);
    let at = |id: u32| sources.text(facts.spans[id as usize]).to_owned();
    let of = |kind| facts.events[&kind].iter().map(|e: &Event| e.reference.as_ref().unwrap()).collect::<Vec<_>>();
    assert_eq!(at(of(crate::facts::EventKind::Verify)[0].span), "$IMG");
    assert_eq!(at(facts.events[&crate::facts::EventKind::Verify][0].option_spans["key"]), "--key='k'");
    let told: Vec<_> = facts.weaknesses.iter().map(|w| (at(w.span), w.host.clone())).collect();
    assert_eq!(told[0], ("--src-tls-verify=\"false\"".into(), Some("r.io".into())));
    assert_eq!(told[2].1, None, "nothing is on no host");
    let signed = of(crate::facts::EventKind::Sign)[0];
    let made: Vec<_> = signed.provenance.iter().map(|p| (at(p.span), p.what.as_str())).collect();
    assert_eq!(made, [("\"r.io/b:1\"".into(), "handed over here")]);
}

#[test]
fn variables_of_a_gitlab_project_are_credentials_by_their_name() {
    let text = "a:\n  script: make\nb:\n  script: curl -d $DEPLOY_TOKEN x\nc:\n  variables: {A_TOKEN: x}\n  script: y $A_TOKEN $CI_JOB_TOKEN\n";
    let sources = Sources::new();
    let id = sources.add(".gitlab-ci.yml", text);
    let loaded = formats::load(Format::GitlabCi, id, ".gitlab-ci.yml", text);
    let memory = Memory { sources: &sources, files: &[] };
    let world = World {
        sources: &sources,
        files: &memory,
        toolbox: Toolbox::embedded(),
        knowledge: &crate::custody::Knowledge::default(),
    };
    let facts = analyse(&loaded.pipelines[0], &world);
    let given: Vec<_> = facts.executions.iter().map(|e| (e.secrets.join(" "), e.privileged)).collect();
    assert_eq!(given, [(String::new(), false), ("DEPLOY_TOKEN".into(), true), (String::new(), false)]);
}

#[test]
fn what_was_taken_before_is_told() {
    let (facts, _) =
        facts_of(&[(".github/workflows/x.yml", &script("", "docker pull r.io/a:1\ndocker run r.io/a:1\ndocker run r.io/b:1"))]);
    let repeated = |kind| facts.events[&kind].iter().map(|e: &Event| e.is_repeated).collect::<Vec<_>>();
    assert_eq!(repeated(crate::facts::EventKind::Pull), [false]);
    assert_eq!(repeated(crate::facts::EventKind::Run), [true, false]);
}

#[test]
fn programs_of_an_archive_are_put_to_use() {
    let fetch = "curl -fsSLo tool.zip https://example.com/tool.zip\nunzip tool.zip\n";
    for (then, puts) in [
        ("sudo ./tool/install --update", true),
        ("cd tool-1.2.3 && ./configure", true),
        ("mv tool/a /usr/local/bin/a; chmod +x /usr/local/bin/a", true),
        ("mv tool/a ~/bin/", true),
        ("cp ci/own.sh x; chmod +x tool/a", true),
        ("chmod +x ci/own.sh", false),
        ("make\nchmod +x ./dist/a", false),
        ("mv tool/a data", false),
        ("make\n./dist/a", false),
        ("./ci/own.sh", false),
        ("/usr/bin/a", false),
        ("a tool", false),
    ] {
        let text = script("", &format!("{fetch}{then}"));
        let (facts, _) = facts_of(&[(".github/workflows/x.yml", &text), ("ci/own.sh", "#!/bin/sh\necho\n")]);
        let source = facts.events[&crate::facts::EventKind::Download][0].source.as_ref().unwrap();
        assert_eq!((source.is_used, source.is_only_unpacked), (true, !puts), "{then}");
    }
}

#[test]
fn texts_of_many_alternatives_are_no_panic() {
    let many = "for i in a b; do cat <<EOF\n$i$i$i$i$i\n$i text\nmore $i\nEOF\ndone";
    facts_of(&[(".github/workflows/x.yml", &script("", many))]);
}

#[test]
fn what_lies_on_the_machine() {
    let mutability = |before: &str, image: &str| {
        let text = format!(
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {before}\n      - run: docker run {image}\n"
        );
        let (facts, _) = facts_of(&[(".github/workflows/a.yml", &text)]);
        word(&facts.events[&crate::facts::EventKind::Run].last().unwrap().reference.as_ref().unwrap().mutability)
    };
    for before in ["docker load < a.tar", "docker compose build", "bazel run //:image", "make image", "./build-image.sh"] {
        assert_eq!(mutability(before, "acme/app:1"), "unknown", "{before}");
        assert_eq!(mutability(before, "alpine:3"), "tag", "{before}: an official image");
        assert_eq!(mutability(before, "quay.io/acme/app:1"), "tag", "{before}: somebody else's registry");
    }
    assert_eq!(mutability("docker build -t acme/app:1 .", "acme/app:1"), "local");
    assert_eq!(mutability("make test", "acme/app:1"), "tag");
    assert_eq!(mutability("docker load < a.tar; docker pull acme/app:1", "acme/app:1"), "tag", "the registry's by then");
}

#[test]
fn long_texts_keep_what_a_file_is_called() {
    let url = format!("https://example.com/{}/directory-artifact-gen", "folder/".repeat(20));
    let (facts, _) = facts_of(&[(
        ".github/workflows/a.yml",
        &format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: curl -O {url}\n"),
    )]);
    let shown = &facts.events[&crate::facts::EventKind::Download][0].source.as_ref().expect("a source").text;
    assert!(shown.ends_with("/directory-artifact-gen") && shown.chars().count() == 120, "{shown}");
}

#[test]
fn programs_of_unknown_name_are_called_as_they_are_written() {
    let (facts, _) = facts_of(&[(
        ".github/workflows/a.yml",
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: $TOOL manifest inspect ghcr.io/a/b:1\n",
    )]);
    let to: Vec<_> = facts.handed.iter().map(|h| h.to.as_str()).collect();
    assert_eq!(to, ["$TOOL manifest inspect"]);
}

#[test]
fn settings_that_somebody_asks_for() {
    let asked = |script: &str| {
        let script = script.replace('\n', "\n          ");
        let text = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          {script}\n");
        let (facts, _) = facts_of(&[(".github/workflows/a.yml", &text)]);
        facts.weaknesses.iter().map(|w| w.is_asked_for).collect::<Vec<_>>()
    };
    let fetch = "curl $o https://example.com/x -o x";
    assert_eq!(asked(&format!("o=\n[ -n \"$V\" ] && o=-k\n{fetch}")), [true]);
    assert_eq!(asked(&format!("o=\nif [ \"$V\" = true ]; then o=-k; fi\n{fetch}")), [true]);
    assert_eq!(asked(&format!("if [ \"$V\" = true ]; then o=-k; fi\n{fetch}")), [true], "nothing is the default");
    assert_eq!(asked(&format!("o=-k\nif [ -n \"$V\" ]; then o=; fi\n{fetch}")), [false], "it is the default");
    assert_eq!(asked(&format!("o=\n[ -n \"$V\" ] || o=-k\n{fetch}")), [false], "it is the default");
    assert_eq!(asked(&format!("o=\nif [ -n \"$V\" ]; then o=; else o=-k; fi\n{fetch}")), [false], "it is the default");
    assert_eq!(
        asked("if [ \"$(uname)\" = Linux ]; then curl -k https://example.com/x -o x; fi"),
        [false],
        "nobody asks for that"
    );
    let listed = "curl \"${o[@]}\" https://example.com/x -o x";
    assert_eq!(asked(&format!("o=()\nif [ -n \"$V\" ]; then o=(-k); fi\n{listed}")), [true], "in a list");
    assert_eq!(asked(&format!("o=(-k)\n{listed}")), [false]);
    assert_eq!(asked("if [ -n \"$V\" ]; then curl -k https://example.com/x -o x; fi"), [true]);
}

#[test]
fn archives_are_only_unpacked_where_no_programs_lie() {
    let fetch = "curl -fsSLo x.tgz https://example.com/1.0/x.tgz\n";
    for (rest, only) in [
        ("tar xzf x.tgz", true),
        ("tar xzf x.tgz -C testdata", true),
        ("mv x.tgz /tmp\ntar xzf /tmp/x.tgz", true),
        ("tar xzf x.tgz -C /usr/local", false),
        ("tar xzf x.tgz -C \"$HOME/bin/\"", false),
        ("mv x.tgz /tmp\ntar xzf /tmp/x.tgz -C /opt", false),
    ] {
        let (facts, _) = facts_of(&[(".github/workflows/x.yml", &script("", &format!("{fetch}{rest}")))]);
        let source = facts.events[&crate::facts::EventKind::Download][0].source.as_ref().unwrap();
        assert_eq!((source.is_used, source.is_only_unpacked), (true, only), "{rest}");
    }
}
