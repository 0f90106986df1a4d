//! Which files are configurations of GitLab: by their names, and others by what they say.
//!
//! A configuration may include files of any name, also such as other repositories have (components, templates). No key of a job is
//! GitLab's alone, so that how much a text has to say depends on how much its path does.

use super::config;
use crate::formats::yaml::{Kind, NodeRef, Yaml};
use crate::source::FileId;

/// Folders of tests and of what they read: what lies there is no pipeline of the repository.
const TESTS: &[&str] = &["test", "tests", "testdata", "test-data", "test_data", "fixtures", "spec", "__tests__"];
/// Folders of other CI systems.
const OTHERS: &[&str] = &[".github", ".circleci", ".buildkite", ".azure-pipelines", ".tekton", ".jenkins"];
/// Keys at the top that other systems have, and GitLab does not: manifests, GitHub, Azure, Travis, CircleCI, Bitbucket, Cirrus, rultor, compose.
const FOREIGN: &[&str] = &[
    "apiVersion",
    "kind",
    "on",
    "jobs",
    "steps",
    "pool",
    "trigger",
    "script",
    "language",
    "install",
    "version",
    "orbs",
    "workflows",
    "pipelines",
    "pipeline",
    "task",
    "env",
    "docker",
    "networks",
    "volumes",
    "tasks",
    "build_script",
    "test_script",
    "extends",
];
/// What jobs of GitLab have beside their script, and hardly anything else.
const OF_JOBS: &[&str] = &[
    "after_script",
    "allow_failure",
    "artifacts",
    "before_script",
    "coverage",
    "dependencies",
    "except",
    "extends",
    "id_tokens",
    "interruptible",
    "needs",
    "only",
    "resource_group",
    "rules",
    "stage",
    "tags",
];

/// How much the path of a file says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Nothing,
    /// That it belongs to some CI system.
    Ci,
    /// That it belongs to GitLab's.
    Gitlab,
}

/// A configuration, or a file that usually is included by one, whatever its text says.
pub(in super::super) fn is_named(path: &str) -> bool {
    let in_folder = |folder: &str| path.starts_with(&format!("{folder}/")) || path.contains(&format!("/{folder}/"));
    let named = path.ends_with(".gitlab-ci.yml") || path.ends_with(".gitlab-ci.yaml");
    is_yaml(path) && (named || in_folder(".gitlab/ci") || in_folder(".gitlab-ci"))
}

/// A configuration by its name or its text. By the path alone: one, or a file that has to be looked at.
pub(in super::super) fn is_config(path: &str, text: Option<&str>) -> bool {
    let may_be = || is_yaml(path) && !path.split('/').any(|part| TESTS.contains(&part) || OTHERS.contains(&part));
    is_named(path) || may_be() && text.map_or_else(|| says(path) == Says::Gitlab, |text| is_unmistakable(text, says(path)))
}

/// Whether a file that somebody names is a configuration by its text.
pub(in super::super) fn is_config_named_by_user(path: &str, text: &str) -> bool {
    is_yaml(path) && is_unmistakable(text, Says::Ci.max(says(path)))
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

fn says(path: &str) -> Says {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let of_gitlab = folders.split('/').any(|folder| folder == ".gitlab" || folder.contains("gitlab-ci"));
    if of_gitlab || name.contains("gitlab-ci") {
        return Says::Gitlab;
    }
    let of_ci = folders.split('/').any(|folder| matches!(folder, "ci" | ".ci" | "gitlab"));
    if of_ci || name.contains("-ci.") || name.starts_with("ci.") { Says::Ci } else { Says::Nothing }
}

/// Whether a text is a configuration of GitLab and nothing else.
fn is_unmistakable(text: &str, path: Says) -> bool {
    // Most files are none, and need not be parsed for that.
    if !text.contains("script:") {
        return false;
    }
    let yaml = Yaml::parse(FileId(0), text);
    let documents: Vec<NodeRef<'_>> = yaml.documents().filter(|d| d.kind() == Kind::Map).collect();
    let (has_header, root) = match documents[..] {
        [header, root] if config::is_header(header) => (header.at(&["spec", "inputs"]).is_some(), root),
        [root] => (false, root),
        _ => return false,
    };
    if FOREIGN.iter().any(|key| root.get(key).is_some_and(|value| !is_job(value)))
        || root.get("services").is_some_and(|s| s.kind() == Kind::Map)
    {
        return false;
    }
    let said = |job: NodeRef<'_>| OF_JOBS.iter().filter(|key| job.get(key).is_some()).count();
    let entries = root.entries();
    let jobs = entries.iter().filter(|entry| !config::is_reserved(entry.name()) && is_job(entry.value));
    let most = jobs.map(|entry| said(entry.value)).max();
    let needed = match path {
        Says::Gitlab => 0,
        _ if has_header => 0,
        Says::Ci => 1,
        Says::Nothing => 2,
    };
    most.is_some_and(|most| most >= needed)
}

/// What has a script, as GitLab wants it: a text, or a list of texts.
fn is_job(node: NodeRef<'_>) -> bool {
    let Some(script) = node.get("script").filter(|_| node.kind() == Kind::Map) else { return false };
    match script.kind() {
        Kind::List => script.items().next().is_some() && script.items().all(|line| line.kind() != Kind::Map),
        Kind::Map | Kind::Null => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "job:\n  image: alpine\n  script:\n    - make\n";

    #[test]
    fn a_path_that_speaks_of_gitlab_needs_a_job() {
        for path in [
            "gitlab-ci.yml",
            "ci/gitlab-ci.yml",
            ".gitlab-ci-release.yml",
            ".gitlab-ci.d/x.yml",
            "gitlab-ci/x.yaml",
            ".gitlab/release.yml",
            "templates/gitlab-ci-docker.yml",
        ] {
            assert!(!is_named(path) && is_config(path, None) && is_config(path, Some(JOB)), "{path}");
            assert!(!is_config(path, Some("labels:\n  - bug\n")), "{path}");
        }
        assert!(is_named(".gitlab-ci.yml") && is_config(".gitlab/ci/x.yml", Some("a: b")));
        assert!(!is_config("gitlab-ci.json", Some(JOB)) && !is_config("tests/gitlab-ci.yml", Some(JOB)));
    }

    #[test]
    fn elsewhere_the_text_has_to_say_more() {
        let component = format!("spec:\n  inputs:\n    stage:\n      default: build\n---\n{JOB}");
        let staged = "build:\n  stage: build\n  script: make\n";
        let ruled = "build:\n  stage: build\n  rules:\n    - when: always\n  script:\n    - make\n";
        assert!(is_config("templates/build.yml", Some(&component)));
        assert!(is_config("templates/docker.yml", Some(ruled)) && !is_config("templates/docker.yml", Some(staged)));
        assert!(is_config("ci/docker.yml", Some(staged)) && is_config(".nvidia-ci.yml", Some(staged)));
        assert!(!is_config("ci/docker.yml", Some(JOB)) && !is_config("templates/docker.yml", None));
        assert!(is_config_named_by_user("templates/docker.yml", staged) && !is_config_named_by_user("docker.yml", JOB));
    }

    #[test]
    fn other_systems_are_none() {
        for text in [
            "services:\n  web:\n    image: nginx\n    stage: x\n    needs: y\n    script: z\n",
            "version: '3'\nservices:\n  web: {image: nginx}\nx:\n  script: make\n  stage: a\n  tags: [b]\n",
            "- hosts: all\n  tasks:\n    - script: x.sh\n      tags: [a]\n",
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/github-script\n        with:\n          script: make\n",
            "language: python\nscript: make\nbefore_script: a\njobs:\n  include:\n    - stage: x\n      script: make\n",
            "stages:\n  - stage: a\n    jobs:\n      - job: b\n        steps:\n          - script: make\n",
            "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n    - script: make\n",
            "version: 2.1\njobs:\n  a:\n    steps:\n      - run: make\n",
            "pipelines:\n  default:\n    - step:\n        script:\n          - make\n",
            "build_task:\n  container: {image: x}\n  script: make\n",
            "hook:\n  image: x\n  script: |\n    make\n  resources: {}\n",
            "a:\n  stage: b\n  tags: [c]\n  script: {x: y}\n",
        ] {
            assert!(!is_config("x.yml", Some(text)) && !is_config("ci/x.yml", Some(text)), "{text}");
        }
        assert!(!is_config(".github/workflows/ci.yml", Some("a:\n  stage: b\n  tags: [c]\n  script: make\n")));
    }
}
