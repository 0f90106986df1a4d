//! Credentials that a CI system puts into the environment without a word in the file: GitLab's variables of projects and groups.
//!
//! Their names alone tell, so only names that mean nothing else count.

/// Last words of such names.
const ENDINGS: &[&str] = &["TOKEN", "PASSWORD", "PASSWD", "PASS", "SECRET", "CREDENTIALS", "PAT"];
/// With these a `.._KEY` opens nothing.
const OPEN: &[&str] = &["PUBLIC", "PUB", "CACHE"];

/// The credentials that a script takes from its environment. Those that it sets itself, and the run's own (`CI_..`), are none.
pub(super) fn used(script: &str) -> impl Iterator<Item = &str> {
    let lines = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let names = lines.flat_map(|line| line.split('$').skip(1)).filter_map(name);
    names.filter(|name| is_credential(name) && !sets(script, name))
}

/// The variable that stands behind a dollar.
fn name(text: &str) -> Option<&str> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_prefix("env:").unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    Some(&text[..end]).filter(|name| !name.is_empty())
}

fn is_credential(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let Some((last, before)) = words.split_last() else { return false };
    let is_key = *last == "KEY" && !before.is_empty() && !before.iter().any(|word| OPEN.contains(word));
    !name.starts_with("CI_") && (ENDINGS.contains(last) || is_key)
}

/// Whether a script gives a variable a value: `NAME=..`, `read NAME`.
fn sets(script: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '{');
    script.match_indices(name).any(|(at, _)| {
        let begins = !script[..at].ends_with(is_word);
        let read =
            || script[..at].trim_end().rsplit([';', '\n', '|']).next().is_some_and(|c| c.trim_start().starts_with("read "));
        begins && (script[at + name.len()..].starts_with('=') || read())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_from_outside() {
        let script = "docker login -p $HUB_PASSWORD\ncurl -H \"T: ${NPM_TOKEN:-}\" $env:NUGET_KEY\n$GPG_PRIVATE_KEY $GPG_KEY_ID\n# $OLD_TOKEN\nA_TOKEN=$(x)\ny $A_TOKEN $CACHE_KEY \
                      $CI_JOB_TOKEN $CI_REGISTRY_PASSWORD $TOKEN_URL $KEY $COSIGN_PUBLIC_KEY\necho x | read -r B_SECRET; z $B_SECRET $TOKEN $";
        assert_eq!(used(script).collect::<Vec<_>>(), ["HUB_PASSWORD", "NPM_TOKEN", "NUGET_KEY", "GPG_PRIVATE_KEY", "TOKEN"]);
        assert_eq!(used("X_TOKEN=\"$X_TOKEN\" y").count(), 0);
    }
}
