//! Identities of somebody else, made from what an expression means, and tried against it.

use super::Subject;
use super::expression::{Expression, Mark, Sample};
use super::shape::{Forge, Part, Shape};
use crate::facts::{Admitted, AdmittedClass};
use regex::Regex;

/// Hosts of mail on which anybody can have a mailbox.
const PUBLIC_MAIL: &[&str] =
    &["gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "proton.me"];
/// Workflow paths and refs that occur, tried where the expression leaves them open.
const WORKFLOWS: &[&str] = &[
    ".github/workflows/release.yml",
    ".github/workflows/any.yml",
    ".github/workflows/build.yaml",
    ".gitlab-ci.yml",
    ".github/workflows/a/any.yml",
];
const REFS: &[&str] = &["refs/heads/main", "refs/tags/v1.2.3", "refs/tags/v1", "refs/heads/feature", "refs/heads/release/1.2"];

/// What the expression lets in of one sample's surroundings, at most one identity a class.
pub(super) fn admitted(expression: &Expression, sample: &Sample, subject: Subject) -> Vec<Admitted> {
    let trial = Trial { regex: &expression.regex, sample };
    let (mut found, legitimate) = match (subject, sample.shape()) {
        (Subject::Issuer, _) => trial.issuer(),
        (Subject::Identity, Shape::Mail { local, domain }) => trial.mail(&local, &domain),
        (Subject::Identity, Shape::Other { scheme, host }) => trial.other(&scheme, &host),
        (Subject::Identity, Shape::Forge(forge)) => trial.forge(&forge),
    };
    found.push(trial.first(AdmittedClass::LookalikeHost, trial.lookalikes(&legitimate)));
    found.into_iter().flatten().collect()
}

struct Trial<'e> {
    regex: &'e Regex,
    sample: &'e Sample,
}

/// What was let in, and an identity that is meant to be.
type Found = (Vec<Option<Admitted>>, String);

impl Trial<'_> {
    fn first(&self, class: AdmittedClass, identities: impl IntoIterator<Item = String>) -> Option<Admitted> {
        let identity = identities.into_iter().find(|identity| self.regex.is_match(identity))?;
        Some(Admitted { class, identity })
    }

    /// The legitimate identity with one unescaped dot of its host replaced. Without its last dot a host cannot be registered, so
    /// that one comes last.
    fn lookalikes(&self, legitimate: &str) -> Vec<String> {
        let letters = self.sample.letters.get(self.sample.inner(self.sample.host())).unwrap_or_default();
        let host: String = letters.iter().map(|(letter, _)| *letter).collect();
        let last = letters.iter().rposition(|(letter, _)| *letter == '.');
        let changed = |place: usize| {
            let put = if Some(place) == last { 'X' } else { '-' };
            let other: String =
                letters.iter().enumerate().map(|(at, (letter, _))| if at == place { put } else { *letter }).collect();
            legitimate.replacen(&host, &other, 1)
        };
        let mut places: Vec<usize> = (0..letters.len()).filter(|at| letters[*at].1 == Mark::LooseDot).collect();
        places.sort_by_key(|place| (Some(*place) == last, std::cmp::Reverse(*place)));
        places.into_iter().map(changed).filter(|identity| identity != legitimate).collect()
    }

    fn forge(&self, forge: &Forge) -> Found {
        use AdmittedClass::{Anyone, Embedded, OtherOrganisation, OtherRef, OtherRepository, OtherWorkflow};
        let ours = Choices::of(forge);
        let strangers =
            Choices { hosts: texts(&["evil.example"]), owners: texts(&["evil"]), repositories: texts(&["x"]), ..ours.clone() };
        let plain = ["https://evil.example/x", "attacker@evil.example", "https://evil.example/evil/x"].map(str::to_owned);
        let legitimate = ours.identities().into_iter().find(|identity| self.regex.is_match(identity));
        let legitimate = legitimate.unwrap_or_else(|| self.sample.text());
        let mut found = vec![
            self.first(Anyone, plain.into_iter().chain(strangers.identities())),
            self.first(OtherOrganisation, ours.other_organisation(forge).identities()),
            self.first(OtherRepository, ours.other_repository(forge).identities()),
            self.first(Embedded, self.embedded(forge, &legitimate)),
        ];
        if !ours.plain {
            found.push(self.first(OtherWorkflow, ours.other_workflow(forge).identities()));
            found.push(self.first(OtherRef, ours.other_ref(forge).identities()));
        }
        (found, legitimate)
    }

    /// The expected identity inside a longer text. A ref name is free text in the hands of whoever owns the repository, so where
    /// the expected text can be one, that comes first: such a certificate the same issuer gives to anybody.
    fn embedded(&self, forge: &Forge, legitimate: &str) -> Vec<String> {
        let mut all = Vec::new();
        let stranger = "https://github.com/evil/x/.github/workflows/any.yml@refs/heads/";
        if !self.regex.is_match(&format!("{stranger}main")) {
            let [host, owner, repository] =
                [&forge.host.text, &forge.owner.stem, &forge.repository.stem].map(|part| part.trim_matches('/'));
            let tails = [
                format!("{host}/{owner}/{repository}/x"),
                format!("{owner}/{repository}/x"),
                format!("{}/x", self.sample.core()),
            ];
            let tails = tails.iter().map(|tail| tail.trim_matches('/')).filter(|tail| is_branch(tail));
            all.extend(tails.map(|tail| format!("{stranger}{tail}")));
        }
        all.push(format!("https://evil.example/?x={legitimate}"));
        if let Some((_, path)) = legitimate.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
            all.push(format!("https://evil.example/{path}"));
        }
        if forge.host.literal && !forge.host.text.is_empty() {
            all.push(format!("https://{}.evil.example/evil/x/.github/workflows/any.yml@refs/heads/main", forge.host.text));
        }
        all
    }

    fn mail(&self, local: &Part, domain: &Part) -> Found {
        use AdmittedClass::{Anyone, Embedded, OtherOrganisation, OtherRepository};
        let domain = &domain.text;
        let anyone = ["attacker@evil.example", "https://evil.example/x"].map(str::to_owned).into_iter();
        let public = PUBLIC_MAIL.iter().filter(|host| *host == domain).map(|host| format!("attacker@{host}"));
        let named = local.literal && !local.text.is_empty();
        let account = if named { local.text.as_str() } else { "attacker" };
        let cloud = |account: &str| format!("{account}@evil.iam.gserviceaccount.com");
        let mut inside = vec![format!("{account}@{domain}.evil.example")];
        if domain.starts_with(char::is_alphanumeric) {
            inside.push(format!("{account}@evil-{domain}"));
        }
        if named {
            inside.push(format!("evil-{account}@{domain}"));
        }
        let found = vec![
            self.first(Anyone, anyone.chain(public)),
            self.first(OtherOrganisation, [cloud("attacker"), cloud(account)]),
            self.first(OtherRepository, [format!("attacker@{domain}")]),
            self.first(Embedded, inside),
        ];
        (found, format!("{account}@{domain}"))
    }

    fn other(&self, scheme: &str, host: &Part) -> Found {
        use AdmittedClass::{Anyone, Embedded, OtherRepository};
        let text = self.sample.text();
        let host = &host.text;
        let folder = text.rfind('/').map_or("", |slash| &text[..slash]);
        let mut others = vec![format!("{scheme}://{host}/evil"), format!("{scheme}://{host}/ns/evil/sa/evil")];
        if folder.contains("://") && !folder.ends_with('/') {
            others.push(format!("{folder}/evil"));
            others.push(format!("{text}-evil"));
        }
        let suffixed = format!("{scheme}://{host}.evil.example");
        let found = vec![
            self.first(Anyone, [format!("{scheme}://evil.example/x"), "https://evil.example/x".to_owned()]),
            self.first(OtherRepository, others),
            self.first(Embedded, [format!("https://evil.example/?x={text}"), format!("{suffixed}/x"), suffixed]),
        ];
        (found, text)
    }

    fn issuer(&self) -> Found {
        use AdmittedClass::{Anyone, Embedded, OtherOrganisation};
        let core = self.sample.core();
        let written = self.sample.text();
        let bare = !written.contains("://");
        let text = if bare { format!("https://{core}") } else { written };
        let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let host = text.strip_suffix(path).unwrap_or(&text).trim_end_matches('/');
        let anyone =
            ["https://evil.example".to_owned(), "https://evil.example/x".to_owned(), format!("https://evil.example/{path}")];
        let suffixed = [format!("{host}.evil.example"), format!("{host}.evil.example/{path}")];
        let inside = [format!("https://evil.example/{}", if bare { &core } else { &text }), format!("https://evil-{core}")];
        let embedded: Vec<String> =
            if bare { suffixed.into_iter().chain(inside).collect() } else { inside.into_iter().chain(suffixed).collect() };
        let found =
            vec![self.first(Anyone, anyone), self.first(OtherOrganisation, self.other_tenants()), self.first(Embedded, embedded)];
        (found, text)
    }

    /// Where a wildcard starts a component of the issuer's path: another tenant of the same service.
    fn other_tenants(&self) -> Vec<String> {
        let end = self.sample.host().end;
        let Some((before, path)) = self.sample.letters.split_at_checked(end) else { return Vec::new() };
        let open = path.windows(2).any(|pair| matches!(pair, [('/', _), (_, Mark::Hole)]));
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
        if open { vec![text, self.sample.text()] } else { Vec::new() }
    }
}

/// Whether git takes this as the name of a branch (git-check-ref-format).
fn is_branch(name: &str) -> bool {
    let component = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name.split('/').all(component) && !name.contains([' ', ':', '~', '^', '?', '*', '[', '\\']) && !name.contains("..")
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
        let Forge { host, owner, repository, workflow, reference, gitlab } = forge;
        // `acme/.*release.yml@..`: the wildcard spans the repository and the path
        let spanned = workflow.text.is_empty() && is_file(&repository.tail);
        let mut workflows = values(workflow, is_file(&workflow.text), WORKFLOWS);
        // The usual file of the forge first.
        workflows.sort_by_key(|path| path.starts_with(".github") == *gitlab);
        let tail = if spanned { &repository.tail } else { &workflow.tail };
        if is_file(tail) && (spanned || !workflow.literal) {
            workflows.insert(0, format!(".github/workflows/{}", tail.trim_start_matches('/')));
        }
        let known = !host.stem.is_empty() || host.literal;
        let github = host.text.is_empty() || !known || host.text.contains("github") || workflow.text.starts_with(".github");
        Self {
            hosts: if known && !host.text.is_empty() { vec![host.text.clone()] } else { texts(&["github.com", &host.text]) },
            owners: values(owner, true, &["acme"]),
            repositories: if spanned { texts(&["app"]) } else { values(repository, true, &["app"]) },
            workflows,
            refs: values(reference, reference.text.matches('/').count() > 1 && reference.text != "refs/tags/v", REFS),
            gitlab: *gitlab,
            plain: !github && !gitlab,
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

    /// While any ref is let in, a workflow whose name only begins alike adds nothing: the expected one can be changed as easily.
    fn other_workflow(&self, forge: &Forge) -> Self {
        let mut workflows = texts(if forge.gitlab { &["any.yml"] } else { &[".github/workflows/any.yml"] });
        let path = &forge.workflow.text;
        if let Some((stem, ending)) = path.rsplit_once('.')
            && is_file(path)
            && !forge.reference.text.is_empty()
            && forge.reference.literal
        {
            workflows.push(format!("{stem}-evil.{ending}"));
        }
        Self { workflows, ..self.clone() }
    }

    fn other_ref(&self, forge: &Forge) -> Self {
        let mut refs = texts(if forge.gitlab { &["refs/heads/feature"] } else { &["refs/pull/1/merge", "refs/heads/feature"] });
        let written = &forge.reference;
        if written.literal && written.text.starts_with("refs/heads/") && written.text.len() > "refs/heads/".len() {
            refs.push(format!("{}-evil", written.text));
        }
        Self { refs, ..self.clone() }
    }

    fn identities(&self) -> Vec<String> {
        let mut all = Vec::new();
        for host in &self.hosts {
            for owner in &self.owners {
                for repository in &self.repositories {
                    self.add(&format!("https://{host}/{owner}/{repository}"), &mut all);
                }
            }
        }
        all
    }

    fn add(&self, project: &str, all: &mut Vec<String>) {
        if self.plain {
            all.extend([project.to_owned(), format!("{project}/x")]);
        }
        for workflow in &self.workflows {
            for reference in &self.refs {
                if self.gitlab && !workflow.starts_with(".github") {
                    all.push(format!("{project}//{workflow}@{reference}"));
                }
                all.push(format!("{project}/{workflow}@{reference}"));
            }
        }
    }
}

fn is_file(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

/// A written part is itself. What is open, or only begun, may be any of the usual values.
fn values(part: &Part, complete: bool, usual: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    if part.text.is_empty() || !part.literal || !complete {
        all = texts(usual);
    }
    if !part.text.is_empty() {
        all.push(part.text.clone());
    }
    all
}

/// Names that are not the expected one, the farthest first.
fn others(part: &Part, foreign: &str) -> Vec<String> {
    let name = part.stem.trim_end_matches(['-', '_', '.']);
    let mut all = vec![foreign.to_owned()];
    if !name.is_empty() {
        all.extend([format!("{name}-evil"), format!("evil-{name}")]);
    }
    if part.text != part.stem {
        all.push(format!("{}-evil", part.text));
    }
    all
}
