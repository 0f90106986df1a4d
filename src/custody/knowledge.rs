//! What the user knows and no pipeline says.

use crate::pipeline::Format;
use crate::remote::{Owner, Remote};
use crate::tools::glob::{Glob, Truth};

/// What the user knows about references, owners and identities.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// Patterns of `registry/repository:tag` whose tags the registry refuses to overwrite.
    pub immutable: Vec<Glob>,
    /// Patterns of `registry/repository` that the user's own organisation makes.
    pub first_party: Vec<Glob>,
    /// The user's own organisations and groups.
    pub owners: Vec<String>,
    /// Who owns the repository itself.
    pub owner: Option<Owner>,
    /// Identities that the user vouches for.
    pub trusted: Vec<Vouched>,
    /// Commands of one pipeline that are followed, if not as many as usual.
    pub commands: Option<usize>,
    /// How many executions of one pipeline are walked, if not the usual number.
    pub executions: Option<usize>,
}

/// An identity, or an expression for several, that is as narrow as it is meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The issuer that must be asked for along with it; any, if left out.
    pub issuer: Option<String>,
    /// The identity or expression as pipelines give it.
    pub identity: String,
    /// Only for these artifacts; for all, if empty.
    pub references: Vec<Glob>,
}

impl Knowledge {
    /// Whether `owner/name`, a path or URL of a repository that a pipeline names, belongs to one of the user's own organisations.
    #[must_use]
    pub(super) fn owns(&self, source: &str, format: Format) -> bool {
        let path = source.split_once("://").map_or(source, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let starts = |owner: &String| {
            let owner = owner.trim_end_matches('/');
            path.get(..owner.len()).is_some_and(|p| p.eq_ignore_ascii_case(owner)) && path[owner.len()..].starts_with('/')
        };
        self.owners.iter().any(starts) || self.owner.as_ref().is_some_and(|owner| is_of(owner, source, format))
    }

    /// Whether an expression for identities, asked for with these issuers of these artifacts (each as `registry/repository`), is
    /// vouched for.
    #[must_use]
    pub(super) fn trusts(&self, expression: &str, issuers: &[String], repositories: &[String]) -> bool {
        let fits = |one: &Vouched| {
            let issued = one.issuer.as_ref().is_none_or(|issuer| issuers.contains(issuer));
            let meant = |name: &String| one.references.iter().any(|glob| glob.matches(name) != Truth::No);
            one.identity == expression && issued && (one.references.is_empty() || repositories.iter().all(meant))
        };
        self.trusted.iter().any(fits)
    }
}

/// Whether pipeline code belongs to the owner of the repository that names it. Without a host it lies on the forge that runs the
/// pipeline, which is the repository's own unless the pipeline is one of another forge.
fn is_of(owner: &Owner, source: &str, format: Format) -> bool {
    if let Some(remote) = Remote::parse(source) {
        return remote.owner().as_ref() == Some(owner);
    }
    let is_forge = match format {
        Format::GithubWorkflow | Format::GithubAction => owner.host.contains("github"),
        Format::GitlabCi => !owner.host.contains("github"),
        _ => false,
    };
    is_forge && source.split_once('/').is_some_and(|(name, _)| name.eq_ignore_ascii_case(&owner.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_the_first_part() {
        let knowledge = Knowledge { owners: vec!["acme".into(), "group/sub".into()], ..Knowledge::default() };
        for own in ["acme/a", "Acme/a/b.yml", "https://github.com/acme/a", "group/sub/project"] {
            assert!(knowledge.owns(own, Format::Tekton), "{own}");
        }
        for other in ["acmes/a", "acme", "other/acme/a", "group/other/sub", "https://acme/other/a", "gröup/sub"] {
            assert!(!knowledge.owns(other, Format::Tekton), "{other}");
        }
    }

    #[test]
    fn the_owner_of_the_repository_is_no_third_party() {
        for url in ["https://github.com/Acme/shop", "git@github.com:acme/shop.git", "ssh://git@github.com:22/acme/shop"] {
            let knowledge = Knowledge { owner: Remote::parse(url).and_then(|r| r.owner()), ..Knowledge::default() };
            for own in ["acme/build", "ACME/build/.github/workflows/x.yml"] {
                assert!(knowledge.owns(own, Format::GithubWorkflow), "{url} {own}");
                assert!(!knowledge.owns(own, Format::GitlabCi), "{url} {own}: another forge");
                assert!(!knowledge.owns(own, Format::Tekton), "{url} {own}: a registry, perhaps");
            }
            assert!(knowledge.owns("https://github.com/acme/tasks.git", Format::Tekton), "{url}");
            for other in ["acmes/build", "acme", "evil/acme", "https://gitlab.com/acme/tasks", "https://github.com/evil/acme"] {
                assert!(!knowledge.owns(other, Format::GithubWorkflow), "{url} {other}");
            }
        }
    }

    #[test]
    fn trust_is_literal() {
        let one = Vouched { issuer: Some("i".into()), identity: "^x.*$".into(), references: vec![Glob::new("ghcr.io/acme/*")] };
        let knowledge = Knowledge { trusted: vec![one], ..Knowledge::default() };
        let asked =
            |expression: &str, issuer: &str, name: &str| knowledge.trusts(expression, &[issuer.to_owned()], &[name.to_owned()]);
        assert!(asked("^x.*$", "i", "ghcr.io/acme/app"));
        assert!(knowledge.trusts("^x.*$", &["i".into()], &[]), "what is not known does not speak against it");
        assert!(
            !asked("x", "i", "ghcr.io/acme/app") && !asked("^x.*$", "j", "ghcr.io/acme/app") && !asked("^x.*$", "i", "ghcr.io/b")
        );
        assert!(!knowledge.trusts("^x.*$", &[], &[]));
    }
}
