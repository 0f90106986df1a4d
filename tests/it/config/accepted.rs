//! What is accepted: comments, their last day, the baseline.

use super::*;

#[test]
fn comments_work_where_they_can_stand() {
    let why = "swaplint: ignore[sign-by-tag] why";
    let sign = "cosign sign --key k ghcr.io/acme/app:1";
    let jenkins = format!(
        "node {{\n  // {why}\n  sh '{sign}'\n  sh '{sign}' // {why}\n  sh '''\n    make\n    # {why}\n    {sign}\n  '''\n}}\n"
    );
    let tekton = format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec:\n  steps:\n    # {why}\n    - name: a\n      image: x\n      script: |\n        make\n        {sign}\n"
    );
    let gitlab = format!("job:\n  script:\n    # {why}\n    - {sign}\n    - |\n      make\n      {sign} # {why}\n");
    let github = workflow(&format!("# {why}\n- name: a\n  run: |\n    make\n    {sign}\n- run: sh ci/sign.sh\n"));
    let script = format!("make\n# {why}\n{sign}\n");
    let files: [(&str, &str); 5] = [
        ("Jenkinsfile", &jenkins),
        ("ci/t.yml", &tekton),
        (".gitlab-ci.yml", &gitlab),
        (WORKFLOW, &github),
        ("ci/sign.sh", &script),
    ];
    let dir = repository(&files);
    let args = ["--select", "sign-by-tag,linter", "--ignore", "opaque-step"];
    assert_eq!(rules(&dir, &args), Vec::<String>::new());
    assert_eq!(rules(&dir, &[&args[..], &["--no-ignores"]].concat()).len(), 8);
}

#[test]
fn of_two_configs_the_second_is_told() {
    let sign = workflow("- run: cosign sign --key k ghcr.io/acme/app:1\n");
    let dir = repository(&[(WORKFLOW, &sign), (".github/swaplint.yml", "rules: {sign-by-tag: off}\n"), ("swaplint.toml", "[")]);
    let ran = check(&dir, &[]);
    assert!(
        ran.code == 0 && ran.err.contains("note: swaplint.toml is not read: .github/swaplint.yml comes first"),
        "{}",
        ran.err
    );
    assert!(!check(&dir, &["--no-config"]).err.contains("not read"));
    assert!(!check(&dir, &["--config", ".github/swaplint.yml"]).err.contains("not read"));
}

/// A command in every kind of file that is followed from a pipeline, accepted there; and misplaced comments, which are told.
#[test]
fn comments_work_in_what_is_followed() {
    let sign = "cosign sign --key k ghcr.io/acme/app:1";
    let why = "swaplint: ignore[sign-by-tag] why";
    let steps = format!(
        "- run: make sign\n- run: ci/sign.sh\n- run: docker build .\n\
         - shell: pwsh\n  run: |\n    # {why}\n    {sign}\n\
         - shell: python\n  run: |\n    import subprocess\n    # {why}\n    subprocess.run('{sign}', shell=True)\n    subprocess.run('{sign}', shell=True) # {why}\n\
         - uses: actions/github-script@ed597411d8f924073f98dfc5c65a23a2325f34cd\n  with:\n    script: |\n      // {why}\n      await exec.exec('{sign}')\n"
    );
    let files = |why: &str| {
        [
            (WORKFLOW, workflow(&steps)),
            ("Makefile", format!("sign:\n\t# {why}\n\t{sign}\n")),
            ("ci/sign.sh", format!("#!/bin/sh\n{sign} # {why}\n")),
            ("Dockerfile", format!("# {}\nFROM ghcr.io/acme/base:main\n", why.replace("sign-by-tag", "unpinned-base-image"))),
        ]
    };
    let args = ["--persona", "pedantic", "--select", "sign-by-tag,unpinned-base-image,linter", "--ignore", "opaque-step"];
    let listed = |files: &[(&str, String)], args: &[&str]| -> Vec<String> {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let report = check(&repository(&files), args).json();
        places(&report).into_iter().map(|(path, line, rule)| format!("{path}:{line} {rule}")).collect()
    };
    assert_eq!(listed(&files(why), &args), Vec::<String>::new());
    assert!(listed(&files(why), &[&args[..], &["--no-ignores"]].concat()).len() >= 6);
    let auditor = args.map(|arg| if arg == "pedantic" { "auditor" } else { arg });
    assert_eq!(listed(&files(why), &auditor), Vec::<String>::new(), "nor at the calls that lead there");
    let at_call = [(WORKFLOW, workflow(&format!("- run: ci/sign.sh # {why}\n"))), ("ci/sign.sh", format!("#!/bin/sh\n{sign}\n"))];
    assert_eq!(listed(&at_call, &auditor), ["ci/sign.sh:2 sign-by-tag"], "others may call it too");
    let mut misplaced = files(why);
    misplaced[1].1 = format!("sign:\n\t# {why}\n\ttrue\n\t{sign}\n");
    misplaced[2].1 = format!("#!/bin/sh\n# {why}\ntrue\n{sign}\n");
    misplaced[3].1 = "# swaplint: ignore[unpinned-base-image] why\nARG A=1\nFROM ghcr.io/acme/base:main\n".to_owned();
    let expected = [
        "Dockerfile:1 unused-ignore",
        "Dockerfile:3 unpinned-base-image",
        "Makefile:2 unused-ignore",
        "Makefile:4 sign-by-tag",
        "ci/sign.sh:2 unused-ignore",
        "ci/sign.sh:4 sign-by-tag",
    ];
    assert_eq!(listed(&misplaced, &args), expected);
    let idle = [(WORKFLOW, workflow("- run: ci/sign.sh\n")), ("ci/sign.sh", format!("#!/bin/sh\n# {why}\ntrue\n"))];
    assert_eq!(listed(&idle, &args), ["ci/sign.sh:2 unused-ignore"], "a file without findings");
    assert_eq!(listed(&idle, &[&args[..], &[WORKFLOW]].concat()), Vec::<String>::new(), "others may follow it");
}

#[test]
fn a_comment_in_a_job_does_not_hide_what_is_about_the_job() {
    let steps = "- run: make\n# swaplint: ignore[build-sign-promote-same-job] not here\n- run: make test\n- run: |\n    docker build -t ghcr.io/acme/app:1 . && docker push ghcr.io/acme/app:1\n    cosign sign --key k ghcr.io/acme/app:1\n    crane copy ghcr.io/acme/app:1 prod.example.com/app:1\n";
    let dir = repository(&[(WORKFLOW, &workflow(steps))]);
    let args = ["--persona", "auditor", "--select", "build-sign-promote-same-job,unused-ignore"];
    let found = rules(&dir, &args);
    assert!(found.iter().any(|r| r.ends_with("build-sign-promote-same-job")), "{found:?}");
}

#[test]
fn days_come() {
    let steps = "- run: cosign sign --key k ghcr.io/acme/app:1 # swaplint: ignore[sign-by-tag] until=2027-01-31 later\n";
    let dir = repository(&[(WORKFLOW, &workflow(steps))]);
    assert!(rules(&dir, &["--today", "2027-01-31"]).is_empty());
    assert_eq!(rules(&dir, &["--today", "2027-02-01"]), ["6 expired-ignore", "6 sign-by-tag"]);
    assert_eq!(check(&dir, &["--today", "tomorrow"]).code, 2);
}

/// The fingerprints of `sign-by-tag`, in order.
fn fingerprints(steps: &str) -> Vec<String> {
    let report = check(&repository(&[(WORKFLOW, &workflow(steps))]), &["--select", "sign-by-tag"]).json();
    report["findings"].as_array().expect("a list").iter().map(|f| f["fingerprint"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn fingerprints_stay_and_tell_apart() {
    let sign = "cosign sign --key k ghcr.io/acme/app:1";
    let once = fingerprints(&format!("- run: {sign}\n"));
    assert_eq!(once.len(), 1);
    assert_eq!(fingerprints(&format!("- run: make\n\n# words\n- run: {sign}\n")), once, "another step before it");
    assert_eq!(fingerprints(&format!("- run: |\n    make\n    {sign}\n")), once, "another line before it");
    let named = |step: &str| fingerprints(&format!("- name: {step}\n  run: make\n- run: {sign}\n"));
    assert_eq!((named("Build"), named("Make")), (once.clone(), once.clone()), "its neighbour is renamed");
    let twice = fingerprints(&format!("- run: |\n    {sign}\n    {sign}\n"));
    assert_eq!((twice.len(), &twice[0]), (2, &once[0]), "two equal ones are two");
    assert_ne!(twice[0], twice[1]);
    assert_ne!(fingerprints(&format!("- run: {}\n", sign.replace("app", "other"))), once);
}

#[test]
fn the_baseline_of_the_config_counts() {
    let sign = "- run: cosign sign --key k ghcr.io/acme/app:1\n";
    let dir = with("baseline: ci/known.json\n", &[(WORKFLOW, &workflow(sign)), ("ci/x", "")]);
    assert_eq!(check(&dir, &[]).code, 2, "a baseline that there is not");
    assert_eq!(swaplint(dir.path(), &["baseline", "update"]).code, 2);
    assert_eq!(swaplint(dir.path(), &["baseline", "create"]).code, 0);
    assert_eq!(swaplint(dir.path(), &["baseline", "create"]).code, 2, "it is there already");
    assert_eq!(swaplint(dir.path(), &["baseline", "create", "--force"]).code, 0);
    assert_eq!(check(&dir, &[]).code, 0);
    assert_eq!(check(&dir, &["--no-ignores"]).code, 1);
    let shown = check(&dir, &["--show-suppressed"]).json();
    assert_eq!(shown["findings"][0]["suppressed"]["kind"], "baseline");
    write(dir.path(), WORKFLOW, workflow(&format!("- run: make\n{sign}{sign}")).as_bytes());
    assert_eq!(rules(&dir, &[]), ["8 sign-by-tag"], "a second one is new");
    assert_eq!(swaplint(dir.path(), &["baseline", "update"]).code, 0);
    assert_eq!(rules(&dir, &[]).len(), 1, "update takes in nothing new");
    assert_eq!(swaplint(dir.path(), &["baseline", "update", "--accept-new"]).code, 0);
    assert!(rules(&dir, &[]).is_empty());
    assert_eq!(swaplint(dir.path(), &["baseline", "update", "--select", "copy"]).code, 0);
    assert!(rules(&dir, &[]).is_empty(), "what is not chosen is not fixed");
    assert_eq!(swaplint(dir.path(), &["baseline", "create", "--force", "--select", "copy"]).code, 0);
    assert_eq!(rules(&dir, &[]).len(), 2);
    write(dir.path(), "other.json", b"{\"schema\": \"swaplint.baseline.v1\", \"findings\": [{}]}");
    let ran = check(&dir, &["--baseline", "other.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("other.json: no baseline: missing field `path` at line 1"), "{}", ran.err);
}
