//! Identities of somebody else, made from what an expression means, and tried against it.

use super::Subject;
use super::expression::{Expression, Mark, Sample};
use super::shape::{Forge, Part, Shape};
use crate::facts::{Admitted, AdmittedClass};
use regex::Regex;

/// Hosts of mail on which anybody can have a mailbox.
const PUBLIC_MAIL: &[&str] = &["gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "proton.me"];
/// Workflow paths and refs that occur, tried where the expression leaves them open.
const WORKFLOWS: &[&str] = &[
    ".github/workflows/any.yml",
    ".github/workflows/release.yml",
    ".github/workflows/build.yaml",
    ".gitlab-ci.yml",
    ".github/workflows/a/any.yml",
];
const REFS: &[&str] = &["refs/heads/main", "refs/tags/v1.2.3", "refs/tags/v1", "refs/heads/feature", "refs/heads/release/1.2"];

/// What the expression lets in of one sample's surroundings, at most one identity a class.
pub(super) fn admitted(expression: &Expression, sample: &Sample, subject: Subject) -> Vec<Admitted> {
    let trial = Trial { regex: &expression.regex, sample };
    let mut found = match (subject, sample.shape()) {
        (Subject::Issuer, _) => trial.issuer(),
        (Subject::Identity, Shape::Mail { local, domain }) => trial.mail(&local, &domain),
        (Subject::Identity, Shape::Other { scheme, host }) => trial.other(&scheme, &host),
        (Subject::Identity, Shape::Forge(forge)) => trial.forge(&forge),
    };
    found.push(trial.first(AdmittedClass::LookalikeHost, trial.lookalikes()));
    found.into_iter().flatten().collect()
}

struct Trial<'e> {
    regex: &'e Regex,
    sample: &'e Sample,
}

impl Trial<'_> {
    fn first(&self, class: AdmittedClass, mut identities: impl Iterator<Item = String>) -> Option<Admitted> {
        identities.find(|identity| self.regex.is_match(identity)).map(|identity| Admitted { class, identity })
    }

    /// The sample with one unescaped dot of its host replaced. The last dot leaves no host that can be registered, so it comes last.
    fn lookalikes(&self) -> impl Iterator<Item = String> {
        let host = self.sample.host();
        let bare = !self.sample.text().contains("://") && host.start == 0;
        let is_dot = |at: &usize| self.sample.letters.get(*at).is_some_and(|(letter, _)| *letter == '.');
        let dots: Vec<usize> = host.clone().filter(is_dot).collect();
        let loose = |at: &&usize| self.sample.letters.get(**at).is_some_and(|(_, mark)| *mark == Mark::LooseDot);
        let mut places: Vec<usize> = dots.iter().filter(loose).copied().collect();
        places.reverse();
        let last = places.iter().position(|at| Some(at) == dots.last()).map(|at| places.remove(at));
        places.extend(last);
        let scheme = if bare { "https://" } else { "" };
        places.into_iter().flat_map(move |place| {
            let put = if Some(&place) == dots.last() { 'X' } else { '-' };
            let letters = self.sample.letters.iter().enumerate();
            let changed: String = letters.map(|(at, (letter, _))| if at == place { put } else { *letter }).collect();
            let text = format!("{scheme}{}", changed.trim_end_matches('/'));
            // An expression that stops early is completed to a whole identity.
            [format!("{text}/.github/workflows/any.yml@refs/heads/main"), format!("{text}/x@refs/heads/main"), text]
                .into_iter()
                .skip(if host.end == self.sample.letters.len() || self.sample.text().contains('@') { 2 } else { 0 })
        })
    }

    fn forge(&self, forge: &Forge) -> Vec<Option<Admitted>> {
        use AdmittedClass::{Anyone, Embedded, OtherOrganisation, OtherRef, OtherRepository, OtherWorkflow};
        let ours = Choices::of(forge);
        let organisation = ours.other_organisation(forge);
        let strangers = Choices { hosts: texts(&["evil.example"]), owners: texts(&["evil"]), repositories: texts(&["x"]), ..ours.clone() };
        let plain = ["https://evil.example/x", "attacker@evil.example", "https://evil.example/evil/x"].map(str::to_owned);
        let legitimate = ours.identities().find(|identity| self.regex.is_match(identity));
        vec![
            self.first(Anyone, plain.into_iter().chain(strangers.identities())),
            self.first(OtherOrganisation, organisation.identities()),
            self.first(OtherRepository, ours.other_repository(forge).identities()),
            self.first(OtherWorkflow, ours.other_workflow(forge).identities()),
            self.first(OtherRef, ours.other_ref(forge).identities()),
            self.first(Embedded, self.embedded(forge, legitimate.unwrap_or_else(|| self.sample.text())).into_iter()),
        ]
    }

    /// The expected identity inside a longer text. A ref name is free text in the hands of whoever owns the repository, so where
    /// the expected text can be one, that comes first: such a certificate the same issuer gives to anybody.
    fn embedded(&self, forge: &Forge, legitimate: String) -> Vec<String> {
        let mut all = Vec::new();
        let parts = [&forge.host.text, &forge.owner.text, &forge.repository.text].map(|part| part.trim_matches('/'));
        let tails = [parts.join("/"), parts[1..].join("/"), self.sample.text()];
        let legal = |name: &&String| {
            let component = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock") && !part.contains("..");
            name.split('/').all(component) && !name.contains([' ', ':', '~', '^', '?', '*', '[', '\\'])
        };
        for tail in tails.iter().map(|tail| format!("{}/x", tail.trim_matches('/'))).filter(|tail| legal(&tail)) {
            all.push(format!("https://github.com/evil/x/.github/workflows/any.yml@refs/heads/{tail}"));
        }
        all.push(format!("https://evil.example/?x={legitimate}"));
        if let Some((_, path)) = legitimate.split_once("://") {
            all.push(format!("https://evil.example/{}", path.split_once('/').map_or("", |(_, path)| path)));
        }
        if forge.host.literal && !forge.host.text.is_empty() {
            all.push(format!("https://{}.evil.example/evil/x/.github/workflows/any.yml@refs/heads/main", forge.host.text));
        }
        all
    }

    fn mail(&self, local: &Part, domain: &Part) -> Vec<Option<Admitted>> {
        use AdmittedClass::{Anyone, Embedded, OtherOrganisation, OtherRepository};
        let domain = &domain.text;
        let anyone = ["attacker@evil.example", "https://evil.example/x"].map(str::to_owned).into_iter();
        let public = PUBLIC_MAIL.iter().filter(|host| *host == domain).map(|host| format!("attacker@{host}"));
        let account = if local.literal { local.text.as_str() } else { "attacker" };
        let cloud = ["attacker@evil.iam.gserviceaccount.com", "attacker@evil.onmicrosoft.com"].map(str::to_owned).into_iter();
        let named = format!("{account}@evil.iam.gserviceaccount.com");
        let embedded = [
            format!("{account}@{domain}.evil.example"),
            format!("{account}@evil-{domain}"),
            format!("evil-{account}@{domain}"),
        ];
        let inside = embedded.into_iter().take(if local.literal && !local.text.is_empty() { 3 } else { 2 });
        vec![
            self.first(Anyone, anyone.chain(public)),
            self.first(OtherOrganisation, cloud.chain([named])),
            self.first(OtherRepository, [format!("attacker@{domain}")].into_iter()),
            self.first(Embedded, inside),
        ]
    }

    fn other(&self, scheme: &str, host: &Part) -> Vec<Option<Admitted>> {
        use AdmittedClass::{Anyone, Embedded, OtherRepository};
        let text = self.sample.text();
        let host = &host.text;
        let last = text.rfind('/').map_or("", |slash| &text[..slash]);
        let mut others = vec![format!("{scheme}://{host}/evil"), format!("{scheme}://{host}/ns/evil/sa/evil")];
        if last.contains("://") && !last.ends_with('/') {
            others.push(format!("{last}/evil"));
            others.push(format!("{text}-evil"));
        }
        let embedded =
            [format!("https://evil.example/?x={text}"), format!("{scheme}://{host}.evil.example/x"), format!("{scheme}://{host}.evil.example")];
        vec![
            self.first(Anyone, [format!("{scheme}://evil.example/x"), "https://evil.example/x".to_owned()].into_iter()),
            self.first(OtherRepository, others.into_iter()),
            self.first(Embedded, embedded.into_iter()),
        ]
    }

    fn issuer(&self) -> Vec<Option<Admitted>> {
        use AdmittedClass::{Anyone, Embedded, OtherOrganisation};
        let text = self.sample.text();
        let text = if text.contains("://") { text } else { format!("https://{text}") };
        let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let host = text.strip_suffix(path).unwrap_or(&text).trim_end_matches('/');
        let anyone = [
            "https://evil.example".to_owned(),
            "https://evil.example/x".to_owned(),
            format!("https://evil.example/{path}"),
        ];
        let tenant = self.other_tenant();
        let embedded = [format!("https://evil.example/{text}"), format!("{host}.evil.example"), format!("{host}.evil.example/{path}")];
        let bare = self.sample.text();
        let inside = [format!("https://evil.example/{bare}"), format!("https://evil-{bare}")];
        vec![
            self.first(Anyone, anyone.into_iter()),
            self.first(OtherOrganisation, tenant.into_iter()),
            self.first(Embedded, embedded.into_iter().chain(inside)),
        ]
    }

    /// The issuer with every wildcard of its path filled with `evil`: another tenant of the same service.
    fn other_tenant(&self) -> Option<String> {
        let host = self.sample.host();
        let (before, path) = self.sample.letters.split_at_checked(host.end)?;
        let open = path.iter().any(|(_, mark)| *mark == Mark::Hole);
        let mut text: String = before.iter().map(|(letter, _)| *letter).collect();
        let mut inside = false;
        for (letter, mark) in path {
            let hole = *mark == Mark::Hole;
            if hole && !inside {
                text.push_str("evil");
            } else if !hole {
                text.push(*letter);
            }
            inside = hole;
        }
        open.then_some(text)
    }
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

/// Values to try for each part of a forge's identity.
#[derive(Debug, Clone, Default)]
struct Choices {
    hosts: Vec<String>,
    owners: Vec<String>,
    repositories: Vec<String>,
    workflows: Vec<String>,
    refs: Vec<String>,
    gitlab: bool,
    plain: bool,
}

impl Choices {
    /// What the expression was written for.
    fn of(forge: &Forge) -> Self {
        let host = &forge.host.text;
        let github = host.is_empty() || host.contains("github") || forge.workflow.text.starts_with(".github");
        // `acme/.*release.yml@..`: the wildcard spans the repository and the path
        let spanned = forge.workflow.text.is_empty() && is_file(&forge.repository.text);
        let file = forge.repository.text.rsplit('/').next().unwrap_or_default();
        let mut workflows = values(&forge.workflow, is_file(&forge.workflow.text), WORKFLOWS);
        if spanned {
            workflows = texts(&[&format!(".github/workflows/{file}"), &format!(".github/workflows/{}", file.trim_start_matches('x'))]);
        }
        Self {
            hosts: if host.is_empty() { texts(&["github.com"]) } else { vec![host.clone()] },
            owners: values(&forge.owner, true, &["acme"]),
            repositories: if spanned { texts(&["app"]) } else { values(&forge.repository, true, &["app"]) },
            workflows,
            refs: values(&forge.reference, forge.reference.text.matches('/').count() > 1, REFS),
            gitlab: forge.gitlab || (!github && !forge.workflow.text.starts_with(".github")),
            plain: !github,
        }
    }

    fn other_organisation(&self, forge: &Forge) -> Self {
        let mut repositories = texts(&["x"]);
        repositories.extend(self.repositories.iter().cloned());
        Self { owners: others(&forge.owner, "evil"), repositories, ..self.with_any_workflow(forge) }
    }

    fn other_repository(&self, forge: &Forge) -> Self {
        Self { repositories: others(&forge.repository, "other"), ..self.with_any_workflow(forge) }
    }

    /// Any workflow before the expected one: where it is let in too, it says more.
    fn with_any_workflow(&self, forge: &Forge) -> Self {
        let mut workflows = texts(if forge.gitlab { &["any.yml"] } else { &[".github/workflows/any.yml"] });
        workflows.extend(self.workflows.iter().cloned());
        Self { workflows, ..self.clone() }
    }

    fn other_workflow(&self, forge: &Forge) -> Self {
        let mut workflows = texts(if forge.gitlab { &["any.yml"] } else { &[".github/workflows/any.yml"] });
        let path = &forge.workflow.text;
        match path.rsplit_once('.') {
            Some((stem, ending)) if is_file(path) => {
                workflows.extend([format!("{stem}-evil.{ending}"), format!("{path}-evil.{ending}"), format!("evil/{path}")]);
            }
            _ if !path.is_empty() && forge.reference.text.is_empty() => workflows.push(format!("{path}-evil.yml")),
            _ => {}
        }
        Self { workflows, plain: false, ..self.clone() }
    }

    fn other_ref(&self, forge: &Forge) -> Self {
        let mut refs = texts(&["refs/pull/1/merge", "refs/heads/feature"]);
        let written = &forge.reference;
        if written.literal && written.text.starts_with("refs/heads/") && written.text.len() > "refs/heads/".len() {
            refs.push(format!("{}-evil", written.text));
        }
        Self { refs, plain: false, ..self.clone() }
    }

    fn identities(&self) -> impl Iterator<Item = String> {
        let mut all = Vec::new();
        for host in &self.hosts {
            for owner in &self.owners {
                for repository in &self.repositories {
                    let project = format!("https://{host}/{owner}/{repository}");
                    for workflow in &self.workflows {
                        for reference in &self.refs {
                            all.push(format!("{project}/{workflow}@{reference}"));
                            if self.gitlab {
                                all.push(format!("{project}//{workflow}@{reference}"));
                            }
                        }
                    }
                    if self.plain {
                        all.push(format!("{project}/x"));
                        all.push(project);
                    }
                }
            }
        }
        if self.gitlab {
            // The form of GitLab first.
            all.sort_by_key(|identity| !identity.contains("//.gitlab-ci.yml@") && !identity.contains("//any.yml@"));
        }
        all.into_iter()
    }
}

fn is_file(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

/// A written part is itself. What is open, or only begun, may be any of the usual values.
fn values(part: &Part, complete: bool, usual: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    if !part.text.is_empty() {
        all.push(part.text.clone());
    }
    if part.text.is_empty() || !part.literal || !complete {
        all.extend(usual.iter().map(|text| (*text).to_owned()));
    }
    all
}

/// Names that are not the expected one, the farthest first.
fn others(part: &Part, foreign: &str) -> Vec<String> {
    let name = part.stem.as_str();
    let mut all = vec![foreign.to_owned()];
    if !name.is_empty() {
        all.extend([format!("{name}-evil"), format!("evil-{name}")]);
    }
    if part.text != name {
        all.push(format!("{}-evil", part.text));
    }
    all
}
