use super::*;
use crate::facts::AdmittedClass as C;

fn context(subject: Subject, hints: &[Hint]) -> Context<'_> {
    Context { subject, hints, repository: None }
}

/// Classes, `^` in front where it is anchored.
fn shown(judgement: &Judgement) -> String {
    if let Some(reason) = &judgement.invalid {
        return format!("invalid {reason}").chars().take(7).collect();
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
    let classes: Vec<&str> = judgement.admits.iter().map(|admitted| name(admitted.class)).collect();
    format!("{}{}", if judgement.anchored { "^ " } else { "" }, classes.join(" "))
}

#[test]
fn dump() {
    for line in include_str!("/tmp/unitscratch/rows.txt").lines() {
        let (kind, text) = line.split_once(' ').unwrap_or_default();
        let text = text.replace('?', "\u{FFFC}");
        let judgement = match kind {
            "S" => judge_regexp(&text, &context(Subject::Identity, &[])),
            "R" => judge_regexp(&text, &context(Subject::Identity, &[Hint::Repository])),
            "N" => judge_regexp(&text, &context(Subject::Identity, &[Hint::Name])),
            "I" => judge_regexp(&text, &context(Subject::Issuer, &[])),
            "G" => judge_glob(&text.replace('\u{FFFC}', "?"), &context(Subject::Identity, &[])),
            _ => judge_exact(&text),
        };
        println!("{kind} {text}\n    {} | {:?} | {:?}", shown(&judgement), judgement.intended, judgement.admits.iter().map(|a| &a.identity).collect::<Vec<_>>());
    }
}
