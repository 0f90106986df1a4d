//! Subjects to references: what a name says about the artifact, and whether it can be repointed.

use super::model::Subject;
use super::names::Reading;
use super::reference::{self, Form};
use super::symbol::{DigestForm, Kind, Symbols};
use super::text::{Atom, Text};
use super::value::HANDED;
use crate::facts::{Artifact, Fallback, ImageName, Mutability, Provenance, Reference, TagKind};
use crate::source::{Sources, Span};
use std::borrow::Cow;

/// Stands in keys before and behind the number of a text that is not known.
pub(super) const MARK: &str = "\u{1}";

/// What the name of an image can do without: its usual registry and folder, and what podman puts before what it built.
const USUAL: &[&str] = &["docker.io/", "index.docker.io/", "localhost/", "library/"];

/// What the name of an image says, for one alternative of its value.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) registry: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) tag: Option<String>,
    /// The digest as abstract text.
    pub(super) digest: Option<Text>,
    pub(super) mutability: Mutability,
    pub(super) tag_kind: Option<TagKind>,
    pub(super) is_local: bool,
    pub(super) digest_is_lookup: bool,
}

impl Named {
    /// Whether both are known to lie in one repository.
    pub(super) fn is_beside(&self, other: &Named) -> bool {
        self.repository.is_some() && self.repository == other.repository && self.registry == other.registry
    }

    /// `registry/repository`, where there is a name.
    pub(super) fn path(&self) -> Option<String> {
        Some(format!("{}/{}", self.registry.as_ref()?, self.repository.as_ref()?))
    }

    /// Registry, repository and tag, where there is a name.
    fn name(&self) -> Option<ImageName> {
        Some(ImageName { registry: self.registry.clone()?, repository: self.repository.clone()?, tag: self.tag.clone() })
    }
}

/// Reads the name of an image.
pub(super) fn named(text: &Text, symbols: &Symbols) -> Named {
    let text = text.trim();
    let mut named = Named {
        registry: None,
        repository: None,
        tag: None,
        digest: None,
        mutability: Mutability::Unknown,
        tag_kind: None,
        is_local: false,
        digest_is_lookup: false,
    };
    if let Some(id) = text.as_symbol() {
        let symbol = symbols.get(id);
        named.digest_is_lookup = symbol.lookup;
        match symbol.kind {
            Kind::DigestReference | Kind::Digest => {
                named.mutability = Mutability::Digest;
                named.digest = Some(text.into_owned());
            }
            Kind::Tag => named.mutability = Mutability::Tag,
            Kind::ImageId => named.mutability = Mutability::Local,
            _ => {}
        }
        if symbol.kind == Kind::Tag {
            named.tag_kind = Some(TagKind::Other);
        }
        return named;
    }
    let masked = text.masked();
    let name = reference::parse(&masked);
    let show = |range: &std::ops::Range<usize>| text.slice_masked(range.clone()).display(symbols);
    let registry = name.registry_in(&masked);
    // Nothing, a tag alone or an image id names no registry, not even the usual one.
    let is_named = name.registry.is_some() || !name.repository.is_empty();
    let shown = name.registry.as_ref().filter(|_| registry.contains(reference::UNKNOWN));
    named.registry = is_named.then(|| shown.map_or_else(|| registry.to_owned(), show));
    let repository = name.repository_in(&masked);
    named.repository =
        Some(if repository.contains(reference::UNKNOWN) { show(&name.repository) } else { repository }).filter(|r| !r.is_empty());
    named.tag = name.tag.as_ref().map(show);
    named.tag_kind = name.tag.as_ref().map(|t| reference::tag_kind(&masked[t.clone()]));
    named.is_local = reference::is_local_registry(named.registry.as_deref().unwrap_or(registry));
    named.digest = name.digest.as_ref().map(|d| text.slice_masked(d.clone()));
    named.digest_is_lookup = named.digest.as_ref().is_some_and(|d| d.symbols().any(|id| symbols.get(id).lookup));
    named.mutability = match name.form {
        Form::Digest => Mutability::Digest,
        Form::Tag => Mutability::Tag,
        Form::Implicit => Mutability::Implicit,
        Form::Unknown | Form::Invalid => Mutability::Unknown,
    };
    named
}

/// The registry that the name of an image leads to: none where the name begins with what is not known, which may hold one.
pub(super) fn registry(text: &Text, symbols: &Symbols) -> Option<String> {
    let masked = text.masked();
    let is_open = masked.starts_with(reference::UNKNOWN) && reference::parse(&masked).registry.is_none();
    named(text, symbols).registry.filter(|_| !is_open)
}

/// How bad a mutability is, for choosing among alternatives.
fn rank(mutability: Mutability) -> u8 {
    match mutability {
        Mutability::Implicit => 5,
        Mutability::Tag => 4,
        Mutability::Unknown => 3,
        Mutability::ImmutableByPolicy => 2,
        Mutability::Local => 1,
        Mutability::Digest => 0,
    }
}

/// The facts of a subject, whose name says `reading`. `place` interns places.
pub(super) fn reference(
    subject: &Subject,
    reading: &Reading,
    symbols: &Symbols,
    span: u32,
    mut place: impl FnMut(Span) -> u32,
) -> Reference {
    let texts = subject.value.alternatives();
    // Sorted, nothing at all comes first: no file or address is meant by it.
    let is_nothing = texts.len() > 1 && texts[0].atoms().is_empty() && subject.artifact != Artifact::Image;
    let first = usize::from(is_nothing);
    let mut worst = (&texts[first], &reading.named[first], &reading.keys[first]);
    let mut others = Vec::new();
    let each = texts.iter().zip(&*reading.named).zip(&*reading.keys).map(|((text, named), key)| (text, named, key));
    for mut next in each.skip(first + 1) {
        if rank(next.1.mutability) > rank(worst.1.mutability) {
            std::mem::swap(&mut worst, &mut next);
        }
        others.extend(next.1.name().filter(|_| subject.artifact == Artifact::Image));
    }
    let fallback = fallback(subject, reading, symbols, span);
    let (text, named) = (worst.0, worst.1.clone());
    let forms: Vec<DigestForm> =
        named.digest.iter().flat_map(|d| d.symbols().map(|id| symbols.form(id)).collect::<Vec<_>>()).collect();
    let resolved = text.display(symbols);
    let is_image = subject.artifact == Artifact::Image;
    let (scheme, host) = match subject.artifact {
        Artifact::Url => url(&text.masked()),
        _ => (None, None),
    };
    let loopback = is_own(scheme.as_deref(), host.as_deref());
    let provenance = subject.value.origins.iter().map(|o| Provenance { span: place(o.span), what: o.what.to_string() }).collect();
    let mutability = match subject.artifact {
        _ if subject.is_local => Mutability::Local,
        Artifact::Image => named.mutability,
        Artifact::Url if host.as_deref().is_some_and(|host| names_commit(host, &resolved)) => Mutability::Digest,
        Artifact::Url => Mutability::Unknown,
        _ => Mutability::Local,
    };
    Reference {
        text: shown(&subject.text, &resolved),
        path: Some(worst.2.clone()).filter(|key| subject.artifact == Artifact::File && !key.contains(MARK)),
        key: worst.2.clone(),
        resolved,
        artifact: subject.artifact,
        registry: named.registry.filter(|_| is_image),
        repository: named.repository.filter(|_| is_image),
        tag: named.tag.filter(|_| is_image),
        digest: named.digest.filter(|_| is_image).map(|d| d.display(symbols)),
        others,
        mutability,
        tag_kind: named.tag_kind.filter(|_| is_image),
        is_local: subject.is_local || named.is_local && is_image || loopback,
        digest_is_lookup: named.digest_is_lookup,
        digest_is_scraped: forms.contains(&DigestForm::Scraped),
        is_weak: subject.value.any(|text| text.symbols().any(|id| symbols.get(id).is_weak)),
        digest_is_checked: !forms.is_empty() && forms.iter().all(|f| *f == DigestForm::Checked),
        is_default: subject.is_default,
        pushed_here: false,
        scheme,
        host,
        is_used: false,
        is_only_unpacked: false,
        handed: None,
        fallback,
        span,
        provenance,
    }
}

/// Where an argument that is the whole name was given: not where it was only handed on (`retry "$@"`).
pub(super) fn handed(subject: &Subject, sources: &Sources) -> Option<Span> {
    let mut given = subject.value.origins.iter().rev().take_while(|o| &*o.what == HANDED).map(|o| o.span).peekable();
    let last = given.peek().copied().filter(|_| is_argument(&subject.text))?;
    given.find(|span| !is_argument(sources.text(*span))).or(Some(last))
}

/// Equal for equal artifacts: the text with the identities of its unknown parts, that of an image without what goes without
/// saying and with the tag that is meant. Only to be compared.
pub(super) fn key(text: &Text, is_image: bool) -> String {
    let text = text.trim();
    let mut key = String::with_capacity(text.literal_len() + 8);
    for atom in text.atoms() {
        match atom {
            Atom::Literal(literal) => key.push_str(literal),
            Atom::Symbol(id) => key.extend([MARK, &id.0.to_string(), MARK]),
        }
    }
    if is_image {
        for prefix in USUAL {
            if key.len() > prefix.len() && key.starts_with(prefix) {
                key.drain(..prefix.len());
            }
        }
        if reference::parse(&text.masked()).form == Form::Implicit {
            key.push_str(":latest");
        }
    }
    key
}

/// What is taken where the digest is missing: some alternatives of the value hold one and others do not. The values of a
/// matrix or list are other images, not fallbacks.
fn fallback(subject: &Subject, reading: &Reading, symbols: &Symbols, span: u32) -> Option<Fallback> {
    let lists = ["value of the matrix", super::value::LOOPED];
    if subject.artifact != Artifact::Image || subject.value.origins.iter().any(|o| lists.contains(&&*o.what)) {
        return None;
    }
    let is_digest = |named: &Named| named.mutability == Mutability::Digest;
    if !reading.named.iter().any(is_digest) {
        return None;
    }
    let mut texts = subject.value.alternatives().iter().zip(&*reading.named);
    let (other, _) = texts.find(|(t, n)| !is_digest(n) && t.literal_len() > 0 && !t.masked().starts_with('@'))?;
    Some(Fallback { text: other.display(symbols), span })
}

/// Whether nobody from outside can answer for a host: this machine, a service container, the link-local metadata service.
pub(super) fn is_local_host(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host);
    let single_label = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    reference::is_local_registry(host)
        || single_label
        || name.starts_with("169.254.")
        || name.ends_with(".svc")
        || name.ends_with(".svc.cluster.local")
}

/// Forges that give the files of a commit by its id, and beside these whatever has the addresses of a GitLab.
const FORGES: &[&str] = &[
    "bitbucket.org",
    "codeberg.org",
    "codeload.github.com",
    "gist.github.com",
    "gist.githubusercontent.com",
    "github.com",
    "gitlab.com",
    "raw.githubusercontent.com",
];

/// Whether an address gives a file of one commit, which is named in full: as a part of the path, before the ending of an archive, or
/// where the query says which one. A digest in the address of any other server says nothing: nobody compares it with what comes. So it
/// is with the files of a release, whose tag may be anything.
fn names_commit(host: &str, url: &str) -> bool {
    let is_forge = FORGES.contains(&host) || host.ends_with(".googlesource.com");
    if !is_forge && !["/-/raw/", "/-/archive/"].iter().any(|of| url.contains(of)) || url.contains("/releases/") {
        return false;
    }
    let is_digits = |part: &str| matches!(part.len(), 40 | 64) && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_id = |part: &str| is_digits(part) || ["${github.sha}", "${CI_COMMIT_SHA}"].contains(&part);
    let url = url.split('#').next().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let is_archive =
        |part: &str| part.strip_suffix(".tar.gz").or(part.strip_suffix(".zip")).or(part.strip_suffix(".tgz")).is_some_and(is_id);
    path.split('/').any(|part| is_id(part) || is_archive(part))
        || query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, of)| matches!(name, "ref" | "sha") && is_id(of))
}

/// How a reference is shown: as it stands there, or what it holds where that says more: `$@`, or a whole script around it.
pub(super) fn shown(written: &str, resolved: &str) -> String {
    let unquoted = |text: &'_ str| text.strip_prefix(['"', '\'']).and_then(|t| t.strip_suffix(['"', '\''])).map(str::len);
    let written = unquoted(written).map_or(written, |length| &written[1..=length]);
    let says_nothing = is_argument(written) || is_name_of(written, resolved);
    let is_wide = written.split_whitespace().nth(3).is_some();
    let fits = !resolved.is_empty() && resolved.chars().count() <= MAX_SHOWN && !resolved.contains(char::is_whitespace);
    let plain = without_quotes(written);
    as_line(if (says_nothing || is_wide) && fits { resolved } else { &plain })
}

/// A word of a shell without the quotes around its parts: `docker.io/"$NAME:$TAG"`.
fn without_quotes(written: &str) -> Cow<'_, str> {
    let is_plain = !written.contains(['\'', '(', '`', '\\', ' ', '\n']);
    if is_plain && written.contains('"') { written.replace('"', "").into() } else { written.into() }
}

/// Characters of a text as people see it.
const MAX_SHOWN: usize = 120;

/// Whether a text is the bare name of a variable (Groovy's `image AGENT`), perhaps behind a registry, and not what it holds.
fn is_name_of(written: &str, resolved: &str) -> bool {
    let name = written.rsplit('/').next().unwrap_or(written);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    !name.is_empty() && name.chars().all(is_name) && !written.contains(['$', '%', '{']) && !resolved.ends_with(name)
}

/// Whether a word is an argument of a function or script (`$1`, `"$@"`), which says nothing without the call.
pub(super) fn is_argument(written: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '*' | '#');
    let variable = written.trim_matches(['"', '\'']).strip_prefix('$');
    let variable = variable.map(|v| v.trim_start_matches(['{', '(']).trim_end_matches(['}', ')']));
    variable
        .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '@' | '*')) && name.chars().all(is_name))
}

/// Text as people wrote it, on one line and of a bearable length.
fn as_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let length = line.chars().count();
    if length <= MAX_SHOWN {
        return line;
    }
    // As reports cut: what a file is called stands at the end.
    let tail = MAX_SHOWN / 5;
    line.chars().take(MAX_SHOWN - tail - 1).chain(['…']).chain(line.chars().skip(length - tail)).collect()
}

fn url(masked: &str) -> (Option<String>, Option<String>) {
    let Some((scheme, _)) = masked.split_once("://") else { return (None, None) };
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
        return (None, None);
    }
    (Some(scheme.to_ascii_lowercase()), super::effects::host(masked).map(|h| h.replace(reference::UNKNOWN, "?")))
}

/// Whether an address leads to a host for which nobody from outside can answer.
pub(super) fn is_local_url(masked: &str) -> bool {
    let (scheme, host) = url(masked);
    is_own(scheme.as_deref(), host.as_deref())
}

/// A bucket has a name of one word as well, and is no host.
fn is_own(scheme: Option<&str>, host: Option<&str>) -> bool {
    scheme.is_none_or(|s| matches!(s, "http" | "https" | "ftp")) && host.is_some_and(is_local_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_one_key_however_it_is_written() {
        let key_of = |name: &str| key(&Text::literal(name), true);
        for name in ["acme", "acme:latest", "docker.io/acme", "docker.io/library/acme:latest", "library/acme", "localhost/acme"] {
            assert_eq!(key_of(name), "acme:latest", "{name}");
        }
        assert_eq!(key_of("index.docker.io/acme/app:1"), "acme/app:1");
        assert_eq!(key_of("localhost:5000/acme"), "localhost:5000/acme:latest");
        let digest = format!("acme@sha256:{}", "0".repeat(64));
        assert_eq!(key_of(&digest), digest);
        assert_eq!(key(&Text::literal("library/acme"), false), "library/acme");
    }

    #[test]
    fn an_unknown_name_may_hold_a_registry() {
        let mut symbols = Symbols::default();
        let name = Text::symbol(symbols.named("IMAGE", Kind::Unknown));
        let with = |before: &str, after: &str| {
            let mut text = Text::literal(before);
            text.extend(&name);
            text.extend(&Text::literal(after));
            text
        };
        let digest = format!("@sha256:{}", "0".repeat(64));
        for (text, expected) in [
            (with("", ":1.2"), None),
            (with("", &digest), None),
            (with("", "-debug:1.2"), None),
            (with("", "/app:1.2"), Some("${IMAGE}")),
            (with("acme/", ":1.2"), Some("docker.io")),
            (with("ghcr.io/", ":1.2"), Some("ghcr.io")),
        ] {
            assert_eq!(registry(&text, &symbols).as_deref(), expected, "{}", text.display(&symbols));
        }
    }

    #[test]
    fn only_a_forge_answers_for_a_commit() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        for (host, path) in [
            ("raw.githubusercontent.com", "acme/tool/#/install.sh"),
            ("github.com", "acme/tool/archive/#.tar.gz"),
            ("git.example.com", "acme/tool/-/raw/#/install.sh"),
            ("raw.githubusercontent.com", "acme/tool/${github.sha}/install.sh"),
            ("github.com", "acme/tool/archive/#.tar.gz?raw=1"),
            ("gitlab.com", "api/v4/projects/1/repository/archive.zip?sha=#"),
        ] {
            assert!(names_commit(host, &format!("https://{host}/{}", path.replace('#', id))), "{path}");
        }
        for (host, path) in [
            ("storage.googleapis.com", "builds/#/tool"),
            ("github.com", "acme/tool/releases/download/#/tool"),
            ("github.com", "acme/tool/archive/0123456.tar.gz"),
            ("example.com", "#/install.sh"),
            ("raw.githubusercontent.com", "acme/tool/main/install.sh?v=${github.sha}"),
            ("raw.githubusercontent.com", "acme/tool/main/install.sh?#"),
            ("raw.githubusercontent.com", "acme/tool/main/#-install.sh"),
            ("registry.example.com", "tool/-/tool-#.sh"),
        ] {
            assert!(!names_commit(host, &format!("https://{host}/{}", path.replace('#', id))), "{path}");
        }
    }
}
