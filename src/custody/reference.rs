//! Image references, read by the grammar of the OCI distribution project.
//!
//! Grammar: `distribution/reference` (`reference.go`, `regexp.go`), the normal form of Docker Hub names: `normalize.go` there.
//! The text may hold [`UNKNOWN`] wherever a value is not known; the reader says what can still be said.

pub use super::tag::tag_kind;
use std::ops::Range;

/// Stands for one value that is not known, inside a reference, an identity or a file's text.
pub const UNKNOWN: char = '\u{FFFC}';

/// The registry of a name that says none.
pub const DEFAULT_REGISTRY: &str = "docker.io";

/// An image reference, as byte ranges of the text that was read.
///
/// The ranges are set as far as the parts can be told, also where the form is [`Form::Invalid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// Host and port, if written.
    pub registry: Option<Range<usize>>,
    /// Path inside the registry. Empty for a bare image id.
    pub repository: Range<usize>,
    /// Tag, without the colon.
    pub tag: Option<Range<usize>>,
    /// Digest, without the `@`.
    pub digest: Option<Range<usize>>,
    /// What decides what is fetched.
    pub form: Form,
}

/// What decides what a reference fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A digest.
    Digest,
    /// A tag.
    Tag,
    /// Neither: `latest`.
    Implicit,
    /// The last part is not known and may hold a tag or a digest.
    Unknown,
    /// Not an image reference.
    Invalid,
}

impl ImageName {
    /// The registry of this name in `text`, in its usual spelling; `docker.io` where none is written.
    #[must_use]
    pub fn registry_in<'t>(&self, text: &'t str) -> &'t str {
        let written = self.registry.clone().and_then(|range| text.get(range));
        match written {
            None | Some("index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com") => DEFAULT_REGISTRY,
            Some(other) => other,
        }
    }

    /// The repository of this name in `text`, with Docker Hub's `library/` where it is left out.
    #[must_use]
    pub fn repository_in(&self, text: &str) -> String {
        let written = text.get(self.repository.clone()).unwrap_or_default();
        let official = self.registry_in(text) == DEFAULT_REGISTRY && !written.is_empty() && !written.contains(['/', UNKNOWN]);
        if official { format!("library/{written}") } else { written.to_owned() }
    }
}

/// Reads one image reference.
#[must_use]
pub fn parse(text: &str) -> ImageName {
    if is_image_id(text) {
        return ImageName { registry: None, repository: 0..0, tag: None, digest: Some(0..text.len()), form: Form::Digest };
    }
    let (name, digest) = match text.find('@') {
        Some(at) => (&text[..at], Some(at + 1..text.len())),
        None => (text, None),
    };
    let path = name.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match name[path..].find(':') {
        Some(colon) => (&name[..path + colon], Some(path + colon + 1..name.len())),
        None => (name, None),
    };
    let registry = registry_end(name).map(|end| 0..end);
    let repository = registry.as_ref().map_or(0, |registry| registry.end + 1)..name.len();
    let form = form(text, registry.as_ref(), &repository, tag.as_ref(), digest.as_ref());
    ImageName { registry, repository, tag, digest, form }
}

fn form(
    text: &str,
    registry: Option<&Range<usize>>,
    repository: &Range<usize>,
    tag: Option<&Range<usize>>,
    digest: Option<&Range<usize>>,
) -> Form {
    let part = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    let valid = registry.is_none_or(|range| is_registry(part(range)))
        && is_repository(part(repository))
        && tag.is_none_or(|range| is_tag(part(range)))
        && digest.is_none_or(|range| is_digest(part(range)));
    if !valid {
        return Form::Invalid;
    }
    if digest.is_some() {
        return Form::Digest;
    }
    if tag.is_some() {
        return Form::Tag;
    }
    let last = part(repository).rsplit('/').next().unwrap_or_default();
    if last.contains(UNKNOWN) { Form::Unknown } else { Form::Implicit }
}

/// Where the registry ends, if the first component is one. An unknown first component is taken for one.
fn registry_end(name: &str) -> Option<usize> {
    let (first, _) = name.split_once('/')?;
    let unknown = !first.is_empty() && first.chars().all(|letter| letter == UNKNOWN);
    (unknown || first == "localhost" || first.contains(['.', ':'])).then_some(first.len())
}

/// `sha256:<hex>` or the bare 64 digits, as `docker images --no-trunc` prints them: content-addressed, and local.
fn is_image_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    is_hex(hex) && hex.len() == 64
}

pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_registry(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | ':' | '[' | ']' | UNKNOWN))
}

fn is_repository(text: &str) -> bool {
    text.split('/').all(|component| {
        let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == UNKNOWN;
        component.chars().all(|letter| inner(letter) || matches!(letter, '.' | '_' | '-'))
            && component.chars().next().is_some_and(inner)
            && component.chars().next_back().is_some_and(inner)
    })
}

fn is_tag(text: &str) -> bool {
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == UNKNOWN;
    text.chars().count() <= 128
        && text.chars().next().is_some_and(word)
        && text.chars().all(|letter| word(letter) || letter == '.' || letter == '-')
}

/// Whether this can stand behind an `@`. With an unknown inside it can be nothing else, so it is taken for one.
fn is_digest(text: &str) -> bool {
    if text.contains(UNKNOWN) {
        return !text.contains(char::is_whitespace);
    }
    match text.split_once(':') {
        Some(("sha256", hex)) => is_hex(hex) && hex.len() == 64,
        Some(("sha384", hex)) => is_hex(hex) && hex.len() == 96,
        Some(("sha512", hex)) => is_hex(hex) && hex.len() == 128,
        _ => false,
    }
}

/// Whether a registry lies on this machine, in a test cluster on it, or throws everything away soon (`ttl.sh`).
///
/// `172.17.0.1` is this machine as Docker's own network sees it.
/// `ko.local`, `kind.local` and `registry.local` are; a longer name under `.local` is a company's own network and is not.
#[must_use]
pub fn is_local_registry(registry: &str) -> bool {
    let registry = registry.to_ascii_lowercase();
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => registry.split(':').next().unwrap_or_default(),
    };
    let named = matches!(
        host,
        "localhost"
            | "0.0.0.0"
            | "172.17.0.1"
            | "kind-registry"
            | "host.docker.internal"
            | "host.minikube.internal"
            | "registry"
            | "ttl.sh"
    );
    named
        || (registry.starts_with('[') && host == "::1")
        || host.starts_with("127.")
        || host.starts_with("k3d-")
        // What this machine calls itself: `$(hostname -i)`.
        || host.starts_with("$(hostname")
        || host.ends_with(".localhost")
        || host == "localhost.localdomain"
        || is_in_cluster(host)
        || host.strip_suffix(".local").is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

/// `service.my-namespace`: no top-level domain of the public name system has a hyphen, but for those in Punycode.
fn is_in_cluster(host: &str) -> bool {
    let is_name = |label: &str| label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    host.rsplit_once('.').is_some_and(|(_, last)| is_name(last) && last.contains('-') && !last.starts_with("xn--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// `registry|repository|tag|digest|form`, `#` for the 64 digits and `?` for an unknown.
    fn shown(text: &str) -> String {
        let text = text.replace('#', HEX).replace('?', "\u{FFFC}");
        let name = parse(&text);
        let part = |range: Option<Range<usize>>| range.map_or("-", |range| &text[range]).to_owned();
        let parts =
            [part(name.registry), part(Some(name.repository)), part(name.tag), part(name.digest), format!("{:?}", name.form)];
        parts.join("|").replace(HEX, "#").replace(UNKNOWN, "?")
    }

    #[test]
    fn parts_and_forms() {
        for (text, expected) in [
            ("nginx", "-|nginx|-|-|Implicit"),
            ("nginx:1.25", "-|nginx|1.25|-|Tag"),
            ("acme/app", "-|acme/app|-|-|Implicit"),
            ("ghcr.io/acme/app:v1", "ghcr.io|acme/app|v1|-|Tag"),
            ("ghcr.io/acme/app@sha256:#", "ghcr.io|acme/app|-|sha256:#|Digest"),
            ("ghcr.io/acme/app:latest@sha256:#", "ghcr.io|acme/app|latest|sha256:#|Digest"),
            ("ghcr.io/acme/app@?", "ghcr.io|acme/app|-|?|Digest"),
            ("ghcr.io/acme/app@sha256:?", "ghcr.io|acme/app|-|sha256:?|Digest"),
            ("ghcr.io/acme/app:?@?", "ghcr.io|acme/app|?|?|Digest"),
            ("ghcr.io/acme/app@latest", "ghcr.io|acme/app|-|latest|Invalid"),
            ("ghcr.io/acme/app@sha256:abc", "ghcr.io|acme/app|-|sha256:abc|Invalid"),
            ("registry:5000/x", "registry:5000|x|-|-|Implicit"),
            ("localhost:5000/x:1", "localhost:5000|x|1|-|Tag"),
            ("localhost/x", "localhost|x|-|-|Implicit"),
            ("[::1]:5000/x:1", "[::1]:5000|x|1|-|Tag"),
            ("registry:5000", "-|registry|5000|-|Tag"),
            ("?", "-|?|-|-|Unknown"),
            ("??", "-|??|-|-|Unknown"),
            ("?:tag", "-|?|tag|-|Tag"),
            ("?:?", "-|?|?|-|Tag"),
            ("?@sha256:#", "-|?|-|sha256:#|Digest"),
            ("?/name", "?|name|-|-|Implicit"),
            ("?:5000/name", "?:5000|name|-|-|Implicit"),
            ("?/?", "?|?|-|-|Unknown"),
            ("?/?:1.0", "?|?|1.0|-|Tag"),
            ("?/acme/app:?", "?|acme/app|?|-|Tag"),
            ("?.dkr.ecr.?.amazonaws.com/app:v1-?", "?.dkr.ecr.?.amazonaws.com|app|v1-?|-|Tag"),
            ("ghcr.io/acme/?", "ghcr.io|acme/?|-|-|Unknown"),
            ("ghcr.io/acme/app?", "ghcr.io|acme/app?|-|-|Unknown"),
            ("ghcr.io/?/app", "ghcr.io|?/app|-|-|Implicit"),
            ("sha256:#", "-||-|sha256:#|Digest"),
            ("#", "-||-|#|Digest"),
            ("Acme/App:1", "-|Acme/App|1|-|Invalid"),
            ("", "-||-|-|Invalid"),
            (":1", "-||1|-|Invalid"),
            ("@sha256:#", "-||-|sha256:#|Invalid"),
            ("name:", "-|name||-|Invalid"),
            ("a:b:c", "-|a|b:c|-|Invalid"),
            ("a//b", "-|a//b|-|-|Invalid"),
            ("ghcr.io/", "ghcr.io||-|-|Invalid"),
            ("an image", "-|an image|-|-|Invalid"),
            ("--help", "-|--help|-|-|Invalid"),
            ("ä/ö:ü@é", "-|ä/ö|ü|é|Invalid"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn normal_forms() {
        for (text, expected) in [
            ("nginx:1", "docker.io library/nginx"),
            ("acme/app", "docker.io acme/app"),
            ("docker.io/nginx", "docker.io library/nginx"),
            ("index.docker.io/library/nginx", "docker.io library/nginx"),
            ("ghcr.io/app", "ghcr.io app"),
            ("\u{FFFC}", "docker.io \u{FFFC}"),
        ] {
            let name = parse(text);
            assert_eq!(format!("{} {}", name.registry_in(text), name.repository_in(text)), expected);
        }
    }

    #[test]
    fn local_registries() {
        let local = "localhost localhost:5000 127.0.0.1:5001 127.9.9.9 172.17.0.1:5000 [::1]:5000 [::1] kind-registry:5000 registry.localhost:5000 ttl.sh \
                     k3d-registry.localhost:5000 k3d-reg $(hostname):5000 host.docker.internal:5000 ko.local kind.local registry:5000 LOCALHOST";
        for registry in local.split_whitespace() {
            assert!(is_local_registry(registry), "{registry}");
        }
        for registry in
            ["ghcr.io", "harbor.corp.local", "localhost.evil.example", "docker.io", "", ".local", "[", "\u{FFFC}", "1.2.3.4"]
        {
            assert!(!is_local_registry(registry), "{registry}");
        }
    }
}
