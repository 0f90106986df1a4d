//! Pipelines that run nowhere, by where they lie.

/// Whether a path looks like tests, fixtures or examples, or like something from which others make a repository of their own.
#[must_use]
pub fn is_example(path: &str) -> bool {
    let is_workflow = path.contains("/.github/workflows/");
    path.split('/').rev().skip(1).any(|part| {
        let part = part.to_ascii_lowercase();
        EXAMPLES.contains(&part.as_str())
            // `{{cookiecutter.name}}`
            || part.contains("{{")
            // GitHub runs only what lies at the top.
            || is_workflow && matches!(part.as_str(), "template" | "templates" | "vendor" | "third_party")
    })
}

/// Names of folders whose pipelines run nowhere, or only in the tests of somebody. `templates` is none: what GitLab's projects
/// include lies there, and what Jenkinsfiles are made of.
const EXAMPLES: &[&str] = &[
    "archetype",
    "archetypes",
    "boilerplate",
    "boilerplates",
    "cookiecutter",
    "cookiecutters",
    "demo",
    "e2e",
    "example",
    "examples",
    "fixture",
    "fixtures",
    "sample",
    "samples",
    "scaffold",
    "scaffolding",
    "scaffolds",
    "skeleton",
    "skeletons",
    "test",
    "testdata",
    "tests",
];

#[cfg(test)]
mod tests {
    use super::is_example;

    #[test]
    fn examples_by_their_folder() {
        let examples = [
            "examples/a/Jenkinsfile",
            "tests/ci/run.sh",
            "cookiecutter/x/.gitlab-ci.yml",
            "{{cookiecutter.slug}}/.github/workflows/ci.yml",
            "scaffolds/go/.gitlab-ci.yml",
            "internal/templates/go/.github/workflows/ci.yml",
            "vendor/github.com/x/y/.github/workflows/ci.yml",
        ];
        for path in examples {
            assert!(is_example(path), "{path}");
        }
        let real = [
            ".github/workflows/test.yml",
            ".github/workflows/templates.yml",
            "templates/deploy.yml",
            "templates/build/template.yml",
            "task/build/0.1/build.yaml",
            "ci/jenkins/templates/cpu_jenkinsfile.groovy",
            "sub/.github/workflows/ci.yml",
        ];
        for path in real {
            assert!(!is_example(path), "{path}");
        }
    }
}
