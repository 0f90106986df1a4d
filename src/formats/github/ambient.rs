//! The environment variables that the runner sets.
//!
//! Source: "Variables reference", default environment variables, in GitHub's documentation.

use crate::pipeline::{Ambient, Expr};
use std::sync::{Arc, LazyLock};

/// `GITHUB_X` that is `github.x`.
const GITHUB: &[&str] = &[
    "action",
    "action_path",
    "action_repository",
    "actor",
    "actor_id",
    "api_url",
    "base_ref",
    "event_name",
    "event_path",
    "graphql_url",
    "head_ref",
    "job",
    "ref",
    "ref_name",
    "ref_protected",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "retention_days",
    "run_attempt",
    "run_id",
    "run_number",
    "server_url",
    "sha",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "workspace",
];

/// `RUNNER_X` that is `runner.x`.
const RUNNER: &[&str] = &["arch", "debug", "environment", "name", "os", "temp", "tool_cache"];

static AMBIENT: LazyLock<Arc<Vec<(String, Ambient)>>> = LazyLock::new(|| {
    let mut all = vec![
        ("GITHUB_OUTPUT".to_owned(), Ambient::OutputsFile),
        ("GITHUB_ENV".to_owned(), Ambient::EnvFile),
        ("GITHUB_PATH".to_owned(), Ambient::PathFile),
        ("GITHUB_STEP_SUMMARY".to_owned(), Ambient::SummaryFile),
    ];
    for (prefix, names) in [("github", GITHUB), ("runner", RUNNER)] {
        let value = |name: &str| Ambient::Value(Expr::Ambient(format!("{prefix}.{name}")));
        all.extend(names.iter().map(|name| (format!("{prefix}_{name}").to_uppercase(), value(name))));
    }
    Arc::new(all)
});

/// One list, shared by all pipelines.
pub(super) fn ambient() -> Arc<Vec<(String, Ambient)>> {
    Arc::clone(&AMBIENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expressions_under_another_name() {
        let all = ambient();
        let of = |name: &str| all.iter().find(|(n, _)| n == name).map(|(_, a)| a.clone());
        assert_eq!(of("GITHUB_SHA"), Some(Ambient::Value(Expr::Ambient("github.sha".into()))));
        assert_eq!(of("RUNNER_TEMP"), Some(Ambient::Value(Expr::Ambient("runner.temp".into()))));
        assert_eq!(of("GITHUB_OUTPUT"), Some(Ambient::OutputsFile));
    }
}
