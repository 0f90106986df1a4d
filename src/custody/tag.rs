//! What a tag says of how long it stays where it is.

use super::reference::{UNKNOWN, is_hex};
use crate::facts::TagKind;
use std::ops::Range;

/// Tags that are moved on purpose.
const MOVING: &[&str] = &[
    "latest",
    "stable",
    "main",
    "master",
    "trunk",
    "develop",
    "development",
    "edge",
    "nightly",
    "daily",
    "weekly",
    "dev",
    "prod",
    "production",
    "staging",
    "stage",
    "test",
    "testing",
    "qa",
    "uat",
    "canary",
    "release",
    "lts",
    "current",
    "next",
    "head",
    "tip",
    "rolling",
    "mainline",
    "unstable",
    "beta",
    "alpha",
    "rc",
    "preview",
    "snapshot",
    "live",
    "default",
    "alpine",
    "slim",
    "debug",
    "nonroot",
    "dind",
];

/// Words before a commit or build number.
const BUILD_PREFIXES: &[&str] = &["sha", "git", "commit", "rev", "build", "run", "ci"];

/// How specific a tag is.
#[must_use]
pub fn tag_kind(tag: &str) -> TagKind {
    let tag = tag.to_ascii_lowercase();
    let moved = tag == "latest" || tag.starts_with("latest-") || tag.ends_with("-latest") || tag.ends_with("-snapshot");
    if moved {
        return TagKind::Moving;
    }
    if tag.contains(UNKNOWN) {
        return TagKind::Build;
    }
    let versioned = version_kind(&tag);
    if versioned != TagKind::Other {
        return versioned;
    }
    // `release-2304` is one of many, as `2304` is.
    let is_number = |part: &str| part.len() > 2 && part.bytes().all(|b| b.is_ascii_digit());
    if tag.split(['-', '_', '.']).skip(1).any(is_number) {
        return TagKind::Build;
    }
    let first = tag.split(['-', '_', '.']).next().unwrap_or_default();
    if MOVING.contains(&tag.as_str()) || MOVING.contains(&first) { TagKind::Moving } else { TagKind::Other }
}

fn version_kind(tag: &str) -> TagKind {
    if is_date(tag) {
        return TagKind::FullVersion;
    }
    if is_commit(tag) {
        return TagKind::Build;
    }
    if let Some(kind) = leading_version(tag) {
        return kind;
    }
    let mut rest = tag.split(['-', '_']);
    let prefix = rest.next().unwrap_or_default();
    let build = BUILD_PREFIXES.contains(&prefix);
    for part in rest {
        let number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_date(part) {
            return TagKind::FullVersion;
        }
        if is_commit(part) || (number && build) {
            return TagKind::Build;
        }
        if part.contains('.')
            && let Some(kind) = leading_version(part)
        {
            return kind;
        }
    }
    // `release.2024-01-15t10-00-00z`, `alpine3.18.4`
    let bare = tag.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let bare = bare.strip_prefix('.').unwrap_or(bare);
    if bare.len() < tag.len() && bare.contains(['.', '-']) {
        leading_version(bare).unwrap_or(TagKind::Other)
    } else {
        TagKind::Other
    }
}

/// The version that a tag starts with: one or two numbers are a part of one, three are a whole one.
fn leading_version(tag: &str) -> Option<TagKind> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(tag.len());
    let (core, rest) = tag.split_at(end);
    let numbers: Vec<&str> = core.trim_end_matches('.').split('.').collect();
    if numbers.iter().any(|number| number.is_empty()) {
        return None;
    }
    let day = core.len() == 4 && starts_with_month_and_day(rest);
    Some(match numbers.as_slice() {
        [_] if is_date(core) || day => TagKind::FullVersion,
        [only] if only.len() > 4 => TagKind::Build,
        [_] | [_, _] => TagKind::PartialVersion,
        _ => TagKind::FullVersion,
    })
}

fn starts_with_month_and_day(rest: &str) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    matches!(rest.as_bytes(), [b'-', m1, m2, b'-', d1, d2, ..] if digits(&[*m1, *m2, *d1, *d2]))
}

/// `20240131`, `2024013112`, `20240131120000`.
fn is_date(text: &str) -> bool {
    let number = |range: Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    matches!(text.len(), 8 | 10 | 12 | 14)
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && number(0..4).is_some_and(|year| (1990..2100).contains(&year))
        && number(4..6).is_some_and(|month| (1..=12).contains(&month))
        && number(6..8).is_some_and(|day| (1..=31).contains(&day))
}

fn is_commit(text: &str) -> bool {
    let text = text.strip_prefix('g').filter(|rest| is_hex(rest)).unwrap_or(text);
    (7..=64).contains(&text.len()) && is_hex(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_tags() {
        use TagKind::{Build, FullVersion, Moving, Other, PartialVersion};
        let rows: &[(TagKind, &str)] = &[
            (Moving, "latest stable main master develop edge nightly dev prod staging canary release 2022-latest latest-amd64"),
            (Moving, "LATEST lts stable-alpine main-amd64 1.2.3-SNAPSHOT debug alpine latest-? release-candidate"),
            (PartialVersion, "1 1.2 v3 3.12-alpine 1.2-slim v1.2 22.04 17-jdk 2019 8-jre-alpine 1.x release-1.2 alpine3.18"),
            (FullVersion, "1.2.3 v1.2.3-rc1 1.25.3-alpine3.18 20240101 2024.01.15 2024-01-15 1.2.3.4 v1.2.3_amd64"),
            (FullVersion, "bookworm-20240110-slim RELEASE.2024-01-15T10-00-00Z release-1.2.3 dev-1.2.3 nightly-20240101"),
            (
                Build,
                "release-2304 release.2304 main-1234 7f3a2bc sha-7f3a2bc main-7f3a2bc 1234567 123456 build-12 ? v1-? ?-alpine git-1a2b3c4d v1234567",
            ),
            (Other, "bookworm jammy pr-12 feature-x acme x y-z - ."),
        ];
        for (kind, tags) in rows {
            for tag in tags.split(' ') {
                assert_eq!(tag_kind(&tag.replace('?', "\u{FFFC}")), *kind, "{tag}");
            }
        }
    }
}
