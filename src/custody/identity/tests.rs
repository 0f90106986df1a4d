use super::*;
use crate::facts::AdmittedClass as C;

/// The classes that are let in, `^` in front where the expression is anchored.
fn shown(judgement: &Judgement) -> String {
    if judgement.invalid.is_some() {
        return "invalid".to_owned();
    }
    let name = |class| match class {
        C::Anyone => "anyone",
        C::OtherOrganisation => "organisation",
        C::OtherRepository => "repository",
        C::OtherWorkflow => "workflow",
        C::OtherRef => "ref",
        C::LookalikeHost => "lookalike",
        C::Embedded => "embedded",
    };
    let anchor = judgement.anchored.then_some("^");
    anchor.into_iter().chain(judgement.admits.iter().map(|admitted| name(admitted.class))).collect::<Vec<_>>().join(" ")
}

/// `¿` in a row stands for an unknown value.
fn check(rows: &[(&str, &str)], judge: impl Fn(&str) -> Judgement) {
    for (expected, expression) in rows {
        let judgement = judge(&expression.replace('¿', "\u{FFFC}"));
        assert_eq!(shown(&judgement), *expected, "{expression}\n{judgement:#?}");
        assert_eq!(judgement.known, !expression.contains('¿'), "{expression}");
    }
}

fn identity(expression: &str, hints: &[Hint]) -> Judgement {
    judge_regexp(expression, &Context { hints, ..Context::default() })
}

const IDENTITIES: &[(&str, &str)] = &[
    ("anyone", ".*"),
    ("anyone", ".+"),
    ("anyone", "^.*$"),
    ("anyone", "^.+$"),
    ("anyone", ""),
    ("anyone", "https://.*"),
    ("^ anyone", "^https://"),
    ("organisation lookalike embedded", "https://github.com/.*"),
    ("^ organisation lookalike", "^https://github.com/"),
    ("^ organisation", r"^https://github\.com/.+$"),
    ("repository lookalike embedded", "https://github.com/acme/.*"),
    ("organisation lookalike embedded", "https://github.com/acme"),
    ("organisation", r"^https://github\.com/acme"),
    ("^ repository", r"^https://github\.com/acme/"),
    ("^ repository", r"^https://github\.com/acme/.*$"),
    ("repository", r"^https://github\.com/acme/app"),
    ("repository lookalike", "^https://github.com/acme/app"),
    ("^ workflow", r"^https://github\.com/acme/app/"),
    ("^ workflow", r"^https://github\.com/acme/app/.*"),
    ("workflow lookalike embedded", "https://github.com/acme/app/.*"),
    ("repository lookalike embedded", "https://github.com/acme/app/*"),
    ("ref lookalike embedded", "https://github.com/acme/app/.github/workflows/release.yml@.*"),
    ("ref lookalike embedded", "https://github.com/acme/app/.github/workflows/release.yml"),
    ("workflow lookalike embedded", "https://github.com/acme/app/.github/workflows/.*"),
    ("^ workflow", r"^https://github\.com/acme/app/\.github/workflows/"),
    ("ref", r"^https://github\.com/acme/app/\.github/workflows/release\.yml"),
    ("^ ref", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@"),
    ("^ ref", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@.*$"),
    ("^", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/tags/.*$"),
    ("^", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/tags/v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$"),
    ("^", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/(tags/v.+|heads/main)$"),
    ("ref", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/heads/main"),
    ("^", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/heads/main$"),
    ("^ ref", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/heads/.*$"),
    ("^ lookalike", "^https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v[0-9].*$"),
    ("^", r"^https://github\.com/acme/app/\.github/workflows/publish\.yml@refs/heads/(main|gh-readonly-queue/main/.+)$"),
    ("^ organisation lookalike", "^https://github.com/.+/.+/.github/workflows/release.yml@refs/(heads|tags)/.+$"),
    ("^ organisation", r"^https://github\.com/[^/]+/[^/]+/\.github/workflows/build\.yml@refs/heads/main$"),
    ("^ repository", r"^https://github\.com/acme/[^/]+/\.github/workflows/build\.yml@refs/heads/main$"),
    ("^ ref", r"^https://github\.com/acme/workflows/\.github/workflows/build\.ya?ml@.*$"),
    ("^", r"^https://github\.com/acme/(app|web)/\.github/workflows/release\.yml@refs/tags/.*$"),
    ("^ repository", r"^https://github\.com/(acme|beta)/.*$"),
    ("^ organisation", r"^https://github\.com/acme-[a-z]+/"),
    ("^ repository", r"^https://github\.com/acme/app-.*$"),
    ("^ workflow", r"(?i)^https://github\.com/acme/app/"),
    ("workflow embedded", r"\Qhttps://github.com/acme/app/\E"),
    ("repository lookalike embedded", "github.com/acme/app"),
    ("organisation embedded", "acme/app"),
    ("workflow embedded", ".*/acme/app/.*"),
    ("organisation embedded", ".*acme.*"),
    ("organisation embedded", "acme"),
    ("repository embedded", r"^.*github\.com/acme/.*$"),
    ("workflow embedded", "https://.*/acme/app/.*"),
    ("repository lookalike embedded", "https://.*github.com/acme/.*"),
    ("anyone", r".*release\.yml@refs/heads/main$"),
    ("anyone", "@refs/heads/main$"),
    ("^ repository", r"^https://github\.com/acme/.*release\.yml@refs/tags/.*$"),
    ("^ workflow", r"^https://github\.com/acme/app/.*@refs/heads/main$"),
    ("^ repository", r"^https://github\.com/acme/app/.*|^https://gitlab\.com/acme/.*"),
    ("ref lookalike embedded", "https://gitlab.com/group/project//.gitlab-ci.yml@(refs/heads/main|refs/tags/.*)"),
    ("^", r"^https://gitlab\.com/group/project//\.gitlab-ci\.yml@refs/heads/main$"),
    ("ref lookalike embedded", "https://gitlab.com/group/project//.gitlab-ci.yml@refs/.+"),
    ("repository embedded", r"https://gitlab\.example\.com/group/.*"),
    ("organisation lookalike embedded", "https://gitlab.example.com/.*"),
    ("^ workflow", r"^https://gitlab\.com/group/sub/project//.*"),
    ("repository lookalike embedded", "https://gitlab.com/group/project"),
    ("^ repository", r".*@acme\.com$"),
    ("^ repository", r"^.*@acme\.com$"),
    ("repository lookalike", "@acme.com$"),
    ("^", r"^release@acme\.com$"),
    ("lookalike embedded", "release@acme.com"),
    ("^ anyone", r".+@.+\..+"),
    ("anyone", r".*@gmail\.com"),
    ("repository embedded", ".*@redhat"),
    ("^ organisation", r"^.+@.+\.iam\.gserviceaccount\.com$"),
    ("^ repository", r"^.+@project\.iam\.gserviceaccount\.com$"),
    ("^", r"^signer@project\.iam\.gserviceaccount\.com$"),
    ("^", r"^spiffe://acme\.com/ns/prod/sa/builder$"),
    ("^ repository", r"^spiffe://acme\.com/.*"),
    ("repository lookalike embedded", "spiffe://acme.com/ns/prod"),
    ("repository", r"^https://buildkite\.com/acme/app"),
    ("^", r"^https://buildkite\.com/acme/app/.*$"),
    ("^", r"^https://kubernetes\.io/namespaces/tekton-chains/serviceaccounts/tekton-chains-controller$"),
    ("invalid", r"^https://github\.com/acme/app/(?!evil)"),
    ("invalid", "("),
    ("", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@${{ x }}"),
    ("^ workflow", r"^https://github\.com/¿/.*"),
    ("ref lookalike embedded", "https://github.com/¿/.github/workflows/release.yml@.*"),
    ("^ ref", r"^https://github\.com/¿/¿/\.github/workflows/release\.yml@.*"),
    ("^", r"^https://github\.com/¿"),
    ("", "¿"),
    ("", "^¿$"),
    ("", "¿/.github/workflows/release.yml@refs/heads/main"),
    ("embedded", "https://¿/.github/workflows/release.yml@.*"),
    ("embedded", ".*¿.*"),
    ("^ workflow", r"^https://github\.com/acme/¿/"),
    ("^", r"^https://github\.com/acme/app/\.github/workflows/release\.yml@refs/tags/¿"),
    ("^ workflow", r"^https://github\.com/acme/app/\.github/workflows/[^@]+@refs/heads/main$"),
    ("^ ref", r"^https://github\.com/acme/app/.*release\.yml@.*"),
    ("^ workflow", r"^https?://github\.com/acme/app/"),
    ("^ workflow lookalike", "^(https://)?github.com/acme/app/"),
    ("embedded", ".*¿"),
    ("^", "¿.*"),
    ("^ workflow", r"^https://github\.com/¿/app/.*"),
    ("^", r"^https://ghe\.acme\.com/org/repo/\.github/workflows/x\.yml@refs/heads/main$"),
    ("lookalike embedded", "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v"),
    ("anyone", r"\.github/workflows/release\.yml"),
];

#[test]
fn identities() {
    check(IDENTITIES, |text| identity(text, &[]));
}

#[test]
fn repositories_by_variable() {
    let rows = [
        ("^ workflow lookalike", "^https://github.com/¿/.*"),
        ("^", r"^https://github\.com/¿/\.github/workflows/release\.yml@refs/tags/.*"),
        ("repository lookalike embedded", "https://github.com/¿/*"),
        ("repository lookalike embedded", "https://github.com/¿"),
        ("^ lookalike", "^https://github.com/¿/.github/workflows/(release|publish).yml@refs/heads/main$"),
    ];
    check(&rows, |text| identity(text, &[Hint::Repository]));
    let rows =
        [("^ repository", r"^https://github\.com/¿/"), ("^ ref", r"^https://github\.com/¿/app/\.github/workflows/release\.yml@")];
    check(&rows, |text| identity(text, &[Hint::Name]));
}

#[test]
fn issuers() {
    let rows = [
        ("lookalike embedded", "https://token.actions.githubusercontent.com"),
        ("^", r"^https://token\.actions\.githubusercontent\.com$"),
        ("^ lookalike", "^https://token.actions.githubusercontent.com$"),
        ("embedded", r"^https://token\.actions\.githubusercontent\.com"),
        ("anyone", ".*"),
        ("^ anyone", "^https://.+$"),
        ("^ anyone", "^https://.+/login/oauth$"),
        ("embedded", ".*keycloak.*"),
        ("lookalike embedded", "https://gitlab.com"),
        ("embedded", "^https://vstoken"),
        ("embedded", ".*github.*"),
        ("^ organisation", r"^https://token\.actions\.githubusercontent\.com/.*$"),
        ("^ organisation", r"^https://login\.microsoftonline\.com/[0-9a-f-]+/v2\.0$"),
        ("lookalike embedded", "token.actions.githubusercontent.com"),
        ("^ organisation", r"^https://container\.googleapis\.com/v1/projects/acme/.*$"),
        ("^", r"^https://(accounts\.google\.com|github\.com/login/oauth)$"),
        ("^", "^https://¿/auth$"),
        ("", "¿"),
        ("lookalike embedded", "https://token.actions.githubusercontent.com/¿"),
    ];
    check(&rows, |text| judge_regexp(text, &Context { subject: Subject::Issuer, ..Context::default() }));
}

#[test]
fn globs_and_exact_identities() {
    let rows = [
        ("^ organisation", "https://github.com/*"),
        ("^ anyone", "*"),
        ("^ repository", "https://github.com/acme/*"),
        ("^ workflow", "https://github.com/acme/app/.github/workflows/*"),
        ("^", "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*"),
        ("^", "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"),
        ("^ repository", "*@acme.com"),
    ];
    check(&rows, |text| judge_glob(text, &Context::default()));
    let rows = [
        ("^", "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"),
        ("invalid", "https://github.com/acme/.*"),
        ("invalid", "*"),
        ("invalid", "^https://x$"),
        ("^", "¿"),
    ];
    check(&rows, judge_exact);
}

#[test]
fn the_identity_is_shown() {
    let rows = [
        (r"^https://github\.com/acme", "https://github.com/acme-evil/x/.github/workflows/any.yml@refs/heads/main"),
        (r"^https://github\.com/acme/app", "https://github.com/acme/app-evil/.github/workflows/any.yml@refs/heads/main"),
        (
            r"^https://github.com/acme/app/\.github/workflows/r\.yml@refs/tags/v",
            "https://githubXcom/acme/app/.github/workflows/r.yml@refs/tags/v1.2.3",
        ),
        (r"^https://gitlab\.com/group/", "https://gitlab.com/group/other//any.yml@refs/heads/main"),
    ];
    for (expression, expected) in rows {
        let found = identity(expression, &[]).admits;
        assert_eq!(found.first().map(|admitted| admitted.identity.as_str()), Some(expected), "{expression}");
    }
    let context = Context { hints: &[Hint::Repository], repository: Some("acme/site.io"), ..Context::default() };
    let judgement = judge_regexp("^https://github\\.com/\u{FFFC}", &context);
    let found = judgement.admits.first().map(|admitted| admitted.identity.as_str());
    assert_eq!(found, Some("https://github.com/acme/site.io-evil/.github/workflows/any.yml@refs/heads/main"));
    assert_eq!(identity(r"^https://github\.com/acme/.*$", &[]).intended.as_deref(), Some("https://github.com/acme/*"));
}
