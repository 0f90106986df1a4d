//! Credentials that a CI system puts into the environment without a word in the file: GitLab's variables of projects and groups.
//!
//! Their names alone tell, so only names that mean nothing else count.

use std::collections::BTreeSet;

/// Last words of such names.
const ENDINGS: &[&str] = &["TOKEN", "PASSWORD", "PASSWD", "SECRET", "CREDENTIALS", "PAT"];
/// Before a `.._PASS`, which else is what a test does.
const WHOSE: &[&str] = &["DB", "DOCKER", "GPG", "HUB", "REGISTRY", "USER"];
/// With these a `.._KEY` opens nothing.
const OPEN: &[&str] = &["PUBLIC", "PUB", "CACHE"];
/// The run's own: <https://docs.gitlab.com/ci/variables/predefined_variables/>
const OF_THE_RUN: &[&str] = &["CI_JOB_TOKEN", "CI_DEPLOY_PASSWORD", "CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD"];
/// What stands between the beginning of a command and a variable that it gives a value.
const FIRST: &[&str] = &[
    "export", "local", "readonly", "declare", "typeset", "if", "elif", "then", "else", "while", "until", "do", "time", "!", "{",
];

/// The credentials that a script takes from its environment, each once. Those that it sets itself, and the run's own, are none.
pub(super) fn used(script: &str) -> BTreeSet<&str> {
    let lines = || script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut names: BTreeSet<&str> = lines().flat_map(|line| line.split('$').skip(1)).filter_map(name).collect();
    names.retain(|name| is_credential(name));
    if !names.is_empty() {
        let commands = lines().flat_map(|line| line.split([';', '|', '&', '(']));
        let set: BTreeSet<&str> = commands.flat_map(set_by).collect();
        names.retain(|name| !set.contains(name));
    }
    names
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
    let is_pass = *last == "PASS" && before.last().is_some_and(|word| WHOSE.contains(word));
    !OF_THE_RUN.contains(&name) && (ENDINGS.contains(last) || is_key || is_pass)
}

/// Variables to which a command gives values of its own: `NAME=..`, `export NAME=..`, `IFS= read -r NAME`; not what it only hands on
/// (`NAME="${NAME:-}"`).
fn set_by(command: &str) -> Vec<&str> {
    // Behind the pattern of a `case`.
    let command = command.rsplit_once(") ").map_or(command, |(_, behind)| behind);
    let is_before = |word: &&str| FIRST.contains(word) || word.starts_with('-');
    let mut words = command.split_whitespace().skip_while(is_before).peekable();
    let mut names = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')).filter(|(name, _)| is_name(name)) {
        words.next();
        names.extend((!value.contains(name)).then_some(name));
    }
    if words.next_if_eq(&"read").is_some() {
        names.extend(words.filter(|word| is_name(word)));
    }
    names
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_from_outside() {
        let script = "docker login -p $HUB_PASSWORD\ncurl -H \"T: ${NPM_TOKEN:-}\" $env:NUGET_KEY\n$GPG_PRIVATE_KEY $GPG_KEY_ID\n# $OLD_TOKEN\nA_TOKEN=$(x)\ny $A_TOKEN $CACHE_KEY \
                      $CI_JOB_TOKEN $CI_REGISTRY_PASSWORD $TOKEN_URL $KEY $COSIGN_PUBLIC_KEY\necho x | read -r B_SECRET; z $B_SECRET $TOKEN $";
        assert_eq!(used(script), BTreeSet::from(["HUB_PASSWORD", "NPM_TOKEN", "NUGET_KEY", "GPG_PRIVATE_KEY", "TOKEN"]));
    }

    #[test]
    fn what_is_only_handed_on_comes_from_outside() {
        for script in [
            "docker build --build-arg X_TOKEN=$X_TOKEN .",
            "X_TOKEN=\"$X_TOKEN\" npm publish",
            "export X_TOKEN=${X_TOKEN:-}; npm publish --token $X_TOKEN",
            "if [ -z \"$X_TOKEN\" ]; then echo \"set X_TOKEN=... first\"; fi",
        ] {
            assert_eq!(used(script), BTreeSet::from(["X_TOKEN"]), "{script}");
        }
        for script in [
            "X_TOKEN=a npm publish $X_TOKEN",
            "cd x && export X_TOKEN=$(vault)\ny $X_TOKEN",
            "if ! X_TOKEN=$(vault read x); then exit 1; fi\ny $X_TOKEN",
            "declare -r X_TOKEN=$(vault)\ny $X_TOKEN",
            "case $E in prod) X_TOKEN=$(vault) ;; esac\ny $X_TOKEN",
            "export -n X_TOKEN=$(vault)\ny $X_TOKEN",
            "while IFS= read -r X_TOKEN; do y $X_TOKEN; done < file",
            "echo $TESTS_PASS",
        ] {
            assert_eq!(used(script), BTreeSet::new(), "{script}");
        }
        assert_eq!(used("mysql -p$DB_PASS $CI_NPM_TOKEN"), BTreeSet::from(["CI_NPM_TOKEN", "DB_PASS"]));
    }
}
