//! Admission policies: whose images they let in.
//!
//! The expressions are judged as those of commands: policy-controller hands them to cosign as they are (`pkg/webhook/validator.go`,
//! `checkOptsFromAuthority`); Kyverno compares `subject` and `issuer` with wildcards, and calls `MatchString` for the others
//! (`pkg/image/verifiers/cpol/cosign/cosign.go`, `matchCertificateData`).

use super::collect::Places;
use super::identity::{self, Context, Subject};
use super::knowledge::Knowledge;
use super::reference::UNKNOWN;
use crate::facts::*;
use crate::pipeline::{
    Admission, AdmissionAction, AdmissionCheck, AdmissionEngine, AdmissionIdentity, Answer, Authority, AuthorityKind, Comparison,
    Matcher,
};

/// The facts of an admission policy.
pub(super) fn facts(admission: &Admission, knowledge: &Knowledge, places: &mut Places) -> AdmissionFacts {
    AdmissionFacts {
        engine: admission.engine,
        checks: admission.checks.iter().map(|c| check(c, admission.engine, knowledge, places)).collect(),
        overrides: admission.overrides.iter().map(|a| answer(*a, places)).collect(),
        fails_open: admission.fails_open.map(|span| places.id(span)),
        unmatched: admission.unmatched.map(|a| answer(a, places)),
        span: places.id(admission.span),
    }
}

/// Whether some image is refused unless it is signed.
pub(super) fn enforces(admission: &Admission) -> bool {
    let asks = |check: &AdmissionCheck| check.authorities.iter().any(|a| a.kind != AuthorityKind::Pass);
    admission.checks.iter().any(|check| check.answer.action == AdmissionAction::Enforce && asks(check))
}

fn answer(answer: Answer, places: &mut Places) -> AnswerFacts {
    AnswerFacts { action: answer.action, is_written: answer.is_written, span: places.id(answer.span) }
}

fn check(check: &AdmissionCheck, engine: AdmissionEngine, knowledge: &Knowledge, places: &mut Places) -> AdmissionCheckFacts {
    let mut image = |(glob, span): &(String, _)| ImagePattern {
        glob: glob.clone(),
        is_any: glob == "**" || glob == "*" && engine == AdmissionEngine::Kyverno,
        is_like_regexp: is_like_regexp(glob),
        span: places.id(*span),
    };
    let images = check.images.iter().map(&mut image).collect();
    let repositories: Vec<String> = check.images.iter().filter_map(|(glob, _)| repositories(glob)).collect();
    let off = |(name, span): &(String, _)| SwitchedOff { name: name.clone(), span: places.id(*span) };
    AdmissionCheckFacts {
        name: check.name.clone(),
        images,
        switched_off: check.switched_off.iter().map(off).collect(),
        answer: answer(check.answer, places),
        authorities: check.authorities.iter().map(|a| authority(a, &repositories, knowledge, places)).collect(),
        has_program: check.has_program,
    }
}

/// Whether no image's name is meant by the letters as they stand: a dot before a wildcard at the end of a name, an anchor, an
/// escaped dot. Of a tag (`app:v1.*`) and within a host (`*.dkr.ecr.*.amazonaws.com`) such a dot is meant.
fn is_like_regexp(glob: &str) -> bool {
    let anchored = glob.starts_with('^') || glob.ends_with('$');
    let components = || glob.split('/');
    let last = components().next_back().unwrap_or_default();
    let open_name = !last.contains(':') && (last.ends_with(".*") || last.ends_with(".+"));
    anchored || glob.contains("\\.") || open_name || components().any(|part| matches!(part, ".*" | ".+"))
}

/// A pattern of images without tag and digest; `None` where something still fills it in. A wildcard in it stands for itself, so that
/// only a pattern that is as wide matches it.
fn repositories(glob: &str) -> Option<String> {
    let name = glob.split('@').next().unwrap_or_default();
    let path = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name[path..].find(':').map_or(name.len(), |colon| path + colon);
    (!["{{", "${"].iter().any(|open| glob.contains(open))).then(|| name[..end].to_owned())
}

fn authority(authority: &Authority, repositories: &[String], knowledge: &Knowledge, places: &mut Places) -> AuthorityFacts {
    AuthorityFacts {
        kind: authority.kind,
        identities: authority.identities.iter().map(|i| identity(i, repositories, knowledge, places)).collect(),
        has_own_roots: authority.has_own_roots,
        has_extensions: authority.has_extensions,
        is_enough: authority.is_enough,
        span: places.id(authority.span),
    }
}

fn identity(
    identity: &AdmissionIdentity,
    repositories: &[String],
    knowledge: &Knowledge,
    places: &mut Places,
) -> AdmissionIdentityFacts {
    let issuers: Vec<String> = identity.matchers.iter().filter(|m| m.is_issuer).map(|m| m.text.clone()).collect();
    let mut of = |is_issuer: bool| {
        let own = identity.matchers.iter().filter(|m| m.is_issuer == is_issuer);
        own.map(|m| judged(m, &issuers, repositories, knowledge, places)).collect::<Vec<_>>()
    };
    AdmissionIdentityFacts { subjects: of(false), issuers: of(true), span: places.id(identity.span) }
}

fn judged(
    matcher: &Matcher,
    issuers: &[String],
    repositories: &[String],
    knowledge: &Knowledge,
    places: &mut Places,
) -> Identity {
    let (subject, role) = if matcher.is_issuer { (Subject::Issuer, "issuer") } else { (Subject::Identity, "identity") };
    let context = Context { subject, ..Context::default() };
    let mut masked = matcher.text.clone();
    for hole in matcher.holes.iter().rev() {
        masked.replace_range(hole.clone(), UNKNOWN.encode_utf8(&mut [0; 4]));
    }
    let (judgement, ending) = match matcher.how {
        Comparison::Exact => (identity::judge_exact(&masked), ""),
        Comparison::Glob => (identity::judge_glob(&masked, &context), "-glob"),
        Comparison::Regexp => (identity::judge_regexp(&masked, &context), "-regexp"),
    };
    Identity {
        role: format!("{role}{ending}"),
        expression: matcher.text.clone(),
        known: judgement.known,
        anchored: judgement.anchored,
        is_trusted: knowledge.trusts(&matcher.text, issuers, repositories),
        admits: judgement.admits,
        span: places.id(matcher.span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::knowledge::Vouched;
    use crate::tools::glob::Glob;

    #[test]
    fn trust_is_for_the_images_that_a_policy_is_about() {
        let one = Vouched { issuer: None, identity: "x".into(), references: vec![Glob::new("ghcr.io/acme/*")] };
        let knowledge = Knowledge { trusted: vec![one], ..Knowledge::default() };
        let trusts = |glob: &str| knowledge.trusts("x", &[], repositories(glob).as_slice());
        for within in
            ["ghcr.io/acme/app", "ghcr.io/acme/**", "ghcr.io/acme/app:v1*", "ghcr.io/acme/a@sha256:*", "{{ .Values.image }}"]
        {
            assert!(trusts(within), "{within}");
        }
        for beyond in ["ghcr.io/*", "**", "ghcr.io/acm*/app", "docker.io/acme/app"] {
            assert!(!trusts(beyond), "{beyond}");
        }
    }

    #[test]
    fn globs_that_are_meant_as_expressions() {
        for glob in
            ["images.*", "ghcr.io/acme/app.*", "ghcr.io/.*/app", "^ghcr.io/acme/**", "ghcr\\.io/acme/*", "ghcr.io/acme/app$"]
        {
            assert!(is_like_regexp(glob), "{glob}");
        }
        for glob in ["**", "ghcr.io/acme/*", "*.dkr.ecr.*.amazonaws.com/**", "ghcr.io/acme/app:v1.*", "index.docker.io/*/*"] {
            assert!(!is_like_regexp(glob), "{glob}");
        }
    }
}
