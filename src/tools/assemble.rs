//! Images whose parts are given apart, in `key=value` pairs as helm has them.

use super::slices::items;
use super::{Assembled, Slice, Subject, SubjectForm};
use crate::facts::Artifact;

/// `image.repository=a,image.tag=b` put together, by what stands before the last component of the key.
pub(super) fn assemble<'t>(lists: &[Slice], argv: &[&str]) -> Vec<Subject<'t>> {
    let mut groups: Vec<Assembled> = Vec::new();
    let mut whole = Vec::new();
    for list in lists {
        for (from, item) in items(list.text(argv), &[',', '\n']) {
            let Some(eq) = item.find('=') else { continue };
            let key = item[..eq].trim_end_matches(':');
            let start = list.range.start + from + eq + 1;
            let value = Slice { arg: list.arg, range: start..list.range.start + from + item.len() };
            let (prefix, part) = split_key(key);
            if part == "image" {
                whole.push(Subject { form: SubjectForm::Written(value), artifact: Artifact::Image, local: false });
                continue;
            }
            let Some(field) = field_of(&part, &prefix) else { continue };
            let at = groups.iter().position(|g| g.prefix == prefix).unwrap_or(groups.len());
            if at == groups.len() {
                groups.push(Assembled { prefix, ..Assembled::default() });
            }
            let group = &mut groups[at];
            *match field {
                Field::Registry => &mut group.registry,
                Field::Repository => &mut group.repository,
                Field::Tag => &mut group.tag,
                Field::Digest => &mut group.digest,
            } = Some(value);
        }
    }
    let is_image = |g: &Assembled| g.repository.is_some() || g.tag.is_some() || g.digest.is_some();
    let named = |g: Assembled| Subject { form: SubjectForm::Assembled(g), artifact: Artifact::Image, local: false };
    whole.into_iter().chain(groups.into_iter().filter(is_image).map(named)).collect()
}

enum Field {
    Registry,
    Repository,
    Tag,
    Digest,
}

/// `a.image.tag` is (`a.image`, `tag`); `imageTag`, `image_tag`, `image-tag` are (`image`, `tag`).
fn split_key(key: &str) -> (String, String) {
    let (head, last) = key.rsplit_once('.').unwrap_or(("", key));
    let lower = last.to_ascii_lowercase();
    for suffix in ["repository", "repo", "registry", "tag", "digest", "name"] {
        let Some(stem) = lower.strip_suffix(suffix).filter(|s| !s.is_empty()) else { continue };
        let stem = stem.trim_end_matches(['_', '-']);
        if stem.ends_with("image") {
            let prefix = if head.is_empty() { stem.to_owned() } else { format!("{head}.{stem}") };
            return (prefix, suffix.to_owned());
        }
    }
    if lower.ends_with("image") {
        return (key.to_owned(), "image".to_owned());
    }
    (head.to_owned(), lower)
}

fn field_of(part: &str, prefix: &str) -> Option<Field> {
    match part {
        "registry" => Some(Field::Registry),
        "repository" | "repo" => Some(Field::Repository),
        "name" if prefix.to_ascii_lowercase().ends_with("image") => Some(Field::Repository),
        "tag" => Some(Field::Tag),
        "digest" | "sha" | "sha256" => Some(Field::Digest),
        _ => None,
    }
}
