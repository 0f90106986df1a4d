//! By what name an artifact is carried, and where.

use crate::facts::{Artifact, Carrier, Event, Mutability, Reference, WindowReason};

/// What two ends of a handoff must have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Name {
    /// Registry and repository of an image: everywhere the same.
    Image(String),
    /// The same within one pipeline: some part is not known.
    Within(Artifact, String),
    /// Anything in the CI's own store of one pipeline.
    Store,
    /// An artifact in the CI's store, by name.
    Stored(String),
    /// An object, folder or page, by address.
    Address(String),
    /// The releases of this repository.
    Release,
    /// A package.
    Package(String),
}

impl Name {
    /// Whether it means the same in all pipelines of a repository.
    pub(super) fn is_shared(&self) -> bool {
        !matches!(self, Name::Within(..) | Name::Store)
    }
}

/// One name of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImageName<'a> {
    registry: &'a str,
    repository: &'a str,
    tag: Option<&'a str>,
}

/// Parts of names that are the same in all pipelines of a repository, on every run.
const CONSTANT: &[&str] = &[
    "github.repository}",
    "github.repository_owner}",
    "github.event.repository.",
    "github.server_url}",
    "vars.",
    "secrets.",
    "CI_REGISTRY}",
    "CI_REGISTRY_IMAGE}",
    "CI_PROJECT_",
];

fn is_constant(text: &str) -> bool {
    text.split("${").skip(1).all(|hole| CONSTANT.iter().any(|name| hole.starts_with(name)))
}

/// The names under which an event leaves an artifact.
pub(super) fn left(event: &Event, reference: &Reference) -> Vec<Name> {
    let mut names = names(Some(event), reference);
    if reference.artifact == Artifact::Stored {
        names.push(Name::Store);
    }
    names
}

/// The names under which what is taken can have been left.
pub(super) fn taken(event: Option<&Event>, reference: &Reference) -> Vec<Name> {
    if reference.artifact == Artifact::Stored && event.is_some_and(is_of_another_repository) {
        return Vec::new();
    }
    let mut names = names(event, reference);
    match reference.artifact {
        // `'*'`, a pattern, or a name that is made at run time
        Artifact::Stored if reference.resolved.contains(['*', '$']) => names.push(Name::Store),
        // What was put there with its whole folder.
        Artifact::Url if is_constant(&reference.resolved) => {
            let mut path = address(&reference.resolved);
            while let Some((folder, _)) = path.rsplit_once('/').filter(|(f, _)| !f.ends_with('/')) {
                names.push(Name::Address(folder.to_owned()));
                path = folder.to_owned();
            }
        }
        _ => {}
    }
    names
}

fn names(event: Option<&Event>, reference: &Reference) -> Vec<Name> {
    let within = |text: &str| Name::Within(reference.artifact, text.to_owned());
    match reference.artifact {
        Artifact::Image => {
            let of = |i: ImageName| image(&i).unwrap_or_else(|| within(&format!("{}/{}", i.registry, i.repository)));
            let mut names: Vec<Name> = images(reference).map(of).collect();
            if reference.registry.is_none() || reference.repository.is_none() {
                names.push(within(&reference.key));
            }
            names.sort();
            names.dedup();
            names
        }
        Artifact::Stored if is_constant(&reference.resolved) => vec![Name::Stored(reference.resolved.clone())],
        Artifact::Stored => vec![within(&reference.key)],
        Artifact::Url if is_own_release(event, reference) => vec![Name::Release],
        Artifact::Url if is_constant(&reference.resolved) => vec![Name::Address(address(&reference.resolved))],
        Artifact::Url => vec![within(&reference.key)],
        Artifact::Package => vec![Name::Package(package(&reference.resolved))],
        Artifact::File => Vec::new(),
    }
}

/// The names that an image goes by, as far as they can be told.
pub(super) fn images(reference: &Reference) -> impl Iterator<Item = ImageName<'_>> {
    let own = reference.registry.as_deref().zip(reference.repository.as_deref());
    let own = own.map(|(registry, repository)| ImageName { registry, repository, tag: reference.tag.as_deref() });
    own.into_iter().chain(reference.others.iter().map(|o| ImageName {
        registry: &o.registry,
        repository: &o.repository,
        tag: o.tag.as_deref(),
    }))
}

/// The name of an image that means the same in every pipeline of the repository.
pub(super) fn image(name: &ImageName) -> Option<Name> {
    let is_known = is_constant(name.registry) && is_constant(name.repository);
    is_known.then(|| Name::Image(format!("{}/{}", name.registry, name.repository)))
}

/// Whether it is a file of a release of this very repository.
fn is_own_release(event: Option<&Event>, reference: &Reference) -> bool {
    let by_tool = event.is_some_and(|e| e.options.contains_key("release-tag") && !e.options.contains_key("repository"));
    by_tool || reference.resolved.contains("${github.repository}/releases/")
}

/// A page without query and fragment; objects of a bucket by one scheme, however they are reached.
fn address(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let Some(rest) = plain.strip_prefix("https://") else { return plain.to_owned() };
    if let Some(object) = rest.strip_prefix("storage.googleapis.com/") {
        return format!("gs://{object}");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let amazon = host.strip_suffix(".amazonaws.com");
    // `BUCKET.s3.amazonaws.com`, `BUCKET.s3.REGION.amazonaws.com`, `s3.REGION.amazonaws.com/BUCKET` (S3 user guide, virtual hosting)
    match amazon.map(|h| h.split_once(".s3").map_or((h, ""), |(bucket, _)| (h, bucket))) {
        Some((_, bucket)) if !bucket.is_empty() => format!("s3://{bucket}/{path}"),
        Some((h, _)) if h == "s3" || h.starts_with("s3.") || h.starts_with("s3-") => format!("s3://{path}"),
        _ => plain.to_owned(),
    }
}

/// A package without its version, as registries compare names (PEP 503, npm).
fn package(name: &str) -> String {
    let bare = name.trim_start_matches('@');
    let end = bare.find(['=', '<', '>', '~', '!', '@', '[', ' ']).unwrap_or(bare.len());
    bare[..end].to_ascii_lowercase().replace('_', "-")
}

/// Whether two names of one repository can mean the same version: tags that are known differ, or not.
pub(super) fn same_version(left: &Reference, taken: &Reference) -> bool {
    if left.artifact == Artifact::Stored {
        let patterns = left.resolved.contains('*') || taken.resolved.contains('*') || taken.resolved.contains("${");
        return patterns || left.resolved.contains("${") || left.resolved == taken.resolved;
    }
    if left.artifact != Artifact::Image || taken.mutability == Mutability::Digest || left.mutability == Mutability::Digest {
        return true;
    }
    let is_open = |r: &Reference| r.registry.is_none() || r.repository.is_none();
    let can_be_same = |(l, t): (&str, &str)| l == t || l.contains("${") || t.contains("${");
    is_open(left) || is_open(taken) || tags(left, taken).any(can_be_same)
}

/// Whether two names are, or can be by what a matrix or loop gives, the same to the letter.
pub(super) fn same_name(left: &Reference, taken: &Reference) -> bool {
    let by_tag = |r: &Reference| r.mutability != Mutability::Digest;
    left.resolved == taken.resolved || by_tag(left) && by_tag(taken) && tags(left, taken).any(|(l, t)| l == t)
}

/// The tags of each pair of names of one repository.
fn tags<'a>(left: &'a Reference, taken: &'a Reference) -> impl Iterator<Item = (&'a str, &'a str)> {
    let pairs = images(left).flat_map(|l| images(taken).map(move |t| (l, t)));
    let same = pairs.filter(|(l, t)| l.registry == t.registry && l.repository == t.repository);
    same.map(|(l, t)| (l.tag.unwrap_or("latest"), t.tag.unwrap_or("latest")))
}

/// Whether it says that it takes what another run left.
pub(super) fn is_of_another_run(event: &Event) -> bool {
    let other = event.options.get("other-run").is_some_and(|v| v.iter().any(|v| v == "true"));
    let this_run = ["${github.run_id}", "${{ github.run_id }}"];
    other && !event.options.get("run-id").is_some_and(|ids| ids.iter().any(|id| this_run.contains(&id.as_str())))
}

/// Whether it names the repository whose store it takes something from, and that is not, by a value of the run, this one.
fn is_of_another_repository(event: &Event) -> bool {
    let own = ["${github.repository}", "${{ github.repository }}", "${CI_PROJECT_PATH}", "${CI_PROJECT_ID}"];
    event.options.get("repository").is_some_and(|names| !names.iter().any(|name| own.contains(&name.as_str())))
}

/// Caches are rebuilt when they are missing: nothing is handed over.
pub(super) fn is_cache(event: &Event) -> bool {
    event.options.contains_key("cache")
}

/// Where the artifact lies between the two ends. Tool data may name it (`options = { carrier = "stash" }`).
pub(super) fn carrier(name: &Reference, event: Option<&Event>, reason: WindowReason) -> Carrier {
    match event.and_then(|e| e.options.get("carrier")).and_then(|v| v.first()).map(String::as_str) {
        Some("stash") => return Carrier::Stash,
        Some("workspace") => return Carrier::Workspace,
        _ => {}
    }
    let is_release = |e: &Event| e.options.contains_key("release-tag") || name.resolved.contains("/releases/download/");
    match name.artifact {
        Artifact::Image if name.mutability == Mutability::Digest && reason != WindowReason::LookedUpAgain => Carrier::Digest,
        Artifact::Image => Carrier::RegistryTag,
        Artifact::Package => Carrier::PackageRegistry,
        Artifact::Stored | Artifact::File => Carrier::ArtifactStore,
        Artifact::Url if event.is_some_and(is_release) => Carrier::Release,
        Artifact::Url if matches!(name.scheme.as_deref(), Some("s3" | "gs" | "az" | "oss" | "minio")) => Carrier::ObjectStore,
        Artifact::Url => Carrier::Url,
    }
}
